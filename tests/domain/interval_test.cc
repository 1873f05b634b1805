#include "domain/interval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/limits.h"
#include "tests/domain/cells.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

// "244.819 0.001 PUBLISHED" with the sum of the steps, or "ABSENT: 2025-01 2025-02".
std::string Text(const RunValue& value) {
  if (!value.value) return absl::StrCat(ToAbsl(UndefinedName(value.reason)), ": ", MonthsText(value.months));
  return absl::StrCat(value.value->value.ToString(), " ", value.value->unit.ToString(), " ",
                      ToAbsl(DerivationName(value.derivation)));
}

std::string Found(const std::vector<CellState>& cells, std::string_view run,
                  std::optional<Derivation> wish = std::nullopt) {
  return Text(IntervalAlgebra(cells).Find(P(run), wish));
}

// With the path in front.
std::string FoundAlong(const std::vector<CellState>& cells, std::string_view run) {
  const RunValue value = IntervalAlgebra(cells).Find(P(run));
  return absl::StrCat(PathText(value, cells), " = ", Text(value));
}

TEST(IntervalTest, NamesOfDerivationsAndReasons) {
  for (const Derivation derivation :
       {Derivation::kPublished, Derivation::kSummed, Derivation::kDifferenced}) {
    EXPECT_EQ(Must(ParseDerivation(DerivationName(derivation))), derivation);
  }
  EXPECT_EQ(Must(ParseDerivation("summed")), Derivation::kSummed);
  ExpectRefused(ParseDerivation("GUESSED"), "PUBLISHED, SUMMED, DIFFERENCED");
  for (int reason = 1; reason <= 13; ++reason) {
    EXPECT_NE(UndefinedName(static_cast<Undefined>(reason)), "UNKNOWN") << reason;
  }
  EXPECT_EQ(UndefinedName(static_cast<Undefined>(14)), "UNKNOWN");
}

TEST(IntervalTest, MonthsAreSummed) {
  const auto cells = Cells({"2025-01 1.5", "2025-02 2.25", "2025-03 -4", "2025-05 1"});
  EXPECT_EQ(Found(cells, "2025-01"), "1.5 0.1 PUBLISHED");
  EXPECT_EQ(FoundAlong(cells, "2025-01/P3M"), "+2025-01 +2025-02 +2025-03 = -0.25 1.11 SUMMED");
  EXPECT_EQ(Found(cells, "2025-01/P5M"), "MISSING_MONTHS: 2025-04");
  EXPECT_EQ(Found(cells, "2024-12/P7M"), "MISSING_MONTHS: 2024-12 2025-04 2025-06");
  EXPECT_EQ(Found({}, "2025-01/P2M"), "MISSING_MONTHS: 2025-01 2025-02");
}

TEST(IntervalTest, AMonthIsTheDifferenceOfTwoYearsToDate) {
  const auto cells = Cells({"2024-01/P2M 10", "2024-01/P3M 16.5", "2024-01/P5M 30"});
  EXPECT_EQ(FoundAlong(cells, "2024-03"), "-2024-01/P2M +2024-01/P3M = 6.5 1.1 DIFFERENCED");
  EXPECT_EQ(FoundAlong(cells, "2024-04/P2M"), "-2024-01/P3M +2024-01/P5M = 13.5 1.1 DIFFERENCED");
}

TEST(IntervalTest, FewestEdgesThenFewestBackwardThenFewestReleases) {
  // One edge beats two, even if the two are newer.
  EXPECT_EQ(Found(Cells({"2024-01/P3M 6 r1", "2024-01 1 r2", "2024-02/P2M 4 r2"}), "2024-01/P3M"),
            "6 1 PUBLISHED");
  // Two forward edges beat a difference.
  EXPECT_EQ(
      FoundAlong(Cells({"2024-01/P5M 15", "2024-04/P2M 9", "2024-01 1", "2024-02/P2M 5"}), "2024-01/P3M"),
      "+2024-01 +2024-02/P2M = 6 2 SUMMED");
  // Of two differences, that of one release.
  EXPECT_EQ(
      FoundAlong(Cells({"2024-01/P2M 3 r1", "2024-01/P3M 6 r2", "2024-03/P3M 12 r3", "2024-04/P2M 9 r3"}),
                 "2024-03"),
      "+2024-03/P3M -2024-04/P2M = 3 2 DIFFERENCED");
  // All else equal, the one that begins earliest.
  EXPECT_EQ(
      FoundAlong(Cells({"2024-01/P2M 3", "2024-01/P3M 6", "2024-03/P3M 12", "2024-04/P2M 9"}), "2024-03"),
      "-2024-01/P2M +2024-01/P3M = 3 2 DIFFERENCED");
}

TEST(IntervalTest, ReleasesAreCountedAlongAllEquallyShortPaths) {
  // Two months, then two: each pair by two ways; only one choice is of a single release.
  const auto cells = Cells({"2024-01 1 r1", "2024-02/P2M 5 r2", "2024-01/P2M 3 r2", "2024-03 3 r2",  //
                            "2024-04 4 r2", "2024-05/P2M 11 r2", "2024-04/P2M 9 r1", "2024-06 6 r1"});
  const RunValue value = IntervalAlgebra(cells).Find(P("2024-01/P6M"));
  EXPECT_EQ(PathText(value, cells), "+2024-01/P2M +2024-03 +2024-04 +2024-05/P2M");
  EXPECT_FALSE(value.across_releases);
}

TEST(IntervalTest, SaysWhenOperandsComeFromDifferentReleases) {
  const auto cells = Cells({"2024-01 1 r1", "2024-02 2 r1", "2024-03 3 r2"});
  IntervalAlgebra algebra(cells);
  EXPECT_FALSE(algebra.Find(P("2024-01/P2M")).across_releases);
  EXPECT_TRUE(algebra.Find(P("2024-02/P2M")).across_releases);
}

TEST(IntervalTest, ChinaWithRussiaAsPrinted) {
  const auto cells = ChinaRussiaTurnover();
  EXPECT_EQ(Found(cells, "2025-07"), "19.14 0.01 PUBLISHED");
  EXPECT_EQ(Found(cells, "2025-07", Derivation::kDifferenced), "19.32 0.11 DIFFERENCED");
  EXPECT_EQ(Found(cells, "2025-07", Derivation::kPublished), "19.14 0.01 PUBLISHED");
  EXPECT_EQ(Found(cells, "2025-07", Derivation::kSummed), "MISSING_MONTHS: 2025-07");
  EXPECT_EQ(FoundAlong(cells, "2024-08/P12M"),
            "-2024-01/P7M +2024-01/P12M +2025-01/P7M = 233.949 0.111 DIFFERENCED");
  EXPECT_EQ(FoundAlong(cells, "2024-03/P12M"),
            "-2024-01/P2M +2024-01/P12M +2025-01/P3M -2025-03 = 242.574 0.013 DIFFERENCED");
  EXPECT_EQ(Found(cells, "2024-02/P12M"), "COMBINED_MONTHS: 2024-01 2024-02")
      << "the window begins within January and February 2024";
  EXPECT_EQ(Found(cells, "2025-01/P12M"), "228.105 0.001 PUBLISHED");
  EXPECT_EQ(Found(cells, "2024-02"), "COMBINED_MONTHS: 2024-01 2024-02");
  EXPECT_EQ(Found(cells, "2025-02"), "MISSING_MONTHS: 2025-02")
      << "of 2025, January and February were not printed as one";
  EXPECT_EQ(Found(cells, "2026-01"), "MISSING_MONTHS: 2026-01");
  EXPECT_EQ(Found(cells, "2024-04"), "MISSING_MONTHS: 2024-04");
}

TEST(IntervalTest, MissingReleaseAndCombinedMonthsAreDifferentReasons) {
  // May's release is missing: April's and June's years to date are held, their difference is May and June.
  const auto cells = Cells({"2025-01/P2M 2", "2025-01/P3M 3", "2025-01/P4M 4", "2025-01/P6M 6"});
  EXPECT_EQ(Found(cells, "2025-05"), "MISSING_MONTHS: 2025-05");
  EXPECT_EQ(Found(cells, "2025-06"), "MISSING_MONTHS: 2025-06");
  EXPECT_EQ(Found(cells, "2025-02"), "COMBINED_MONTHS: 2025-01 2025-02");
  EXPECT_EQ(Found(cells, "2025-02/P2M"), "COMBINED_MONTHS: 2025-01 2025-02");
  EXPECT_EQ(Found(cells, "2025-02/P6M"), "MISSING_MONTHS: 2025-07")
      << "what nobody states comes before what is stated as one";
  EXPECT_EQ(Found(Cells({"2025-01/P3M 3"}), "2025-02"), "COMBINED_MONTHS: 2025-01 2025-02 2025-03");
}

TEST(IntervalTest, RunsThatOverlapWithoutMeetingGiveNoValue) {
  const auto cells = Cells({"2025-01/P3M 3", "2025-02/P3M 3"});
  EXPECT_EQ(IntervalAlgebra(cells).Find(P("2025-01/P4M")).value, std::nullopt);
  EXPECT_FALSE(IntervalAlgebra(cells).Find(P("2025-01/P4M")).months.empty());
}

TEST(IntervalTest, AnAbsenceExplainsWhyThereIsNoPath) {
  EXPECT_EQ(Found(Cells({"2025-01 1", "2025-02 -", "2025-03 3"}), "2025-02"), "ABSENT: 2025-02");
  EXPECT_EQ(Found(Cells({"2025-01 1", "2025-02 -", "2025-03 3"}), "2025-01/P3M"), "ABSENT: 2025-02");
  EXPECT_EQ(Found(Cells({"2025-01/P3M -"}), "2025-01/P3M"), "ABSENT: 2025-01 2025-02 2025-03");
  // April is not stated, but its year to date is withheld.
  EXPECT_EQ(Found(Cells({"2025-01/P3M 3", "2025-01/P4M -"}), "2025-04"), "ABSENT: 2025-04");
  // Without February's absence there would be no value either.
  EXPECT_EQ(Found(Cells({"2025-01 1", "2025-02 -", "2025-04 4"}), "2025-01/P4M"), "MISSING_MONTHS: 2025-03");
  // An absence is no obstacle where another path leads around it.
  EXPECT_EQ(Found(Cells({"2025-01 1", "2025-02 -", "2025-01/P2M 3"}), "2025-02"), "2 2 DIFFERENCED");
}

TEST(IntervalTest, AWishForADerivationIsThatOrNothing) {
  const auto cells = Cells({"2025-01 1", "2025-02 2", "2025-03 3", "2025-01/P3M 6.5", "2025-01/P4M 10"});
  EXPECT_EQ(Found(cells, "2025-01/P3M", Derivation::kPublished), "6.5 0.1 PUBLISHED");
  EXPECT_EQ(Found(cells, "2025-01/P3M", Derivation::kSummed), "6 3 SUMMED");
  EXPECT_EQ(Found(cells, "2025-01/P3M", Derivation::kDifferenced), "MISSING_MONTHS: 2025-01 2025-02 2025-03");
  EXPECT_EQ(Found(cells, "2025-02", Derivation::kDifferenced), "2.5 2.1 DIFFERENCED")
      << "- January + first quarter - March";
  EXPECT_EQ(Found(cells, "2025-04", Derivation::kSummed), "MISSING_MONTHS: 2025-04");
  EXPECT_EQ(Found(cells, "2025-04", Derivation::kPublished), "MISSING_MONTHS: 2025-04");
  EXPECT_EQ(Found(cells, "2025-02/P3M", Derivation::kSummed), "MISSING_MONTHS: 2025-04");
  const auto months = Cells({"2025-01 1", "2025-02 2", "2025-03 -"});
  EXPECT_EQ(Found(months, "2025-01", Derivation::kSummed), "MISSING_MONTHS: 2025-01");
  EXPECT_EQ(Found(months, "2025-01/P2M", Derivation::kDifferenced), "MISSING_MONTHS: 2025-01 2025-02");
  EXPECT_EQ(Found(months, "2025-03", Derivation::kPublished), "ABSENT: 2025-03");
  EXPECT_EQ(Found(months, "2025-03", Derivation::kSummed), "ABSENT: 2025-03");
}

TEST(IntervalTest, RatesAreNeitherSummedNorDifferenced) {
  for (const auto& cells :
       {Cells({"2025-01 1", "2025-02 2"}), Cells({"2025-01 1", "2025-02 2", "2025-02/P2M 3"})}) {
    IntervalAlgebra rates(cells, /*additive=*/false);
    EXPECT_EQ(Text(rates.Find(P("2025-01"))), "1 1 PUBLISHED");
    EXPECT_EQ(Text(rates.Find(P("2025-01/P2M"))), "NOT_ADDITIVE: ");
    EXPECT_EQ(Text(rates.Find(P("2025-01/P2M"), Derivation::kSummed)), "NOT_ADDITIVE: ");
    EXPECT_EQ(Text(rates.Find(P("2025-05"))), "MISSING_MONTHS: 2025-05");
    EXPECT_TRUE(rates.FindAll(P("2025-01/P2M"), 9, 9).empty());
    ASSERT_EQ(rates.FindAll(P("2025-01"), 9, 9).size(), 1u);
  }
}

TEST(IntervalTest, FindAllGivesEveryPathBestFirst) {
  const auto cells = ChinaRussiaTurnover();
  IntervalAlgebra algebra(cells);
  const auto all = algebra.FindAll(P("2025-07"), 4, 100);
  std::vector<std::string> paths;
  for (const RunValue& value : all) paths.push_back(PathText(value, cells));
  ASSERT_GE(paths.size(), 3u);
  EXPECT_EQ(paths[0], "+2025-07");
  EXPECT_EQ(paths[1], "-2025-01/P6M +2025-01/P7M");
  EXPECT_EQ(paths[2], "-2025-01/P6M +2025-01/P8M -2025-08");
  EXPECT_EQ(algebra.FindAll(P("2025-07"), 1, 100).size(), 1u);
  EXPECT_EQ(algebra.FindAll(P("2025-07"), 4, 2).size(), 2u);
  EXPECT_TRUE(algebra.FindAll(P("2025-02"), 9, 100).empty());
}

TEST(IntervalTest, ASumThatDoesNotFitIsUndefined) {
  const auto cells = Cells({"2025-01 999999999999999999999999999", "2025-02 1"});
  EXPECT_EQ(Found(cells, "2025-01/P2M"), "OVERFLOW: 2025-01 2025-02");
  IntervalAlgebra algebra(cells);
  ASSERT_EQ(algebra.FindAll(P("2025-01/P2M"), 2, 9).size(), 1u);
  EXPECT_EQ(algebra.FindAll(P("2025-01/P2M"), 2, 9)[0].reason, Undefined::kOverflow);
}

TEST(IntervalTest, AMovedAlgebraGoesOn) {
  const auto cells = Cells({"2024-01/P2M 10", "2024-01/P3M 16"});
  IntervalAlgebra algebra(cells);
  EXPECT_EQ(Text(algebra.Find(P("2024-03"))), "6 2 DIFFERENCED");
  IntervalAlgebra moved(std::move(algebra));
  EXPECT_EQ(Text(moved.Find(P("2024-03"))), "6 2 DIFFERENCED");
}

// Every run of a hundred months, each from a release of its own: as many ties as there can be.
TEST(IntervalTest, HostileCellsEndInBoundedSteps) {
  std::vector<CellState> cells;
  const Month start = M("2000-01");
  for (int from = 0; from < 100; ++from) {
    for (int months = 1; from + months <= 100; ++months) {
      if (from == 20 && months == 60) continue;
      CellState cell = Cell("2000-01 1");
      cell.period = Period::FromValid(start + from, months);
      cell.datum = Datum::Value(Decimal::FromValidParts(months, 0));
      cell.sequence = static_cast<Sequence>(cells.size() + 1);
      cells.push_back(cell);
    }
  }
  IntervalAlgebra algebra(cells);
  const Period run = Period::FromValid(start + 20, 60);
  for (const auto wish : {std::optional<Derivation>(), std::optional(Derivation::kSummed)}) {
    EXPECT_EQ(PathText(algebra.Find(run, wish), cells), "+2001-09 +2001-10/P59M");
  }
  EXPECT_EQ(PathText(algebra.Find(run, Derivation::kDifferenced), cells), "-2000-01/P20M +2000-01/P80M");
  const auto all = algebra.FindAll(run, 100, 1'000'000);
  ASSERT_GE(all.size(), 99u);
  EXPECT_EQ(all[98].operands.size(), 2u) << "by way of each of the other boundaries; then the longer ones";
  EXPECT_LE(all.size(), limits::kMaxAllPathsSteps);
  for (const RunValue& value : all) ASSERT_EQ(value.value->value, D("60"));
}

// Each two months by two ways, forty times over: 2^40 equally short paths.
TEST(IntervalTest, TiesBeyondCountingGiveTheSameAnswerEachTime) {
  std::vector<CellState> cells;
  for (int i = 0; i < 40; ++i) {
    for (const auto& [from, months] : {std::pair(0, 1), {0, 2}, {1, 2}, {2, 1}}) {
      CellState cell = Cell("2000-01 1");
      cell.period = Period::FromValid(M("2000-01") + 3 * i + from, months);
      cell.datum = Datum::Value(Decimal::FromValidParts(months, 0));
      cell.sequence = static_cast<Sequence>(cells.size() + 1);
      cells.push_back(cell);
    }
  }
  const Period run = Period::FromValid(M("2000-01"), 120);
  const RunValue first = IntervalAlgebra(cells).Find(run);
  EXPECT_EQ(first.value->value, D("120"));
  EXPECT_EQ(first.operands.size(), 80u);
  EXPECT_EQ(IntervalAlgebra(cells).Find(run).operands, first.operands);
}

}  // namespace
}  // namespace tidewaiter
