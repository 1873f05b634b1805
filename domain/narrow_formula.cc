#include "domain/narrow_formula.h"

#include <algorithm>

#include "domain/estimate.h"
#include "domain/exact_sum.h"
#include "domain/limits.h"
#include "domain/path_gap.h"

namespace tidewaiter {
namespace {

using Wide = __int128;

// Sums beyond this are left to Evaluate(): twice one times 100 * 10^14 still fits 128 bits.
constexpr std::int64_t kMostSum = std::int64_t{1} << 60;
constexpr Wide kMostCoefficient = Wide(1'000'000'000'000'000'000) * 1'000'000'000;  // 10^27, excluded

Wide TenToThe(int exponent) {
  Wide power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// All below: denominator > 0.
Wide Floor(Wide numerator, Wide denominator) {
  const Wide quotient = numerator / denominator;
  return numerator % denominator < 0 ? quotient - 1 : quotient;
}
Wide Ceiling(Wide numerator, Wide denominator) { return -Floor(-numerator, denominator); }
Wide HalfEven(Wide numerator, Wide denominator) {
  const Wide below = Floor(numerator, denominator);
  const Wide twice = 2 * (numerator - below * denominator);
  const bool up = twice > denominator || (twice == denominator && below % 2 != 0);
  return up ? below + 1 : below;
}

std::optional<Decimal> ToDecimal(Wide coefficient, int scale) {
  if (coefficient >= kMostCoefficient || coefficient <= -kMostCoefficient) return std::nullopt;
  return Decimal::FromValidParts(absl::int128(coefficient), scale);
}

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
  formula.bound_ = HalfOf(*unit);
  formula.now_unit_ = static_cast<std::int64_t>(TenToThe(digits)) * now.months() * steps;
  if (then) {
    formula.then_ = *then;
    formula.then_unit_ = static_cast<std::int64_t>(TenToThe(digits)) * then->months() * steps;
  }
  return formula;
}

bool NarrowFormula::Compute(std::int64_t now, std::int64_t then, AggregateValue* result) const {
  if (std::max(now, then) >= kMostSum || std::min(now, then) <= -kMostSum) return false;
  if (transform_ == Transform::kGrowth) return Growth(now, then, result);
  const std::int64_t value = transform_ == Transform::kChange ? now - then : now;
  result->value = Decimal::FromValidParts(value, scale_);
  result->bound = bound_;
  return true;
}

// In units of half of the last digit the sums lie in [2 now - now_unit, 2 now + now_unit], and so on.
bool NarrowFormula::Growth(std::int64_t now, std::int64_t then, AggregateValue* result) const {
  if (then <= 0) {
    result->reason = Undefined::kBaseNotPositive;
    result->months = MonthsOf(then_);
    return true;
  }
  const Wide now_low = 2 * Wide(now) - now_unit_;
  const Wide now_high = 2 * Wide(now) + now_unit_;
  const Wide then_low = 2 * Wide(then) - then_unit_;
  const Wide then_high = 2 * Wide(then) + then_unit_;
  if (now_low < 0) return false;
  const Wide per_cent = 100 * TenToThe(decimals_);
  const Wide rounded = HalfEven(per_cent * (Wide(now) - then), then);
  const std::optional<Decimal> value = ToDecimal(rounded, decimals_);
  if (!value) return false;
  std::optional<Decimal> bound;
  if (then_low > 0) {
    // Two decimals more than the value has.
    const Wide high = Ceiling(100 * per_cent * (now_high - then_low), then_low);
    const Wide low = Floor(100 * per_cent * (now_low - then_high), then_high);
    bound = ToDecimal(std::max(high - 100 * rounded, 100 * rounded - low), decimals_ + 2);
  }
  result->value = value;
  result->bound = bound;
  return true;
}

}  // namespace tidewaiter
