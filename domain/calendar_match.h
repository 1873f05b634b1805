// What was expected against what came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "domain/calendar.h"
#include "domain/instant.h"
#include "domain/period.h"
#include "domain/release.h"
#include "domain/vintage.h"

namespace tidewaiter {

// A release as far as a calendar looks at it.
struct PublishedRelease {
  Sequence sequence = 0;
  PublishedAt published_at;
  ReleaseKind kind = ReleaseKind::kRegular;
  std::string stage;
  std::vector<Period> periods;  // those for which it states a value, in any order
};

enum class CalendarState : std::uint8_t {
  kExpected = 1,   // the window is not over
  kPublished = 2,  // it came, before its window was over
  kLate = 3,       // it came, after its window
  kOverdue = 4,    // the window is over, and it has not come
  kPostponed = 5,  // to a window that is not over, or to a day that is not known
  kCancelled = 6,
};
std::string_view CalendarStateName(CalendarState state);  // "OVERDUE"

struct CalendarEntry {
  ExpectedRelease expected;
  CalendarState state = CalendarState::kExpected;
  std::optional<PublishedAt> published_at;  // if it came
  Sequence sequence = 0;                    // of the release that came; 0: none
};

// The instants of a window in `zone`: from the time of the first day to the last microsecond of the last day.
Instant EarliestOf(const ReleaseWindow& window, absl::TimeZone zone);
Instant LatestOf(const ReleaseWindow& window, absl::TimeZone zone);

// The state of each expected release, in the order given.
//
// A regular release is met by the first published one (by published_at, then sequence) that is no backfill,
// whose newest month is the last month of the expected period, and whose stage is the expected one where one
// is expected: a year-to-date table of January to July meets July. One that came before the window is
// PUBLISHED. A revision is met by the first one, no backfill, not before the day on which its window opens,
// that states a period within the expected one; it needs a window to be met. A release that came in spite of
// having been cancelled or postponed to an unknown day is PUBLISHED.
//
// `now` tells EXPECTED from OVERDUE; `zone` is the dataset's.
std::vector<CalendarEntry> MatchCalendar(absl::Span<const ExpectedRelease> expected,
                                         absl::Span<const PublishedRelease> published, absl::TimeZone zone,
                                         Instant now);

// Whether a revision is due when something is published at `published_at` that revises `period`: the window
// of an expected REVISION that covers the period holds that instant (from the beginning of its first day),
// and it was not cancelled.
bool RevisionScheduled(absl::Span<const ExpectedRelease> expected, Instant published_at, Period period,
                       absl::TimeZone zone);

}  // namespace tidewaiter
