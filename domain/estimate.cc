#include "domain/estimate.h"

#include "domain/limits.h"

namespace tidewaiter {
namespace {

const Rational& Larger(const Rational& a, const Rational& b) { return Rational::Compare(a, b) < 0 ? b : a; }

// Digits of a number that, doubled and added to a value's coefficient, is well within a Rational's 126 bits.
constexpr int kQuickDigits = 36;

}  // namespace

Estimate Estimate::Of(const Bounded& printed) {
  // Value and ends get the same denominator, twice that of the value: quotients of such numbers stay small.
  const int widening = printed.value.scale() - printed.unit.scale();
  if (widening >= 0 && printed.unit.coefficient() < PowerOfTen(kQuickDigits - widening)) {
    const absl::int128 denominator = 2 * PowerOfTen(printed.value.scale());
    const absl::int128 doubled = 2 * printed.value.coefficient();
    const absl::int128 unit = printed.unit.coefficient() * PowerOfTen(widening);
    return {Rational::Quotient(doubled, denominator), Rational::Quotient(doubled - unit, denominator),
            Rational::Quotient(doubled + unit, denominator)};
  }
  const Rational value(printed.value);
  const Rational half = Rational(printed.unit) / 2;
  return {value, value - half, value + half};
}

Estimate Estimate::Times(const Rational& factor) const {
  return {value * factor, low * factor, high * factor, bounded};
}

Estimate Estimate::Plus(const Rational& addend) const {
  return {value + addend, low + addend, high + addend, bounded};
}

Estimate Estimate::Minus(const Estimate& other) const {
  return {value - other.value, low - other.high, high - other.low, bounded && other.bounded};
}

Estimate Estimate::Over(const Estimate& divisor) const {
  Estimate quotient;
  quotient.value = value / divisor.value;
  quotient.bounded = bounded && divisor.bounded && divisor.low.sign() > 0;
  if (!quotient.bounded) return quotient;
  quotient.low = low / (low.sign() < 0 ? divisor.low : divisor.high);
  quotient.high = high / (high.sign() < 0 ? divisor.high : divisor.low);
  return quotient;
}

Estimate Estimate::Power(int exponent) const {
  return {value.Power(exponent), Larger(low, 0).Power(exponent), Larger(high, 0).Power(exponent), bounded};
}

Estimate Estimate::Magnitude() const {
  if (low.sign() >= 0) return *this;
  if (high.sign() <= 0) return {0 - value, 0 - high, 0 - low, bounded};
  return {value.Magnitude(), 0, Larger(0 - low, high), bounded};
}

std::optional<Decimal> Estimate::BoundAround(const Decimal& rounded, int decimals) const {
  if (!bounded) return std::nullopt;
  const Rational centre(rounded);
  const auto bound = Larger(high - centre, centre - low).RoundUp(decimals);
  return bound.ok() ? std::optional(*bound) : std::nullopt;
}

Decimal HalfOf(const Decimal& unit) {
  const absl::int128 coefficient = unit.coefficient();
  if (coefficient % 2 == 0) return Decimal::FromValidParts(coefficient / 2, unit.scale());
  const auto exact = Decimal::FromParts(coefficient * 5, unit.scale() + 1);
  return exact.ok() ? *exact : Decimal::FromValidParts(coefficient / 2 + 1, unit.scale());
}

}  // namespace tidewaiter
