#include "domain/aggregate.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "domain/estimate.h"
#include "domain/group_sum.h"
#include "domain/path_gap.h"

namespace tidewaiter {
namespace {

// The runs that a figure needs, in the order in which the formulas below name them.
struct Runs {
  std::vector<Period> above;
  std::vector<Period> below;
};

std::optional<Runs> RunsOf(const AggregateSpec& spec, Month last) {
  const auto now = spec.window.RunEnding(last);
  if (!now) return std::nullopt;
  Runs runs{.above = {*now}, .below = {}};
  switch (spec.transform) {
    case Transform::kLevel:
    case Transform::kRunRate:
      return runs;
    case Transform::kShare:
    case Transform::kRatio:
    case Transform::kUnitValue:
      runs.below = {*now};
      return runs;
    case Transform::kIndex:
      if (!spec.base) return std::nullopt;
      runs.above.push_back(*spec.base);
      return runs;
    case Transform::kChange:
    case Transform::kGrowth:
    case Transform::kAnnualisedGrowth:
    case Transform::kMagnitudeGrowth:
    case Transform::kContribution:
      break;
  }
  const auto then = spec.window.RunEnding(last - spec.lag_months);
  if (!then) return std::nullopt;
  runs.above.push_back(*then);
  if (spec.transform == Transform::kContribution) runs.below = {*then};
  return runs;
}

// Computes the formula of a transform from the sums of both sides.
class Formula {
 public:
  Formula(const AggregateSpec& spec, const Runs& runs, const std::vector<GroupSum>& above,
          const std::vector<GroupSum>& below, AggregateValue* result)
      : spec_(spec), runs_(runs), above_(above), below_(below), result_(result) {}

  // REQUIRES: every sum has a value.
  void Compute() const {
    switch (spec_.transform) {
      case Transform::kLevel:
        return spec_.window.mean ? Round(Above(0)) : Exact(*above_[0].value);
      case Transform::kChange:
        return spec_.window.mean ? Round(Above(0).Minus(Above(1))) : Change();
      case Transform::kGrowth:
        return Growth();
      case Transform::kAnnualisedGrowth:
        return AnnualisedGrowth();
      case Transform::kMagnitudeGrowth:
        return MagnitudeGrowth();
      case Transform::kContribution:
        return Divide(Above(0).Minus(Above(1)), Below(0), 100, runs_.below[0]);
      case Transform::kShare:
        return Share();
      case Transform::kRatio:
      case Transform::kUnitValue:
        return Divide(Above(0), Below(0), 1, runs_.below[0]);
      case Transform::kRunRate:
        return Round(Above(0).Times(Rational(12) / runs_.above[0].months()));
      case Transform::kIndex:
        return Divide(Above(0), Above(1), 100, runs_.above[1]);
    }
  }

 private:
  Estimate Above(std::size_t i) const { return OfRun(*above_[i].value, runs_.above[i]); }
  Estimate Below(std::size_t i) const { return OfRun(*below_[i].value, runs_.below[i]); }
  Estimate OfRun(const Bounded& sum, Period run) const {
    const Estimate estimate = Estimate::Of(sum);
    return spec_.window.mean ? estimate.Times(Rational(1) / run.months()) : estimate;
  }

  void Undefine(Undefined reason, Period run) const {
    result_->reason = reason;
    result_->months = MonthsOf(run);
  }
  void Overflow() const { Undefine(Undefined::kOverflow, runs_.above[0]); }

  void Exact(const Bounded& sum) const {
    result_->value = sum.value;
    result_->bound = HalfOf(sum.unit);
  }

  void Round(const Estimate& estimate) const {
    const auto rounded = estimate.value.RoundHalfEven(spec_.decimals);
    if (!rounded.ok()) return Overflow();
    result_->value = *rounded;
    result_->bound = estimate.BoundAround(*rounded, spec_.decimals + 2);
  }

  void Change() const {
    const Bounded& now = *above_[0].value;
    const Bounded& then = *above_[1].value;
    const auto value = Decimal::Subtract(now.value, then.value);
    const auto unit = Decimal::Add(now.unit, then.unit);
    if (!value.ok() || !unit.ok()) return Overflow();
    Exact({*value, *unit});
  }

  void Divide(const Estimate& numerator, const Estimate& denominator, int factor,
              Period denominator_run) const {
    if (denominator.value.sign() <= 0) return Undefine(Undefined::kBaseNotPositive, denominator_run);
    Round(numerator.Over(denominator).Times(factor));
  }

  // -2 of 10 is not -20 % of a whole: other parts then make more than all of it.
  void Share() const {
    const Estimate part = Above(0);
    if (Below(0).value.sign() > 0 && part.value.sign() < 0) {
      return Undefine(Undefined::kMixedSigns, runs_.above[0]);
    }
    Divide(part, Below(0), 100, runs_.below[0]);
  }

  void Growth() const {
    const Estimate then = Above(1);
    if (then.value.sign() <= 0) return Undefine(Undefined::kBaseNotPositive, runs_.above[1]);
    Round(Above(0).Over(then).Plus(-1).Times(100));
  }

  void AnnualisedGrowth() const {
    const Estimate now = Above(0);
    const Estimate then = Above(1);
    if (then.value.sign() <= 0) return Undefine(Undefined::kBaseNotPositive, runs_.above[1]);
    // An even power of a negative ratio would pass for growth.
    if (now.value.sign() < 0) return Undefine(Undefined::kSignChange, runs_.above[0]);
    Round(now.Over(then).Power(12 / spec_.lag_months).Plus(-1).Times(100));
  }

  void MagnitudeGrowth() const {
    const Estimate now = Above(0);
    const Estimate then = Above(1);
    if (then.value.sign() == 0) return Undefine(Undefined::kBaseNotPositive, runs_.above[1]);
    if (now.value.sign() * then.value.sign() < 0) {
      return Undefine(Undefined::kSignChange, runs_.above[0]);
    }
    Round(now.Magnitude().Over(then.Magnitude()).Plus(-1).Times(100));
  }

  const AggregateSpec& spec_;
  const Runs& runs_;
  const std::vector<GroupSum>& above_;
  const std::vector<GroupSum>& below_;
  AggregateValue* result_;
};

// What is true of the figure whatever its formula is.
void NoteOrigins(const std::vector<GroupSum>& sums, AggregateValue& result, Sequence& some) {
  for (const GroupSum& sum : sums) {
    result.derivation = std::max(result.derivation, sum.derivation);
    result.across_releases |=
        sum.across_releases || (some != 0 && sum.some_sequence != 0 && sum.some_sequence != some);
    if (sum.some_sequence != 0) some = sum.some_sequence;
    const bool newer =
        std::tuple(sum.published_at, sum.sequence) > std::tuple(result.published_at, result.sequence);
    if (sum.sequence != 0 && (result.sequence == 0 || newer)) {
      result.published_at = sum.published_at;
      result.sequence = sum.sequence;
    }
  }
}

const GroupSum* FirstUndefined(const std::vector<GroupSum>& sums) {
  const auto at = std::ranges::find_if(sums, [](const GroupSum& sum) { return !sum.value; });
  return at == sums.end() ? nullptr : &*at;
}

// Whole steps instead of halves. False: they do not fit.
bool Widen(std::vector<GroupSum>& sums) {
  for (GroupSum& sum : sums) {
    const auto twice = Decimal::Add(sum.value->unit, sum.value->unit);
    if (!twice.ok()) return false;
    sum.value->unit = *twice;
  }
  return true;
}

bool HasTotal(Transform transform) {
  return transform == Transform::kShare || transform == Transform::kContribution;
}

AggregateValue EvaluateRuns(const AggregateSpec& spec, const Runs& runs, Month last,
                            std::vector<GroupSum> above, std::vector<GroupSum> below) {
  AggregateValue result;
  result.members = above[0].members;
  result.left_out = above[0].left_out;
  result.extrapolated = spec.transform == Transform::kRunRate;
  Sequence some = 0;
  NoteOrigins(above, result, some);
  NoteOrigins(below, result, some);
  if (const GroupSum* sum = FirstUndefined(above)) {
    result.reason = sum->reason;
    result.months = sum->months;
  } else if (const GroupSum* total = FirstUndefined(below)) {
    result.reason = HasTotal(spec.transform) ? Undefined::kNoTotal : total->reason;
    result.months = total->months;
  } else {
    if (spec.rounding == PrintRounding::kTruncated && !(Widen(above) && Widen(below))) {
      result.reason = Undefined::kOverflow;
      result.months = {last};
      return result;
    }
    Formula(spec, runs, above, below, &result).Compute();
  }
  return result;
}

}  // namespace

AggregateValue Evaluate(const AggregateSpec& spec, const AggregateInput& input, Month last,
                        std::vector<AggregateTerm>* terms) {
  if (terms) terms->clear();
  const auto runs = RunsOf(spec, last);
  if (!runs) {
    AggregateValue result;
    result.reason = Undefined::kNoWindow;
    result.months = {last};
    return result;
  }
  auto above = SumOverMembers(input.above, input.above_months, runs->above, spec, /*below=*/false, terms);
  auto below = SumOverMembers(input.below, input.below_months, runs->below, spec, /*below=*/true, terms);
  return EvaluateRuns(spec, *runs, last, std::move(above), std::move(below));
}

AggregateValue EvaluateSums(const AggregateSpec& spec, Month last, std::vector<GroupSum> above,
                            std::vector<GroupSum> below) {
  return EvaluateRuns(spec, *RunsOf(spec, last), last, std::move(above), std::move(below));
}

std::vector<Period> RunsAbove(const AggregateSpec& spec, Month last) {
  const auto runs = RunsOf(spec, last);
  return runs ? runs->above : std::vector<Period>();
}

std::vector<Period> RunsBelow(const AggregateSpec& spec, Month last) {
  const auto runs = RunsOf(spec, last);
  return runs ? runs->below : std::vector<Period>();
}

}  // namespace tidewaiter
