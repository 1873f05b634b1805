#include "domain/ratio.h"

#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter {
namespace {

using Integer = boost::multiprecision::cpp_int;

// Numbers of at most this many bits are kept in an int128: the sum of two products still fits one.
constexpr int kNarrowBits = 126;

absl::int128 MagnitudeOf(absl::int128 number) { return number < 0 ? -number : number; }

// Digits in base 2 of the magnitude; 0 for 0.
int Bits(absl::int128 number) {
  const absl::int128 magnitude = MagnitudeOf(number);
  const auto high = static_cast<std::uint64_t>(absl::Int128High64(magnitude));
  return high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(absl::Int128Low64(magnitude));
}

bool IsNarrow(absl::int128 number) { return Bits(number) <= kNarrowBits; }

// The product, if it is sure to be narrow.
std::optional<absl::int128> Product(absl::int128 a, absl::int128 b) {
  if (a == 1) return b;
  if (b == 1) return a;
  if (Bits(a) + Bits(b) > kNarrowBits) return std::nullopt;
  return a * b;
}

Integer Widened(absl::int128 number) {
  const absl::int128 magnitude = MagnitudeOf(number);
  Integer wide = static_cast<std::uint64_t>(absl::Int128High64(magnitude));
  wide <<= 64;
  wide += absl::Int128Low64(magnitude);
  return number < 0 ? Integer(-wide) : wide;
}

// REQUIRES: |wide| < 2^126.
absl::int128 Narrowed(const Integer& wide) {
  const Integer magnitude = abs(wide);
  const auto high = static_cast<std::int64_t>(Integer(magnitude >> 64));
  const auto low = static_cast<std::uint64_t>(Integer(magnitude & UINT64_MAX));
  const absl::int128 narrow = absl::MakeInt128(high, low);
  return wide < 0 ? -narrow : narrow;
}

// The direction in which a quotient is rounded.
enum class Rounding { kHalfEven, kUp };

// What truncating division leaves must be added to the quotient: -1, 0 or 1. `twice` is twice the remainder,
// with its sign; `odd`: the quotient is.
template <typename Int>
int Correction(Rounding rounding, const Int& twice, const Int& denominator, bool odd) {
  if (twice == 0) return 0;
  if (rounding == Rounding::kUp) return twice > 0 ? 1 : 0;
  const Int magnitude = twice < 0 ? Int(-twice) : twice;
  if (magnitude < denominator || (magnitude == denominator && !odd)) return 0;
  return twice < 0 ? -1 : 1;
}

absl::StatusOr<Decimal> Fitting(absl::int128 coefficient, int decimals) {
  if (MagnitudeOf(coefficient) < PowerOfTen(limits::kMaxCoefficientDigits)) {
    return Decimal::FromValidParts(coefficient, decimals);
  }
  return MakeError(absl::StatusCode::kOutOfRange, Reason::kOverflow,
                   absl::StrCat("the quotient has more than ", limits::kMaxCoefficientDigits, " digits"));
}

absl::StatusOr<Decimal> Rounded(absl::int128 numerator, absl::int128 denominator, int decimals,
                                Rounding rounding) {
  absl::int128 quotient = numerator / denominator;
  const absl::int128 twice = 2 * (numerator % denominator);
  quotient += Correction<absl::int128>(rounding, twice, denominator, quotient % 2 != 0);
  return Fitting(quotient, decimals);
}

absl::StatusOr<Decimal> Rounded(const Integer& numerator, const Integer& denominator, int decimals,
                                Rounding rounding) {
  Integer quotient, remainder;
  divide_qr(numerator, denominator, quotient, remainder);
  const Integer twice = 2 * remainder;
  quotient += Correction<Integer>(rounding, twice, denominator, quotient % 2 != 0);
  // What is longer has certainly more digits than fit.
  const Integer most = Widened(PowerOfTen(limits::kMaxCoefficientDigits));
  return Fitting(Narrowed(abs(quotient) < most ? quotient : most), decimals);
}

}  // namespace

struct Rational::Wide {
  Integer numerator;
  Integer denominator;  // > 0
};

// Each operation twice: within 126 bits where that is sure to do, else at any width.
struct Rational::Arithmetic {
  static Wide WideOf(const Rational& number) {
    if (number.wide_) return *number.wide_;
    return {Widened(number.numerator_), Widened(number.denominator_)};
  }

  static Rational FromWide(Integer numerator, Integer denominator) {
    if (denominator < 0) {
      numerator = -numerator;
      denominator = -denominator;
    }
    Rational result;
    result.wide_ = std::make_shared<const Wide>(Wide{std::move(numerator), std::move(denominator)});
    return result;
  }

  // a + sign * b, if it is narrow.
  static std::optional<Rational> NarrowSum(const Rational& a, const Rational& b, int sign) {
    if (a.wide_ || b.wide_) return std::nullopt;
    const absl::int128 addend = sign < 0 ? -b.numerator_ : b.numerator_;
    if (a.denominator_ == b.denominator_) {
      const absl::int128 sum = a.numerator_ + addend;
      if (!IsNarrow(sum)) return std::nullopt;
      return Rational(sum, a.denominator_);
    }
    const auto left = Product(a.numerator_, b.denominator_);
    const auto right = Product(addend, a.denominator_);
    const auto denominator = Product(a.denominator_, b.denominator_);
    if (!left || !right || !denominator || !IsNarrow(*left + *right)) return std::nullopt;
    return Rational(*left + *right, *denominator);
  }

  static Rational Sum(const Rational& a, const Rational& b, int sign) {
    if (const auto narrow = NarrowSum(a, b, sign)) return *narrow;
    const Wide left = WideOf(a);
    const Wide right = WideOf(b);
    return FromWide(left.numerator * right.denominator + sign * right.numerator * left.denominator,
                    left.denominator * right.denominator);
  }

  // (an / ad) * (bn / bd), where bd may be negative.
  static std::optional<Rational> NarrowProduct(absl::int128 an, absl::int128 ad, absl::int128 bn,
                                               absl::int128 bd) {
    const auto numerator = Product(an, bn);
    const auto denominator = Product(ad, bd);
    if (!numerator || !denominator) return std::nullopt;
    return *denominator < 0 ? Rational(-*numerator, -*denominator) : Rational(*numerator, *denominator);
  }

  static absl::StatusOr<Decimal> Round(const Rational& number, int decimals, Rounding rounding) {
    if (decimals < 0 || decimals > limits::kMaxScale) {
      return InvalidField("", absl::StrCat("round to 0 to ", limits::kMaxScale, " decimals, not ", decimals));
    }
    if (!number.wide_) {
      const auto numerator = Product(number.numerator_, PowerOfTen(decimals));
      if (numerator) return Rounded(*numerator, number.denominator_, decimals, rounding);
    }
    const Wide wide = WideOf(number);
    return Rounded(wide.numerator * Widened(PowerOfTen(decimals)), wide.denominator, decimals, rounding);
  }
};

Rational::Rational(const Decimal& decimal)
    : numerator_(decimal.coefficient()), denominator_(PowerOfTen(decimal.scale())) {}

int Rational::sign() const {
  if (wide_) return wide_->numerator.sign();
  return numerator_ == 0 ? 0 : numerator_ < 0 ? -1 : 1;
}

Rational operator+(const Rational& a, const Rational& b) { return Rational::Arithmetic::Sum(a, b, 1); }

Rational operator-(const Rational& a, const Rational& b) { return Rational::Arithmetic::Sum(a, b, -1); }

Rational operator*(const Rational& a, const Rational& b) {
  using Arithmetic = Rational::Arithmetic;
  if (!a.wide_ && !b.wide_) {
    const auto narrow = Arithmetic::NarrowProduct(a.numerator_, a.denominator_, b.numerator_, b.denominator_);
    if (narrow) return *narrow;
  }
  const Rational::Wide left = Arithmetic::WideOf(a);
  const Rational::Wide right = Arithmetic::WideOf(b);
  return Arithmetic::FromWide(left.numerator * right.numerator, left.denominator * right.denominator);
}

Rational operator/(const Rational& dividend, const Rational& divisor) {
  using Arithmetic = Rational::Arithmetic;
  if (!dividend.wide_ && !divisor.wide_) {
    // Numbers with equally many decimals, the usual case: their denominators cancel.
    const bool cancel = dividend.denominator_ == divisor.denominator_;
    const auto narrow = Arithmetic::NarrowProduct(dividend.numerator_, cancel ? 1 : dividend.denominator_,
                                                  cancel ? 1 : divisor.denominator_, divisor.numerator_);
    if (narrow) return *narrow;
  }
  const Rational::Wide left = Arithmetic::WideOf(dividend);
  const Rational::Wide right = Arithmetic::WideOf(divisor);
  return Arithmetic::FromWide(left.numerator * right.denominator, left.denominator * right.numerator);
}

Rational Rational::Power(int exponent) const {
  Rational power = 1;
  for (int i = 0; i < exponent; ++i) power = power * *this;
  return power;
}

std::strong_ordering Rational::Compare(const Rational& a, const Rational& b) { return (a - b).sign() <=> 0; }

absl::StatusOr<Decimal> Rational::RoundHalfEven(int decimals) const {
  return Arithmetic::Round(*this, decimals, Rounding::kHalfEven);
}

absl::StatusOr<Decimal> Rational::RoundUp(int decimals) const {
  return Arithmetic::Round(*this, decimals, Rounding::kUp);
}

absl::StatusOr<Decimal> DivideHalfEven(const Decimal& numerator, const Decimal& denominator, int decimals) {
  if (denominator.is_zero()) {
    return InvalidField("", "division by zero; the denominator must be another number");
  }
  return (Rational(numerator) / Rational(denominator)).RoundHalfEven(decimals);
}

}  // namespace tidewaiter
