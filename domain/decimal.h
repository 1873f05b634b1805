// Exact decimal numbers as they were printed.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"

namespace tidewaiter {

// coefficient * 10^-scale with |coefficient| < 10^27 and 0 <= scale <= 18. The scale is part of the
// value's identity: 1.0 and 1.00 are printed differently and are not ==, though Compare() says equal.
// Immutable value type; no operation is inexact, and none uses binary floating point.
class Decimal {
 public:
  constexpr Decimal() = default;  // 0
  // Error: too many digits or decimals.
  static absl::StatusOr<Decimal> FromParts(absl::int128 coefficient, int scale);
  // REQUIRES: the parts are in range (they came from a Decimal, or were checked).
  static constexpr Decimal FromValidParts(absl::int128 coefficient, int scale) {
    return Decimal(coefficient, scale);
  }
  // An optional sign, digits, optionally a point and digits: "-0.069", "244.819", "6480", "+12".
  // No exponent, no separators, no surrounding space; the error says which character is wrong, or that the
  // number has two points. Keeps the printed scale: "1.50" has scale 2. "-0" parses as 0.
  static absl::StatusOr<Decimal> Parse(std::string_view text);

  constexpr absl::int128 coefficient() const { return coefficient_; }
  constexpr int scale() const { return scale_; }
  bool is_zero() const { return coefficient_ == 0; }
  bool is_negative() const { return coefficient_ < 0; }
  std::string ToString() const;  // exactly scale() decimals

  // Numeric order, whatever the scales.
  static std::strong_ordering Compare(const Decimal& a, const Decimal& b);
  static bool NumericallyEqual(const Decimal& a, const Decimal& b) {
    return a.scale_ == b.scale_ ? a.coefficient_ == b.coefficient_ : Compare(a, b) == 0;
  }
  // Exact sum at the larger scale; error kOverflow if it does not fit.
  static absl::StatusOr<Decimal> Add(const Decimal& a, const Decimal& b);
  static absl::StatusOr<Decimal> Subtract(const Decimal& a, const Decimal& b);
  Decimal Negated() const { return Decimal(-coefficient_, scale_); }
  // Rounded half-even to `scale` decimals (or exactly widened). Error kOverflow if it does not fit.
  absl::StatusOr<Decimal> RoundHalfEven(int scale) const;

  // Same digits and same scale.
  friend constexpr bool operator==(const Decimal&, const Decimal&) = default;

 private:
  constexpr Decimal(absl::int128 coefficient, int scale)
      : coefficient_(coefficient), scale_(static_cast<std::int8_t>(scale)) {}
  absl::int128 coefficient_ = 0;
  std::int8_t scale_ = 0;
};

// 10^exponent, 0 <= exponent <= 38.
absl::int128 PowerOfTen(int exponent);

}  // namespace tidewaiter
