#include "domain/narrow_formula.h"

#include <algorithm>
#include <limits>

#include "domain/estimate.h"
#include "domain/exact_sum.h"
#include "domain/limits.h"
#include "domain/narrow_division.h"
#include "domain/path_gap.h"

namespace tidewaiter {

using narrow::Ceiling;
using narrow::FitsInt64;
using narrow::Floor;
using narrow::HalfEven;
using narrow::TenToThe;
using narrow::Wide;

namespace {

// Sums beyond this are left to Evaluate(): twice one times 100 * 10^14 still fits 128 bits.
constexpr std::int64_t kMostSum = std::int64_t{1} << 60;

// The sum of so many steps.
std::optional<Decimal> Steps(int count, int step_exponent) {
  ExactSum sum;
  for (int i = 0; i < count; ++i) sum.AddPowerOfTen(step_exponent);
  return sum.Total();
}

}  // namespace

bool NarrowFormula::Fits(const AggregateSpec& spec) {
  return !spec.window.mean && !spec.derivation &&
         (spec.transform == Transform::kLevel || spec.transform == Transform::kChange ||
          spec.transform == Transform::kGrowth);
}

std::optional<NarrowFormula> NarrowFormula::Create(const AggregateSpec& spec, int scale, int step_exponent,
                                                   Period now, std::optional<Period> then) {
  // What is cut off may lie a whole step away: as far as two roundings.
  const int steps = spec.rounding == PrintRounding::kTruncated ? 2 : 1;
  const int operands = steps * (now.months() + (then ? then->months() : 0));
  const int digits = step_exponent + scale;  // of a step, in units of the last digit
  const Wide most_unit = digits > limits::kMaxScale ? Wide(kMostSum) : TenToThe(digits) * operands;
  const std::optional<Decimal> unit = Steps(operands, step_exponent);
  if (most_unit >= kMostSum || !unit) return std::nullopt;
  NarrowFormula formula;
  formula.transform_ = spec.transform;
  formula.scale_ = scale;
  formula.decimals_ = spec.decimals;
  const Decimal bound = HalfOf(*unit);
  if (!FitsInt64(static_cast<Wide>(bound.coefficient()))) return std::nullopt;
  formula.bound_ = static_cast<std::int64_t>(bound.coefficient());
  formula.bound_scale_ = bound.scale();
  formula.per_cent_ = static_cast<std::int64_t>(100 * TenToThe(spec.decimals));
  // The largest number below is 100 per cent of twice the sum of both sides and their units, and a few times
  // that.
  formula.most_quick_ = std::numeric_limits<std::int64_t>::max() / 100 / formula.per_cent_ / 16;
  formula.now_unit_ = static_cast<std::int64_t>(TenToThe(digits)) * now.months() * steps;
  if (then) {
    formula.then_ = *then;
    formula.then_unit_ = static_cast<std::int64_t>(TenToThe(digits)) * then->months() * steps;
  }
  if (std::max(formula.now_unit_, formula.then_unit_) > formula.most_quick_) formula.most_quick_ = -1;
  return formula;
}

bool NarrowFormula::Compute(std::int64_t now, std::int64_t then, NarrowFigure* figure) const {
  const std::int64_t most = std::max(now, then), least = std::min(now, then);
  if (growth()) {
    if (most <= most_quick_ && least >= -most_quick_) return Growth<std::int64_t>(now, then, figure);
    return most < kMostSum && least > -kMostSum && Growth<Wide>(now, then, figure);
  }
  if (most >= kMostSum || least <= -kMostSum) return false;
  figure->coefficient = transform_ == Transform::kChange ? now - then : now;
  figure->bound = bound_;
  figure->defined = figure->bounded = true;
  return true;
}

// In units of half of the last digit the sums lie in [2 now - now_unit, 2 now + now_unit], and so on.
template <typename Int>
bool NarrowFormula::Growth(Int now, Int then, NarrowFigure* figure) const {
  if (then <= 0) {
    *figure = NarrowFigure();
    return true;
  }
  const Int now_low = 2 * now - now_unit_;
  const Int now_high = 2 * now + now_unit_;
  const Int then_low = 2 * then - then_unit_;
  const Int then_high = 2 * then + then_unit_;
  if (now_low < 0) return false;
  const Int rounded = HalfEven<Int>(per_cent_ * (now - then), then);
  Int bound = 0;
  if (then_low > 0) {
    // Two decimals more than the value has.
    const Int high = Ceiling<Int>(Int(100) * per_cent_ * (now_high - then_low), then_low);
    const Int low = Floor<Int>(Int(100) * per_cent_ * (now_low - then_high), then_high);
    bound = std::max(high - 100 * rounded, 100 * rounded - low);
  }
  if (!FitsInt64(rounded) || !FitsInt64(bound)) return false;
  figure->coefficient = static_cast<std::int64_t>(rounded);
  figure->bound = static_cast<std::int64_t>(bound);
  figure->defined = true;
  figure->bounded = then_low > 0;
  return true;
}

void NarrowFormula::Describe(const NarrowFigure& figure, AggregateValue* value) const {
  if (!figure.defined) {
    value->reason = Undefined::kBaseNotPositive;
    value->months = MonthsOf(then_);
    return;
  }
  value->value = Decimal::FromValidParts(figure.coefficient, scale());
  if (figure.bounded) value->bound = Decimal::FromValidParts(figure.bound, bound_scale());
}

}  // namespace tidewaiter
