#include "domain/calendar_match.h"

#include <algorithm>
#include <tuple>

namespace tidewaiter {
namespace {

// The first instant of a civil time: of a time that comes twice the first, of one that is skipped the jump.
Instant FirstInstant(absl::CivilSecond civil, absl::TimeZone zone) {
  const absl::TimeZone::TimeInfo info = zone.At(civil);
  const absl::Time time = info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
  return Instant::FromMicros(absl::ToUnixMicros(time));
}

Instant DayBegins(absl::CivilDay day, absl::TimeZone zone) {
  return FirstInstant(absl::CivilSecond(day), zone);
}

std::optional<Month> NewestMonth(const PublishedRelease& release) {
  std::optional<Month> newest;
  for (const Period& period : release.periods) newest = std::max(newest, std::optional<Month>(period.last()));
  return newest;
}

bool Covers(Period whole, Period part) { return whole.start() <= part.start() && part.end() <= whole.end(); }

bool StageFits(const ExpectedRelease& expected, const PublishedRelease& release) {
  return expected.stage.empty() || expected.stage == release.stage;
}

// A release, and the newest month of which it speaks.
struct Candidate {
  const PublishedRelease* release;
  std::optional<Month> newest;
};

bool Meets(const Candidate& candidate, const ExpectedRelease& expected, absl::TimeZone zone) {
  const PublishedRelease& release = *candidate.release;
  if (!StageFits(expected, release)) return false;
  if (expected.kind == ExpectedKind::kRegular) return candidate.newest == expected.period.last();
  if (!expected.window) return false;
  if (release.published_at.instant < DayBegins(expected.window->first_day, zone)) return false;
  return std::any_of(release.periods.begin(), release.periods.end(),
                     [&](Period period) { return Covers(expected.period, period); });
}

bool IsOver(const std::optional<ReleaseWindow>& window, absl::TimeZone zone, Instant now) {
  return window && now > LatestOf(*window, zone);
}

CalendarState StateOf(const ExpectedRelease& expected, const PublishedRelease* met, absl::TimeZone zone,
                      Instant now) {
  if (met != nullptr) {
    return IsOver(expected.window, zone, met->published_at.instant) ? CalendarState::kLate
                                                                    : CalendarState::kPublished;
  }
  if (expected.plan == DateEvent::kCancelled) return CalendarState::kCancelled;
  if (IsOver(expected.window, zone, now)) return CalendarState::kOverdue;
  return expected.plan == DateEvent::kPostponed ? CalendarState::kPostponed : CalendarState::kExpected;
}

// Backfills bring nothing that was waited for.
std::vector<Candidate> InPublishedOrder(absl::Span<const PublishedRelease> published) {
  std::vector<Candidate> order;
  for (const PublishedRelease& release : published) {
    if (release.kind != ReleaseKind::kBackfill) order.push_back({&release, NewestMonth(release)});
  }
  std::sort(order.begin(), order.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.release->published_at.instant, a.release->sequence) <
           std::tie(b.release->published_at.instant, b.release->sequence);
  });
  return order;
}

}  // namespace

std::string_view CalendarStateName(CalendarState state) {
  switch (state) {
    case CalendarState::kExpected:
      return "EXPECTED";
    case CalendarState::kPublished:
      return "PUBLISHED";
    case CalendarState::kLate:
      return "LATE";
    case CalendarState::kOverdue:
      return "OVERDUE";
    case CalendarState::kPostponed:
      return "POSTPONED";
    case CalendarState::kCancelled:
      return "CANCELLED";
  }
  return "UNKNOWN";
}

Instant EarliestOf(const ReleaseWindow& window, absl::TimeZone zone) {
  return FirstInstant(absl::CivilSecond(window.first_day) + 60LL * window.minute_of_day, zone);
}

Instant LatestOf(const ReleaseWindow& window, absl::TimeZone zone) {
  return PublishedAt::OnDay(window.last_day, zone).instant;
}

std::vector<CalendarEntry> MatchCalendar(absl::Span<const ExpectedRelease> expected,
                                         absl::Span<const PublishedRelease> published, absl::TimeZone zone,
                                         Instant now) {
  const std::vector<Candidate> order = InPublishedOrder(published);
  std::vector<CalendarEntry> entries;
  for (const ExpectedRelease& release : expected) {
    const auto met = std::find_if(order.begin(), order.end(), [&](const Candidate& candidate) {
      return Meets(candidate, release, zone);
    });
    const PublishedRelease* const came = met == order.end() ? nullptr : met->release;
    CalendarEntry entry{release, StateOf(release, came, zone, now), std::nullopt, 0};
    if (came != nullptr) {
      entry.published_at = came->published_at;
      entry.sequence = came->sequence;
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

bool RevisionScheduled(absl::Span<const ExpectedRelease> expected, Instant published_at, Period period,
                       absl::TimeZone zone) {
  return std::any_of(expected.begin(), expected.end(), [&](const ExpectedRelease& release) {
    // A cancelled one has no window.
    return release.kind == ExpectedKind::kRevision && release.window && Covers(release.period, period) &&
           published_at >= DayBegins(release.window->first_day, zone) &&
           published_at <= LatestOf(*release.window, zone);
  });
}

}  // namespace tidewaiter
