#include "daemon/engine/sum_columns.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/daemon/engine/figure_text.h"
#include "tests/daemon/engine/forwarding_store.h"
#include "tests/daemon/engine/testing.h"

namespace tidewaiter::engine {
namespace {

constexpr int kReporters = 130;

// Counts series that are read one by one.
class CountingStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  absl::Status ReadCells(storage::SeriesId series, const Vintage& vintage, const PeriodRange& range,
                         SeriesFold* fold) const override {
    ++reads;
    return ForwardingStore::ReadCells(series, vintage, range, fold);
  }
  mutable int reads = 0;
};

// Months with gaps, of series that begin and end; few absences, combined months, other scales and steps.
class Table {
 public:
  explicit Table(std::uint32_t seed) : random_(seed) {
    store_ = storage::NewMemoryStore({1});
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("T", "reporter flow")).ok());
    for (int release = 0; release < 4; ++release) Push(release);
  }
  int Pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  storage::Store& store() { return *store_; }

 private:
  void Push(int release) {
    // The last comes late: it was published before the others.
    std::string text = absl::StrCat("release A r", release, " 2026-01-1", (release + 1) % 4, "\nmerge T\n");
    for (int reporter = 0; reporter < kReporters; ++reporter) {
      for (const char* flow : {".X", ".M"}) {
        const std::string series = absl::StrCat("R", reporter, flow);
        const int first = reporter % 7 == 0 ? 4 : 1;
        const int last = reporter % 11 == 0 ? 9 : 12;
        for (int month = first; month <= last; ++month) {
          if (Pick(release == 0 ? 40 : 3) == 0) continue;
          for (const char* year : {"2024", "2025"}) {
            absl::StrAppend(&text, series, " ", year, "-", month < 10 ? "0" : "", month, " ", Datum(), "\n");
          }
        }
        if (reporter % 29 == 3) absl::StrAppend(&text, series, " 2024-01/P2M ", Pick(90), ".0\n");
      }
    }
    const auto pushed = support::Push(*store_, text);
    EXPECT_TRUE(pushed.ok()) << pushed.status();
  }

  std::string Datum() {
    switch (Pick(400)) {
      case 0:
        return "(SUPPRESSED)";
      case 1:
        return absl::StrCat(Pick(100), ".25");
      case 2:
        return absl::StrCat("-", Pick(100), ".5");
      case 3:
        return absl::StrCat(Pick(100));
      default:
        return absl::StrCat(Pick(100), ".", Pick(10));
    }
  }

  std::mt19937 random_;
  std::unique_ptr<storage::Store> store_;
};

AggregateQuery RandomSum(Table& table) {
  AggregateQuery query;
  query.dataset = "T";
  static const char* const kWindows[] = {"month", "2m", "t3m", "t12m", "ytd", "qtd", "year"};
  query.window = Window::Parse(kWindows[table.Pick(7)]).value();
  query.window.year_start_month = 0;
  query.window.mean = table.Pick(5) == 0;
  static constexpr Transform kTransforms[] = {Transform::kLevel,       Transform::kChange, Transform::kGrowth,
                                              Transform::kIndex,       Transform::kShare,  Transform::kRatio,
                                              Transform::kContribution};
  query.transform = kTransforms[table.Pick(7)];
  query.lag_months = query.window.kind == Window::Kind::kYear ? 12 : 1 + table.Pick(12);
  if (query.transform == Transform::kIndex) {
    query.base = *Period::Parse("2024-06");
    query.window.mean = true;  // the base may be of another length
  }
  if (query.transform == Transform::kShare || query.transform == Transform::kContribution)
    query.total = std::string("*");
  query.sum = true;
  if (table.Pick(2) == 0 && query.transform != Transform::kRatio) query.group_by = {"flow"};
  if (table.Pick(4) == 0) query.keys = {"R1+R2+R3+R4+R5+R6+R7+R8+R9..", ".X"};
  if (query.keys.size() == 2 && query.transform == Transform::kRatio) query.keys.clear();
  if (query.keys.size() == 2) query.keys = {".X"};
  if (table.Pick(4) == 0) {
    CodeGroup group{.name = "G", .dimension = "reporter", .members = {}};
    for (int i = 0; i < kReporters; i += 1 + table.Pick(2)) {
      group.members.push_back({absl::StrCat("R", i), {}});
      if (table.Pick(10) == 0) group.members.back().when.from = Month::FromYearMonth(2024, 7).value();
    }
    query.groups = {group};
    query.group_by.clear();
  }
  return query;
}

// To explain a figure every member is read: that way there are no columns.
TEST(SumColumnsTest, ASumOutOfColumnsIsTheSumOfItsMembersReadOneByOne) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("TIDEWAITER_TEST_SEED=", seed));
  std::mt19937 random(seed);
  int quick = 0;
  for (int round = 0; round < 6 && !testing::Test::HasFailure(); ++round) {
    Table table(static_cast<std::uint32_t>(random()));
    CountingStore store(&table.store());
    for (int question = 0; question < 12 && !testing::Test::HasFailure(); ++question) {
      const AggregateQuery query = RandomSum(table);
      VintageInput vintage;
      vintage.sequence = static_cast<Sequence>(1 + table.Pick(4));
      store.reads = 0;
      const std::vector<std::string> columns = Figures(store, query, AggregateView(), vintage);
      const int reads = store.reads;
      store.reads = 0;
      const std::vector<std::string> members = Figures(store, query, {.explain = true}, vintage);
      EXPECT_EQ(columns, members) << TransformName(query.transform) << " of " << query.window.ToString();
      if (reads < store.reads) ++quick;
    }
  }
  EXPECT_GT(quick, 40) << "too few came out of columns to prove anything";
}

TEST(SumColumnsTest, OnlyWhatIsNoTableOfMonthsIsReadOneByOne) {
  const auto held = storage::NewMemoryStore({1});
  ASSERT_TRUE(held->PutDataset(support::MakeDataset("T", "reporter flow")).ok());
  std::string text = "release A r 2026-01-10\nmerge T\n";
  for (int reporter = 0; reporter < 150; ++reporter) {
    absl::StrAppend(&text, "R", reporter, ".X 2025-01 ", reporter == 7 ? "(SUPPRESSED)" : "1.5", "\n");
    absl::StrAppend(&text, "R", reporter, ".X 2025-02", reporter == 8 ? "/P2M" : "", " 2.5\n");
  }
  ASSERT_TRUE(support::Push(*held, text).ok());
  class Store final : public ForwardingStore {
   public:
    using ForwardingStore::ForwardingStore;
    absl::Status ReadCells(storage::SeriesId series, const Vintage& vintage, const PeriodRange& range,
                           SeriesFold* fold) const override {
      read.push_back(*KeyOf(series));
      return ForwardingStore::ReadCells(series, vintage, range, fold);
    }
    mutable std::vector<std::string> read;
  } store(held.get());
  AggregateQuery query;
  query.dataset = "T";
  query.sum = true;
  const std::vector<std::string> lines = Figures(store, query, AggregateView());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_NE(lines[0].find(" 223.5 +- "), std::string::npos) << lines[0];  // 149 of 1.5
  EXPECT_NE(lines[0].find(" of 149 less 1"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find(" of 149 less 1"), std::string::npos) << lines[1];
  std::sort(store.read.begin(), store.read.end());
  EXPECT_EQ(store.read, (std::vector<std::string>{"R7.X", "R8.X"}));
}

}  // namespace
}  // namespace tidewaiter::engine
