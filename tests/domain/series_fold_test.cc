#include "domain/series_fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::IsEmpty;

constexpr Attributes kNormal{'A', 'F'};
constexpr Attributes kProvisional{'P', 'F'};
const Datum kWithdrawn = Datum::Absent(Absence::kWithdrawn);

// A cell in one line: "2025-02=6.1 by 2 since 1". An instant is written as its number.
std::string Line(const CellState& cell) {
  return absl::StrCat(cell.period.ToString(), "=", cell.datum.ToString(), " by ", cell.sequence, " since ",
                      cell.value_since.micros());
}

std::vector<std::string> Lines(const std::vector<CellState>& cells) {
  std::vector<std::string> lines;
  for (const CellState& cell : cells) lines.push_back(Line(cell));
  return lines;
}
std::vector<std::string> Lines(const SeriesFold& fold) { return Lines(fold.cells()); }

// The `n`th release, published at `n`.
void Begin(SeriesFold& fold, Sequence n) { fold.Begin(Instant::FromMicros(n), n); }
void State(SeriesFold& fold, std::string_view period, std::string_view value,
           Attributes attributes = kNormal) {
  fold.State(P(period), V(value), attributes, 0, 0);
}

TEST(SeriesFoldTest, TheExampleOfTheHeader) {
  SeriesFold fold;
  Begin(fold, 1);
  State(fold, "2025-01", "5.0");
  State(fold, "2025-02", "6.0");
  Begin(fold, 2);
  fold.Withdraw(Range("2025-01", "2025-12"));
  State(fold, "2025-02", "6.1");
  EXPECT_THAT(Lines(fold),
              ::testing::ElementsAre("2025-01=(WITHDRAWN) by 2 since 2", "2025-02=6.1 by 2 since 2"));
}

TEST(SeriesFoldTest, AValueStandsSinceItWasFirstStatedUnbroken) {
  SeriesFold fold;
  Begin(fold, 1);
  State(fold, "2025-01", "5.0", kProvisional);
  Begin(fold, 2);
  State(fold, "2025-01", "5.00", kNormal);
  ASSERT_EQ(Lines(fold)[0], "2025-01=5.00 by 2 since 1") << "status and zeros do not make a value younger";
  EXPECT_EQ(fold.cells()[0].attributes, kNormal);
  EXPECT_EQ(fold.cells()[0].published_at, Instant::FromMicros(2));
  Begin(fold, 3);
  State(fold, "2025-01", "5.1");
  ASSERT_EQ(Lines(fold)[0], "2025-01=5.1 by 3 since 3");
  Begin(fold, 4);
  State(fold, "2025-01", "5.0");
  ASSERT_EQ(Lines(fold)[0], "2025-01=5.0 by 4 since 4") << "the run of 5.0 was broken";
}

TEST(SeriesFoldTest, AWithdrawalCarriesNothingOfWhatItWithdrew) {
  SeriesFold fold;
  fold.Begin(Instant::FromMicros(1), 1);
  fold.State(P("2025-01"), V("5"), kProvisional, 7, 8);
  EXPECT_EQ(fold.cells()[0].source, 7u);
  EXPECT_EQ(fold.cells()[0].note, 8u);
  Begin(fold, 2);
  fold.Withdraw({});
  EXPECT_EQ(fold.cells()[0], (CellState{P("2025-01"), kWithdrawn, kNormal, 0, 0, 2, Instant::FromMicros(2),
                                        Instant::FromMicros(2)}));
  Begin(fold, 3);
  fold.Withdraw({});
  EXPECT_EQ(Lines(fold)[0], "2025-01=(WITHDRAWN) by 3 since 2") << "withdrawn since when it was";
}

TEST(SeriesFoldTest, AWithdrawalSpeaksOfKnownCellsWhollyWithinItsRange) {
  SeriesFold fold;
  fold.Withdraw({});
  EXPECT_THAT(fold.cells(), IsEmpty());
  Begin(fold, 1);
  for (const char* period :
       {"2024-12", "2024-12/P2M", "2025-01", "2025-01/P3M", "2025-02", "2025-02/P2M", "2025-03"}) {
    State(fold, period, "1");
  }
  Begin(fold, 2);
  fold.Withdraw(Range("2025-01", "2025-02"));
  std::set<std::string> withdrawn;
  for (const CellState& cell : fold.cells()) {
    if (cell.datum == kWithdrawn) withdrawn.insert(cell.period.ToString());
  }
  EXPECT_THAT(withdrawn, ::testing::ElementsAre("2025-01", "2025-02"));
  fold.Withdraw({M("2025-03"), std::nullopt});
  EXPECT_EQ(fold.cells().back().datum, kWithdrawn);
  EXPECT_EQ(fold.cells().front().datum, V("1"));
  fold.Withdraw({M("2030-01"), std::nullopt});
  fold.Withdraw({std::nullopt, M("2020-01")});
  EXPECT_EQ(fold.cells().front().datum, V("1"));
}

TEST(SeriesFoldTest, CellsStandInPeriodOrderHoweverTheyCame) {
  Randomness random;
  std::vector<int> months;
  for (int i = 0; i < 300; ++i) months.push_back(i);
  random.Shuffle(months);
  SeriesFold fold;
  Begin(fold, 1);
  for (const int i : months) fold.State(Period::FromValid(M("2000-01") + i, 1), V("1"), kNormal, 0, 0);
  ASSERT_EQ(fold.cells().size(), 300u);
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(fold.cells()[static_cast<std::size_t>(i)].period.start(), M("2000-01") + i);
  }
}

TEST(SeriesFoldTest, StartsAfreshAfterClear) {
  SeriesFold fold;
  Begin(fold, 1);
  for (const char* period : {"2025-01", "2025-02", "2025-03"}) State(fold, period, "1");
  fold.Clear();
  EXPECT_THAT(fold.cells(), IsEmpty());
  Begin(fold, 2);
  State(fold, "2025-02", "1");
  EXPECT_EQ(Lines(fold)[0], "2025-02=1 by 2 since 2");
}

// The model follows the definition: the statements about a cell are its own and the scopes that cover it,
// once it is known; the last one, by (published_at, sequence) and then by the order within the release, is
// what is seen. A release is one act: what it said last about a cell is what it said.
struct Statement {
  Instant published_at;
  Sequence sequence;
  int place;                         // within the release
  std::optional<PeriodRange> scope;  // else its own:
  Period period;
  Datum datum;
  Attributes attributes;
  TextId source = 0;
};

std::vector<CellState> Model(const std::vector<Statement>& all) {
  std::set<Period> periods;
  for (const Statement& s : all) {
    if (!s.scope) periods.insert(s.period);
  }
  std::vector<CellState> cells;
  for (const Period period : periods) {
    std::vector<Statement> about;
    for (const Statement& s : all) {
      if (s.scope ? s.scope->Contains(period) : s.period == period) about.push_back(s);
    }
    std::sort(about.begin(), about.end(), [](const Statement& a, const Statement& b) {
      return std::tie(a.published_at, a.sequence, a.place) < std::tie(b.published_at, b.sequence, b.place);
    });
    // A scope before the cell was known said nothing about it.
    while (about.front().scope) about.erase(about.begin());
    for (std::size_t i = about.size() - 1; i > 0; --i) {
      if (about[i - 1].sequence == about[i].sequence) {
        about.erase(about.begin() + static_cast<std::ptrdiff_t>(i - 1));
      }
    }
    const auto datum = [](const Statement& s) { return s.scope ? kWithdrawn : s.datum; };
    const Statement& last = about.back();
    Instant since = last.published_at;
    for (auto s = about.rbegin(); s != about.rend() && SameValue(datum(*s), datum(last)); ++s) {
      since = s->published_at;
    }
    cells.push_back({period, datum(last), last.scope ? kNormal : last.attributes,
                     last.scope ? 0 : last.source, 0, last.sequence, last.published_at, since});
  }
  return cells;
}

Period AnyPeriod(Randomness& random) {
  return Period::FromValid(M("2020-01") + random.Int(0, 23), random.OneIn(3) ? random.Int(1, 12) : 1);
}

PeriodRange AnyRange(Randomness& random) {
  PeriodRange range;
  const Month from = M("2020-01") + random.Int(-2, 26);
  if (!random.OneIn(4)) range.from = from;
  if (!random.OneIn(4)) range.to = from + random.Int(0, 12);
  return range;
}

// One release: sections, each with a scope or none, then its cells in period order.
void AddRelease(std::vector<Statement>& all, Instant published_at, Sequence sequence, Randomness& random) {
  std::set<Period> stated;
  int place = 0;
  for (int section = random.Int(1, 2); section > 0; --section) {
    if (random.OneIn(4)) all.push_back({published_at, sequence, place++, AnyRange(random), {}, {}, {}});
    std::set<Period> periods;
    for (int n = random.Int(0, 12); n > 0; --n) {
      const Period period = AnyPeriod(random);
      if (stated.insert(period).second) periods.insert(period);
    }
    for (const Period period : periods) {
      const Datum datum =
          random.Pick<Datum>({V("1"), V("1.0"), V("2"), kWithdrawn, Datum::Absent(Absence::kNil)});
      const Attributes attributes = random.OneIn(4) ? kProvisional : kNormal;
      all.push_back({published_at, sequence, place++, std::nullopt, period, datum, attributes,
                     static_cast<TextId>(random.Int(0, 3))});
    }
  }
}

TEST(SeriesFoldTest, AgreesWithTheDefinition) {
  Randomness random;
  SeriesFold fold;
  for (int round = 0; round < 2000; ++round) {
    std::vector<Statement> all;
    const int releases = random.Int(1, 8);
    for (int n = 1; n <= releases; ++n) {
      // Backfills and releases of one moment among them.
      AddRelease(all, Instant::FromMicros(random.Int(1, 6)), static_cast<Sequence>(n), random);
    }
    const std::vector<CellState> expected = Model(all);
    std::sort(all.begin(), all.end(), [](const Statement& a, const Statement& b) {
      return std::tie(a.published_at, a.sequence, a.place) < std::tie(b.published_at, b.sequence, b.place);
    });
    fold.Clear();
    for (const Statement& s : all) {
      fold.Begin(s.published_at, s.sequence);
      if (s.scope) {
        fold.Withdraw(*s.scope);
      } else {
        fold.State(s.period, s.datum, s.attributes, s.source, 0);
      }
    }
    ASSERT_EQ(Lines(fold), Lines(expected)) << "round " << round;
    ASSERT_TRUE(fold.cells() == expected) << "round " << round << ": what the lines do not show differs";
  }
}

}  // namespace
}  // namespace tidewaiter
