#include "client/feeders/fred/fred_reader.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/instant.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);
constexpr std::string_view kLastDay = "9999-12-31";  // as FRED writes "until today"
constexpr std::string_view kOpen = ".";              // the same in ALFRED's tables

}  // namespace

bool IsFredDateName(std::string_view name) {
  return absl::EqualsIgnoreCase(ToAbsl(name), "observation_date") ||
         absl::EqualsIgnoreCase(ToAbsl(name), "period_start_date") ||
         absl::EqualsIgnoreCase(ToAbsl(name), "date");
}

bool IsFredStartName(std::string_view name) {
  return name == "realtime_start" || name == "realtime_start_date";
}

bool IsFredEndName(std::string_view name) { return name == "realtime_end" || name == "realtime_end_date"; }

absl::StatusOr<FredColumn> FredReader::ColumnOf(std::string_view name, std::string_view suffix) const {
  FredColumn column;
  if (!absl::EqualsIgnoreCase(ToAbsl(name), "value")) {
    auto named = FredColumnOf(name);
    if (!named.ok()) {
      return InvalidField("line 1", absl::StrCat("the column ", named.status().message()));
    }
    column = *std::move(named);
  } else if (const auto set = options_.constants.find("series_id"); set != options_.constants.end()) {
    column.series = set->second;
  } else if (const auto named = FredSeriesInName(options_.file)) {
    column.series = *named;
  } else {
    return InvalidField(
        "--set", absl::StrCat("series_id is needed: neither the content of ", Quoted(options_.file),
                              " nor its name says which series it holds; give --set series_id=BOPGSTB"));
  }
  column.series += suffix;
  if (absl::Status s = ValidateCode(column.series); !s.ok()) {
    return InvalidField("line 1", absl::StrCat("the column ", Quoted(name), " is no series: ", s.message()));
  }
  return column;
}

std::optional<Month> FredReader::MonthOf(std::string_view text) {
  const auto day = ParseDay(text);
  if (!day.ok()) {
    problems_.Add("date", absl::StrCat(Quoted(text), " is no date, as 2025-09-01"));
  } else if (day->day() != 1) {
    problems_.Add("date", absl::StrCat(Quoted(text),
                                       " is not the first day of a month; daily and weekly series are not "
                                       "taken: download the series as monthly"));
  } else if (const auto month = Month::FromYearMonth(static_cast<int>(day->year()), day->month());
             month.ok()) {
    return *month;
  } else {
    problems_.Add("date", text, month.status());
  }
  return std::nullopt;
}

std::optional<absl::CivilDay> FredReader::DayOf(std::string_view column, std::string_view text) {
  if (text == kLastDay) return absl::CivilDay(9999, 12, 31);
  const auto day = ParseDay(text);
  if (day.ok()) return *day;
  problems_.Add(column, absl::StrCat(Quoted(text), " is no day, as 2026-01-07"));
  return std::nullopt;
}

std::optional<Datum> FredReader::DatumOf(std::string_view column, std::string_view text) {
  if (text.empty() || text == "." || text == "#N/A") return Datum::Absent(Absence::kMissing);
  const auto value = Decimal::Parse(text);
  if (value.ok()) return Datum::Value(*value);
  problems_.Add(column, text, value.status());
  return std::nullopt;
}

FredDays FredReader::DaysOf(std::string_view start, std::string_view end) {
  FredDays days;
  if (!start.empty()) days.start = DayOf("realtime_start", start);
  if (!end.empty()) days.end = DayOf("realtime_end", end == kOpen ? kLastDay : end);
  if (days.start && days.end && *days.end < *days.start) {
    problems_.Add("realtime_end", absl::StrCat(Quoted(end), " lies before realtime_start"));
  }
  return days;
}

std::uint32_t FredUntil(const FredDays& days) {
  return days.end && *days.end > kEpoch ? static_cast<std::uint32_t>(*days.end - kEpoch)
                                        : FredValues::kForEver;
}

}  // namespace tidewaiter::feeders
