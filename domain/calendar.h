// When a publisher is expected to publish what.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "domain/month.h"
#include "domain/period.h"

namespace tidewaiter {

// What an expected release brings.
enum class ExpectedKind : std::uint8_t {
  kRegular = 1,   // a period for the first time
  kRevision = 2,  // new figures for periods that have been published: an announced revision
};
std::string_view ExpectedKindName(ExpectedKind kind);  // "REGULAR"

// The days on which a release may come, and the time of day: it is expected from `time` on the first day, and
// late once the last day is over. In the dataset's zone.
struct ReleaseWindow {
  absl::CivilDay first_day;
  absl::CivilDay last_day;
  int minute_of_day = 0;  // 0 .. 24 * 60 - 1
  friend bool operator==(const ReleaseWindow&, const ReleaseWindow&) = default;
};

// A rule: "the figures of a month come on the 7th to the 9th of the next month, at 11:00; those of January
// and February together, in March". Or, as a kREVISION: "in August of each year the figures of the 36 months
// to December come again".
struct CalendarRule {
  ExpectedKind kind = ExpectedKind::kRegular;
  // Of a revision: how many months it revises, 1 .. limits::kMaxPeriodMonths; the last of them is the
  // reference month. 0 for a regular release.
  int revised_months = 0;
  int first_day = 1;  // 1 .. 31, of the month of publication; beyond a short month's end, its last day
  int last_day = 1;   // first_day .. 31
  int minute_of_day = 0;
  int lag_months = 1;  // from the reference month to the month of publication, 0 .. 24
  // Months of the year in which nothing is published; bit 0 is January. What is not published then is not
  // published by this rule at all.
  std::uint16_t none_in_months = 0;
  // Reference months that come as one period, with the last of them: first month of the year, and how many.
  // 0 months: none are combined.
  int combined_first = 1;
  int combined_months = 0;  // 0, or 2 .. 12
  std::string stage;        // SDMX identifier, or empty: any stage
  // The reference months for which the rule holds, both inclusive.
  std::optional<Month> from;
  std::optional<Month> to;
  friend bool operator==(const CalendarRule&, const CalendarRule&) = default;
};

// What an explicit date says.
enum class DateEvent : std::uint8_t {
  kScheduled = 1,
  kPostponed = 2,  // to `window`, or to a day that is not known yet
  kCancelled = 3,
};

// One release by its date; it comes before what the rules say of the same period, kind and stage. Of several
// dates for the same one the last in the calendar counts; what an earlier one scheduled is what it was
// postponed from.
struct CalendarDate {
  DateEvent event = DateEvent::kScheduled;
  ExpectedKind kind = ExpectedKind::kRegular;
  Period period;                        // that the release speaks about; of a revision, all that it revises
  std::optional<ReleaseWindow> window;  // SCHEDULED: always. POSTPONED: if known. CANCELLED: none.
  std::string stage;
  std::string note;  // clean UTF-8, no line break, no comma
  friend bool operator==(const CalendarDate&, const CalendarDate&) = default;
};

// The expected releases of one dataset. A value; immutable in use.
struct Calendar {
  std::vector<CalendarRule> rules;
  std::vector<CalendarDate> dates;
  friend bool operator==(const Calendar&, const Calendar&) = default;
};

// Every violation at once, fields named as in the struct ("rules[0].last_day").
absl::Status Validate(const Calendar& calendar);

// One release that is (or was) to come.
struct ExpectedRelease {
  Period period;
  ExpectedKind kind = ExpectedKind::kRegular;
  std::string stage;  // empty: any
  DateEvent plan = DateEvent::kScheduled;
  std::optional<ReleaseWindow> window;    // none if cancelled, or postponed to an unknown day
  std::optional<ReleaseWindow> original;  // what was planned at first, if postponed or cancelled and known
  std::string note;
  friend bool operator==(const ExpectedRelease&, const ExpectedRelease&) = default;
};

// What the calendar expects for the periods whose last month lies in [from, to], in order of period, kind and
// stage: rules first, dates over them. A range of months more than limits::kMaxPeriodMonths long is an error,
// as is a calendar that Validate() refuses.
absl::StatusOr<std::vector<ExpectedRelease>> ExpandCalendar(const Calendar& calendar, Month from, Month to);

}  // namespace tidewaiter
