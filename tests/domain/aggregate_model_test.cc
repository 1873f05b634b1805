// Properties of aggregates over random series.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "domain/ratio.h"
#include "tests/domain/figures.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

constexpr int kMonths = 30;
const Month kStart = Month::FromIndex(12 * 2023);

Month AnyMonth(Randomness& random) { return kStart + random.Int(0, kMonths - 1); }

// What truly was traded each month, in millionths.
std::vector<int> AnyTruth(Randomness& random) {
  std::vector<int> truth(kMonths);
  const int least = random.OneIn(4) ? -30'000'000 : 1'000'000;
  for (int& month : truth) month = random.Int(least, 90'000'000);
  return truth;
}

CellState TrueCell(const std::vector<int>& truth, int from, int months) {
  std::int64_t sum = 0;
  for (int i = from; i < from + months; ++i) sum += truth[static_cast<std::size_t>(i)];
  CellState cell = Cell("2000-01 0");
  cell.period = Period::FromValid(kStart + from, months);
  cell.datum = Datum::Value(Decimal::FromValidParts(sum, 6));
  return cell;
}

// Months, and sometimes quarters and years to date; some are left out.
std::vector<CellState> AnyCells(Randomness& random, const std::vector<int>& truth, bool months_only) {
  std::vector<CellState> cells;
  const int gaps = random.Int(5, 60);
  for (int from = 0; from < kMonths; ++from) {
    for (int months = 1; months <= 12 && from + months <= kMonths; ++months) {
      const bool month = months == 1, ytd = from % 12 == 0, quarter = months == 3 && from % 3 == 0;
      if (!month && (months_only || !(ytd || quarter))) continue;
      if (!random.OneIn(gaps)) cells.push_back(TrueCell(truth, from, months));
    }
  }
  for (CellState& cell : cells) cell.sequence = static_cast<Sequence>(random.Int(1, 5));
  return cells;
}

// The same, as printed: each value rounded to a step of its own.
std::vector<CellState> Printed(Randomness& random, std::vector<CellState> cells) {
  for (CellState& cell : cells) {
    const int exponent = random.Int(-6, 1);
    if (exponent <= 0) {
      cell.datum = Datum::Value(Must(cell.datum.value().RoundHalfEven(-exponent)));
    } else {
      const Decimal tenth = Must((Rational(cell.datum.value()) / 10).RoundHalfEven(0));
      cell.datum = Must(Datum::ValueWithStep(Decimal::FromValidParts(tenth.coefficient() * 10, 0), 1));
    }
  }
  return cells;
}

AggregateSpec AnySpec(Randomness& random) {
  AggregateSpec spec;
  spec.window.kind = random.Pick<Window::Kind>({Window::Kind::kMonths, Window::Kind::kMonths,
                                                Window::Kind::kYearToDate, Window::Kind::kQuarterToDate});
  spec.window.months = random.Pick<int>({1, 1, 2, 3, 12});
  spec.window.mean = random.OneIn(4);
  spec.transform = static_cast<Transform>(random.Int(1, 11));
  spec.lag_months = random.Pick<int>({1, 2, 3, 6, 12});
  spec.decimals = random.Int(0, 8);
  if (spec.transform == Transform::kRunRate) {
    spec.window = {.kind = Window::Kind::kYearToDate};
  }
  if (spec.transform == Transform::kIndex) {
    const bool months = spec.window.kind == Window::Kind::kMonths;
    spec.base = Period::FromValid(kStart + random.Int(0, 12), months ? spec.window.months : 2);
  }
  return spec;
}

std::string Describe(const AggregateSpec& spec, Month last) {
  return absl::StrCat(ToAbsl(TransformName(spec.transform)), " of ", spec.window.ToString(),
                      spec.window.mean ? " (mean)" : "", " ending ", last.ToString(), ", lag ",
                      spec.lag_months, ", decimals ", spec.decimals);
}

// Rounding may move a figure by as much as its bound says, and no further.
TEST(AggregateModelTest, TheTrueFigureLiesWithinTheBound) {
  Randomness random;
  std::map<Transform, int> checked;
  for (int round = 0; round < 600; ++round) {
    std::vector<Series> exact, printed;
    for (int i = 0; i < 4; ++i) {
      exact.emplace_back(AnyCells(random, AnyTruth(random), random.OneIn(2)));
      printed.emplace_back(Printed(random, exact.back().cells()));
    }
    const auto input = [](std::vector<Series>& s) {
      return AggregateInput{{s[0].member(), s[1].member(-1)}, {s[2].member(), s[3].member()}};
    };
    for (int i = 0; i < 20; ++i) {
      AggregateSpec spec = AnySpec(random);
      const Month last = AnyMonth(random);
      SCOPED_TRACE(Describe(spec, last));
      ASSERT_TRUE(Validate(spec).ok()) << Validate(spec);
      const AggregateValue figure = Evaluate(spec, input(printed), last);
      spec.decimals = 12;
      const AggregateValue truth = Evaluate(spec, input(exact), last);
      if (!figure.value || !figure.bound || !truth.value) continue;
      const Rational distance = (Rational(*figure.value) - Rational(*truth.value)).Magnitude();
      const Rational allowed = Rational(*figure.bound) + Rational(D("0.000000000001"));
      ASSERT_TRUE(Rational::Compare(distance, allowed) <= 0)
          << Text(figure) << ", and truly " << truth.value->ToString();
      ++checked[spec.transform];
    }
  }
  EXPECT_EQ(checked.size(), 11u);
}

// The definitions in binary floating point, from sums by hand: near enough to tell a wrong formula.
class RoughModel {
 public:
  RoughModel(const AggregateSpec& spec, std::vector<int> above, std::vector<int> below)
      : spec_(spec), above_(std::move(above)), below_(std::move(below)) {}

  double Figure(Month last) const {
    const double now = Sum(above_, last), then = Sum(above_, last - spec_.lag_months);
    switch (spec_.transform) {
      case Transform::kLevel:
        return now;
      case Transform::kChange:
        return now - then;
      case Transform::kGrowth:
        return 100 * (now / then - 1);
      case Transform::kAnnualisedGrowth:
        return 100 * (std::pow(now / then, 12.0 / spec_.lag_months) - 1);
      case Transform::kMagnitudeGrowth:
        return 100 * (std::abs(now) / std::abs(then) - 1);
      case Transform::kContribution:
        return 100 * (now - then) / Sum(below_, last - spec_.lag_months);
      case Transform::kShare:
        return 100 * now / Sum(below_, last);
      case Transform::kRatio:
      case Transform::kUnitValue:
        return now / Sum(below_, last);
      case Transform::kRunRate:
        return now * 12 / Length(last);
      case Transform::kIndex:
        return 100 * now / SumOf(above_, spec_.base->start(), spec_.base->months());
    }
    return std::nan("");
  }

 private:
  int Length(Month last) const {
    const int of_year = last.index() % 12;
    if (spec_.window.kind == Window::Kind::kYearToDate) return of_year + 1;
    if (spec_.window.kind == Window::Kind::kQuarterToDate) return of_year % 3 + 1;
    return spec_.window.months;
  }
  double SumOf(const std::vector<int>& truth, Month start, int months) const {
    double sum = 0;
    for (int i = 0; i < months; ++i) {
      const int at = start - kStart + i;
      if (at >= 0 && at < kMonths) sum += truth[static_cast<std::size_t>(at)] / 1e6;
    }
    return spec_.window.mean ? sum / months : sum;
  }
  double Sum(const std::vector<int>& truth, Month last) const {
    return SumOf(truth, last - (Length(last) - 1), Length(last));
  }

  const AggregateSpec& spec_;
  std::vector<int> above_;
  std::vector<int> below_;
};

TEST(AggregateModelTest, FiguresAgreeWithTheDefinitions) {
  Randomness random;
  std::map<Transform, int> checked;
  for (int round = 0; round < 300; ++round) {
    const auto above_truth = AnyTruth(random), below_truth = AnyTruth(random);
    Series above(AnyCells(random, above_truth, random.OneIn(2)));
    Series below(AnyCells(random, below_truth, random.OneIn(2)));
    for (int i = 0; i < 20; ++i) {
      const AggregateSpec spec = AnySpec(random);
      const Month last = AnyMonth(random);
      SCOPED_TRACE(Describe(spec, last));
      const AggregateValue figure = Evaluate(spec, {{above.member()}, {below.member()}}, last);
      if (!figure.value) continue;
      const double rough = RoughModel(spec, above_truth, below_truth).Figure(last);
      const double value = std::stod(figure.value->ToString());
      ASSERT_NEAR(value, rough, 0.5 * std::pow(10.0, -spec.decimals) + 1e-6 * std::max(1.0, std::abs(rough)));
      ++checked[spec.transform];
    }
  }
  EXPECT_EQ(checked.size(), 11u);
}

TEST(AggregateModelTest, AGroupOfOneIsItsSeries) {
  Randomness random;
  for (int round = 0; round < 500; ++round) {
    Series s(Printed(random, AnyCells(random, AnyTruth(random), random.OneIn(2))));
    const Window window{.months = random.Pick<int>({1, 2, 3, 12})};
    const Month last = AnyMonth(random);
    const auto composition = static_cast<Composition>(random.Int(1, 3));
    const auto run = window.RunEnding(last);
    const RunValue own = s.algebra().Find(*run);
    std::vector<AggregateTerm> terms;
    const AggregateValue figure =
        Evaluate({.window = window, .composition = composition}, {{s.member()}, {}}, last, &terms);
    ASSERT_EQ(figure.value.has_value(), own.value.has_value());
    ASSERT_EQ(terms.at(0).parts.at(0).value.operands, own.operands);
    if (!own.value) {
      ASSERT_EQ(figure.reason, own.reason);
      ASSERT_EQ(figure.months, own.months);
      continue;
    }
    ASSERT_EQ(*figure.value, own.value->value);
    ASSERT_EQ(figure.derivation, own.derivation);
    ASSERT_EQ(figure.across_releases, own.across_releases);
    ASSERT_TRUE(Decimal::NumericallyEqual(Must(Decimal::Add(*figure.bound, *figure.bound)), own.value->unit));
  }
}

TEST(AggregateModelTest, ASumOverMembersIsTheSumOfTheirs) {
  Randomness random;
  for (int round = 0; round < 200; ++round) {
    std::vector<Series> series;
    std::vector<Member> members;
    for (int i = random.Int(1, 6); i > 0; --i) {
      series.emplace_back(Printed(random, AnyCells(random, AnyTruth(random), random.OneIn(2))));
      members.push_back(series.back().member(random.OneIn(2) ? 1 : -1));
    }
    const Window window{.months = random.Pick<int>({1, 3, 12})};
    const Month last = AnyMonth(random);
    Rational sum = 0, steps = 0;
    std::uint32_t summed = 0;
    for (const Member& member : members) {
      const RunValue own = member.cells->Find(*window.RunEnding(last));
      if (!own.value) continue;
      ++summed;
      sum = sum + Rational(own.value->value) * member.sign;
      steps = steps + Rational(own.value->unit);
    }
    const AggregateValue figure = Evaluate({.window = window}, {members, {}}, last);
    ASSERT_EQ(figure.members, summed);
    ASSERT_EQ(figure.left_out, members.size() - summed);
    ASSERT_EQ(figure.value.has_value(), summed > 0);
    if (summed == 0) continue;
    ASSERT_EQ(Rational::Compare(Rational(*figure.value), sum), std::strong_ordering::equal);
    ASSERT_EQ(Rational::Compare(Rational(*figure.bound) * 2, steps), std::strong_ordering::equal);
    const AggregateValue complete =
        Evaluate({.window = window, .composition = Composition::kComplete}, {members, {}}, last);
    ASSERT_EQ(complete.value.has_value(), summed == members.size());
  }
}

// T12M(m) - T12M(m - 1) = month(m) - month(m - 12), where the published runs agree.
TEST(AggregateModelTest, ATwelveMonthSumMovesByItsMonths) {
  Randomness random;
  int checked = 0;
  for (int round = 0; round < 200; ++round) {
    Series s(AnyCells(random, AnyTruth(random), random.OneIn(2)));
    const Month last = kStart + random.Int(12, kMonths - 1);
    const AggregateInput input{{s.member()}, {}};
    const auto sum =
        Evaluate({.window = {.months = 12}, .transform = Transform::kChange, .lag_months = 1}, input, last);
    const auto months = Evaluate({.transform = Transform::kChange, .lag_months = 12}, input, last);
    if (!sum.value || !months.value) continue;
    ++checked;
    ASSERT_TRUE(Decimal::NumericallyEqual(*sum.value, *months.value)) << Text(sum) << " " << Text(months);
  }
  EXPECT_GT(checked, 20);
}

}  // namespace
}  // namespace tidewaiter
