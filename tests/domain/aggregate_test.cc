#include "domain/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/group_sum.h"
#include "tests/domain/figures.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::ElementsAre;

const Window kYtd{.kind = Window::Kind::kYearToDate};
const Window kYear{.kind = Window::Kind::kYear};

std::string Figure(const AggregateSpec& spec, std::vector<Member> above, std::string_view last,
                   std::vector<Member> below = {}) {
  EXPECT_TRUE(Validate(spec).ok()) << Validate(spec);
  return Text(Evaluate(spec, {std::move(above), std::move(below)}, M(last)));
}

// A year and its successor: 10.0 each month, then 11.0, 12.1 in the last.
Series TwoYears() {
  std::vector<CellState> cells;
  for (int i = 0; i < 24; ++i) {
    CellState cell = Cell(i < 12 ? "2024-01 10.0 r1" : i < 23 ? "2024-01 11.0 r2" : "2024-01 12.1 r3");
    cell.period = Period::FromValid(M("2024-01") + i, 1);
    cells.push_back(cell);
  }
  return Series(cells);
}

TEST(AggregateTest, LevelsAndChangesAreExact) {
  Series s = TwoYears();
  EXPECT_EQ(Figure({}, {s.member()}, "2025-12"), "12.1 +-0.05 PUBLISHED");
  EXPECT_EQ(Figure({.window = {.months = 12}}, {s.member()}, "2025-12"), "133.1 +-0.6 SUMMED");
  EXPECT_EQ(Figure({.window = kYtd}, {s.member()}, "2025-03"), "33.0 +-0.15 SUMMED");
  EXPECT_EQ(Figure({.transform = Transform::kChange}, {s.member()}, "2025-12"), "2.1 +-0.1 PUBLISHED");
  EXPECT_EQ(Figure({.window = {.months = 12}, .transform = Transform::kChange}, {s.member()}, "2025-12"),
            "13.1 +-1.2 SUMMED");
  EXPECT_EQ(Figure({.transform = Transform::kChange, .lag_months = 1}, {s.member(-1)}, "2025-12"),
            "-1.1 +-0.1 PUBLISHED");
}

TEST(AggregateTest, Growth) {
  Series s = TwoYears();
  // 12.15 / 9.95 = 1.22111, 12.05 / 10.05 = 1.19900: 21 +1.111 -1.101.
  EXPECT_EQ(Figure({.transform = Transform::kGrowth}, {s.member()}, "2025-12"), "21.0 +-1.111 PUBLISHED");
  EXPECT_EQ(Figure({.transform = Transform::kGrowth, .lag_months = 1}, {s.member()}, "2025-12"),
            "10.0 +-0.959 PUBLISHED");
  EXPECT_EQ(Figure({.window = {.months = 12}, .transform = Transform::kGrowth, .decimals = 3}, {s.member()},
                   "2025-12"),
            "10.917 +-1.05955 SUMMED");
  // A negative month after a positive one fell by more than a hundred per cent.
  Series turned{"2024-01 4", "2025-01 -2"};
  EXPECT_EQ(Figure({.transform = Transform::kGrowth, .decimals = 0}, {turned.member()}, "2025-01"),
            "-150 +-21.43 PUBLISHED");
}

TEST(AggregateTest, GrowthNeedsAPositiveBase) {
  Series s{"2024-01 0", "2024-02 -1", "2025-01 5", "2025-02 5"};
  for (const Transform transform : {Transform::kGrowth, Transform::kAnnualisedGrowth}) {
    EXPECT_EQ(Figure({.transform = transform}, {s.member()}, "2025-01"), "BASE_NOT_POSITIVE: 2024-01");
    EXPECT_EQ(Figure({.transform = transform}, {s.member()}, "2025-02"), "BASE_NOT_POSITIVE: 2024-02");
  }
  EXPECT_EQ(Figure({.transform = Transform::kMagnitudeGrowth}, {s.member()}, "2025-01"),
            "BASE_NOT_POSITIVE: 2024-01");
  EXPECT_EQ(Figure({.transform = Transform::kIndex, .base = P("2024-02")}, {s.member()}, "2025-01"),
            "BASE_NOT_POSITIVE: 2024-02");
}

TEST(AggregateTest, ABaseThatMayBeZeroLeavesTheFigureUnbounded) {
  Series s{"2024-01 0.5", "2025-01 5"};
  EXPECT_EQ(Figure({.transform = Transform::kGrowth}, {s.member()}, "2025-01"), "900.0 +-222.223 PUBLISHED");
  auto coarse = s.cells();
  coarse[0].datum = V("1");  // 0.5 to 1.5
  EXPECT_EQ(Figure({.transform = Transform::kGrowth}, {Series(coarse).member()}, "2025-01"),
            "400.0 +-600.000 PUBLISHED");
  coarse[0].datum = Must(Datum::ValueWithStep(D("10"), 1));
  coarse[1].datum = coarse[0].datum;
  Series tens(coarse);
  EXPECT_EQ(Figure({.transform = Transform::kGrowth}, {tens.member()}, "2025-01"), "0.0 +-200.000 PUBLISHED");
  coarse[0].datum = Datum::ValueUnchecked(D("5"), 1);  // 0 to 10
  Series zero(coarse);
  EXPECT_EQ(Figure({.transform = Transform::kGrowth}, {zero.member()}, "2025-01"), "100.0 +-? PUBLISHED");
}

TEST(AggregateTest, AnnualisedGrowth) {
  Series s{"2025-01 100.00", "2025-02 101.00", "2025-04 110.00"};
  // 1.01^12 = 1.126825...
  EXPECT_EQ(Figure({.transform = Transform::kAnnualisedGrowth, .lag_months = 1, .decimals = 4}, {s.member()},
                   "2025-02")
                .substr(0, 7),
            "12.6825");
  // 1.1^4 = 1.4641
  EXPECT_EQ(Figure({.transform = Transform::kAnnualisedGrowth, .lag_months = 3, .decimals = 2}, {s.member()},
                   "2025-04")
                .substr(0, 5),
            "46.41");
  Series fallen{"2025-01 100", "2025-02 0", "2025-03 -1"};
  const AggregateSpec monthly{.transform = Transform::kAnnualisedGrowth, .lag_months = 1};
  EXPECT_EQ(Figure(monthly, {fallen.member()}, "2025-02"), "-100.0 +-0.001 PUBLISHED");
  EXPECT_EQ(
      Figure({.transform = Transform::kAnnualisedGrowth, .lag_months = 2}, {fallen.member()}, "2025-03"),
      "SIGN_CHANGE: 2025-03");
}

TEST(AggregateTest, GrowthOfMagnitudeIsForBalances) {
  Series balance{"2024-07 -9.014", "2025-07 -13.390", "2024-08 -1.000", "2025-08 2.000"};
  EXPECT_EQ(Figure({.transform = Transform::kMagnitudeGrowth}, {balance.member()}, "2025-07"),
            "48.5 +-0.061 PUBLISHED");
  EXPECT_EQ(Figure({.transform = Transform::kMagnitudeGrowth}, {balance.member()}, "2025-08"),
            "SIGN_CHANGE: 2025-08");
}

TEST(AggregateTest, ContributionsAddUpToTheGrowthOfTheTotal) {
  Series exports{"2024-01 40.0", "2025-01 44.0"};
  Series imports{"2024-01 60.0", "2025-01 57.0"};
  const AggregateSpec spec{.transform = Transform::kContribution};
  const std::vector<Member> total{exports.member(), imports.member()};
  EXPECT_EQ(Figure(spec, {exports.member()}, "2025-01", total), "4.0 +-0.105 PUBLISHED");
  EXPECT_EQ(Figure(spec, {imports.member()}, "2025-01", total), "-3.0 +-0.104 PUBLISHED");
  EXPECT_EQ(Figure({.transform = Transform::kGrowth}, total, "2025-01").substr(0, 3), "1.0");
  Series none{"2023-01 1"};
  EXPECT_EQ(Figure(spec, {exports.member()}, "2025-01", {none.member()}), "NO_TOTAL: 2024-01");
  EXPECT_EQ(Figure(spec, {exports.member()}, "2025-01"), "NO_TOTAL: ");
  Series deficit{"2024-01 -5"};
  EXPECT_EQ(Figure(spec, {exports.member()}, "2025-01", {deficit.member()}), "BASE_NOT_POSITIVE: 2024-01");
}

TEST(AggregateTest, SharesRatiosAndUnitValues) {
  Series part{"2025-01 1"};
  Series whole{"2025-01 3.0"};
  // 0.5 / 3.05 = 16.393, 1.5 / 2.95 = 50.847
  EXPECT_EQ(Figure({.transform = Transform::kShare}, {part.member()}, "2025-01", {whole.member()}),
            "33.3 +-17.548 PUBLISHED");
  EXPECT_EQ(
      Figure({.transform = Transform::kRatio, .decimals = 2}, {whole.member()}, "2025-01", {part.member()}),
      "3.00 +-3.1000 PUBLISHED");
  EXPECT_EQ(Figure({.transform = Transform::kUnitValue, .decimals = 4}, {part.member()}, "2025-01",
                   {whole.member()}),
            "0.3333 +-0.175175 PUBLISHED");
  Series none{"2025-01 -"}, zero{"2025-01 0"};
  EXPECT_EQ(Figure({.transform = Transform::kShare}, {part.member()}, "2025-01", {none.member()}),
            "NO_TOTAL: 2025-01");
  EXPECT_EQ(Figure({.transform = Transform::kRatio}, {part.member()}, "2025-01", {none.member()}),
            "ABSENT: 2025-01");
  EXPECT_EQ(Figure({.transform = Transform::kUnitValue}, {part.member()}, "2025-01", {zero.member()}),
            "BASE_NOT_POSITIVE: 2025-01");
}

TEST(AggregateTest, PartsOfAWholeHaveOneSign) {
  Series surplus{"2025-01 8"}, deficit{"2025-01 -2"}, none{"2025-01 0"}, all{"2025-01 6"};
  const AggregateSpec spec{.transform = Transform::kShare};
  EXPECT_EQ(Figure(spec, {deficit.member()}, "2025-01", {all.member()}), "MIXED_SIGNS: 2025-01");
  EXPECT_EQ(Figure(spec, {none.member()}, "2025-01", {all.member()}).substr(0, 3), "0.0");
  EXPECT_EQ(Figure(spec, {surplus.member()}, "2025-01", {deficit.member()}), "BASE_NOT_POSITIVE: 2025-01");
  EXPECT_EQ(Figure(spec, {deficit.member()}, "2025-01", {deficit.member()}), "BASE_NOT_POSITIVE: 2025-01");
}

TEST(AggregateTest, ARunRateIsAnExtrapolationAndSaysSo) {
  Series s{"2025-01/P7M 125.8"};
  const AggregateSpec spec{.window = kYtd, .transform = Transform::kRunRate, .decimals = 2};
  // 125.8 * 12 / 7 = 215.657; 0.05 * 12 / 7 = 0.0857, and 0.0029 for the rounding.
  EXPECT_EQ(Figure(spec, {s.member()}, "2025-07"), "215.66 +-0.0886 PUBLISHED");
  EXPECT_TRUE(Evaluate(spec, {{s.member()}, {}}, M("2025-07")).extrapolated);
  EXPECT_FALSE(Evaluate({.window = kYtd}, {{s.member()}, {}}, M("2025-07")).extrapolated);
}

TEST(AggregateTest, AnIndexIsAHundredInItsBase) {
  Series s{"2024-01/P12M 120", "2025-01 11", "2025-01/P12M 126"};
  EXPECT_EQ(Figure({.window = kYear, .transform = Transform::kIndex, .base = P("2024-01/P12M")}, {s.member()},
                   "2025-12"),
            "105.0 +-0.858 PUBLISHED");
  // The mean of the base year is 10 a month.
  EXPECT_EQ(Figure({.window = {.mean = true}, .transform = Transform::kIndex, .base = P("2024-01/P12M")},
                   {s.member()}, "2025-01"),
            "110.0 +-5.482 PUBLISHED");
}

TEST(AggregateTest, MeansAreDividedByTheirMonths) {
  Series s{"2025-01 1", "2025-02 2", "2025-03 4"};
  EXPECT_EQ(Figure({.window = {.months = 3, .mean = true}, .decimals = 3}, {s.member()}, "2025-03"),
            "2.333 +-0.50034 SUMMED");
  // The mean to March is 7/3, to February 3/2.
  EXPECT_EQ(Figure({.window = {.kind = Window::Kind::kYearToDate, .mean = true},
                    .transform = Transform::kChange,
                    .lag_months = 1,
                    .decimals = 4},
                   {s.member()}, "2025-03"),
            "0.8333 +-1.000034 SUMMED");
  EXPECT_EQ(Figure({.window = {.kind = Window::Kind::kYearToDate, .mean = true},
                    .transform = Transform::kGrowth,
                    .lag_months = 1},
                   {s.member()}, "2025-03")
                .substr(0, 4),
            "55.6");
}

TEST(AggregateTest, ChinaWithRussia) {
  Series turnover(ChinaRussiaTurnover());
  const AggregateSpec growth{.window = kYear, .transform = Transform::kGrowth};
  const AggregateSpec ytd_growth{.window = kYtd, .transform = Transform::kGrowth};
  EXPECT_EQ(Figure(growth, {turnover.member()}, "2025-12"), "-6.8 +-0.028 PUBLISHED") << "printed: -6.9";
  EXPECT_EQ(Figure(ytd_growth, {turnover.member()}, "2025-07"), "-8.0 +-0.087 PUBLISHED") << "printed: -8.1";
  EXPECT_EQ(Figure({.window = {.months = 12}}, {turnover.member()}, "2025-07"),
            "233.949 +-0.0555 DIFFERENCED");
  EXPECT_EQ(Figure({.window = {.months = 12}}, {turnover.member()}, "2025-02"),
            "242.574 +-0.0065 DIFFERENCED");
  EXPECT_EQ(Figure({.window = {.months = 12}}, {turnover.member()}, "2025-01"),
            "COMBINED_MONTHS: 2024-01 2024-02");
  EXPECT_EQ(Figure({.window = {.months = 12}}, {turnover.member()}, "2025-12"), "228.105 +-0.0005 PUBLISHED");
  EXPECT_EQ(Figure({.derivation = Derivation::kDifferenced}, {turnover.member()}, "2025-07"),
            "19.32 +-0.055 DIFFERENCED");
  // January to July 2025: exports 56.23 and imports 69.57, turnover 125.8, balance -13.34.
  Series exports{"2025-01/P7M 56.23"}, imports{"2025-01/P7M 69.57"};
  EXPECT_EQ(Figure({.window = kYtd}, {exports.member(), imports.member()}, "2025-07"),
            "125.80 +-0.01 PUBLISHED");
  EXPECT_EQ(Figure({.window = kYtd}, {exports.member(), imports.member(-1)}, "2025-07"),
            "-13.34 +-0.01 PUBLISHED");
}

// China's exports to the world, March 2023: 315.589337 as printed on 2023-04-18, 305.04 as known on
// 2023-08-11. March 2022 was printed to one thousand million: the printed rates, 14.8 and 11.4, tell of a
// base that had been revised to some 274.9 and 273.8 by then.
TEST(AggregateTest, ARevisionMovesTheGrowthThatIsComputed) {
  const AggregateSpec spec{.transform = Transform::kGrowth};
  Series before{"2022-03 276", "2023-03 315.589337"}, after{"2022-03 276", "2023-03 305.04"};
  EXPECT_EQ(Figure(spec, {before.member()}, "2023-03"), "14.3 +-0.252 PUBLISHED");
  EXPECT_EQ(Figure(spec, {after.member()}, "2023-03"), "10.5 +-0.225 PUBLISHED");
  Series implied{"2022-03 274.9", "2023-03 315.589337"}, later{"2022-03 273.8", "2023-03 305.04"};
  EXPECT_EQ(Figure(spec, {implied.member()}, "2023-03").substr(0, 4), "14.8");
  EXPECT_EQ(Figure(spec, {later.member()}, "2023-03").substr(0, 4), "11.4");
}

TEST(AggregateTest, CompositionsOfAnIncompleteGroup) {
  Series a{"2024-01 10", "2025-01 11"}, b{"2025-01 5"}, c{"2024-01 20", "2025-01 20"};
  const std::vector<Member> group{a.member(), b.member(), c.member()};
  const auto growth = [&](Composition composition) {
    return Evaluate({.transform = Transform::kGrowth, .composition = composition}, {group, {}}, M("2025-01"));
  };
  const AggregateValue as_published = growth(Composition::kAsPublished);
  EXPECT_EQ(Text(as_published).substr(0, 4), "20.0") << "36 against 30";
  EXPECT_EQ(as_published.members, 3u);
  EXPECT_EQ(as_published.left_out, 0u) << "of the numerator's run";
  const AggregateValue constant = growth(Composition::kConstant);
  EXPECT_EQ(Text(constant).substr(0, 4), "3.3 ") << "31 against 30";
  EXPECT_EQ(constant.members, 2u);
  EXPECT_EQ(constant.left_out, 1u);
  EXPECT_EQ(Text(growth(Composition::kComplete)), "MISSING_MONTHS: 2024-01");
  const AggregateSpec level{.composition = Composition::kAsPublished};
  const AggregateValue before = Evaluate(level, {group, {}}, M("2024-01"));
  EXPECT_EQ(Text(before), "30 +-1 PUBLISHED");
  EXPECT_EQ(before.members, 2u);
  EXPECT_EQ(before.left_out, 1u);
}

TEST(AggregateTest, AGroupWithoutValuesSaysWhatItsMembersSay) {
  Series combined{"2025-01/P2M 3"}, also{"2025-01/P2M 4"}, absent{"2025-02 -"};
  EXPECT_EQ(Figure({}, {combined.member(), also.member()}, "2025-02"), "COMBINED_MONTHS: 2025-01 2025-02");
  EXPECT_EQ(Figure({}, {combined.member(), absent.member()}, "2025-02"), "NO_MEMBERS: 2025-01 2025-02");
  EXPECT_EQ(Figure({}, {}, "2025-02"), "NO_MEMBERS: ");
  Series rates(Cells({"2025-01 1", "2025-02 2"}), /*additive=*/false);
  EXPECT_EQ(Figure({.window = {.months = 2}}, {rates.member()}, "2025-02"), "NOT_ADDITIVE: ");
  // Of a constant composition too: the member is out because of its base.
  EXPECT_EQ(Figure({.transform = Transform::kChange, .composition = Composition::kConstant},
                   {combined.member()}, "2025-02"),
            "COMBINED_MONTHS: 2025-01 2025-02");
  Series young{"2025-02 1"};
  EXPECT_EQ(Figure({.transform = Transform::kChange, .composition = Composition::kConstant}, {young.member()},
                   "2025-02"),
            "MISSING_MONTHS: 2024-02");
}

TEST(AggregateTest, MembersCountForTheMonthsInWhichTheyBelong) {
  Series stays{"2025-01 10", "2025-02 10", "2025-03 10"}, leaves{"2025-01 1", "2025-02 2", "2025-03 4"};
  const auto until_february = leaves.member(1, {{std::nullopt, M("2025-02")}});
  EXPECT_EQ(Figure({.window = kYtd}, {stays.member(), until_february}, "2025-03"), "33 +-2.5 SUMMED");
  EXPECT_EQ(Figure({}, {stays.member(), until_february}, "2025-03"), "10 +-0.5 PUBLISHED");
  const AggregateSpec constant{
      .transform = Transform::kChange, .lag_months = 1, .composition = Composition::kConstant};
  const auto change = Evaluate(constant, {{stays.member(), until_february}, {}}, M("2025-03"));
  EXPECT_EQ(Text(change), "0 +-1 PUBLISHED");
  EXPECT_EQ(change.members, 1u);
  EXPECT_EQ(change.left_out, 1u) << "it belongs in February";
  const auto throughout = Evaluate({.window = kYtd, .composition = Composition::kConstant},
                                   {{stays.member(), until_february}, {}}, M("2025-03"));
  EXPECT_EQ(Text(throughout), "30 +-1.5 SUMMED");
  EXPECT_EQ(throughout.left_out, 1u) << "it has a value, but for two months of the three";
  // Left and came back: the months between are not needed, and need not be stated.
  const auto twice = leaves.member(1, {Range("2025-03", "2025-03"), Range("2024-06", "2025-01")});
  std::vector<AggregateTerm> terms;
  const auto sum = Evaluate({.window = kYtd}, {{twice}, {}}, M("2025-03"), &terms);
  EXPECT_EQ(Text(sum), "5 +-1 SUMMED");
  ASSERT_EQ(terms.size(), 1u);
  ASSERT_EQ(terms[0].parts.size(), 2u);
  EXPECT_EQ(terms[0].parts[0].run, P("2025-01"));
  EXPECT_EQ(terms[0].parts[1].run, P("2025-03"));
  EXPECT_EQ(terms[0].parts[1].value.value->value, D("4"));
  const auto never = leaves.member(1, {Range("2024-01", "2024-02")});
  EXPECT_EQ(Figure({}, {never}, "2025-03"), "NO_MEMBERS: ");
}

TEST(AggregateTest, PiecesAreMergedAndInOrder) {
  EXPECT_THAT(PiecesOf(P("2025-01/P12M"), {Range("2025-05", "2025-06"), Range("2025-01", "2025-02"),
                                           Range("2025-06", "2025-08"), Range("2025-09", "2025-09")}),
              ElementsAre(P("2025-01/P2M"), P("2025-05/P5M")));
  EXPECT_THAT(PiecesOf(P("2025-01/P3M"), {PeriodRange{}}), ElementsAre(P("2025-01/P3M")));
  EXPECT_THAT(PiecesOf(P("2025-01/P3M"), {Range("2025-04", "2026-01")}), ElementsAre());
}

TEST(AggregateTest, SaysFromWhichReleasesItCame) {
  Series s = TwoYears();
  const AggregateValue one = Evaluate({}, {{s.member()}, {}}, M("2025-12"));
  EXPECT_FALSE(one.across_releases);
  EXPECT_EQ(one.sequence, 3u);
  EXPECT_EQ(one.published_at, s.cells().back().published_at);
  const AggregateValue growth = Evaluate({.transform = Transform::kGrowth}, {{s.member()}, {}}, M("2025-11"));
  EXPECT_TRUE(growth.across_releases) << "each run is of one release, but not both of the same";
  EXPECT_EQ(growth.sequence, 2u);
  // Published before 1970, and taken in before another that is older.
  auto cells = Cells({"1960-01 1 r7", "1960-02 2 r8"});
  cells[0].published_at = T("1960-03-01T00:00:00Z");
  cells[1].published_at = T("1960-02-01T00:00:00Z");
  Series old(cells);
  const AggregateValue sum = Evaluate({.window = {.months = 2}}, {{old.member()}, {}}, M("1960-02"));
  EXPECT_EQ(sum.sequence, 7u);
  EXPECT_EQ(sum.published_at, cells[0].published_at);
}

TEST(AggregateTest, TermsShowWhatWasTaken) {
  Series turnover(ChinaRussiaTurnover()), other{"2023-01 1"};
  std::vector<AggregateTerm> terms(3);
  Evaluate({.window = {.months = 12}, .transform = Transform::kContribution},
           {{turnover.member(), other.member()}, {turnover.member()}}, M("2025-12"), &terms);
  ASSERT_EQ(terms.size(), 3u);
  EXPECT_EQ(terms[0].run, P("2025-01/P12M"));
  EXPECT_EQ(terms[1].run, P("2024-01/P12M"));
  EXPECT_FALSE(terms[1].below);
  EXPECT_EQ(terms[2].run, P("2024-01/P12M"));
  EXPECT_TRUE(terms[2].below);
  ASSERT_EQ(terms[0].parts.size(), 2u);
  EXPECT_EQ(PathText(terms[0].parts[0].value, turnover.cells()), "+2025-01/P12M");
  EXPECT_EQ(terms[0].parts[1].member, 1u);
  EXPECT_EQ(terms[0].parts[1].value.reason, Undefined::kMissingMonths);
}

TEST(AggregateTest, WhereThereIsNoWindowThereIsNoFigure) {
  Series s{"2025-01/P12M 1"};
  EXPECT_EQ(Figure({.window = kYear}, {s.member()}, "2025-11"), "NO_WINDOW: 2025-11");
  EXPECT_EQ(Figure({.transform = Transform::kGrowth}, {s.member()}, "1600-05"), "NO_WINDOW: 1600-05");
}

TEST(AggregateTest, ResultsThatDoNotFitAreUndefined) {
  Series huge{"2024-01 0.000000000000000001", "2025-01 999999999999999999999999999"};
  EXPECT_EQ(Figure({.transform = Transform::kGrowth}, {huge.member()}, "2025-01"), "OVERFLOW: 2025-01");
  EXPECT_EQ(Figure({.transform = Transform::kChange}, {huge.member()}, "2025-01"), "OVERFLOW: 2025-01");
  EXPECT_EQ(Figure({}, {huge.member(), huge.member()}, "2025-01"), "OVERFLOW: 2025-01");
  EXPECT_EQ(Figure({}, {huge.member()}, "2024-01"), "0.000000000000000001 +-0.000000000000000001 PUBLISHED")
      << "half of the finest step does not fit, and is rounded up";
}

}  // namespace
}  // namespace tidewaiter
