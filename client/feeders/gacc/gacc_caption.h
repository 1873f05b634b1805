// What the title and the unit line of one of GACC's tables say.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "domain/month.h"

namespace tidewaiter::feeders {

// What a title says, as far as it does.
struct GaccTitle {
  std::optional<Month> month;  // the last that the table speaks of
  bool combined = false;       // "January-February 2025": only the months up to it, together
  std::string currency;        // "CNY" of "(in CNY)" or "(in RMB)"; or empty
};

// "(4) China's Total Export & Import Values by Country/Region, Mar 2026 (in CNY)", "…, January-February 2025
// (in CNY)", "…, Jan. 2018". Error: two years, three months, or a run of months that does not begin in
// January.
absl::StatusOr<GaccTitle> ParseGaccTitle(std::string_view title);

struct GaccUnit {
  std::string currency;    // "CNY", "USD", or empty if the line names none
  std::string multiplier;  // code: 1, TH (1,000), 10TH, MN, 100MN, BN …
};

// "Unit: CNY 100 Million", "Unit: USD1 Million", "Unit: US$1,000", "Unit: 10,000 RMB yuan". None if the text
// is no line of units; an error if it is one that is not understood.
absl::StatusOr<std::optional<GaccUnit>> ParseGaccUnit(std::string_view text);

// The day on which a page was published: "2026/04/08", "2026-04-08", "18/07/2018". Where day and month cannot
// be told apart ("03/08/2018"): both, the first month, second day reading first.
std::vector<absl::CivilDay> ParseGaccDate(std::string_view text);

}  // namespace tidewaiter::feeders
