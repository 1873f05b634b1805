#include "daemon/engine/cross_section.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/daemon/engine/figure_text.h"
#include "tests/daemon/engine/random_releases.h"
#include "tests/daemon/engine/testing.h"

namespace tidewaiter::engine {
namespace {

std::string EvaluateAlone(const storage::Store& store, storage::SeriesId series, const Vintage& vintage,
                          const AggregateSpec& spec, Month last) {
  SeriesFold fold;
  EXPECT_TRUE(store.ReadCells(series, vintage, PeriodRange{}, &fold).ok());
  IntervalAlgebra algebra(fold.cells());
  AggregateInput input;
  input.above.emplace_back().cells = &algebra;
  return ToText(Evaluate(spec, input, last));
}

// Mostly months only, one scale a series, now and then a gap, an absence, a revision or a figure to another
// step.
class MonthlyReleases {
 public:
  explicit MonthlyReleases(std::uint32_t seed) : random_(seed) {}
  std::string Next(std::string_view id) {
    std::string text = absl::StrCat("release A ", std::string(id), " 2025-01-1", Pick(10), "\nmerge T\n");
    for (const std::string& series : RandomReleases::Series()) {
      for (int month = 1; month <= 8; ++month) {
        if (Pick(3) != 0) absl::StrAppend(&text, series, " 2024-0", month, " ", Datum(), "\n");
      }
      // Years to date, which make a shorter path to three months than the months do.
      if (Pick(8) != 0) continue;
      for (int months = 2; months <= 8; ++months) {
        absl::StrAppend(&text, series, " 2024-01/P", months, "M ", Datum(), "\n");
      }
    }
    return text;
  }

 private:
  int Pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::string Datum() {
    switch (Pick(40)) {
      case 0:
        return "(SUPPRESSED)";
      case 1:
        return absl::StrCat(Pick(100), ".25");
      case 2:
        return absl::StrCat("-", Pick(100), ".5");
      case 3:
        return absl::StrCat(Pick(100), ".0 status=P");
      default:
        return absl::StrCat(Pick(100), ".", Pick(10));
    }
  }
  std::mt19937 random_;
};

std::unique_ptr<storage::Store> NewStore() {
  auto store = storage::NewMemoryStore({1});
  for (const std::string& dataset : RandomReleases::Datasets()) {
    EXPECT_TRUE(store->PutDataset(support::MakeDataset(dataset, "reporter flow")).ok());
  }
  return store;
}

// Compares every series that has an answer here with what Evaluate() says; how many there were.
int Compare(const storage::Store& store, const Vintage& vintage, const AggregateSpec& spec, Month last) {
  int found = 0;
  for (const std::string& dataset : RandomReleases::Datasets()) {
    const auto section = CrossSection::Read(store, dataset, vintage, spec, last);
    EXPECT_TRUE(section.ok()) << section.status();
    for (const std::string& key : RandomReleases::Series()) {
      const auto series = store.FindSeries(dataset, key);
      AggregateValue value;
      if (!series.ok() || !section->Find(series->id, &value)) continue;
      ++found;
      EXPECT_EQ(ToText(value), EvaluateAlone(store, series->id, vintage, spec, last))
          << dataset << " " << key << " " << last.ToString() << ", window " << spec.window.ToString()
          << ", lag " << spec.lag_months << ", " << TransformName(spec.transform);
    }
  }
  return found;
}

AggregateSpec RandomSpec(std::mt19937& random) {
  AggregateSpec spec;
  spec.window.months = 1 + static_cast<int>(random() % 3);
  spec.transform = std::vector{Transform::kLevel, Transform::kChange, Transform::kGrowth}[random() % 3];
  spec.lag_months = 1 + static_cast<int>(random() % 3);
  spec.decimals = static_cast<int>(random() % 4);
  return spec;
}

TEST(CrossSectionTest, SaysWhatEvaluateSays) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("TIDEWAITER_TEST_SEED=", seed));
  std::mt19937 random(seed);
  int found = 0;
  for (int round = 0; round < 60 && !HasFailure(); ++round) {
    const auto store = NewStore();
    RandomReleases wild(static_cast<std::uint32_t>(random()));
    MonthlyReleases monthly(static_cast<std::uint32_t>(random()));
    for (int i = 0; i < 8; ++i) {
      const std::string id = absl::StrCat("r", i);
      ASSERT_TRUE(support::Push(*store, random() % 8 == 0 ? wild.Next(id) : monthly.Next(id)).ok());
    }
    for (int question = 0; question < 12; ++question) {
      const Vintage vintage{.sequence = store->head() - static_cast<Sequence>(random() % 6)};
      const Month last = Month::FromIndex(2024 * 12 + static_cast<int>(random() % 8));
      found += Compare(*store, vintage, RandomSpec(random), last);
    }
  }
  EXPECT_GT(found, 300) << "too few had a quick answer to prove anything";
}

TEST(CrossSectionTest, AQueryOfManySeriesIsWhatItsSeriesAreOneByOne) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("TIDEWAITER_TEST_SEED=", seed));
  std::mt19937 random(seed);
  const auto store = NewStore();
  constexpr int kSeries = 250;
  for (int release = 0; release < 3; ++release) {
    std::string text = absl::StrCat("release A r", release, " 2025-01-1", 3 - release, "\nmerge T\n");
    for (int series = 0; series < kSeries; ++series) {
      for (int month = 1; month <= 4; ++month) {
        const int draw = static_cast<int>(random() % 50);
        if (draw < 8) continue;
        absl::StrAppend(&text, "R", series, ".X 2024-0", month, draw == 8 ? "/P2M " : " ", random() % 90, ".",
                        random() % 10, "\n");
      }
    }
    ASSERT_TRUE(support::Push(*store, text).ok());
  }
  AggregateQuery query;
  query.dataset = "T";
  query.window.months = 2;
  query.transform = Transform::kGrowth;
  query.lag_months = 1;
  const Month month = Month::FromYearMonth(2024, 4).value();
  const AggregateView view{.months = {.from = month, .to = month}};
  std::vector<std::string> alone;
  for (int series = 0; series < kSeries; ++series) {
    AggregateQuery one = query;
    one.keys = {absl::StrCat("R", series, ".X")};
    for (std::string& line : Figures(*store, one, view)) alone.push_back(std::move(line));
  }
  std::vector<std::string> together = Figures(*store, query, view);
  EXPECT_EQ(together.size(), static_cast<std::size_t>(kSeries));
  std::sort(alone.begin(), alone.end());
  std::sort(together.begin(), together.end());
  EXPECT_EQ(together, alone);
}

// What a ranking must be, from the figures of the same month that a query without one gives.
std::vector<std::string> RankedByHand(const storage::Store& store, AggregateQuery query, Month month,
                                      const Ranking& ranking) {
  struct Row {
    std::string text;
    std::optional<Decimal> value;
  };
  std::vector<Row> rows;
  const Queries queries(&store);
  const Aggregates aggregates(&store, &queries);
  const auto reader = aggregates.Open(query, VintageInput(), {.months = {.from = month, .to = month}});
  EXPECT_TRUE(reader.ok()) << reader.status();
  for (auto more = (*reader)->Next(); more.value(); more = (*reader)->Next()) {
    const AggregateFigure& figure = (*reader)->figure();
    std::optional<Decimal> value = figure.value.value;
    if (value && ranking.by_magnitude && value->is_negative()) value = value->Negated();
    rows.push_back({absl::StrCat(figure.series, " ", ToText(figure.value)), value});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    if (!a.value || !b.value) return a.value.has_value() && !b.value.has_value();
    return Decimal::Compare(*a.value, *b.value) > 0;
  });
  std::vector<std::string> lines;
  std::size_t rank = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == 0 || !rows[i].value || Decimal::Compare(*rows[i - 1].value, *rows[i].value) != 0) rank = i + 1;
    if (ranking.top > 0 && (!rows[i].value || rank > ranking.top)) break;
    lines.push_back(absl::StrCat(rows[i].value ? rank : 0, " ", rows[i].text));
  }
  return lines;
}

std::vector<std::string> Ranked(const storage::Store& store, const AggregateQuery& query,
                                const Ranking& ranking) {
  const Queries queries(&store);
  const Aggregates aggregates(&store, &queries);
  const auto reader = aggregates.Open(query, VintageInput(), {.ranking = ranking});
  EXPECT_TRUE(reader.ok()) << reader.status();
  std::vector<std::string> lines;
  for (auto more = (*reader)->Next(); more.value(); more = (*reader)->Next()) {
    EXPECT_EQ((*reader)->quick(), nullptr);
    const AggregateFigure& figure = (*reader)->figure();
    lines.push_back(absl::StrCat(figure.rank, " ", figure.series, " ", ToText(figure.value)));
  }
  return lines;
}

// Out of columns or member by member, with the month given or found.
TEST(CrossSectionTest, ARankingIsTheFiguresInOrder) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("TIDEWAITER_TEST_SEED=", seed));
  std::mt19937 random(seed);
  for (const int count : {40, 300}) {
    const auto store = NewStore();
    std::string text = "release A r 2025-01-11\nmerge T\n";
    for (int series = 0; series < count; ++series) {
      const std::string key = absl::StrCat("R", series, series % 2 == 0 ? ".X" : ".M");
      for (int month = 1; month <= 4; ++month) {
        const int draw = static_cast<int>(random() % 40);
        if (draw < 3) continue;
        const std::string sign = random() % 4 == 0 ? "-" : "";
        absl::StrAppend(&text, key, " 2024-0", month, draw == 3 && month < 4 ? "/P2M " : " ", sign,
                        random() % 30, ".", random() % 10, draw == 4 ? "5" : "", "\n");
      }
    }
    // Of imports no more is known in May; a series that is not selected must not set the month.
    absl::StrAppend(&text, "R0.X 2024-05 7.5\n");
    ASSERT_TRUE(support::Push(*store, text).ok());
    AggregateQuery query;
    query.dataset = "T";
    for (const char* keys : {"", ".M"}) {
      query.keys = {keys};
      if (*keys == 0) query.keys.clear();
      for (const Transform transform : {Transform::kLevel, Transform::kChange, Transform::kGrowth}) {
        query.transform = transform;
        query.lag_months = 1;
        for (const std::uint32_t top : {0u, 1u, 10u, 1000u}) {
          Ranking ranking{.top = top, .by_magnitude = random() % 2 == 0, .month = std::nullopt};
          const Month last = Month::FromYearMonth(2024, *keys == 0 ? 5 : 4).value();
          EXPECT_EQ(Ranked(*store, query, ranking), RankedByHand(*store, query, last, ranking));
          ranking.month = Month::FromYearMonth(2024, 3).value();
          EXPECT_EQ(Ranked(*store, query, ranking), RankedByHand(*store, query, *ranking.month, ranking));
        }
      }
    }
  }
}

// Many series of two flows, with gaps, absences, runs of two months and several scales.
std::string ManySeries(std::mt19937& random, int count, std::string_view id, int day, bool balances = false) {
  std::string text = absl::StrCat("release A ", std::string(id), " 2025-01-", day, "\nmerge T\n");
  for (int series = 0; series < count; ++series) {
    const std::string key = absl::StrCat("R", series,
                                         series % 3 == 0               ? ".M"
                                         : balances && series % 5 == 0 ? ".B"
                                                                       : ".X");
    for (int month = 1; month <= 6; ++month) {
      const int draw = static_cast<int>(random() % 60);
      if (draw < 4) continue;
      const std::string value = draw == 4 ? "(SUPPRESSED)"
                                          : absl::StrCat(random() % 6 == 0 ? "-" : "", random() % 900, ".",
                                                         random() % 10, draw == 5 ? "25" : "");
      absl::StrAppend(&text, key, " 2024-0", month, draw == 6 ? "/P2M " : " ", value, "\n");
    }
  }
  return text;
}

// Out of columns, and member by member: who asks for an explanation gets every series read.
TEST(CrossSectionTest, SharesAndContributionsAreWhatTheyAreMemberByMember) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("TIDEWAITER_TEST_SEED=", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 6 && !HasFailure(); ++round) {
    const auto store = NewStore();
    for (int release = 0; release < 3; ++release) {
      ASSERT_TRUE(support::Push(*store, ManySeries(random, 220, absl::StrCat("r", release), 13 - release,
                                                   round % 3 == 2))
                      .ok());
    }
    AggregateQuery query;
    query.dataset = "T";
    query.total = std::string("*");
    for (int question = 0; question < 12; ++question) {
      query.keys.clear();
      if (random() % 3 == 0) query.keys = {".X"};
      query.transform = random() % 2 == 0 ? Transform::kShare : Transform::kContribution;
      query.window.months = 1 + static_cast<int>(random() % 3);
      query.lag_months = 1 + static_cast<int>(random() % 2);
      query.decimals = static_cast<int>(random() % 5);
      query.rounding = random() % 2 == 0 ? PrintRounding::kTruncated : PrintRounding::kNearest;
      const Month month = Month::FromYearMonth(2024, 5 + static_cast<int>(random() % 2)).value();
      AggregateView view{.months = {.from = month, .to = month}};
      if (random() % 3 == 0) view = {.ranking = Ranking{.top = 20, .month = month}};
      VintageInput vintage;
      vintage.sequence = 1 + random() % 3;
      const std::vector<std::string> columns = Figures(*store, query, view, vintage);
      view.explain = true;
      EXPECT_EQ(columns, Figures(*store, query, view, vintage))
          << TransformName(query.transform) << " " << query.window.months << " " << month.ToString();
      EXPECT_GE(columns.size(), view.ranking ? 20u : 60u);
    }
  }
}

TEST(CrossSectionTest, APageOfSharesHasTheTotalOfAll) {
  std::mt19937 random(7);
  const auto store = NewStore();
  ASSERT_TRUE(support::Push(*store, ManySeries(random, 250, "r", 11)).ok());
  AggregateQuery query;
  query.dataset = "T";
  query.transform = Transform::kShare;
  query.total = std::string("*");
  const Month month = Month::FromYearMonth(2024, 5).value();
  const AggregateView view{.months = {.from = month, .to = month}};
  const std::vector<std::string> whole = Figures(*store, query, view);
  const Queries queries(store.get());
  const Aggregates aggregates(store.get(), &queries);
  std::vector<std::string> paged;
  for (AggregatePosition position;;) {
    const auto reader = aggregates.Open(query, {}, view, position);
    ASSERT_TRUE(reader.ok()) << reader.status();
    int taken = 0;
    bool more = true;
    for (; taken < 60 && (more = (*reader)->Next().value()); ++taken) {
      paged.push_back(FigureLine((*reader)->figure()));
      position = (*reader)->position();
    }
    if (!more) break;
  }
  EXPECT_EQ(paged, whole);
}

}  // namespace
}  // namespace tidewaiter::engine
