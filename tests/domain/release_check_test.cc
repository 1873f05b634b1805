#include "domain/release_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "domain/limits.h"
#include "tests/domain/figures_in_memory.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Cell {
  std::string_view series;
  std::string_view period;
  std::string_view value;  // empty: withdrawn
};

DatasetDefinition Press() {
  DatasetDefinition dataset;
  dataset.id = "PRESS";
  dataset.dimensions = {{"reporter", Role::kReporter}, {"partner", Role::kPartner},   {"flow", Role::kFlow},
                        {"measure", Role::kMeasure},   {"currency", Role::kCurrency}, {"unit", Role::kUnit}};
  dataset.publisher = "GACC";
  return dataset;
}

// Releases one after the other, each checked against what the ones before left.
class ReleaseCheckTest : public ::testing::Test {
 protected:
  // What the release finds, each finding as one line.
  std::vector<std::string> Publish(const std::vector<Cell>& cells) {
    for (const Cell& cell : cells) {
      const Period period = P(cell.period);
      figures_.State(K(cell.series), period, DatumOf(cell));
      release_.reference_month = std::max(release_.reference_month, period.last());
    }
    ++release_.sequence;
    const Instant now = Instant::FromMicros(1'000'000LL * release_.sequence);
    release_.published_at = PublishedAt::At(now);
    ReleaseChecker checker(release_, dataset_, figures_);
    for (const Cell& cell : cells) {
      EXPECT_TRUE(checker.Check(K(cell.series), P(cell.period), DatumOf(cell), Attributes()).ok());
    }
    figures_.Accept(release_.sequence, now);
    counts_ = checker.counts();
    std::vector<std::string> lines;
    for (const Finding& finding : checker.TakeFindings()) lines.push_back(Line(finding));
    return lines;
  }

  static Datum DatumOf(const Cell& cell) {
    return cell.value.empty() ? Datum::Absent(Absence::kWithdrawn) : V(cell.value);
  }

  std::string Line(const Finding& finding) {
    EXPECT_EQ(finding.dataset, dataset_.id);
    EXPECT_EQ(finding.sequence, release_.sequence);
    EXPECT_EQ(finding.published_at, release_.published_at);
    EXPECT_EQ(finding.rules, kFindingRules);
    const std::string_view what =
        finding.identity ? IdentityName(*finding.identity) : FindingKindName(finding.kind);
    return absl::StrCat(std::string(what), " ", finding.series[0].text(), " ", finding.period.ToString(),
                        ": ", finding.printed.ToString(), " / ", finding.held.ToString(), ", ",
                        finding.amount ? finding.amount->ToString() : "-");
  }

  FiguresInMemory figures_;
  DatasetDefinition dataset_ = Press();
  ReleaseUnderCheck release_;
  CheckCounts counts_;
};

constexpr std::string_view kT = "CN.RU.T.VALUE.USD.BN";
constexpr std::string_view kTRate = "CN.RU.T.YOY.USD.PCT";
constexpr std::string_view kX = "CN.RU.X.VALUE.USD.BN";
constexpr std::string_view kM = "CN.RU.M.VALUE.USD.BN";
constexpr std::string_view kB = "CN.RU.B.VALUE.USD.BN";

TEST_F(ReleaseCheckTest, ARateThatCannotFollowFromTheHeldBase) {
  EXPECT_THAT(Publish({{kT, "2024-01/P7M", "136.67"}}), IsEmpty());
  EXPECT_THAT(Publish({{kT, "2025-01/P7M", "125.8"}, {kTRate, "2025-01/P7M", "-8.1"}}),
              ElementsAre("IMPLIED_REVISION CN.RU.T.VALUE.USD.BN 2025-01/P7M: 125.8 / 136.67, 0.089"));
  EXPECT_EQ(counts_.implied_up, 1u);
  EXPECT_EQ(counts_.implied_fit + counts_.implied_down + counts_.implied_not_testable, 0u);
}

TEST_F(ReleaseCheckTest, TheFindingHoldsAllThatItWasMadeFrom) {
  Publish({{kT, "2024-01/P7M", "136.67"}});
  figures_.State(K(kT), P("2025-01/P7M"), V("125.8"));
  figures_.State(K(kTRate), P("2025-01/P7M"), V("-8.1"));
  ReleaseChecker checker(release_, dataset_, figures_);
  ASSERT_TRUE(checker.Check(K(kTRate), P("2025-01/P7M"), V("-8.1"), Attributes()).ok());
  const std::vector<Finding> findings = checker.TakeFindings();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_THAT(findings[0].series, ElementsAre(K(kT), K(kTRate)));
  EXPECT_EQ(findings[0].held_period, P("2024-01/P7M"));
  EXPECT_EQ(findings[0].rate, V("-8.1"));
  EXPECT_EQ(findings[0].held_sequence, 1u);
  EXPECT_EQ(findings[0].implied_low, D("136.759"));
  EXPECT_EQ(findings[0].implied_high, D("137.017"));
  EXPECT_EQ(findings[0].status, FindingStatus::kOpen);
}

TEST_F(ReleaseCheckTest, TheLevelMayHaveBeenHeldAndTheBaseIsThatBeforeTheRelease) {
  Publish({{kT, "2024-01/P7M", "136.67"}, {kT, "2025-01/P7M", "125.8"}});
  // The release revises the base at the same time: what was held before it is what the rate is set against.
  release_.kind = ReleaseKind::kCorrection;
  EXPECT_THAT(Publish({{kTRate, "2025-01/P7M", "-8.1"}, {kT, "2024-01/P7M", "136.9"}}),
              ElementsAre("IMPLIED_REVISION CN.RU.T.VALUE.USD.BN 2025-01/P7M: 125.8 / 136.67, 0.089"));
}

TEST_F(ReleaseCheckTest, WhatHasBeenCheckedIsNotFoundAgain) {
  Publish({{kT, "2024-01/P7M", "136.67"}});
  const std::vector<Cell> release = {{kT, "2025-01/P7M", "125.8"}, {kTRate, "2025-01/P7M", "-8.1"}};
  EXPECT_EQ(Publish(release).size(), 1u);
  EXPECT_THAT(Publish(release), IsEmpty()) << "a snapshot that only confirms";
  EXPECT_EQ(counts_, CheckCounts());
  EXPECT_THAT(Publish({{kTRate, "2025-01/P7M", "-8.1"}}), IsEmpty());
  // Another base, and the rate stated anew: that is another check.
  release_.kind = ReleaseKind::kCorrection;
  Publish({{kT, "2024-01/P7M", "136.60"}});
  EXPECT_EQ(Publish(release).size(), 1u);
  // A finer print of the rate is another check too.
  EXPECT_EQ(Publish({{kTRate, "2025-01/P7M", "-8.10"}}).size(), 1u);
}

TEST_F(ReleaseCheckTest, PairsHaveOneCurrencyOneRunAndOneFlow) {
  Publish({{kT, "2024-01/P7M", "136.67"}, {"CN.RU.T.VALUE.CNY.BN", "2024-01/P7M", "900"}});
  EXPECT_THAT(Publish({{"CN.RU.T.VALUE.CNY.BN", "2025-01/P7M", "125.8"},  // another currency than the rate's
                       {kT, "2025-01/P6M", "125.8"},                      // another run
                       {kX, "2025-01/P7M", "125.8"},                      // another flow
                       {"CN.US.T.VALUE.USD.BN", "2025-01/P7M", "125.8"},
                       {kTRate, "2025-01/P7M", "-8.1"}}),
              IsEmpty());
  EXPECT_EQ(counts_.implied_fit + counts_.implied_up + counts_.implied_down, 0u);
  EXPECT_EQ(Publish({{kT, "2025-01/P7M", "125.8"}, {kTRate, "2025-01/P7M", "-8.1"}}).size(), 1u)
      << "the rate was held, the level is new: a new check";
}

TEST_F(ReleaseCheckTest, FlowsMustAdd) {
  EXPECT_THAT(Publish({{kX, "2022-09", "7.99"}, {kM, "2022-09", "10.656"}, {kT, "2022-09", "18.656"}}),
              ElementsAre("TURNOVER CN.RU.T.VALUE.USD.BN 2022-09: 18.656 / 18.646, -0.010"));
  EXPECT_EQ(counts_.identities_broken, 1u);
  EXPECT_THAT(Publish({{kB, "2022-09", "-2.666"}}), IsEmpty()) << "X - M = B holds";
  EXPECT_EQ(counts_.identities_hold, 1u);
  EXPECT_THAT(Publish({{kB, "2022-09", "2.666"}}),
              ElementsAre("BALANCE CN.RU.B.VALUE.USD.BN 2022-09: 2.666 / -2.666, -5.332"));
}

TEST_F(ReleaseCheckTest, EachSumIsCheckedOnceWhateverTheOrder) {
  std::vector<Cell> cells = {
      {kX, "2022-09", "1"}, {kM, "2022-09", "1"}, {kT, "2022-09", "9"}, {kB, "2022-09", "9"}};
  std::sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) { return a.series < b.series; });
  do {
    figures_ = FiguresInMemory();
    EXPECT_EQ(Publish(cells).size(), 2u);
    EXPECT_EQ(counts_.identities_broken, 2u);
  } while (std::next_permutation(cells.begin(), cells.end(),
                                 [](const Cell& a, const Cell& b) { return a.series < b.series; }));
}

TEST_F(ReleaseCheckTest, ARevisionOfOneOperandIsCheckedAgainstTheOthersAsHeld) {
  Publish({{kX, "2022-09", "8.00"}, {kM, "2022-09", "10.00"}, {kT, "2022-09", "18.00"}});
  release_.kind = ReleaseKind::kCorrection;
  EXPECT_THAT(Publish({{kX, "2022-09", "8.00"}}), IsEmpty());
  EXPECT_EQ(counts_, CheckCounts()) << "nothing changed";
  EXPECT_THAT(Publish({{kX, "2022-09", "9.00"}}),
              ElementsAre("TURNOVER CN.RU.T.VALUE.USD.BN 2022-09: 18.00 / 19.00, 1.00"));
}

TEST_F(ReleaseCheckTest, YearToDateAddsUpFromTheYearsFirstMonth) {
  EXPECT_THAT(Publish({{kX, "2025-01/P2M", "10.00"}, {kX, "2025-03", "5.00"}, {kX, "2025-01/P3M", "15.10"}}),
              ElementsAre("YEAR_TO_DATE CN.RU.X.VALUE.USD.BN 2025-01/P3M: 15.10 / 15.00, -0.10"));
  EXPECT_THAT(Publish({{kX, "2025-04", "5.00"}, {kX, "2025-01/P4M", "20.10"}}), IsEmpty());
  EXPECT_EQ(counts_.identities_hold, 1u);
  // The month alone, later; and the first month as a year to date of one.
  EXPECT_THAT(Publish({{kX, "2026-01", "5.00"}, {kX, "2026-01/P2M", "10.00"}}), IsEmpty());
  EXPECT_THAT(Publish({{kX, "2026-02", "6.00"}}),
              ElementsAre("YEAR_TO_DATE CN.RU.X.VALUE.USD.BN 2026-01/P2M: 10.00 / 11.00, 1.00"));
}

TEST_F(ReleaseCheckTest, TheYearStartsWhereTheDatasetSays) {
  dataset_.year_start_month = 4;
  EXPECT_THAT(Publish({{kX, "2025-01/P2M", "10.00"}, {kX, "2025-03", "5.00"}, {kX, "2025-01/P3M", "99.00"}}),
              IsEmpty());
  EXPECT_EQ(
      Publish({{kX, "2025-04/P11M", "10.00"}, {kX, "2026-03", "5.00"}, {kX, "2025-04/P12M", "99.00"}}).size(),
      1u);
}

TEST_F(ReleaseCheckTest, OnlyLevelsAreSummed) {
  EXPECT_THAT(Publish({{"CN.RU.X.YOY.USD.PCT", "2025-01/P2M", "10.0"},
                       {"CN.RU.X.YOY.USD.PCT", "2025-03", "5.0"},
                       {"CN.RU.X.YOY.USD.PCT", "2025-01/P3M", "7.0"},
                       {"CN.RU.M.YOY.USD.PCT", "2025-03", "5.0"},
                       {"CN.RU.T.YOY.USD.PCT", "2025-03", "5.0"}}),
              IsEmpty());
  EXPECT_EQ(counts_, CheckCounts());
}

TEST_F(ReleaseCheckTest, ARegularReleaseThatChangesAnEarlierPeriod) {
  constexpr std::string_view kW = "CN.W00.X.VALUE.USD.BN";
  Publish({{kW, "2023-03", "315.589337"}, {kW, "2023-07", "281.76"}});
  EXPECT_THAT(
      Publish({{kW, "2023-03", "305.04"}}),
      ElementsAre("UNANNOUNCED_REVISION CN.W00.X.VALUE.USD.BN 2023-03: 305.04 / 315.589337, -10.549337"));
  EXPECT_THAT(Publish({{kW, "2023-03", "305.0"}}), IsEmpty()) << "another print of the same number";
  EXPECT_THAT(Publish({{kW, "2023-07", "282.10"}}), IsEmpty()) << "the next stage of the newest month";
  EXPECT_THAT(Publish({{kW, "2023-03", ""}}),
              ElementsAre("UNANNOUNCED_REVISION CN.W00.X.VALUE.USD.BN 2023-03: (WITHDRAWN) / 305.0, -"));
  EXPECT_THAT(Publish({{kW, "2023-03", "305.1"}}), IsEmpty()) << "restored";
}

TEST_F(ReleaseCheckTest, AnnouncedRevisionsAreNoFindings) {
  Publish({{kX, "2023-03", "315.5"}, {kX, "2023-07", "281.76"}});
  release_.kind = ReleaseKind::kCorrection;
  EXPECT_THAT(Publish({{kX, "2023-03", "305.0"}}), IsEmpty());
  release_.kind = ReleaseKind::kRegular;
  release_.is_revision_scheduled = [](Period period) { return period == P("2023-03"); };
  EXPECT_THAT(Publish({{kX, "2023-03", "304.0"}}), IsEmpty());
  release_.is_revision_scheduled = [](Period period) { return period == P("2023-04"); };
  EXPECT_EQ(Publish({{kX, "2023-03", "303.0"}}).size(), 1u);
}

TEST_F(ReleaseCheckTest, DatasetsWithoutTheRolesAreLeftAlone) {
  dataset_.dimensions = {{"a", Role::kOther}, {"b", Role::kOther}};
  EXPECT_THAT(Publish({{"X.T", "2025-01", "1"}, {"M.T", "2025-01", "1"}, {"T.T", "2025-01", "9"}}),
              IsEmpty());
  EXPECT_EQ(counts_.identities_broken, 0u);
}

TEST_F(ReleaseCheckTest, KeepsNoMoreThanTheLimitAndCountsTheRest) {
  const int kept = static_cast<int>(limits::kMaxFindingsPerRelease);
  ReleaseChecker checker(release_, dataset_, figures_);
  for (int i = 0; i < kept + 3; ++i) {
    const std::string partner = absl::StrCat("P", i);
    const auto state = [&](std::string_view flow, std::string_view value) {
      figures_.State(K(absl::StrCat("CN.", partner, ".", std::string(flow), ".VALUE.USD.BN")), P("2025-01"),
                     V(value));
    };
    state("X", "1");
    state("M", "1");
    state("T", "9");
  }
  for (const auto& [series, period] : figures_.stated_cells()) {
    ASSERT_TRUE(checker.Check(series, period, *Must(figures_.Stated(series, period)), Attributes()).ok());
  }
  EXPECT_EQ(checker.counts().identities_broken, static_cast<std::uint64_t>(kept + 3));
  EXPECT_EQ(checker.counts().findings_dropped, 3u);
  const std::vector<Finding> findings = checker.TakeFindings();
  EXPECT_EQ(findings.size(), limits::kMaxFindingsPerRelease);
  EXPECT_TRUE(std::is_sorted(findings.begin(), findings.end(),
                             [](const Finding& a, const Finding& b) { return CompareFindings(a, b) < 0; }));
}

TEST_F(ReleaseCheckTest, ErrorsOfTheFiguresComeOut) {
  class Broken : public FiguresInMemory {
    absl::StatusOr<std::optional<CellState>> Held(const SeriesKey&, Period) override {
      return absl::DataLossError("the disk");
    }
  };
  Broken broken;
  ReleaseChecker checker(release_, dataset_, broken);
  EXPECT_EQ(checker.Check(K(kX), P("2025-01"), V("1"), Attributes()).code(), absl::StatusCode::kDataLoss);
}

// --- Totals of the conventions ---

constexpr std::string_view kWorld = "CN.W00.X.VALUE.USD.BN";
constexpr std::string_view kRussia = "CN.RU.X.VALUE.USD.BN";
constexpr std::string_view kStates = "CN.US.X.VALUE.USD.BN";
constexpr std::string_view kEurope = "CN.EU.X.VALUE.USD.BN";

TEST_F(ReleaseCheckTest, ComponentsAddToTheirTotal) {
  release_.conventions.totals = {{.dimension = "partner", .total = "W00", .codes = {"EU"}}};
  EXPECT_THAT(Publish({{kWorld, "2025-01", "10.00"},
                       {kRussia, "2025-01", "4.00"},
                       {kStates, "2025-01", "6.01"},
                       {kEurope, "2025-01", "5.00"}}),
              IsEmpty())
      << "0.01 is within three half steps, and EU is left out";
  EXPECT_EQ(counts_.identities_hold, 1u) << "checked once, not once a component";
  EXPECT_THAT(Publish({{kStates, "2025-01", "6.02"}}),
              ElementsAre("COMPONENTS CN.W00.X.VALUE.USD.BN 2025-01: 10.00 / 10.02, 0.02"))
      << "a change of one component is enough";
  EXPECT_THAT(Publish({{kStates, "2025-01", "6.02"}}), IsEmpty()) << "a repetition finds nothing";
}

TEST_F(ReleaseCheckTest, EveryCodeThatHasNoFigureAddsNothing) {
  release_.conventions.totals = {{.dimension = "partner", .total = "W00"}};
  EXPECT_THAT(Publish({{kStates, "2025-01", "3"}, {kRussia, "2025-02", "4"}, {kWorld, "2025-02", "9"}}),
              ElementsAre("COMPONENTS CN.W00.X.VALUE.USD.BN 2025-02: 9 / 4, -5"));
  EXPECT_THAT(Publish({{kStates, "2025-02", "5"}}), IsEmpty());
}

TEST_F(ReleaseCheckTest, ListedComponentsMustAllBeKnown) {
  release_.conventions.totals = {
      {.dimension = "partner", .total = "W00", .terms = TotalRule::Terms::kCodes, .codes = {"RU", "US"}}};
  EXPECT_THAT(Publish({{kWorld, "2025-01", "10"}, {kRussia, "2025-01", "4"}}), IsEmpty());
  EXPECT_THAT(Publish({{kStates, "2025-01", "4"}}),
              ElementsAre("COMPONENTS CN.W00.X.VALUE.USD.BN 2025-01: 10 / 8, -2"));
}

TEST_F(ReleaseCheckTest, TotalsOfADatedGroup) {
  release_.conventions.groups = {
      {.name = "G", .dimension = "partner", .members = {{"RU", {}}, {"US", {std::nullopt, M("2025-01")}}}}};
  release_.conventions.totals = {
      {.dimension = "partner", .total = "EU", .terms = TotalRule::Terms::kGroup, .codes = {}, .group = "G"}};
  EXPECT_THAT(Publish({{kEurope, "2025-01", "9"}, {kRussia, "2025-01", "4"}, {kStates, "2025-01", "4"}}),
              IsEmpty())
      << "within three half steps";
  EXPECT_THAT(Publish({{kEurope, "2025-02", "9"}, {kRussia, "2025-02", "4"}, {kStates, "2025-02", "5"}}),
              ElementsAre("COMPONENTS CN.EU.X.VALUE.USD.BN 2025-02: 9 / 4, -5"))
      << "US has left the group";
  EXPECT_THAT(Publish({{kEurope, "2024-12/P2M", "99"}, {kRussia, "2024-12/P2M", "4"}}), IsEmpty());
  EXPECT_THAT(Publish({{kEurope, "2024-12/P3M", "99"}, {kRussia, "2024-12/P3M", "4"}}), IsEmpty())
      << "of a run in which the group changed nothing is said";
}

TEST_F(ReleaseCheckTest, TruncatedFiguresMayLieAWholeStepOff) {
  release_.conventions.rounding = PrintRounding::kTruncated;
  release_.conventions.totals = {{.dimension = "partner", .total = "W00"}};
  EXPECT_THAT(Publish({{kWorld, "2025-01", "10"}, {kRussia, "2025-01", "4"}, {kStates, "2025-01", "3"}}),
              IsEmpty());
  EXPECT_THAT(Publish({{kStates, "2025-01", "2"}}),
              ElementsAre("COMPONENTS CN.W00.X.VALUE.USD.BN 2025-01: 10 / 6, -4"));
}

}  // namespace
}  // namespace tidewaiter
