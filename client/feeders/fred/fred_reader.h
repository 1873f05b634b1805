// What FRED's CSV and JSON have in common: dates, days of vintages, values and names of series.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "client/feeders/feeder.h"
#include "client/feeders/fred/fred_names.h"
#include "client/feeders/fred/fred_values.h"
#include "client/feeders/trade_release.h"

namespace tidewaiter::feeders {

// "observation_date", "period_start_date", "DATE", "date".
bool IsFredDateName(std::string_view name);
// The first and the last day on which a value was known: "realtime_start", "realtime_end"; ALFRED's tables
// put
// "_date" behind them.
bool IsFredStartName(std::string_view name);
bool IsFredEndName(std::string_view name);

// The days on which a value was known; none where the file does not say.
struct FredDays {
  std::optional<absl::CivilDay> start, end;
};

// Reads the texts of one row or object after the other; what is wrong is gathered in problems(). Not
// thread-safe.
class FredReader {
 public:
  explicit FredReader(const FeedOptions& options) : options_(options) {}

  // The column of that name; "value" is named by --set series_id, or by the file's name. `suffix` goes behind
  // the series. Error: neither says it, or it is no code.
  absl::StatusOr<FredColumn> ColumnOf(std::string_view name, std::string_view suffix = {}) const;
  std::optional<Month> MonthOf(std::string_view text);
  // An empty text: no day.
  FredDays DaysOf(std::string_view start, std::string_view end);
  std::optional<Datum> DatumOf(std::string_view column, std::string_view text);

  RowProblems& problems() { return problems_; }

 private:
  std::optional<absl::CivilDay> DayOf(std::string_view column, std::string_view text);
  const FeedOptions& options_;
  RowProblems problems_;
};

// The last day as FredValues takes it.
std::uint32_t FredUntil(const FredDays& days);

}  // namespace tidewaiter::feeders
