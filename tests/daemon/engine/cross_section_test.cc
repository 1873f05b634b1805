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

}  // namespace
}  // namespace tidewaiter::engine
