#include "client/feeders/tidy/numbers.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsPlain(char c) { return IsDigit(c) || c == '.' || c == '-' || c == '+'; }

constexpr std::array<std::string_view, 5> kGroupMarks = {" ", "\xC2\xA0", "\xE2\x80\xAF", "'",
                                                         "\xE2\x80\x99"};

// The mark that stands at `at`, empty if none does.
std::string_view GroupMarkAt(std::string_view text, std::size_t at, char other) {
  if (text[at] == other) return text.substr(at, 1);
  for (const std::string_view mark : kGroupMarks) {
    if (text.substr(at, mark.size()) == mark) return text.substr(at, mark.size());
  }
  return {};
}

absl::Status NoNumber(std::string_view text, std::string_view why) {
  return InvalidField("", absl::StrCat(Quoted(text), " is no number: ", ToAbsl(why)));
}

// The digits of the part before the decimal mark, its groups checked; none if they are wrong.
std::optional<std::string> Ungrouped(std::string_view whole, char other) {
  std::string digits;
  std::string_view used;
  std::size_t in_group = 0;
  for (std::size_t i = 0; i < whole.size();) {
    if (IsDigit(whole[i])) {
      digits += whole[i++];
      ++in_group;
      continue;
    }
    const std::string_view mark = GroupMarkAt(whole, i, other);
    const bool first = used.empty();
    if (mark.empty() || (!first && mark != used) || in_group == 0 || in_group > 3 ||
        (!first && in_group != 3)) {
      return std::nullopt;
    }
    used = mark;
    in_group = 0;
    i += mark.size();
  }
  if (!used.empty() && in_group != 3) return std::nullopt;
  return digits;
}

constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};

// 1 to 12 of a name, in full or its first three letters ("sept" too), with or without a dot.
std::optional<int> MonthOfName(std::string_view word) {
  std::string name = absl::AsciiStrToLower(ToAbsl(word));
  if (!name.empty() && name.back() == '.') name.pop_back();
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (name == kMonths[i] || name == kMonths[i].substr(0, 3)) return static_cast<int>(i) + 1;
  }
  if (name == "sept") return 9;
  return std::nullopt;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" ,", i), text.size());
    if (end > i) words.push_back(text.substr(i, end - i));
    i = end + 1;
  }
  return words;
}

std::optional<Period> Run(int year, int first, int last) {
  const auto start = Month::FromYearMonth(year, first);
  if (!start.ok() || last < first || last > 12) return std::nullopt;
  const auto period = Period::Create(*start, last - first + 1);
  return period.ok() ? std::optional<Period>(*period) : std::nullopt;
}

// "July 2025", "2025 July", "Jan-Feb 2025".
std::optional<Period> ByName(std::string_view text) {
  std::vector<std::string_view> words = Words(text);
  if (words.size() != 2) return std::nullopt;
  if (IsDigit(words[0].front())) std::swap(words[0], words[1]);
  const auto year = words[1].size() == 4 ? ParseDigits(words[1]) : std::nullopt;
  if (!year) return std::nullopt;
  std::size_t dash = words[0].find('-');
  const auto first = MonthOfName(words[0].substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : MonthOfName(words[0].substr(dash + 1));
  if (!first || !last) return std::nullopt;
  return Run(*year, *first, *last);
}

// What stands behind the year: "", "07", "-07", "/07", "M07", "-07-01", "-Q3".
std::optional<Period> ByNumber(std::string_view text) {
  const auto year = text.size() >= 4 ? ParseDigits(text.substr(0, 4)) : std::nullopt;
  if (!year) return std::nullopt;
  std::string_view rest = text.substr(4);
  if (rest.empty()) return Run(*year, 1, 12);
  if (!IsDigit(rest.front())) {
    const bool mark =
        rest.front() == '-' || rest.front() == '/' || rest.front() == '.' || rest.front() == 'M';
    if (!mark) return std::nullopt;
    const char kind = rest.front();
    rest.remove_prefix(1);
    if (kind == '-' && rest.size() == 2 && rest.front() == 'Q' && rest[1] >= '1' && rest[1] <= '4') {
      const int quarter = rest[1] - '0';
      return Run(*year, 3 * quarter - 2, 3 * quarter);
    }
    const bool first_day = rest.size() == 5 && rest[2] == kind && kind != 'M' && rest.substr(3) == "01";
    if (first_day) rest = rest.substr(0, 2);
  }
  const auto month = rest.size() == 2 ? ParseDigits(rest) : std::nullopt;
  return month ? Run(*year, *month, *month) : std::nullopt;
}

absl::StatusOr<Decimal> ReadNumber(std::string_view text, char mark) {
  if (mark != ',' && std::all_of(text.begin(), text.end(), IsPlain)) return Decimal::Parse(text);
  std::string_view rest = text;
  std::string plain;
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
    plain = rest.front();
    rest.remove_prefix(1);
  }
  const char decimal = mark == 0 ? '.' : mark;
  const char other = decimal == '.' ? ',' : '.';
  const std::size_t point = rest.find(decimal);
  const std::string_view whole = rest.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : rest.substr(point + 1);
  const auto commas = std::count(text.begin(), text.end(), ',');
  if (mark == 0 && commas == 1 && point == std::string_view::npos &&
      rest.find_first_not_of("0123456789,") == std::string_view::npos) {
    const bool either = rest.size() - rest.find(',') == 4 && rest.find(',') <= 3 && rest.front() != ',';
    return NoNumber(
        text, either ? "its comma could part thousands or decimals; say --decimal-mark . or --decimal-mark ,"
                     : "is its comma a decimal one? Then say --decimal-mark ,");
  }
  const auto digits = Ungrouped(whole, other);
  if (!digits) return NoNumber(text, "digits are grouped in threes, by one mark");
  if (!std::all_of(fraction.begin(), fraction.end(), IsDigit)) {
    return NoNumber(text,
                    absl::StrCat("behind the decimal mark ", std::string(1, decimal), " stand digits only"));
  }
  if (point != std::string_view::npos && fraction.empty())
    return NoNumber(text, "digits follow a decimal mark");
  absl::StrAppend(&plain, *digits);
  if (!fraction.empty()) absl::StrAppend(&plain, ".", ToAbsl(fraction));
  auto number = Decimal::Parse(plain);
  if (!number.ok()) return NoNumber(text, ToStd(number.status().message()));
  return number;
}

// "1.5E3", "1,5e-07".
bool HasExponent(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  if (e == 0 || e == std::string_view::npos) return false;
  std::string_view power = text.substr(e + 1);
  if (!power.empty() && (power.front() == '-' || power.front() == '+')) power.remove_prefix(1);
  return text.find_first_not_of("0123456789.,-+") == e && !power.empty() &&
         std::all_of(power.begin(), power.end(), IsDigit);
}

bool IsNumberSomehow(std::string_view text) {
  return !text.empty() && (ReadNumber(text, '.').ok() || ReadNumber(text, ',').ok());
}

// What to do about a text that is a number in some other way of writing; empty if it is none.
std::string Remedy(std::string_view text, char mark) {
  constexpr std::string_view kMinus = "\xE2\x88\x92";
  if (HasExponent(text)) {
    return "it has an exponent, which hides the digits that were printed; show them all in the spreadsheet "
           "(format "
           "the column as a number) and save it again";
  }
  if (text.size() > 2 && text.front() == '(' && text.back() == ')' &&
      IsNumberSomehow(text.substr(1, text.size() - 2))) {
    return absl::StrCat("if its brackets mean that it is negative, as accountants write it, write -",
                        ToAbsl(text.substr(1, text.size() - 2)));
  }
  if (text.substr(0, kMinus.size()) == kMinus && IsNumberSomehow(text.substr(kMinus.size()))) {
    return absl::StrCat("write its minus sign as the hyphen of a keyboard, -",
                        ToAbsl(text.substr(kMinus.size())));
  }
  if (text.size() > 1 && text.back() == '-' && IsNumberSomehow(text.substr(0, text.size() - 1))) {
    return absl::StrCat("write its minus sign in front, -", ToAbsl(text.substr(0, text.size() - 1)));
  }
  if (mark != ',' && ReadNumber(text, ',').ok()) {
    return "is its comma a decimal one? Then say --decimal-mark ,";
  }
  if (mark == ',' && ReadNumber(text, '.').ok()) {
    return "by --decimal-mark , its point parts thousands; is it a decimal one? Then say --decimal-mark .";
  }
  return "";
}

// Why a text that looks like a month is none; empty if it looks like nothing.
std::string WhyNoMonth(std::string_view text) {
  const auto year = text.size() > 5 ? ParseDigits(text.substr(0, 4)) : std::nullopt;
  if (!year) return "";
  std::string_view rest = text.substr(4);
  const char mark = IsDigit(rest.front()) ? '\0' : rest.front();
  if (mark != '\0') rest.remove_prefix(1);
  if (rest.front() == 'Q') return "quarters are written 2025-Q1 to 2025-Q4";
  if (mark == '.' && rest.size() == 1)
    return "a spreadsheet makes 2001.1 of 2001.10; keep the column as text";
  if (mark != '\0' && rest.size() == 1) return "a month has two digits, as in 2025-07";
  const auto month = ParseDigits(rest.substr(0, 2));
  if (!month) return "";
  if (const auto start = Month::FromYearMonth(*year, *month); !start.ok())
    return std::string(start.status().message());
  const bool day = rest.size() == 5 && rest[2] == mark && ParseDigits(rest.substr(3));
  return day ? "of days only the first of a month stands for the month" : "";
}

}  // namespace

absl::StatusOr<Decimal> ParseNumber(std::string_view text, char mark) {
  absl::StatusOr<Decimal> number = ReadNumber(text, mark);
  if (number.ok() || absl::StrContains(number.status().message(), "--decimal-mark")) return number;
  const std::string remedy = Remedy(text, mark);
  return remedy.empty() ? number : NoNumber(text, remedy);
}

absl::StatusOr<Period> ParseMonths(std::string_view text) {
  auto period = Period::Parse(text);
  if (period.ok()) return period;
  if (const auto found = ByNumber(text)) return *found;
  if (const auto found = ByName(text)) return *found;
  const std::string why = WhyNoMonth(text);
  return InvalidField(
      "", absl::StrCat(Quoted(text), " is no month or run of months", why.empty() ? "" : ": ", why,
                       "; write 2025-07, 2025/07, 2025.07, 202507, "
                       "July 2025, Jan-Feb 2025, 2025-Q3, 2025 or 2025-01/P7M"));
}

}  // namespace tidewaiter::feeders
