#include "client/feeders/tables/cell_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::size_t kExcelDigits = 15;
constexpr int kMaxWholeDigits = 27;

// "1.2345e+02" as digits "12345" and the power of ten of the first, 2.
struct Scientific {
  std::string digits;
  int exponent = 0;
};

Scientific Split(std::string_view text) {
  Scientific parts;
  const std::size_t e = text.find('e');
  for (const char c : text.substr(0, e)) {
    if (c != '.') parts.digits += c;
  }
  std::string_view exponent = text.substr(e + 1);
  if (exponent.front() == '+') exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), parts.exponent);
  return parts;
}

Scientific DigitsOf(double value) {
  std::array<char, 64> buffer{};
  auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  Scientific parts = Split({buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data())});
  if (parts.digits.size() > kExcelDigits) {
    end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific,
                        static_cast<int>(kExcelDigits) - 1);
    parts = Split({buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data())});
  }
  while (parts.digits.size() > 1 && parts.digits.back() == '0') parts.digits.pop_back();
  return parts;
}

}  // namespace

NumberFormat ParseNumberFormat(std::string_view code) {
  NumberFormat format;
  bool behind_point = false;
  for (std::size_t i = 0; i < code.size() && code[i] != ';'; ++i) {
    switch (code[i]) {
      case '"':
        i = std::min(code.find('"', i + 1), code.size());
        break;
      case '[':
        i = std::min(code.find(']', i + 1), code.size());
        break;
      case '\\':
      case '_':
      case '*':
        ++i;  // the next character is shown, or its width is
        break;
      case '.':
        behind_point = true;
        break;
      case '0':
        if (behind_point && format.decimals < 15) ++format.decimals;
        break;
      case '%':
        format.percent = true;
        break;
      default:
        break;
    }
  }
  return format;
}

std::optional<NumberFormat> BuiltinNumberFormat(unsigned id) {
  switch (id) {
    case 2:
    case 4:
    case 7:
    case 8:
    case 11:
    case 39:
    case 40:
    case 43:
    case 44:
      return NumberFormat{2, false};
    case 9:
      return NumberFormat{0, true};
    case 10:
      return NumberFormat{2, true};
    default:
      break;
  }
  if (id <= 49) return NumberFormat{};
  return std::nullopt;
}

std::string NumberText(double value, const NumberFormat& format) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : "inf";
  Scientific parts = DigitsOf(std::fabs(value));
  if (format.percent) parts.exponent += 2;
  if (value == 0) parts = {"0", 0};
  const std::string sign = value < 0 ? "-" : "";
  if (parts.exponent >= kMaxWholeDigits || parts.exponent < -kMaxWholeDigits) {
    return absl::StrCat(sign, parts.digits, "e", parts.exponent + 1 - static_cast<int>(parts.digits.size()));
  }
  std::string digits = parts.digits;
  int point = parts.exponent + 1;  // digits before the point
  if (point <= 0) {
    digits.insert(0, static_cast<std::size_t>(1 - point), '0');
    point = 1;
  }
  const auto whole = static_cast<std::size_t>(point);
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  std::string decimals = digits.substr(whole);
  const auto wanted = static_cast<std::size_t>(format.decimals);
  if (decimals.size() < wanted) decimals.append(wanted - decimals.size(), '0');
  return absl::StrCat(sign, digits.substr(0, whole), decimals.empty() ? "" : ".", decimals);
}

}  // namespace tidewaiter::feeders
