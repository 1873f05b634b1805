// Exact quotients, rounded once, at the edge.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "domain/decimal.h"

namespace tidewaiter {

// A quotient of whole numbers, however large. Nothing overflows and nothing is rounded before one of the
// Round functions. Costs no allocation while numerator and denominator stay within 126 bits. Immutable value
// type.
//
//   growth = 100 * (Rational(w1) / Rational(w0) - 1)
class Rational {
 public:
  Rational() = default;                                // 0
  Rational(std::int64_t whole) : numerator_(whole) {}  // NOLINT: formulas read as they are printed
  explicit Rational(const Decimal& decimal);

  // REQUIRES: |numerator| < 2^126, 0 < denominator < 2^126.
  static Rational Quotient(absl::int128 numerator, absl::int128 denominator) {
    return Rational(numerator, denominator);
  }

  int sign() const;  // -1, 0, 1
  Rational Magnitude() const { return sign() < 0 ? 0 - *this : *this; }
  // this^exponent, exact. 0 <= exponent <= 12: a monthly rate, annualised. Costs time as the digits do.
  Rational Power(int exponent) const;
  friend Rational operator+(const Rational& a, const Rational& b);
  friend Rational operator-(const Rational& a, const Rational& b);
  friend Rational operator*(const Rational& a, const Rational& b);
  // REQUIRES: divisor is not zero.
  friend Rational operator/(const Rational& dividend, const Rational& divisor);
  static std::strong_ordering Compare(const Rational& a, const Rational& b);

  // The nearest number with so many decimals; halves go to the even neighbour. Error: kOverflow if it does
  // not fit a Decimal; INVALID_ARGUMENT unless 0 <= decimals <= limits::kMaxScale.
  absl::StatusOr<Decimal> RoundHalfEven(int decimals) const;
  // The least number with so many decimals that is not below this one. Errors as above.
  absl::StatusOr<Decimal> RoundUp(int decimals) const;

 private:
  struct Wide;  // what 126 bits do not hold
  struct Arithmetic;
  Rational(absl::int128 numerator, absl::int128 denominator)
      : numerator_(numerator), denominator_(denominator) {}

  absl::int128 numerator_ = 0;
  absl::int128 denominator_ = 1;      // > 0
  std::shared_ptr<const Wide> wide_;  // if set, it counts instead
};

// numerator / denominator, rounded half-even to `decimals`. Errors: INVALID_ARGUMENT for a denominator of
// zero; as Rational::RoundHalfEven.
absl::StatusOr<Decimal> DivideHalfEven(const Decimal& numerator, const Decimal& denominator, int decimals);

}  // namespace tidewaiter
