// What the names of files and columns of FRED and ALFRED say, and what the dates do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "domain/month.h"

namespace tidewaiter::feeders {

// A column of values: "BOPGSTB", or "BOPGSTB_20260107", the vintage of that day.
struct FredColumn {
  std::string series;
  std::optional<absl::CivilDay> vintage;
};
// Error: the eight digits behind the last "_" are no day.
absl::StatusOr<FredColumn> FredColumnOf(std::string_view name);

// The series that a file is named after: "BOPGSTB.csv", "BOPGSTB_20260107.csv", "BOPGSTB-2026-01-07.json".
// None if the name does not begin with capital letters and digits.
std::optional<std::string> FredSeriesInName(std::string_view file);

// Months of an observation: by a letter, M, Q, S (half a year) or A. Error: another text.
absl::StatusOr<int> FredMonthsOfLetter(std::string_view letter);

// Months of an observation by how far apart the dates are at the least: 1, 3, 6 or 12. None if that is not to
// be told: fewer than two dates, or another distance. `dates` ascend, and none is there twice.
std::optional<int> FredMonthsBetween(const std::vector<Month>& dates);

// What FRED calls the units of a request, as the suffix that its own files give the series: "lin" is "",
// "pc1" is "_PC1". Error: another text.
absl::StatusOr<std::string> FredUnitsSuffix(std::string_view units);

}  // namespace tidewaiter::feeders
