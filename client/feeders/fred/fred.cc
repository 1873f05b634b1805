#include "client/feeders/fred/fred.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/feeders/fred/fred_csv.h"
#include "client/feeders/fred/fred_json.h"
#include "client/feeders/fred/fred_reader.h"
#include "client/feeders/limits.h"
#include "domain/errors.h"
#include "domain/instant.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kExample =
    R"(observation_date,TRADEBAL_20260107,TRADEBAL_20260108
2025-08-01,-59265.0,-55629.5
2025-09-01,-52828.0,-48137.5
2025-10-01,.,-29350.0
)";
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

// A row a value and its days: a date, the days, and columns of values.
bool IsByRealTime(std::string_view line) {
  bool date = false, start = false, values = false;
  for (const absl::string_view field : absl::StrSplit(ToAbsl(line), absl::ByAnyChar(",\t"))) {
    const std::string_view name = ToStd(absl::StripSuffix(absl::StripPrefix(field, "\""), "\""));
    if (IsFredEndName(name)) continue;
    if (IsFredDateName(name)) {
      date = true;
    } else if (IsFredStartName(name)) {
      start = true;
    } else if (name == "value" || AllSeries(name)) {
      values = true;
    } else {
      return false;
    }
  }
  return date && start && values;
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
  if (absl::StrContains(ToAbsl(line), "realtime_start")) return IsByRealTime(line);
  const std::size_t end = line.find_first_of(",\t");
  if (end == std::string_view::npos || !IsFredDateName(line.substr(0, end))) return false;
  return (line == "date,value" || AllSeries(line.substr(end))) && ParseDay(row.substr(0, 10)).ok();
}

absl::Status FredFeeder::Parse(Input& input, const FeedOptions& options, FeedSink& sink) const {
  TW_ASSIGN_OR_RETURN(const std::string head, ReadUpTo(input, kRecogniseBytes));
  ResumedInput whole(head, &input);
  return FirstOf(head) == '{' ? ParseFredJson(whole, options, sink) : ParseFredCsv(whole, options, sink);
}

}  // namespace tidewaiter::feeders
