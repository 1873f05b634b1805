#include "domain/decimal.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

using limits::kMaxCoefficientDigits;
using limits::kMaxScale;

constexpr auto kPowersOfTen = [] {
  std::array<unsigned __int128, 39> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// True if |number| < 10^digits; no negation, so that the least int128 is safe too.
bool HasAtMostDigits(absl::int128 number, int digits) {
  const absl::int128 bound = PowerOfTen(digits);
  return -bound < number && number < bound;
}

absl::Status Overflow(std::string_view what) {
  return MakeError(absl::StatusCode::kOutOfRange, Reason::kOverflow,
                   absl::StrCat(ToAbsl(what), " has more than ", kMaxCoefficientDigits, " digits"));
}

absl::Status NotANumber(std::string_view text, std::string_view why) {
  return InvalidField("", absl::StrCat(Quoted(text), " is not a number: ", ToAbsl(why)));
}

std::strong_ordering Order(absl::int128 a, absl::int128 b) {
  if (a == b) return std::strong_ordering::equal;
  return a < b ? std::strong_ordering::less : std::strong_ordering::greater;
}

// a * 10^-a_scale against b * 10^-(a_scale + widening).
std::strong_ordering CompareWidened(absl::int128 a, int widening, absl::int128 b) {
  // At b's scale a would have more digits than any b: only its sign counts, and the product, which may not
  // fit 128 bits, is never built.
  if (!HasAtMostDigits(a, kMaxCoefficientDigits - widening)) return Order(a, 0);
  return Order(a * PowerOfTen(widening), b);
}

absl::Status WrongCharacter(std::string_view text, std::size_t at) {
  return NotANumber(text, absl::StrCat(QuotedCharacter(text, at), " at byte ", at + 1,
                                       "; write an optional sign, digits, and optionally a point and digits, "
                                       "without exponent, separators or spaces"));
}

// The digits of a number being parsed.
struct Digits {
  absl::int128 coefficient = 0;
  int significant = 0;
  int scale = 0;
  bool any = false;
  bool point = false;

  void Take(int digit) {
    any = true;
    if (point) ++scale;
    if (significant > 0 || digit != 0) ++significant;
    if (significant <= kMaxCoefficientDigits) coefficient = coefficient * 10 + digit;
  }
};

absl::Status CheckDigits(std::string_view text, const Digits& digits) {
  if (!digits.any) return NotANumber(text, "it has no digit");
  if (digits.point && digits.scale == 0) return NotANumber(text, "no digit follows the point");
  if (digits.significant > kMaxCoefficientDigits) {
    return NotANumber(text,
                      absl::StrCat("it has ", digits.significant, " digits; at most ", kMaxCoefficientDigits,
                                   " are kept, and nothing is rounded silently"));
  }
  if (digits.scale > kMaxScale) {
    return NotANumber(text, absl::StrCat("it has ", digits.scale, " decimals; at most ", kMaxScale,
                                         " are kept, and nothing is rounded silently"));
  }
  return absl::OkStatus();
}

absl::Status ReadDigits(std::string_view text, std::size_t at, Digits& digits) {
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c >= '0' && c <= '9') {
      digits.Take(c - '0');
    } else if (c == '.' && digits.point) {
      return NotANumber(text, "it has two points");
    } else if (c == '.' && !digits.any) {
      return NotANumber(text, "no digit stands before the point; write \"0.5\", not \".5\"");
    } else if (c == '.') {
      digits.point = true;
    } else {
      return WrongCharacter(text, at);
    }
  }
  return absl::OkStatus();
}

// The coefficient and scale of almost every number there is: up to 18 digits, the arithmetic of which fits 64
// bits. None of any other text, right or wrong.
std::optional<std::pair<std::int64_t, int>> PlainDecimal(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  constexpr std::size_t kPlainBytes = 19;  // a point among them
  if (text.empty() || text.size() > kPlainBytes || text.front() == '.' || text.back() == '.')
    return std::nullopt;
  std::uint64_t coefficient = 0;
  std::size_t point = text.size() - 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = static_cast<unsigned>(text[i] - '0');
    if (digit <= 9) {
      coefficient = coefficient * 10 + digit;
    } else if (text[i] == '.' && point == text.size() - 1) {
      point = i;
    } else {
      return std::nullopt;
    }
  }
  if (text.size() == kPlainBytes && point == text.size() - 1) return std::nullopt;  // 19 digits
  const auto number = static_cast<std::int64_t>(coefficient);
  return std::pair(negative ? -number : number, static_cast<int>(text.size() - 1 - point));
}

}  // namespace

absl::int128 PowerOfTen(int exponent) {
  return static_cast<absl::int128>(kPowersOfTen[static_cast<std::size_t>(exponent)]);
}

absl::StatusOr<Decimal> Decimal::FromParts(absl::int128 coefficient, int scale) {
  if (!HasAtMostDigits(coefficient, kMaxCoefficientDigits)) {
    return InvalidField("", absl::StrCat("the coefficient has more than ", kMaxCoefficientDigits, " digits"));
  }
  if (scale < 0 || scale > kMaxScale) {
    return InvalidField("", absl::StrCat("a number has 0 to ", kMaxScale, " decimals; this one has ", scale));
  }
  return Decimal(coefficient, scale);
}

absl::StatusOr<Decimal> Decimal::Parse(std::string_view text) {
  if (const auto plain = PlainDecimal(text)) return FromValidParts(plain->first, plain->second);
  if (text.empty()) return NotANumber(text, "it is empty; write a number such as 12.5");
  const bool negative = text.front() == '-';
  const std::size_t sign = negative || text.front() == '+' ? 1 : 0;
  Digits digits;
  TW_RETURN_IF_ERROR(ReadDigits(text, sign, digits));
  TW_RETURN_IF_ERROR(CheckDigits(text, digits));
  return Decimal(negative ? -digits.coefficient : digits.coefficient, digits.scale);
}

std::string Decimal::ToString() const {
  // 27 digits, or 18 decimals behind a zero; a point and a sign.
  std::array<char, kMaxCoefficientDigits + kMaxScale + 3> buffer;
  std::size_t at = buffer.size();
  absl::int128 rest = is_negative() ? -coefficient_ : coefficient_;
  for (int decimals = 0; decimals <= scale_ || rest != 0; ++decimals) {
    if (decimals == scale_ && scale_ != 0) buffer[--at] = '.';
    buffer[--at] = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (is_negative()) buffer[--at] = '-';
  return std::string(buffer.data() + at, buffer.size() - at);
}

std::strong_ordering Decimal::Compare(const Decimal& a, const Decimal& b) {
  if (a.scale_ == b.scale_) return Order(a.coefficient_, b.coefficient_);
  if (a.scale_ < b.scale_) return CompareWidened(a.coefficient_, b.scale_ - a.scale_, b.coefficient_);
  return 0 <=> CompareWidened(b.coefficient_, a.scale_ - b.scale_, a.coefficient_);
}

absl::StatusOr<Decimal> Decimal::Add(const Decimal& a, const Decimal& b) {
  if (a.scale_ > b.scale_) return Add(b, a);
  const int widening = b.scale_ - a.scale_;
  // One digit more than fits is let through: 10^27 - 1 is a sum that fits, of which one part does not.
  if (!HasAtMostDigits(a.coefficient_, kMaxCoefficientDigits + 1 - widening)) return Overflow("the sum");
  const absl::int128 sum = a.coefficient_ * PowerOfTen(widening) + b.coefficient_;
  if (!HasAtMostDigits(sum, kMaxCoefficientDigits)) return Overflow("the sum");
  return Decimal(sum, b.scale_);
}

absl::StatusOr<Decimal> Decimal::Subtract(const Decimal& a, const Decimal& b) { return Add(a, b.Negated()); }

absl::StatusOr<Decimal> Decimal::RoundHalfEven(int scale) const {
  if (scale < 0 || scale > kMaxScale) {
    return InvalidField("", absl::StrCat("round to 0 to ", kMaxScale, " decimals, not ", scale));
  }
  if (scale >= scale_) {
    const int widening = scale - scale_;
    if (!HasAtMostDigits(coefficient_, kMaxCoefficientDigits - widening)) return Overflow("the number");
    return Decimal(coefficient_ * PowerOfTen(widening), scale);
  }
  const absl::int128 unit = PowerOfTen(scale_ - scale);
  absl::int128 quotient = coefficient_ / unit;
  const absl::int128 remainder = coefficient_ % unit;
  const absl::int128 twice = 2 * (remainder < 0 ? -remainder : remainder);
  if (twice > unit || (twice == unit && quotient % 2 != 0)) quotient += is_negative() ? -1 : 1;
  return Decimal(quotient, scale);
}

}  // namespace tidewaiter
