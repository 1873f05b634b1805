#include "client/feeders/sdmx/sdmx_time.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "domain/errors.h"
#include "domain/instant.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::size_t kYearChars = 4;
constexpr std::size_t kMonthChars = 7;  // "2025-01"
constexpr std::size_t kDayChars = 10;   // "2025-01-31"
constexpr int kMonthsOfYear = 12;

absl::Status NotAPeriod(std::string_view text) {
  return InvalidField(
      "", absl::StrCat(Quoted(text),
                       " is no period of whole months; expected 2025, 2025-01, 2025-Q1, 2025-S1, 2025-T1, "
                       "2025-A1, 2025-M01 or a range such as 2025-01-01/P7M"));
}

absl::Status NotMonths(std::string_view text, std::string_view what) {
  return InvalidField("", absl::StrCat(Quoted(text), " is ", ToAbsl(what),
                                       ", which is no run of whole months; only those are kept"));
}

// "2025-Q1": year, letter of the period, its number.
absl::StatusOr<Period> ReportingPeriod(std::string_view text, int year_start_month) {
  const auto year = ParseDigits(text.substr(0, kYearChars));
  const char letter = text[kYearChars + 1];
  const std::string_view digits = text.substr(kYearChars + 2);
  const auto number = ParseDigits(digits);
  if (!year || !number) return NotAPeriod(text);
  if (letter == 'W' && digits.size() == 2) return NotMonths(text, "a week");
  if (letter == 'D' && digits.size() == 3) return NotMonths(text, "a day");
  const int months = letter == 'H' ? 0 : MonthsOfFrequency(std::string_view(&letter, 1));
  if (months == 0 || digits.size() != (letter == 'M' ? 2u : 1u)) return NotAPeriod(text);
  if (*number < 1 || *number > kMonthsOfYear / months) return NotAPeriod(text);
  TW_ASSIGN_OR_RETURN(const Month first, Month::FromYearMonth(*year, year_start_month));
  TW_ASSIGN_OR_RETURN(const Month start,
                      Month::FromIndexChecked(std::int64_t{first.index()} + (*number - 1) * months));
  return Period::Create(start, months);
}

// "T00:00:00", with a fraction of zeros or a zone or without: midnight. A zone moves no period.
bool IsMidnight(std::string_view clock) {
  return clock.substr(0, 9) == "T00:00:00" && clock.find_first_of("123456789") >= clock.find_first_of("Z+-");
}

// "P7M", "P1Y", "P1Y6M" -> months; 0 for anything else.
int MonthsOfDuration(std::string_view duration) {
  if (duration.empty() || duration.front() != 'P') return 0;
  duration.remove_prefix(1);
  int months = 0;
  for (const auto& [unit, length] : {std::pair{'Y', kMonthsOfYear}, std::pair{'M', 1}}) {
    const std::size_t end = duration.find(unit);
    if (end == std::string_view::npos) continue;
    const auto count = end <= 4 ? ParseDigits(duration.substr(0, end)) : std::nullopt;
    if (!count) return 0;
    months += *count * length;
    duration.remove_prefix(end + 1);
  }
  return duration.empty() ? months : 0;
}

absl::StatusOr<Period> Range(std::string_view text, std::size_t slash) {
  const std::string_view start = text.substr(0, slash);
  const std::string_view duration = text.substr(slash + 1);
  if (start.size() == kMonthChars) return Period::Parse(text);
  const int months = MonthsOfDuration(duration);
  const auto day = ParseDay(start.substr(0, kDayChars));
  if (!day.ok() || (start.size() > kDayChars && !IsMidnight(start.substr(kDayChars))))
    return NotAPeriod(text);
  if (day->day() != 1) return NotMonths(text, "a range that does not start on the first of a month");
  if (months == 0) return NotMonths(text, "a range whose length is not in months or years");
  TW_ASSIGN_OR_RETURN(const Month first, Month::FromYearMonth(static_cast<int>(day->year()), day->month()));
  return Period::Create(first, months);
}

// A day, or a day and clock time, as the name of the period of `frequency` around it.
absl::StatusOr<Period> AroundDay(std::string_view text, std::string_view frequency) {
  const auto day = ParseDay(text.substr(0, kDayChars));
  if (!day.ok()) return NotAPeriod(text);
  const int months = MonthsOfFrequency(frequency);
  if (months == 0) return NotMonths(text, "a day");
  const int number = (day->month() - 1) / months;
  TW_ASSIGN_OR_RETURN(const Month first,
                      Month::FromYearMonth(static_cast<int>(day->year()), number * months + 1));
  return Period::Create(first, months);
}

}  // namespace

int MonthsOfFrequency(std::string_view frequency) {
  if (frequency.size() != 1) return 0;
  switch (frequency.front()) {
    case 'A':
      return 12;
    case 'S':
    case 'H':
      return 6;
    case 'T':
      return 4;
    case 'Q':
      return 3;
    case 'M':
      return 1;
    default:
      return 0;
  }
}

absl::StatusOr<Period> ParseSdmxPeriod(std::string_view text, int year_start_month,
                                       std::string_view frequency) {
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) return Range(text, slash);
  if (text.size() == kYearChars) {
    const auto year = ParseDigits(text);
    if (!year) return NotAPeriod(text);
    TW_ASSIGN_OR_RETURN(const Month first, Month::FromYearMonth(*year, 1));
    return Period::Create(first, kMonthsOfYear);
  }
  if (text.size() < kYearChars + 3 || text[kYearChars] != '-') return NotAPeriod(text);
  const char next = text[kYearChars + 1];
  if (next >= 'A' && next <= 'Z') return ReportingPeriod(text, year_start_month);
  if (text.size() == kMonthChars) {
    const auto month = Month::Parse(text);
    if (!month.ok()) return NotAPeriod(text);
    return Period::Create(*month, 1);
  }
  if (text.size() == kDayChars || (text.size() > kDayChars && text[kDayChars] == 'T')) {
    return AroundDay(text, frequency);
  }
  return NotAPeriod(text);
}

absl::StatusOr<int> ParseReportingYearStart(std::string_view text) {
  if (text.size() == 7 && text.substr(0, 2) == "--" && text.substr(4) == "-01") {
    const auto month = ParseDigits(text.substr(2, 2));
    if (month && *month >= 1 && *month <= kMonthsOfYear) return *month;
  }
  return InvalidField("", absl::StrCat(Quoted(text),
                                       " is not the first day of a month, as --04-01 is; reporting periods "
                                       "that start within a month are no whole months"));
}

}  // namespace tidewaiter::feeders
