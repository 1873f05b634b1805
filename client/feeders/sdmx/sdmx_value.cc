#include "client/feeders/sdmx/sdmx_value.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/tidy/tidy_value.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kNotAvailable = "#N/A";

bool IsAbsent(std::string_view value) {
  return value.empty() || value == kNotAvailable || absl::EqualsIgnoreCase(ToAbsl(value), "nan");
}

// The letter in `text`, or nothing.
std::optional<char> Letter(std::string_view field, std::string_view text, absl::Status (*validate)(char),
                           Violations& violations) {
  if (text.empty() || text == kNotAvailable) return std::nullopt;
  if (text.size() != 1) {
    violations.Add(field, absl::StrCat(Quoted(text), " is not one letter of the SDMX code list"));
    return std::nullopt;
  }
  if (absl::Status s = validate(text[0]); !s.ok()) violations.Add(field, WhatIsWrong(text, s));
  return text[0];
}

// The absence that the letters tell; none if they do not.
std::optional<Absence> AbsenceOf(std::optional<char> status, std::optional<char> conf) {
  switch (status.value_or('A')) {
    case 'O':
    case 'L':
    case 'H':
    case 'J':  // derogation
    case 'K':  // included in another category
    case 'S':  // strike and other special events
      return Absence::kMissing;
    case 'M':
      return Absence::kNil;
    case 'Q':
      return Absence::kSuppressed;
    default:
      if (conf.value_or('F') != 'F') return Absence::kSuppressed;
      return std::nullopt;
  }
}

// "12.5E3" without its exponent, and the exponent.
struct Scientific {
  std::string mantissa;
  int exponent = 0;
};

std::optional<Scientific> Split(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  Scientific parts{std::string(text.substr(0, e)), 0};
  if (e == std::string_view::npos) return parts;
  std::string_view digits = text.substr(e + 1);
  const bool negative = !digits.empty() && digits.front() == '-';
  if (negative || (!digits.empty() && digits.front() == '+')) digits.remove_prefix(1);
  const auto exponent = digits.size() <= 3 ? ParseDigits(digits) : std::nullopt;
  if (!exponent) return std::nullopt;
  parts.exponent = negative ? -*exponent : *exponent;
  return parts;
}

}  // namespace

absl::StatusOr<Decimal> ParseSdmxNumber(std::string_view text, bool decimal_comma) {
  std::string pointed;
  if (decimal_comma) {
    if (text.find('.') != std::string_view::npos) {
      return InvalidField("", absl::StrCat(Quoted(text), " has a point where numbers have a decimal comma"));
    }
    pointed = text;
    std::replace(pointed.begin(), pointed.end(), ',', '.');
    text = pointed;
  }
  absl::StatusOr<Decimal> plain = Decimal::Parse(text);
  if (plain.ok()) return plain;
  const auto parts = Split(text);
  if (!parts) return plain;
  // xs:decimal allows ".5" and "5."; a dot alone is neither.
  std::string_view digits = parts->mantissa;
  if (digits.size() > 1 && digits.back() == '.') digits.remove_suffix(1);
  const std::size_t sign = !digits.empty() && (digits[0] == '-' || digits[0] == '+') ? 1 : 0;
  const bool bare = digits.size() > sign + 1 && digits[sign] == '.';
  const auto number = Decimal::Parse(
      absl::StrCat(ToAbsl(digits.substr(0, sign)), bare ? "0" : "", ToAbsl(digits.substr(sign))));
  if (!number.ok()) return plain;
  const int scale = number->scale() - parts->exponent;
  if (scale >= 0) return Decimal::FromParts(number->coefficient(), scale);
  if (number->is_zero()) return Decimal();
  if (-scale > limits::kMaxCoefficientDigits) return plain;
  absl::int128 coefficient = number->coefficient();
  for (int i = 0; i < -scale; ++i) {
    coefficient *= 10;
    // Each step is checked: a coefficient within bounds has room for one more digit.
    if (const auto checked = Decimal::FromParts(coefficient, 0); !checked.ok()) return checked.status();
  }
  return Decimal::FromParts(coefficient, 0);
}

absl::StatusOr<SdmxValue> ParseSdmxValue(const SdmxValueTexts& texts) {
  Violations violations;
  SdmxValue value;
  const auto status = Letter("status", texts.status, ValidateStatus, violations);
  const auto conf = Letter("conf", texts.conf, ValidateConf, violations);
  value.attributes.status = status.value_or(value.attributes.status);
  value.attributes.conf = conf.value_or(value.attributes.conf);
  if (IsAbsent(texts.value)) {
    auto absence = AbsenceOf(status, conf);
    if (!absence && texts.value.empty() && texts.empty == SdmxEmpty::kUnchanged) {
      violations.Add(
          "value",
          "is empty, which in a merge leaves the value as it is, and attributes are not taken without "
          "their value; write NaN if it is missing, or a status that says why it is empty: O or L "
          "missing, M nil, Q suppressed");
    }
    if (!absence) absence = Absence::kMissing;
    value.datum = Datum::Absent(*absence);
    if (!status) value.attributes.status = *absence == Absence::kSuppressed ? 'Q' : 'O';
  } else {
    const auto number = ParseSdmxNumber(texts.value, texts.decimal_comma);
    if (number.ok()) {
      value.datum = Datum::Value(*number);
    } else {
      violations.Add("value", WhatIsWrong(texts.value, number.status()));
    }
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return value;
}

}  // namespace tidewaiter::feeders
