#include "client/feeders/fred/fred_names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

bool IsUpper(char c) { return absl::ascii_isupper(static_cast<unsigned char>(c)); }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

constexpr std::size_t kDayDigits = 8;

std::optional<absl::CivilDay> DayOfDigits(std::string_view digits) {
  const auto number = ParseDigits(digits);
  if (!number) return std::nullopt;
  const int year = *number / 10000, month = *number / 100 % 100, day = *number % 100;
  const absl::CivilDay civil(year, month, day);
  if (year < 1700 || civil.month() != month || civil.day() != day) return std::nullopt;
  return civil;
}

}  // namespace

absl::StatusOr<FredColumn> FredColumnOf(std::string_view name) {
  const std::size_t mark = name.rfind('_');
  const std::string_view digits =
      mark == std::string_view::npos || mark == 0 ? std::string_view() : name.substr(mark + 1);
  if (digits.size() != kDayDigits || !std::all_of(digits.begin(), digits.end(), IsDigit)) {
    return FredColumn{std::string(name), std::nullopt};
  }
  const auto day = DayOfDigits(digits);
  if (day) return FredColumn{std::string(name.substr(0, mark)), day};
  return InvalidField("",
                      absl::StrCat(Quoted(name), " ends in ", ToAbsl(digits),
                                   ", which is no day; the vintage of a column is the year, month and day "
                                   "of its publication, as in ",
                                   ToAbsl(name.substr(0, mark)), "_20260107"));
}

std::optional<std::string> FredSeriesInName(std::string_view file) {
  std::size_t end = 0;
  while (end < file.size() && (IsUpper(file[end]) || IsDigit(file[end]))) ++end;
  if (end == 0 || !IsUpper(file[0])) return std::nullopt;
  if (end < file.size() && file[end] != '.' && file[end] != '_' && file[end] != '-') return std::nullopt;
  return std::string(file.substr(0, end));
}

absl::StatusOr<int> FredMonthsOfLetter(std::string_view letter) {
  if (letter == "M") return 1;
  if (letter == "Q") return 3;
  if (letter == "S") return 6;
  if (letter == "A") return 12;
  return InvalidField("--set", absl::StrCat("freq: ", Quoted(letter),
                                            " is none of M, Q, S and A; only whole months are taken"));
}

std::optional<int> FredMonthsBetween(const std::vector<Month>& dates) {
  if (dates.size() < 2) return std::nullopt;
  int least = dates[1] - dates[0];
  for (std::size_t i = 2; i < dates.size(); ++i) least = std::min(least, dates[i] - dates[i - 1]);
  if (least == 1 || least == 3 || least == 6 || least == 12) return least;
  return std::nullopt;
}

absl::StatusOr<std::string> FredUnitsSuffix(std::string_view units) {
  if (units.empty() || units == "lin") return std::string();
  for (const std::string_view known : {"chg", "ch1", "pch", "pc1", "pca", "cch", "cca", "log"}) {
    if (units == known) return absl::StrCat("_", absl::AsciiStrToUpper(ToAbsl(units)));
  }
  return InvalidField(
      "units", absl::StrCat(Quoted(units), " is none of FRED's units: lin chg ch1 pch pc1 pca cch cca log"));
}

}  // namespace tidewaiter::feeders
