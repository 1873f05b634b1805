// A calendar as text, for people and for keeping.
//
//   # GACC: the flash comes on the 7th to the 9th; January and February together
//   rule,7-9,11:00,1,combined=01+02,from=2020-01
//   # the yearly revision: on the 25th to the 31st of August, of the 36 months to the December before
//   rule,25-31,08:30,8,kind=REVISION,months=36,in=08
//   date,2025-10,2025-11-07,11:00
//   postponed,2025-09,unknown,note=shutdown of the US government
//   cancelled,2022-03
//   date,2020-01/P60M,2025-06-05,08:30,kind=REVISION
//
// One rule or date a line; fields are separated by commas, and there are no quotes:
//
//   calendar  := (line "\n")*                    the last line end may be missing; "\r\n" will do
//   line      := "" | "#" anything | rule | date
//   rule      := "rule," days "," time "," lag ("," option)*
//   days      := day | day "-" day               of the month of publication, 1 to 31
//   time      := HH ":" MM                       in the dataset's zone
//   lag       := months from the reference month (of a revision: the last one revised) to the month of
//                publication, 0 to 24
//   option    := "none=" month ("+" month)*      months of the year (01 to 12) in which nothing is published
//              | "in=" month ("+" month)*    the only months in which something is; not with none
//              | "combined=" month ("+" month)+  reference months that come together, with the last of them
//              | "kind=REGULAR" | "kind=REVISION" | "months=" n   months that a revision revises; 12 if left
//              out | "stage=" code | "from=" YYYY-MM | "to=" YYYY-MM
//   date      := "date," period "," dates "," time ("," detail)*
//              | "postponed," period "," dates "," time ("," detail)*
//              | "postponed," period ",unknown" ("," detail)*
//              | "cancelled," period ("," detail)*
//   dates     := YYYY-MM-DD | YYYY-MM-DD ".." YYYY-MM-DD
//   detail    := "kind=REGULAR" | "kind=REVISION" | "stage=" code | "note=" text
//
// Each option and detail may stand once, in any order.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "domain/calendar.h"

namespace tidewaiter {

// Every wrong line at once; the field of each violation is "line 3, column 8" (1-based; columns are bytes).
absl::StatusOr<Calendar> ParseCalendar(std::string_view text);

// The canonical text: rules, then dates, each in its order; no comments; every line ends. Of a valid
// calendar, ParseCalendar gives the same calendar back.
std::string CalendarToText(const Calendar& calendar);

}  // namespace tidewaiter
