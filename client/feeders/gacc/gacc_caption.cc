#include "client/feeders/gacc/gacc_caption.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/feeders/gacc/months.h"
#include "client/feeders/tables/text_grid.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

bool IsLetter(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Runs of letters, and runs of digits.
std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const bool letters = IsLetter(text[begin]);
    if (!letters && !IsDigit(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && (letters ? IsLetter(text[end]) : IsDigit(text[end]))) ++end;
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::optional<int> YearOf(std::string_view word) {
  const auto number = ParseDigits(word);
  if (word.size() != 4 || !number || *number < 1949 || *number > 2999) return std::nullopt;
  return number;
}

// The currency that a text names: "CNY", "USD"; empty if none, an error if two.
absl::StatusOr<std::string> CurrencyIn(std::string_view text) {
  const std::string upper = absl::AsciiStrToUpper(ToAbsl(text));
  const auto has = [&upper](std::string_view word) { return absl::StrContains(upper, ToAbsl(word)); };
  const bool yuan = has("CNY") || has("RMB") || has("YUAN") || has("人民币");
  const bool dollar = has("USD") || has("US$") || has("DOLLAR") || has("美元");
  if (yuan && dollar) {
    return InvalidField("", absl::StrCat(Quoted(text), " names two currencies; is this two tables?"));
  }
  return std::string(yuan ? "CNY" : dollar ? "USD" : "");
}

struct Multiplier {
  std::string_view number;  // what is left of the unit without its currency
  std::string_view code;
};
constexpr auto kMultipliers = std::to_array<Multiplier>({
    {"", "1"},
    {"1", "1"},
    {"1000", "TH"},
    {"thousand", "TH"},
    {"1thousand", "TH"},
    {"10000", "10TH"},
    {"10thousand", "10TH"},
    {"tenthousand", "10TH"},
    {"万", "10TH"},
    {"million", "MN"},
    {"1million", "MN"},
    {"1000000", "MN"},
    {"10million", "10MN"},
    {"tenmillion", "10MN"},
    {"100million", "100MN"},
    {"hundredmillion", "100MN"},
    {"100000000", "100MN"},
    {"亿", "100MN"},
    {"billion", "BN"},
    {"1billion", "BN"},
});

}  // namespace

absl::StatusOr<GaccTitle> ParseGaccTitle(std::string_view title) {
  GaccTitle found;
  TW_ASSIGN_OR_RETURN(found.currency, CurrencyIn(title));
  std::vector<int> months, years;
  for (const std::string_view word : Words(title)) {
    if (const auto month = MonthOfName(word)) months.push_back(*month);
    if (const auto year = YearOf(word)) years.push_back(*year);
  }
  if (years.empty() || months.empty()) return found;
  const bool one_year = std::all_of(years.begin(), years.end(), [&years](int y) { return y == years[0]; });
  const bool run = months.size() == 2 && months[0] == 1 && months[1] > 1;
  if (!one_year || (months.size() > 1 && !run)) {
    return InvalidField("",
                        absl::StrCat(Quoted(title),
                                     " names several months or years; one month, or January to a month of "
                                     "the same year was expected"));
  }
  TW_ASSIGN_OR_RETURN(found.month, Month::FromYearMonth(years[0], months.back()));
  found.combined = run;
  return found;
}

absl::StatusOr<std::optional<GaccUnit>> ParseGaccUnit(std::string_view text) {
  const std::string line = OneLineOf(text);
  std::string_view rest = line;
  if (absl::StartsWithIgnoreCase(line, "unit")) {
    rest.remove_prefix(4);
  } else if (absl::StartsWith(line, "单位")) {
    rest.remove_prefix(std::string_view("单位").size());
  } else {
    return std::nullopt;
  }
  if (rest.find_first_of(":") == std::string_view::npos && !absl::StrContains(line, "："))
    return std::nullopt;
  GaccUnit unit;
  TW_ASSIGN_OR_RETURN(unit.currency, CurrencyIn(rest));
  std::string number = absl::AsciiStrToLower(ToAbsl(rest));
  absl::StrReplaceAll({{"us dollars", ""},
                       {"us dollar", ""},
                       {"dollars", ""},
                       {"dollar", ""},
                       {"us$", ""},
                       {"usd", ""},
                       {"cny", ""},
                       {"rmb", ""},
                       {"yuan", ""},
                       {"美元", ""},
                       {"人民币", ""},
                       {"元", ""},
                       {"：", ""},
                       {":", ""},
                       {" ", ""},
                       {",", ""},
                       {"(", ""},
                       {")", ""},
                       {".", ""}},
                      &number);
  for (const Multiplier& multiplier : kMultipliers) {
    if (number != multiplier.number) continue;
    unit.multiplier = multiplier.code;
    return unit;
  }
  return InvalidField("", absl::StrCat(Quoted(line),
                                       " is no unit that is known; expected one such as \"Unit: CNY 100 "
                                       "Million\" or \"Unit: US$1,000\""));
}

std::vector<absl::CivilDay> ParseGaccDate(std::string_view text) {
  const std::vector<std::string_view> words = Words(text);
  if (words.size() < 3) return {};
  std::array<int, 3> n{};
  for (std::size_t i = 0; i < n.size(); ++i) {
    const auto number = ParseDigits(words[i]);
    if (!number) return {};
    n[i] = *number;
  }
  std::vector<absl::CivilDay> days;
  const auto add = [&days](int year, int month, int day) {
    const absl::CivilDay civil(year, month, day);
    const bool exists = civil.year() == year && civil.month() == month && civil.day() == day;
    if (exists && std::find(days.begin(), days.end(), civil) == days.end()) days.push_back(civil);
  };
  if (YearOf(words[0])) {
    add(n[0], n[1], n[2]);
  } else if (YearOf(words[2])) {
    add(n[2], n[0], n[1]);
    add(n[2], n[1], n[0]);
  }
  return days;
}

}  // namespace tidewaiter::feeders
