#include "client/feeders/gacc/printed_number.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::array<std::string_view, 7> kBlanks = {" ", "\t", "\r", "\n", "\xC2\xA0", "\xE3\x80\x80", "\f"};
constexpr std::string_view kMinus = "\xE2\x88\x92";

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

absl::Status NotANumber(std::string_view text, std::string_view why) {
  return InvalidField("", absl::StrCat(Quoted(text), " is not a number: ", std::string(why)));
}

// Do the commas of an unsigned number stand where thousands end, and only before the point?
bool IsGrouped(std::string_view number) {
  const std::string_view whole = number.substr(0, number.find('.'));
  if (number.find(',', whole.size()) != std::string_view::npos) return false;
  std::size_t digits = 0;
  bool grouped = false;
  for (const char c : whole) {
    if (c != ',') {
      ++digits;
      continue;
    }
    if (digits == 0 || digits > 3 || (grouped && digits != 3)) return false;
    grouped = true;
    digits = 0;
  }
  return digits == 3;
}

bool HasExponent(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  return e != std::string_view::npos && e > 0 && IsDigit(text[e - 1]) && e + 1 < text.size() &&
         (IsDigit(text[e + 1]) || text[e + 1] == '+' || text[e + 1] == '-');
}

}  // namespace

std::string_view TrimBlanks(std::string_view text) {
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view blank : kBlanks) {
      if (text.substr(0, blank.size()) == blank) text.remove_prefix(blank.size()), more = true;
      if (text.size() >= blank.size() && text.substr(text.size() - blank.size()) == blank) {
        text.remove_suffix(blank.size()), more = true;
      }
    }
  }
  return text;
}

absl::StatusOr<Decimal> ParsePrintedNumber(std::string_view text) {
  std::string_view rest = TrimBlanks(text);
  bool negative = false;
  if (rest.substr(0, kMinus.size()) == kMinus) {
    negative = true;
    rest.remove_prefix(kMinus.size());
  }
  const bool signed_twice = negative && !rest.empty() && (rest.front() == '-' || rest.front() == '+');
  if (rest.find(',') == std::string_view::npos && !negative) {
    auto plain = Decimal::Parse(rest);
    if (plain.ok() || !HasExponent(rest)) return plain;
  }
  if (HasExponent(rest)) {
    return NotANumber(
        text,
        "it has an exponent, as a spreadsheet writes a number that it has rounded; take the file "
        "as it was downloaded");
  }
  std::string_view digits = rest;
  if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) digits.remove_prefix(1);
  if (signed_twice || (digits.find(',') != std::string_view::npos && !IsGrouped(digits))) {
    return NotANumber(text, "commas must stand between groups of three digits, as in 1,234.5");
  }
  std::string plain = negative ? "-" : "";
  std::copy_if(rest.begin(), rest.end(), std::back_inserter(plain), [](char c) { return c != ','; });
  return Decimal::Parse(plain);
}

}  // namespace tidewaiter::feeders
