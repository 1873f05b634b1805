// Histories: what each output type keeps, both kinds of change, scopes and retractions; and a random
// comparison with the definition, followed naively.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "domain/decimal.h"
#include "domain/statement.h"

namespace tidewaiter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kDay = 86'400'000'000;

// The day counts from the epoch: tests speak of "day 3".
Instant Day(int day) { return Instant::FromMicros(day * kDay); }
Period Jan() { return Period::Parse("2025-01").value(); }
Period Feb() { return Period::Parse("2025-02").value(); }

// "6.1", or "withdrawn", "missing".
Datum ToDatum(const std::string& text) {
  if (text == "withdrawn") return Datum::Absent(Absence::kWithdrawn);
  if (text == "missing") return Datum::Absent(Absence::kMissing);
  return Datum::Value(Decimal::Parse(text).value());
}

// Statements about one series, gathered as a store would give them.
class Statements {
 public:
  // Sequences count by themselves.
  Statements& Release(int day) {
    base_ = SeriesStatement{};
    base_.published_at = Day(day);
    base_.sequence = ++sequence_;
    return *this;
  }
  Statements& Section() {
    ++base_.section;
    return *this;
  }
  Statements& State(Period period, const std::string& datum, char status = 'A') {
    SeriesStatement s = base_;
    s.period = period;
    s.datum = ToDatum(datum);
    s.attributes.status = status;
    all_.push_back(s);
    return *this;
  }
  Statements& Scope(PeriodRange range = {}) {
    SeriesStatement s = base_;
    s.is_scope = true;
    s.scope = range;
    all_.push_back(s);
    return *this;
  }
  Statements& Retract(Sequence sequence) {
    ++sequence_;
    for (SeriesStatement& s : all_) {
      if (s.sequence == sequence) s.retracted_by = sequence_;
    }
    return *this;
  }
  Sequence head() const { return sequence_; }
  std::vector<SeriesStatement> Sorted() const {
    std::vector<SeriesStatement> sorted = all_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const SeriesStatement& a, const SeriesStatement& b) {
      const auto key = [](const SeriesStatement& s) {
        return std::tuple(s.published_at, s.sequence, s.section, !s.is_scope,
                          s.is_scope ? Period() : s.period);
      };
      return key(a) < key(b);
    });
    return sorted;
  }

 private:
  std::vector<SeriesStatement> all_;
  SeriesStatement base_;
  Sequence sequence_ = 0;
};

std::string ChangeText(const Change& change) {
  std::string text(ChangeClassName(change.change));
  if (change.within_rounding) text += "~";
  if (change.status_only) text += "*";
  return text;
}

int DayOf(Instant instant) { return static_cast<int>(instant.micros() / kDay); }

// "2025-01 6.0 days 1-4 since 1 NEW/BACKFILLED": validity, standing, vintage change/event change.
std::string ToText(const HistoryEntry& e) {
  return e.period.ToString() + " " + e.datum.ToString() + " days " + std::to_string(DayOf(e.published_at)) +
         "-" + (e.published_to ? std::to_string(DayOf(*e.published_to)) : "") + " since " +
         std::to_string(DayOf(e.value_since)) + " " + ChangeText(e.vintage_change) + "/" +
         ChangeText(e.event_change);
}

std::vector<std::string> History(const Statements& statements, HistoryType type = HistoryType::kAll,
                                 int n = 1, Vintage vintage = {}) {
  if (vintage.sequence == 0) vintage.sequence = statements.head();
  std::vector<std::string> lines;
  for (const HistoryEntry& e : BuildHistory(statements.Sorted(), vintage, type, n))
    lines.push_back(ToText(e));
  return lines;
}

TEST(History, OfNothingIsEmpty) { EXPECT_THAT(History(Statements()), IsEmpty()); }

TEST(History, ListsEveryStatementByPeriodThenPublishedOrder) {
  Statements s;
  s.Release(1).State(Jan(), "6.0").State(Feb(), "7");
  s.Release(2).State(Jan(), "6.1");
  s.Release(3).State(Jan(), "6.10").State(Feb(), "7", 'P');
  EXPECT_THAT(History(s), ElementsAre("2025-01 6.0 days 1-2 since 1 NEW/NEW",              //
                                      "2025-01 6.1 days 2-3 since 2 REVISED/REVISED",      //
                                      "2025-01 6.10 days 3- since 2 CONFIRMED/CONFIRMED",  //
                                      "2025-02 7 days 1-3 since 1 NEW/NEW",                //
                                      "2025-02 7 days 3- since 1 REVISED*/REVISED*"));
}

TEST(History, ChangedDropsConfirmationsAndStretchesValidity) {
  Statements s;
  s.Release(1).State(Jan(), "6");
  s.Release(2).State(Jan(), "6");
  s.Release(3).State(Jan(), "9");
  s.Release(4).State(Jan(), "9");
  EXPECT_THAT(History(s, HistoryType::kChanged),
              ElementsAre("2025-01 6 days 1-3 since 1 NEW/NEW", "2025-01 9 days 3- since 3 REVISED/REVISED"));
}

TEST(History, InitialIsTheFirstValueNeverAnAbsence) {
  Statements s;
  s.Release(1).State(Jan(), "missing").State(Feb(), "missing");
  s.Release(2).State(Jan(), "6");
  s.Release(3).State(Jan(), "6");
  EXPECT_THAT(History(s, HistoryType::kInitial), ElementsAre("2025-01 6 days 2-3 since 2 REVISED/REVISED"));
}

TEST(History, NthCountsDistinctValues) {
  Statements s;
  s.Release(1).State(Jan(), "6");
  s.Release(2).State(Jan(), "withdrawn");
  s.Release(3).State(Jan(), "6.0");  // the same value: still the first
  s.Release(4).State(Jan(), "9");
  s.Release(5).State(Jan(), "6");
  EXPECT_THAT(History(s, HistoryType::kNth, 1), ElementsAre("2025-01 6 days 1-2 since 1 NEW/NEW"));
  EXPECT_THAT(History(s, HistoryType::kNth, 2), ElementsAre("2025-01 9 days 4-5 since 4 REVISED/REVISED"));
  EXPECT_THAT(History(s, HistoryType::kNth, 3), ElementsAre("2025-01 6 days 5- since 5 REVISED/REVISED"));
  EXPECT_THAT(History(s, HistoryType::kNth, 4), IsEmpty());
  EXPECT_THAT(History(s, HistoryType::kNth, 0), IsEmpty());
}

TEST(History, LatestIsTheLastStatement) {
  Statements s;
  s.Release(1).State(Jan(), "6");
  s.Release(2).State(Jan(), "6");
  EXPECT_THAT(History(s, HistoryType::kLatest), ElementsAre("2025-01 6 days 2- since 1 CONFIRMED/CONFIRMED"));
}

TEST(History, AnOldReleaseThatComesLateIsABackfill) {
  Statements s;
  s.Release(5).State(Jan(), "6");
  s.Release(1).State(Jan(), "2");
  s.Release(3).State(Jan(), "6");
  EXPECT_THAT(History(s), ElementsAre("2025-01 2 days 1-3 since 1 NEW/BACKFILLED",      //
                                      "2025-01 6 days 3-5 since 3 REVISED/BACKFILLED",  //
                                      "2025-01 6 days 5- since 3 CONFIRMED/NEW"));
}

TEST(History, AScopeWithdrawsWhatWasKnownBefore) {
  Statements s;
  s.Release(1).State(Jan(), "6").State(Feb(), "7");
  s.Release(2).Scope({Feb().start(), Feb().start()});
  s.Release(3).State(Feb(), "7");
  EXPECT_THAT(History(s), ElementsAre("2025-01 6 days 1- since 1 NEW/NEW",   //
                                      "2025-02 7 days 1-2 since 1 NEW/NEW",  //
                                      "2025-02 (WITHDRAWN) days 2-3 since 2 WITHDRAWN/WITHDRAWN",
                                      "2025-02 7 days 3- since 3 RESTORED/RESTORED"));
}

TEST(History, AReplaceThatStatesACellAgainConfirmsIt) {
  Statements s;
  s.Release(1).State(Jan(), "6").State(Feb(), "7");
  s.Release(2).Scope().State(Jan(), "6");
  EXPECT_THAT(History(s), ElementsAre("2025-01 6 days 1-2 since 1 NEW/NEW",             //
                                      "2025-01 6 days 2- since 1 CONFIRMED/CONFIRMED",  //
                                      "2025-02 7 days 1-2 since 1 NEW/NEW",             //
                                      "2025-02 (WITHDRAWN) days 2- since 2 WITHDRAWN/WITHDRAWN"));
}

TEST(History, ALaterSectionOfTheSameReleaseWins) {
  Statements s;
  s.Release(1).State(Jan(), "6");
  s.Release(2).State(Jan(), "7").Section().Scope();
  EXPECT_THAT(History(s), ElementsAre("2025-01 6 days 1-2 since 1 NEW/NEW",
                                      "2025-01 (WITHDRAWN) days 2- since 2 WITHDRAWN/WITHDRAWN"));
}

TEST(History, AScopeBeforeTheFirstStatementSaysNothing) {
  Statements s;
  s.Release(2).State(Jan(), "6");
  s.Release(1).Scope();
  EXPECT_THAT(History(s), ElementsAre("2025-01 6 days 2- since 2 NEW/NEW"));
}

TEST(History, AScopeThatCoversOnlyWhatCameLaterIsNewInTheStream) {
  Statements s;
  s.Release(2).Scope();
  s.Release(1).State(Jan(), "6");
  // When the scope came nothing was known; when the value came nothing was held by the scope either.
  EXPECT_THAT(History(s), ElementsAre("2025-01 6 days 1-2 since 1 NEW/NEW",
                                      "2025-01 (WITHDRAWN) days 2- since 2 WITHDRAWN/NEW"));
}

TEST(History, WithdrawingAgainKeepsTheTime) {
  Statements s;
  s.Release(1).State(Jan(), "6");
  s.Release(2).Scope();
  s.Release(3).Scope();
  s.Release(4).State(Jan(), "withdrawn", 'M');
  EXPECT_THAT(History(s, HistoryType::kAll),
              ElementsAre("2025-01 6 days 1-2 since 1 NEW/NEW",
                          "2025-01 (WITHDRAWN) days 2-3 since 2 WITHDRAWN/WITHDRAWN",
                          "2025-01 (WITHDRAWN) days 3-4 since 2 CONFIRMED/CONFIRMED",
                          "2025-01 (WITHDRAWN) days 4- since 2 CONFIRMED/CONFIRMED"));
}

TEST(History, ARetractedReleaseCountsNowhereButWasHeldWhenOthersCame) {
  Statements s;
  s.Release(1).State(Jan(), "6");
  s.Release(2).State(Jan(), "9");  // sequence 2
  s.Release(3).State(Jan(), "6");
  s.Retract(2);  // sequence 4
  s.Release(4).State(Jan(), "6");
  EXPECT_THAT(History(s), ElementsAre("2025-01 6 days 1-3 since 1 NEW/NEW",            //
                                      "2025-01 6 days 3-4 since 1 CONFIRMED/REVISED",  //
                                      "2025-01 6 days 4- since 1 CONFIRMED/CONFIRMED"));
  // Before the retraction it counted.
  EXPECT_THAT(History(s, HistoryType::kAll, 1, {Instant::Max(), 3}),
              ElementsAre("2025-01 6 days 1-2 since 1 NEW/NEW",          //
                          "2025-01 9 days 2-3 since 2 REVISED/REVISED",  //
                          "2025-01 6 days 3- since 3 REVISED/REVISED"));
}

TEST(History, OfACellWhoseOnlyStatementWasRetractedIsEmpty) {
  Statements s;
  s.Release(1).State(Jan(), "6");
  s.Release(2).Scope();
  s.Retract(1);
  EXPECT_THAT(History(s), IsEmpty());
  s.Release(3).State(Jan(), "6");
  EXPECT_THAT(History(s), ElementsAre("2025-01 6 days 3- since 3 NEW/NEW"));
}

TEST(History, AsOfCutsValidity) {
  Statements s;
  s.Release(1).State(Jan(), "6");
  s.Release(3).State(Jan(), "7");
  EXPECT_THAT(History(s, HistoryType::kAll, 1, {Day(2), 2}),
              ElementsAre("2025-01 6 days 1- since 1 NEW/NEW"));
}

TEST(History, AtOneInstantTheLaterSequenceSpeaks) {
  Statements s;
  s.Release(1).State(Jan(), "6");
  s.Release(1).State(Jan(), "9");
  EXPECT_THAT(History(s),
              ElementsAre("2025-01 6 days 1-1 since 1 NEW/NEW", "2025-01 9 days 1- since 1 REVISED/REVISED"));
}

// ---- The definition, followed naively: O(n^2), one question at a time.

// What counts of one cell at a vintage, one item a release.
std::vector<HistoryEntry> CellAt(const std::vector<SeriesStatement>& statements, Period period, Instant as_of,
                                 Sequence sequence) {
  std::map<std::pair<Instant, Sequence>, HistoryEntry> by_release;
  for (const SeriesStatement& s : statements) {
    if (s.sequence > sequence || s.published_at > as_of) continue;
    if (s.retracted_by != 0 && s.retracted_by <= sequence) continue;
    if (s.is_scope ? by_release.empty() || !s.scope.Contains(period) : s.period != period) continue;
    HistoryEntry e;
    e.period = period;
    e.datum = s.is_scope ? Datum::Absent(Absence::kWithdrawn) : s.datum;
    if (!s.is_scope) e.attributes = s.attributes;
    e.sequence = s.sequence;
    e.published_at = s.published_at;
    by_release[{s.published_at, s.sequence}] = e;
  }
  std::vector<HistoryEntry> result;
  for (const auto& [release, entry] : by_release) result.push_back(entry);
  return result;
}

CellState StateOf(const HistoryEntry& e) {
  CellState state;
  state.period = e.period;
  state.datum = e.datum;
  state.attributes = e.attributes;
  state.sequence = e.sequence;
  state.published_at = e.published_at;
  return state;
}

std::vector<std::string> NaiveHistory(const std::vector<SeriesStatement>& statements,
                                      const Vintage& vintage) {
  std::map<Period, bool> periods;
  for (const SeriesStatement& s : statements) {
    if (!s.is_scope) periods[s.period] = true;
  }
  std::vector<std::string> lines;
  for (const auto& [period, unused] : periods) {
    std::vector<HistoryEntry> cell = CellAt(statements, period, vintage.as_of, vintage.sequence);
    for (std::size_t i = 0; i < cell.size(); ++i) {
      HistoryEntry& e = cell[i];
      std::size_t first = i;
      while (first > 0 && SameValue(cell[first - 1].datum, e.datum)) --first;
      e.value_since = cell[first].published_at;
      if (i + 1 < cell.size()) e.published_to = cell[i + 1].published_at;
      e.vintage_change = ClassifyChange(nullptr, e.datum, e.attributes);
      if (i > 0) {
        const CellState before = StateOf(cell[i - 1]);
        e.vintage_change = ClassifyChange(&before, e.datum, e.attributes);
      }
      const std::vector<HistoryEntry> held = CellAt(statements, period, Instant::Max(), e.sequence - 1);
      e.event_change = ClassifyEvent(nullptr, e.published_at, e.datum, e.attributes);
      if (!held.empty()) {
        const CellState before = StateOf(held.back());
        e.event_change = ClassifyEvent(&before, e.published_at, e.datum, e.attributes);
      }
      lines.push_back(ToText(e));
    }
  }
  return lines;
}

Statements RandomStatements(std::mt19937& random) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Statements s;
  std::vector<Sequence> releases;
  const int steps = 1 + below(25);
  for (int step = 0; step < steps; ++step) {
    if (!releases.empty() && below(6) == 0) {
      const std::size_t victim = static_cast<std::size_t>(below(static_cast<int>(releases.size())));
      s.Retract(releases[victim]);
      releases.erase(releases.begin() + static_cast<std::ptrdiff_t>(victim));
      continue;
    }
    s.Release(1 + below(12));
    releases.push_back(s.head());
    const int own_section = below(2);  // before or after the scope of the other section
    for (int section = 0; section < 2; ++section) {
      if (section > 0) s.Section();
      if (below(4) == 0) {
        const Month from = Jan().start() + below(3);
        s.Scope(below(2) == 0 ? PeriodRange{} : PeriodRange{from, from + below(2)});
      }
      if (section != own_section) continue;
      for (int month = 0; month < 3; ++month) {
        static constexpr const char* kData[] = {"6", "6.0", "6.01", "7", "missing", "withdrawn"};
        if (below(2) == 0) continue;
        s.State(Period::FromValid(Jan().start() + month, 1), kData[below(6)], below(5) == 0 ? 'P' : 'A');
      }
    }
  }
  return s;
}

TEST(History, FollowsTheDefinitionAtAnyVintage) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    const Statements s = RandomStatements(random);
    Vintage vintage{Instant::Max(), s.head()};
    if (seed % 2 == 1) {
      vintage = {Day(1 + static_cast<int>(random() % 12)), 1 + static_cast<Sequence>(random() % s.head())};
    }
    ASSERT_EQ(History(s, HistoryType::kAll, 1, vintage), NaiveHistory(s.Sorted(), vintage))
        << "seed " << seed;
  }
}

TEST(History, OfALongSeriesIsQuick) {
  Statements s;
  // A century of months, each stated by 800 releases, every tenth of them a replacement: about 10^6
  // statements.
  for (int release = 0; release < 800; ++release) {
    s.Release(release + 1);
    if (release % 10 == 0) s.Scope();
    for (int month = 0; month < 1200; ++month) {
      s.State(Period::FromValid(Jan().start() + month, 1), release % 3 == 0 ? "6" : "7");
    }
  }
  const std::vector<HistoryEntry> history =
      BuildHistory(s.Sorted(), {Instant::Max(), s.head()}, HistoryType::kAll);
  EXPECT_EQ(history.size(), 800u * 1200u);
}

}  // namespace
}  // namespace tidewaiter
