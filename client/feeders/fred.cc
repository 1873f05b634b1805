#include "client/feeders/fred.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/csv_reader.h"
#include "client/feeders/fred_names.h"
#include "client/feeders/fred_values.h"
#include "client/feeders/json_members.h"
#include "client/feeders/json_objects.h"
#include "client/feeders/limits.h"
#include "client/feeders/trade_release.h"
#include "domain/errors.h"
#include "domain/instant.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kExample =
    R"(observation_date,TRADEBAL_20260107,TRADEBAL_20260108
2025-08-01,-59265.0,-55629.5
2025-09-01,-52828.0,-48137.5
2025-10-01,.,-29350.0
)";
constexpr absl::CivilDay kEpoch(1970, 1, 1);
constexpr std::string_view kLastDay = "9999-12-31";  // as FRED writes "until today"

bool IsDateName(std::string_view name) {
  return absl::EqualsIgnoreCase(ToAbsl(name), "observation_date") ||
         absl::EqualsIgnoreCase(ToAbsl(name), "date");
}

// The texts of one row or object that are no values.
struct Times {
  std::string_view date, start, end;
};

// Reads both syntaxes into FredValues.
class Parser {
 public:
  Parser(const FeedOptions& options, FeedSink& sink) : options_(options), sink_(sink) {}

  absl::Status ParseCsv(Input& input);
  absl::Status ParseJson(Input& input);

 private:
  absl::Status Object(std::string_view text, std::uint64_t line, const std::string& path);
  // The series of a column named `name`: "value" has none of its own.
  absl::StatusOr<FredColumn> ColumnOf(std::string_view name) const;
  std::optional<Month> MonthOf(std::string_view date);
  std::optional<absl::CivilDay> DayOf(std::string_view column, std::string_view text);
  std::optional<Datum> DatumOf(std::string_view column, std::string_view text);

  const FeedOptions& options_;
  FeedSink& sink_;
  RowProblems problems_;
  FredValues values_;
  std::string suffix_;              // of the series, from JSON's units
  bool vintages_in_names_ = false;  // of JSON's members: a table with a column a vintage
  JsonMembers members_;
};

absl::StatusOr<FredColumn> Parser::ColumnOf(std::string_view name) const {
  FredColumn column;
  if (!absl::EqualsIgnoreCase(ToAbsl(name), "value")) {
    column = FredColumnOf(name);
  } else if (const auto set = options_.constants.find("series_id"); set != options_.constants.end()) {
    column.series = set->second;
  } else if (const auto named = FredSeriesInName(options_.file)) {
    column.series = *named;
  } else {
    return InvalidField(
        "--set", absl::StrCat("series_id is needed: neither the content of ", Quoted(options_.file),
                              " nor its name says which series it holds; give --set series_id=BOPGSTB"));
  }
  column.series += suffix_;
  if (absl::Status s = ValidateCode(column.series); !s.ok()) {
    return InvalidField("line 1", absl::StrCat("the column ", Quoted(name), " is no series: ", s.message()));
  }
  return column;
}

std::optional<Month> Parser::MonthOf(std::string_view text) {
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

std::optional<absl::CivilDay> Parser::DayOf(std::string_view column, std::string_view text) {
  if (text == kLastDay) return absl::CivilDay(9999, 12, 31);
  const auto day = ParseDay(text);
  if (day.ok()) return *day;
  problems_.Add(column, absl::StrCat(Quoted(text), " is no day, as 2026-01-07"));
  return std::nullopt;
}

std::optional<Datum> Parser::DatumOf(std::string_view column, std::string_view text) {
  if (text.empty() || text == "." || text == "#N/A") return Datum::Absent(Absence::kMissing);
  const auto value = Decimal::Parse(text);
  if (value.ok()) return Datum::Value(*value);
  problems_.Add(column, text, value.status());
  return std::nullopt;
}

absl::Status Parser::ParseCsv(Input& input) {
  CsvReader reader(&input);
  TW_ASSIGN_OR_RETURN(bool more, reader.Next());
  if (!more) return InvalidField("line 1", "the file is empty; the first line must name the columns");
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t date_at = kNone, start_at = kNone, end_at = kNone;
  std::vector<std::pair<std::size_t, std::string>> value_at;
  for (std::size_t i = 0; i < reader.fields().size(); ++i) {
    const std::string_view name = Trimmed(reader.fields()[i]);
    std::size_t* at = IsDateName(name)           ? &date_at
                      : name == "realtime_start" ? &start_at
                      : name == "realtime_end"   ? &end_at
                                                 : nullptr;
    if (at == nullptr) {
      value_at.emplace_back(i, name);
    } else if (*at != kNone) {
      return InvalidField("line 1", absl::StrCat("has the column ", Quoted(name), " twice"));
    } else {
      *at = i;
    }
  }
  if (date_at == kNone) return InvalidField("line 1", "lacks the column observation_date, DATE or date");
  if (value_at.empty()) return InvalidField("line 1", "has no column of values behind the dates");
  if (end_at != kNone && start_at == kNone)
    return InvalidField("line 1", "has realtime_end without realtime_start");
  const std::size_t size = reader.fields().size();
  std::vector<FredColumn> columns;
  for (const auto& [at, name] : value_at) {
    TW_ASSIGN_OR_RETURN(FredColumn column, ColumnOf(name));
    const bool twice = std::any_of(columns.begin(), columns.end(), [&column](const FredColumn& c) {
      return c.series == column.series && c.vintage == column.vintage;
    });
    if (twice) return InvalidField("line 1", absl::StrCat("has the column ", Quoted(name), " twice"));
    if (column.vintage && start_at != kNone) {
      return InvalidField("line 1", absl::StrCat("the column ", Quoted(name),
                                                 " has a vintage of its own beside realtime_start"));
    }
    columns.push_back(std::move(column));
  }
  std::vector<std::size_t> indices;
  if (start_at == kNone) {
    for (const FredColumn& column : columns) indices.push_back(values_.Column(column.series, column.vintage));
  }
  std::vector<std::optional<Datum>> data(columns.size());
  for (;;) {
    TW_ASSIGN_OR_RETURN(more, reader.Next());
    if (!more) break;
    if (reader.blank()) continue;
    sink_.CountRows(1);
    if (reader.fields().size() != size) {
      sink_.Refuse({{reader.line(), "",
                     absl::StrCat("the row has ", reader.fields().size(), " fields, the header ", size)}},
                   reader.row());
      continue;
    }
    problems_.Start(reader.line());
    const auto field = [&reader](std::size_t at) { return Trimmed(reader.fields()[at]); };
    const auto month = MonthOf(field(date_at));
    std::optional<absl::CivilDay> start, end;
    if (start_at != kNone) start = DayOf("realtime_start", field(start_at));
    if (end_at != kNone) end = DayOf("realtime_end", field(end_at));
    if (start && end && *end < *start)
      problems_.Add("realtime_end", absl::StrCat(Quoted(field(end_at)), " lies before realtime_start"));
    for (std::size_t i = 0; i < columns.size(); ++i)
      data[i] = DatumOf(value_at[i].second, field(value_at[i].first));
    if (!problems_.empty()) {
      problems_.Refuse(reader.row(), sink_);
      continue;
    }
    const std::uint32_t until =
        end && *end - kEpoch > 0 ? static_cast<std::uint32_t>(*end - kEpoch) : FredValues::kForEver;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::size_t column = start ? values_.Column(columns[i].series, start) : indices[i];
      TW_RETURN_IF_ERROR(values_.Add(column, *month, *data[i], reader.line(), until));
    }
  }
  if (columns.size() > 1) values_.DropEmptyEnds();
  return values_.Give(options_, sink_);
}

absl::Status Parser::ParseJson(Input& input) {
  JsonObjects objects(&input, "observations");
  for (bool first = true;; first = false) {
    TW_ASSIGN_OR_RETURN(const bool more, objects.Next());
    if (!more) break;
    if (first) {
      const auto units = objects.members().find("units");
      TW_ASSIGN_OR_RETURN(suffix_, FredUnitsSuffix(units == objects.members().end() ? "" : units->second));
    }
    TW_RETURN_IF_ERROR(
        Object(objects.object(), objects.line(), absl::StrCat("observations[", objects.index(), "]")));
  }
  if (vintages_in_names_) values_.DropEmptyEnds();
  return values_.Give(options_, sink_);
}

absl::Status Parser::Object(std::string_view text, std::uint64_t line, const std::string& path) {
  sink_.CountRows(1);
  problems_.Start(line, path + ".");
  Times times;
  std::vector<std::pair<std::string_view, JsonValue>> values;
  const bool read = members_.Read(text, [&](std::string_view name, const JsonValue& value) {
    if (name == "date")
      times.date = value.text;
    else if (name == "realtime_start")
      times.start = value.text;
    else if (name == "realtime_end")
      times.end = value.text;
    else
      values.emplace_back(name, value);
  });
  if (!read) {
    problems_.Start(line);
    problems_.Add(path, "is no JSON; expected an object of names and values");
    problems_.Refuse(text, sink_);
    return absl::OkStatus();
  }
  const auto month = MonthOf(times.date);
  std::optional<absl::CivilDay> start, end;
  if (!times.start.empty()) start = DayOf("realtime_start", times.start);
  if (!times.end.empty()) end = DayOf("realtime_end", times.end);
  if (start && end && *end < *start)
    problems_.Add("realtime_end", absl::StrCat(Quoted(times.end), " lies before realtime_start"));
  std::vector<std::pair<FredColumn, Datum>> data;
  for (const auto& [name, value] : values) {
    const bool plain = ValidateCode(name).ok();
    if (!plain || value.is_nested) {
      problems_.Add("", absl::StrCat("the member ", Quoted(name), " is no value of a series"));
      continue;
    }
    TW_ASSIGN_OR_RETURN(FredColumn column, ColumnOf(name));
    const auto datum = DatumOf(name, value.text);
    if (datum) data.emplace_back(std::move(column), *datum);
  }
  if (data.empty() && problems_.empty()) problems_.Add("value", "is missing");
  if (!problems_.empty()) {
    problems_.Refuse(text, sink_);
    return absl::OkStatus();
  }
  const std::uint32_t until =
      end && *end - kEpoch > 0 ? static_cast<std::uint32_t>(*end - kEpoch) : FredValues::kForEver;
  for (const auto& [column, datum] : data) {
    vintages_in_names_ |= column.vintage.has_value();
    const auto& vintage = column.vintage ? column.vintage : start;
    TW_RETURN_IF_ERROR(values_.Add(values_.Column(column.series, vintage), *month, datum, line,
                                   column.vintage ? FredValues::kForEver : until));
  }
  return absl::OkStatus();
}

// The first character that is no blank; 0 if there is none.
char FirstOf(std::string_view text) {
  const std::size_t at = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return at == std::string_view::npos ? '\0' : text[at];
}

// Names of series are capital letters, digits and "_".
bool AllSeries(std::string_view names) {
  return std::all_of(names.begin(), names.end(), [](char c) {
    return absl::ascii_isupper(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_' || c == ',' || c == '\t';
  });
}

}  // namespace

FormatInfo FredFeeder::info() const {
  FormatInfo info;
  info.name = "fred";
  info.summary = "FRED and ALFRED: series of the St. Louis Fed, a vintage or many, as CSV and JSON";
  info.example = kExample;
  info.takes_constants = true;
  return info;
}

bool FredFeeder::Recognises(std::string_view head, std::string_view file) const {
  if (FirstOf(head) == '{') {
    return absl::StrContains(ToAbsl(head), "\"observations\"") &&
           absl::StrContains(ToAbsl(head), "\"realtime_start\"") &&
           absl::StrContains(ToAbsl(head), "\"date\"");
  }
  if (head.substr(0, 3) == "\xEF\xBB\xBF") head.remove_prefix(3);
  const std::size_t newline = head.find('\n');
  if (newline == std::string_view::npos) return false;
  std::string_view line = head.substr(0, newline);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const std::string_view row = head.substr(newline + 1);
  if (absl::StrContains(ToAbsl(line), "realtime_start")) {
    return absl::StrContains(ToAbsl(line), "date") && absl::StrContains(ToAbsl(line), "value");
  }
  const std::size_t end = line.find_first_of(",\t");
  if (end == std::string_view::npos || !IsDateName(line.substr(0, end))) return false;
  return (line == "date,value" || AllSeries(line.substr(end))) && ParseDay(row.substr(0, 10)).ok();
}

absl::Status FredFeeder::Parse(Input& input, const FeedOptions& options, FeedSink& sink) const {
  TW_ASSIGN_OR_RETURN(const std::string head, ReadUpTo(input, kRecogniseBytes));
  ResumedInput whole(head, &input);
  Parser parser(options, sink);
  return FirstOf(head) == '{' ? parser.ParseJson(whole) : parser.ParseCsv(whole);
}

}  // namespace tidewaiter::feeders
