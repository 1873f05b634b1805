// Figures with the interval in which the true one lies, given how they were printed.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "domain/decimal.h"
#include "domain/interval.h"
#include "domain/ratio.h"

namespace tidewaiter {

// A value as computed from printed figures, and the least and the greatest that the true one may be: interval
// arithmetic on exact numbers. Two estimates are taken to be independent, so an interval is never too narrow;
// it is wider than need be if they share operands. Immutable in use; a plain value type.
//
//   125.8 printed to 0.1 / 136.67 printed to 0.01  =  0.92046..  in [125.75 / 136.675, 125.85 / 136.665]
struct Estimate {
  Rational value;
  Rational low;
  Rational high;
  bool bounded = true;  // false: low and high mean nothing; a denominator may be zero

  // value +- unit / 2.
  static Estimate Of(const Bounded& printed);
  // REQUIRES: factor > 0.
  Estimate Times(const Rational& factor) const;
  Estimate Plus(const Rational& addend) const;
  Estimate Minus(const Estimate& other) const;
  // REQUIRES: divisor.value > 0. Not bounded if the divisor may be zero or less.
  Estimate Over(const Estimate& divisor) const;
  // REQUIRES: value >= 0; what is below zero is cut off.
  Estimate Power(int exponent) const;
  Estimate Magnitude() const;

  // |true figure - rounded| at most, rounded up; none if not bounded, or if it does not fit a Decimal.
  std::optional<Decimal> BoundAround(const Decimal& rounded, int decimals) const;
};

// Half of a sum of printed steps: exact, but rounded up where a Decimal has no digits left for it.
Decimal HalfOf(const Decimal& unit);

}  // namespace tidewaiter
