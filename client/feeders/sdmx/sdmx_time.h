// Periods as SDMX writes them, as runs of whole months.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "domain/period.h"

namespace tidewaiter::feeders {

// A value of TIME_PERIOD:
//
//   2025  2025-01                        a Gregorian year, a month
//   2025-A1 2025-S1 2025-T1 2025-Q1 2025-M01
//                                        a reporting year, half, third, quarter, month; reporting years start
//                                        in `year_start_month` of the year that names them
//   2025-01-01/P7M, 2025-01-01T00:00:00/P1Y
//                                        a time range: from the first of a month, months and years only
//   2025-01/P7M                          the same as this program writes it
//   2025-01-31, 2025-01-31T00:00:00Z     a day: only where `frequency` is one of A S T Q M, and then the
//   period
//                                        of that frequency that the day lies in (SDMX-CSV's
//                                        timeFormat=normalized)
//
// Weeks, and days without such a frequency, are no whole months: INVALID_ARGUMENT, as for anything else, with
// what was found and what was expected.
absl::StatusOr<Period> ParseSdmxPeriod(std::string_view text, int year_start_month = 1,
                                       std::string_view frequency = {});

// The attribute REPORTING_YEAR_START_DAY: "--04-01" -> 4. INVALID_ARGUMENT unless it is the first of a month.
absl::StatusOr<int> ParseReportingYearStart(std::string_view text);

// Months of a period of that code of CL_FREQ: A 12, S and H 6, T 4, Q 3, M 1; 0 for any other.
int MonthsOfFrequency(std::string_view frequency);

}  // namespace tidewaiter::feeders
