#include "domain/implied_base.h"

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>

#include "absl/numeric/int128.h"
#include "domain/limits.h"

namespace tidewaiter {
namespace {

using boost::multiprecision::cpp_int;

// The bounds of a print, doubled so that a half step is whole: low and high in units of 10^-scale / 2.
struct DoubledBounds {
  cpp_int low;
  cpp_int high;
  int scale = 0;
};

// numerator / denominator; the denominator is positive.
struct Ratio {
  cpp_int numerator;
  cpp_int denominator;
};

cpp_int ToWide(absl::int128 number) {
  return (cpp_int(absl::Int128High64(number)) << 64) + absl::Int128Low64(number);
}

cpp_int WidePowerOfTen(int exponent) { return ToWide(PowerOfTen(exponent)); }

DoubledBounds BoundsOf(const Datum& print, PrintRounding rounding) {
  const int scale = print.value().scale();
  const cpp_int centre = 2 * ToWide(print.value().coefficient());
  // A step is never finer than the last digit, so that it is whole in units of the scale.
  cpp_int reach = WidePowerOfTen(print.step_exponent() + scale);
  if (rounding == PrintRounding::kTruncated) reach *= 2;
  return {centre - reach, centre + reach, scale};
}

// The bounds of 100 + rate, at the rate's scale.
DoubledBounds GrowthBounds(const Datum& rate_per_cent, PrintRounding rounding) {
  DoubledBounds bounds = BoundsOf(rate_per_cent, rounding);
  const cpp_int hundred = 2 * 100 * WidePowerOfTen(bounds.scale);
  bounds.low += hundred;
  bounds.high += hundred;
  return bounds;
}

// level / ((100 + rate) / 100), both doubled: the twos cancel.
Ratio Divide(const cpp_int& level, int level_scale, const cpp_int& growth, int growth_scale) {
  return {level * 100 * WidePowerOfTen(growth_scale), growth * WidePowerOfTen(level_scale)};
}

// ratio <=> doubled / (2 * 10^scale), as a number below, equal to, or above zero.
int CompareToBound(const Ratio& ratio, const cpp_int& doubled, int scale) {
  return cpp_int(ratio.numerator * 2 * WidePowerOfTen(scale)).compare(doubled * ratio.denominator);
}

// The ratio with `decimals` decimals, rounded down or up; nullopt if no Decimal holds it.
// REQUIRES: ratio >= 0.
std::optional<Decimal> RoundRatio(const Ratio& ratio, int decimals, bool up) {
  cpp_int numerator = ratio.numerator * WidePowerOfTen(decimals);
  if (up) numerator += ratio.denominator - 1;
  const cpp_int quotient = numerator / ratio.denominator;
  if (quotient >= WidePowerOfTen(limits::kMaxCoefficientDigits)) return std::nullopt;
  const cpp_int low_mask = (cpp_int(1) << 64) - 1;
  const auto high64 = static_cast<std::int64_t>(cpp_int(quotient >> 64));
  const auto low64 = static_cast<std::uint64_t>(cpp_int(quotient & low_mask));
  return Decimal::FromValidParts(absl::MakeInt128(high64, low64), decimals);
}

ImpliedBase Untestable(NotTestable why) {
  ImpliedBase result;
  result.why = why;
  return result;
}

int DefaultDecimals(const Datum& held) { return std::clamp(1 - held.step_exponent(), 0, limits::kMaxScale); }

// What is implied, for print; the verdict is in place.
ImpliedBase WithBounds(BaseVerdict verdict, const Ratio& low, const Ratio& high, const Datum& held,
                       int decimals) {
  const auto printed_low = RoundRatio(low, decimals, /*up=*/false);
  const auto printed_high = RoundRatio(high, decimals, /*up=*/true);
  if (!printed_low || !printed_high) return Untestable(NotTestable::kTooLarge);
  ImpliedBase result{verdict, NotTestable::kNone, *printed_low, *printed_high, Decimal()};
  if (verdict == BaseVerdict::kFits) return result;
  // Finer than the held base's step, or its sign could be lost.
  const int fine = std::max(decimals, DefaultDecimals(held));
  const bool up = verdict == BaseVerdict::kHeldBelow;
  const auto nearer = up ? RoundRatio(low, fine, /*up=*/false) : RoundRatio(high, fine, /*up=*/true);
  if (!nearer) return Untestable(NotTestable::kTooLarge);
  const auto amount = Decimal::Subtract(*nearer, held.value());
  if (!amount.ok()) return Untestable(NotTestable::kTooLarge);
  result.amount = *amount;
  return result;
}

}  // namespace

std::string_view BaseVerdictName(BaseVerdict verdict) {
  switch (verdict) {
    case BaseVerdict::kFits:
      return "FITS";
    case BaseVerdict::kHeldBelow:
      return "HELD_BELOW";
    case BaseVerdict::kHeldAbove:
      return "HELD_ABOVE";
    case BaseVerdict::kNotTestable:
      return "NOT_TESTABLE";
  }
  return "UNKNOWN";
}

std::string_view NotTestableName(NotTestable why) {
  switch (why) {
    case NotTestable::kNone:
      return "NONE";
    case NotTestable::kAbsent:
      return "ABSENT";
    case NotTestable::kLevelNotPositive:
      return "LEVEL_NOT_POSITIVE";
    case NotTestable::kRateTooLow:
      return "RATE_TOO_LOW";
    case NotTestable::kTooLarge:
      return "TOO_LARGE";
  }
  return "UNKNOWN";
}

ImpliedBase TestImpliedBase(const Datum& level, const Datum& rate_per_cent, const Datum& held,
                            PrintRounding rounding, std::optional<int> decimals) {
  if (!level.has_value() || !rate_per_cent.has_value() || !held.has_value()) {
    return Untestable(NotTestable::kAbsent);
  }
  if (level.value().is_negative() || level.value().is_zero()) {
    return Untestable(NotTestable::kLevelNotPositive);
  }
  const DoubledBounds growth = GrowthBounds(rate_per_cent, rounding);
  if (growth.low <= 0) return Untestable(NotTestable::kRateTooLow);
  // A level above zero is at least one step, so that its lower bound is not below zero.
  const DoubledBounds stated = BoundsOf(level, rounding);
  const Ratio low = Divide(stated.low, stated.scale, growth.high, growth.scale);
  const Ratio high = Divide(stated.high, stated.scale, growth.low, growth.scale);
  const DoubledBounds base = BoundsOf(held, rounding);
  BaseVerdict verdict = BaseVerdict::kFits;
  if (CompareToBound(low, base.high, base.scale) > 0) verdict = BaseVerdict::kHeldBelow;
  if (CompareToBound(high, base.low, base.scale) < 0) verdict = BaseVerdict::kHeldAbove;
  return WithBounds(verdict, low, high, held,
                    std::clamp(decimals.value_or(DefaultDecimals(held)), 0, limits::kMaxScale));
}

}  // namespace tidewaiter
