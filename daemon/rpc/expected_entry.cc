#include "daemon/rpc/expected_entry.h"

#include "absl/strings/str_format.h"
#include "domain/instant.h"

namespace tidewaiter::rpc {
namespace {

v1::ExpectedState ToWire(CalendarState state) {
  switch (state) {
    case CalendarState::kExpected:
      return v1::EXPECTED_STATE_EXPECTED;
    case CalendarState::kPublished:
      return v1::EXPECTED_STATE_PUBLISHED;
    case CalendarState::kLate:
      return v1::EXPECTED_STATE_LATE;
    case CalendarState::kOverdue:
      return v1::EXPECTED_STATE_OVERDUE;
    case CalendarState::kPostponed:
      return v1::EXPECTED_STATE_POSTPONED;
    case CalendarState::kCancelled:
      return v1::EXPECTED_STATE_CANCELLED;
  }
  return v1::EXPECTED_STATE_UNSPECIFIED;
}

}  // namespace

void FillExpected(const CalendarEntry& entry, v1::ExpectedReleaseEntry* row) {
  const ExpectedRelease& expected = entry.expected;
  row->set_period(expected.period.ToString());
  row->set_revision(expected.kind == ExpectedKind::kRevision);
  row->set_stage(expected.stage);
  row->set_state(ToWire(entry.state));
  if (expected.window) {
    row->set_first_day(DayToString(expected.window->first_day));
    row->set_last_day(DayToString(expected.window->last_day));
    row->set_time_of_day(absl::StrFormat("%02d:%02d", expected.window->minute_of_day / 60,
                                         expected.window->minute_of_day % 60));
  }
  if (expected.original) row->set_original_day(DayToString(expected.original->first_day));
  if (entry.published_at) row->set_published_at(entry.published_at->ToString());
  row->set_sequence(entry.sequence);
  row->set_note(expected.note);
}

}  // namespace tidewaiter::rpc
