#include "daemon/engine/revisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "daemon/engine/aggregate_revisions.h"
#include "domain/errors.h"
#include "storage/memory/memory_store.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {
namespace {

using ::testing::ElementsAre;
using Age = PrintChoice::Age;

Instant At(std::string_view text) { return Instant::Parse(text).value(); }

class RevisionsTest : public ::testing::Test {
 protected:
  RevisionsTest() : store_(storage::NewMemoryStore({})), queries_(store_.get()) {
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("T", "flow unit")).ok());
    input_.read.dataset = "T";
    input_.read.keys = {"X.BN"};
    input_.later = {.age = Age::kLatest};
  }
  void Push(std::string_view day, const std::vector<std::string>& cells) {
    std::string text = absl::StrCat("release GACC r", std::string(day), " ", std::string(day), "\nmerge T\n");
    for (const std::string& cell : cells) absl::StrAppend(&text, "X.BN ", cell, "\n");
    const auto outcome = support::Push(*store_, text);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
  }
  // "2025-01 10.0 -> 10.5", and at last how many are left out.
  std::vector<std::string> Pairs(Instant edge = At("2030-01-01T00:00:00Z")) {
    auto reader = queries_.Open(input_.read);
    EXPECT_TRUE(reader.ok() && reader->Next().value_or(false));
    const auto history = reader->History(HistoryType::kAll, 1);
    EXPECT_TRUE(history.ok());
    std::size_t left_out = 0;
    std::vector<std::string> lines;
    for (const RevisionPair& pair : MakePairs(*history, input_, 1, edge, &left_out)) {
      lines.push_back(
          absl::StrCat(pair.period.ToString(), " ", pair.first.ToString(), " -> ", pair.later.ToString()));
    }
    lines.push_back(absl::StrCat(left_out));
    return lines;
  }

  std::unique_ptr<storage::Store> store_;
  Queries queries_;
  RevisionInput input_;
};

TEST_F(RevisionsTest, FirstAndLatest) {
  Push("2025-02-07", {"2025-01 10.0"});
  Push("2025-03-07", {"2025-01 10.5", "2025-02 (SUPPRESSED)"});
  Push("2025-04-07", {"2025-02 7.0", "2025-03 8.0"});
  EXPECT_THAT(Pairs(), ElementsAre("2025-01 10.0 -> 10.5", "2025-02 7.0 -> 7.0", "2025-03 8.0 -> 8.0", "0"));
  input_.read.periods.from = Month::Parse("2025-02").value();
  EXPECT_THAT(Pairs(), ElementsAre("2025-02 7.0 -> 7.0", "2025-03 8.0 -> 8.0", "0"));
}

TEST_F(RevisionsTest, TheNthDistinctValue) {
  Push("2025-02-07", {"2025-01 10.0", "2024-12 1.0"});
  Push("2025-03-07", {"2025-01 10.0"});
  Push("2025-04-07", {"2025-01 10.2"});
  Push("2025-05-07", {"2025-01 10.4"});
  input_.later = {.age = Age::kNth, .n = 2};
  EXPECT_THAT(Pairs(), ElementsAre("2025-01 10.0 -> 10.2", "1"));
}

TEST_F(RevisionsTest, SoManyMonthsAfterTheFirstPrintOrNotYet) {
  Push("2025-01-31", {"2024-12 10.0"});
  Push("2025-02-28", {"2024-12 10.1", "2025-01 5.0"});
  Push("2025-03-01", {"2024-12 10.2"});
  input_.later = {.age = Age::kAfter, .months = 1};
  // The 31st of February is its last day.
  EXPECT_THAT(Pairs(), ElementsAre("2024-12 10.0 -> 10.1", "2025-01 5.0 -> 5.0", "0"));
  EXPECT_THAT(Pairs(At("2025-03-01T12:00:00Z")), ElementsAre("2024-12 10.0 -> 10.1", "1"));
}

TEST_F(RevisionsTest, GrowthOfWhatWasKnownAtOneMoment) {
  Push("2024-02-07", {"2024-01 10"});
  Push("2025-02-07", {"2025-01 11"});
  Push("2025-03-07", {"2024-01 8"});  // the base is revised; the first print of growth does not know it
  input_.of = RevisionKind::kGrowth;
  EXPECT_THAT(Pairs(), ElementsAre("2025-01 10.000000000 -> 37.500000000", "1"));
}

TEST_F(RevisionsTest, PercentOfTheFirstPrint) {
  Push("2025-02-07", {"2025-01 10", "2024-12 0"});
  Push("2025-03-07", {"2025-01 9", "2024-12 1"});
  input_.of = RevisionKind::kPercent;
  EXPECT_THAT(Pairs(), ElementsAre("2025-01 0 -> -10.000000000", "1"));
}

TEST_F(RevisionsTest, AnAnswerOfEachLength) {
  Push("2025-02-07", {"2025-01 10", "2025-01/P2M 20", "2025-02 10"});
  Push("2025-03-07", {"2025-01 11", "2025-02 12"});
  const auto answer = ReadRevisions(queries_, input_, [] { return absl::OkStatus(); });
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->series.size(), 2u);
  EXPECT_EQ(answer->series[0].period_months, 1);
  EXPECT_EQ(answer->series[0].unit, "BN");
  EXPECT_EQ(answer->series[0].statistics.n, 2u);
  EXPECT_DOUBLE_EQ(answer->series[0].statistics.mean_revision.mean.value(), 1.5);
  EXPECT_EQ(answer->series[0].statistics.maximum->ToString(), "2");
  EXPECT_EQ(answer->series[1].period_months, 2);
  EXPECT_EQ(answer->series[1].statistics.mean_revision.plain.t.why(), NoStatistic::kTooFewPairs);
}

// Time has come as far as the newest publication of the dataset: a print that nobody saw is no later print.
TEST_F(RevisionsTest, NoClockIsAskedWhetherAPrintIsOldEnough) {
  const auto pairs = [this] {
    const auto answer = ReadRevisions(queries_, input_, [] { return absl::OkStatus(); });
    EXPECT_TRUE(answer.ok()) << answer.status();
    const SeriesRevisionStatistics& one = answer->series.at(0);
    return absl::StrCat(one.statistics.n, " of ", one.statistics.n + one.left_out);
  };
  input_.later = {.age = Age::kAfter, .months = 12};
  Push("2020-02-07", {"2020-01 10.0"});
  Push("2021-02-06", {"2020-12 11.0"});
  EXPECT_EQ(pairs(), "0 of 2") << "years ago by any clock, but nothing was published a year later";
  Push("2021-02-07", {"2021-01 12.0"});
  EXPECT_EQ(pairs(), "1 of 3");
  input_.read.vintage.sequence = 2;
  EXPECT_EQ(pairs(), "0 of 2") << "as it was answered then";
  input_.read.vintage.as_of_date = absl::CivilDay(2022, 3, 1);
  EXPECT_EQ(pairs(), "2 of 2") << "whoever names a day says how far time has come";
}

TEST_F(RevisionsTest, AVintageIsTheLastThatIsLookedAt) {
  Push("2025-02-07", {"2025-01 10.0"});
  Push("2025-03-07", {"2025-01 10.5"});
  input_.read.vintage.as_of_date = absl::CivilDay(2025, 3, 1);
  const auto answer = ReadRevisions(queries_, input_, [] { return absl::OkStatus(); });
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->series.at(0).statistics.maximum->ToString(), "0.0");
}

TEST_F(RevisionsTest, AllSeriesTogether) {
  input_.read.keys = {};
  Push("2025-02-07", {"2025-01 10", "2025-02 10"});
  const auto push = [&](std::string_view text) { EXPECT_TRUE(support::Push(*store_, text).ok()); };
  push("release GACC m 2025-02-08\nmerge T\nM.BN 2025-01 20\nM.MN 2025-01 5\n");
  push("release GACC m2 2025-03-08\nmerge T\nM.BN 2025-01 26\nM.MN 2025-01 6\n");
  Push("2025-03-07", {"2025-01 11", "2025-02 12"});
  input_.pooled = true;
  const auto answer = ReadRevisions(queries_, input_, [] { return absl::OkStatus(); });
  ASSERT_TRUE(answer.ok()) << answer.status();
  std::vector<std::string> lines;
  for (const SeriesRevisionStatistics& one : answer->series) {
    lines.push_back(absl::StrCat(one.series.empty() ? "all" : one.series, " ", one.unit, " ",
                                 one.statistics.n, " ", one.statistics.mean_revision.mean.value()));
  }
  // 1, 2 and 6 in BN; nothing else is in MN.
  EXPECT_THAT(lines, ElementsAre("M.BN BN 1 6", "M.MN MN 1 1", "X.BN BN 2 1.5", "all BN 3 3", "all MN 1 1"));
  const RevisionStatistics& all = answer->series[3].statistics;
  EXPECT_EQ(all.minimum->ToString(), "1");
  EXPECT_EQ(all.maximum->ToString(), "6");
  EXPECT_DOUBLE_EQ(all.standard_deviation.value(), std::sqrt(7.0));
  EXPECT_TRUE(all.mean_revision.plain.t.has_value());
  EXPECT_EQ(all.mean_revision.hac.t.why(), NoStatistic::kPooled);
  EXPECT_EQ(all.news.b.why(), NoStatistic::kPooled);
  EXPECT_EQ(answer->series[3].first_period->ToString(), "2025-01");
  EXPECT_EQ(answer->series[3].last_period->ToString(), "2025-02");
}

// A sum of two months, first known with the second of them: revised by what was revised of either.
TEST_F(RevisionsTest, OfAWindow) {
  Push("2025-02-07", {"2025-01 10"});
  Push("2025-03-07", {"2025-02 10", "2025-01 11"});
  Push("2025-04-07", {"2025-03 10", "2025-02 13"});
  Push("2025-05-07", {"2025-03 14"});
  const Aggregates aggregates(store_.get(), &queries_);
  AggregateQuery query;
  query.window.months = 2;
  const auto alive = [] { return absl::OkStatus(); };
  const auto answer = ReadAggregateRevisions(aggregates, query, input_, alive);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->series.size(), 1u);
  const SeriesRevisionStatistics& one = answer->series[0];
  // January-February 21 -> 24, February-March 23 -> 27; of December-January there is no December.
  EXPECT_EQ(one.statistics.n, 2u);
  EXPECT_EQ(one.left_out, 1u);
  EXPECT_EQ(one.statistics.minimum->ToString(), "3");
  EXPECT_EQ(one.statistics.maximum->ToString(), "4");
  EXPECT_EQ(one.period_months, 2);
  EXPECT_EQ(one.unit, "BN");
  EXPECT_EQ(one.first_period->ToString(), "2025-01/P2M");
  query.transform = Transform::kGrowth;
  query.window.months = 1;
  query.lag_months = 1;
  const auto growth = ReadAggregateRevisions(aggregates, query, input_, alive);
  ASSERT_TRUE(growth.ok()) << growth.status();
  EXPECT_EQ(growth->series.at(0).unit, "pp");
  // 10/11, then 13/11; 10/13, then 14/13: in per cent with a decimal.
  EXPECT_EQ(growth->series.at(0).statistics.maximum->ToString(), "30.8");
  EXPECT_EQ(growth->series.at(0).statistics.minimum->ToString(), "27.3");
  input_.of = RevisionKind::kGrowth;
  input_.period_months = 1;
  EXPECT_EQ(DetailsOf(ReadAggregateRevisions(aggregates, query, input_, alive).status()).violations.size(),
            2u);
}

TEST_F(RevisionsTest, EveryWrongFieldIsNamed) {
  Push("2025-02-07", {"2025-01 10.0"});
  input_.first = {.age = Age::kNth, .n = 0};
  input_.later = {.age = Age::kAfter, .months = 0};
  input_.hac_lag = -1;
  input_.lag_months = 0;
  const auto answer = ReadRevisions(queries_, input_, [] { return absl::OkStatus(); });
  EXPECT_EQ(DetailsOf(answer.status()).violations.size(), 4u);
  input_ = {};
  input_.later = input_.first;
  EXPECT_EQ(DetailsOf(ReadRevisions(queries_, input_, [] { return absl::OkStatus(); }).status())
                .violations.at(0)
                .field,
            "later");
}

}  // namespace
}  // namespace tidewaiter::engine
