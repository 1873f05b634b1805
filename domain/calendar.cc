#include "domain/calendar.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/observation.h"
#include "domain/series_key.h"
#include "domain/strings.h"

namespace tidewaiter {
namespace {

constexpr int kMinutesPerDay = 24 * 60;
constexpr int kMaxLagMonths = 24;
constexpr int kMonths = 12;
constexpr std::uint16_t kAllMonths = (1u << kMonths) - 1;

void CheckWithin(std::string field, int number, int low, int high, std::string_view what,
                 Violations& violations) {
  if (number >= low && number <= high) return;
  violations.Add(field, absl::StrCat(ToAbsl(what), " is ", low, " to ", high, ", not ", number));
}

void CheckStage(std::string field, std::string_view stage, Violations& violations) {
  if (stage.empty()) return;
  if (const absl::Status status = ValidateCode(stage); !status.ok()) violations.Add(field, status);
}

void CheckRevision(const CalendarRule& rule, const std::string& at, Violations& violations) {
  if (rule.kind == ExpectedKind::kRegular) {
    if (rule.revised_months != 0)
      violations.Add(absl::StrCat(at, ".revised_months"), "goes with revisions only");
    return;
  }
  CheckWithin(absl::StrCat(at, ".revised_months"), rule.revised_months, 1, limits::kMaxPeriodMonths,
              "the number of revised months", violations);
  if (rule.combined_months != 0) {
    violations.Add(absl::StrCat(at, ".combined_months"), "goes with regular releases only");
  }
}

void CheckRule(const CalendarRule& rule, const std::string& at, Violations& violations) {
  CheckWithin(absl::StrCat(at, ".first_day"), rule.first_day, 1, 31, "the first day", violations);
  CheckWithin(absl::StrCat(at, ".last_day"), rule.last_day, rule.first_day, 31,
              "the last day, which is not before the first,", violations);
  CheckWithin(absl::StrCat(at, ".minute_of_day"), rule.minute_of_day, 0, kMinutesPerDay - 1,
              "the minute of the day", violations);
  CheckWithin(absl::StrCat(at, ".lag_months"), rule.lag_months, 0, kMaxLagMonths, "the lag in months",
              violations);
  if (rule.none_in_months >= kAllMonths) {
    violations.Add(absl::StrCat(at, ".none_in_months"), "a rule leaves out some months of the year, not all");
  }
  CheckWithin(absl::StrCat(at, ".combined_first"), rule.combined_first, 1, kMonths,
              "the first combined month", violations);
  if (rule.combined_months == 0 && rule.combined_first != 1) {
    violations.Add(absl::StrCat(at, ".combined_first"), "where no months are combined it is 1");
  }
  if (rule.combined_months != 0) {
    CheckWithin(absl::StrCat(at, ".combined_months"), rule.combined_months, 2, kMonths,
                "the number of combined months", violations);
  }
  CheckRevision(rule, at, violations);
  CheckStage(absl::StrCat(at, ".stage"), rule.stage, violations);
  if (rule.from && rule.to && *rule.from > *rule.to) {
    violations.Add(absl::StrCat(at, ".from"),
                   absl::StrCat(rule.from->ToString(), " is after ", rule.to->ToString(),
                                "; the first month comes first"));
  }
}

bool DayInRange(absl::CivilDay day) {
  return day.year() >= limits::kMinYear && day.year() <= limits::kMaxYear;
}

void CheckWindow(const ReleaseWindow& window, const std::string& at, Violations& violations) {
  if (!DayInRange(window.first_day) || !DayInRange(window.last_day)) {
    violations.Add(at, absl::StrCat("days lie in ", limits::kMinYear, " to ", limits::kMaxYear));
  } else if (window.last_day < window.first_day) {
    violations.Add(at, "the last day is before the first");
  }
  CheckWithin(absl::StrCat(at, ".minute_of_day"), window.minute_of_day, 0, kMinutesPerDay - 1,
              "the minute of the day", violations);
}

void CheckDate(const CalendarDate& date, const std::string& at, Violations& violations) {
  if (date.event == DateEvent::kScheduled && !date.window) {
    violations.Add(absl::StrCat(at, ".window"), "a scheduled release has its day or days");
  }
  if (date.event == DateEvent::kCancelled && date.window) {
    violations.Add(absl::StrCat(at, ".window"), "a cancelled release has no day");
  }
  if (date.window) CheckWindow(*date.window, absl::StrCat(at, ".window"), violations);
  CheckStage(absl::StrCat(at, ".stage"), date.stage, violations);
  if (!IsCleanUtf8(date.note) || date.note.find(',') != std::string::npos ||
      date.note.size() > limits::kMaxNoteBytes) {
    violations.Add(absl::StrCat(at, ".note"),
                   absl::StrCat("a note is UTF-8 of at most ", limits::kMaxNoteBytes,
                                " bytes, without commas and control characters"));
  }
}

absl::CivilDay DayOfMonth(Month month, int day) {
  const absl::CivilMonth civil(month.year(), month.month());
  const absl::CivilDay last = absl::CivilDay(civil + 1) - 1;
  return std::min(absl::CivilDay(civil) + (day - 1), last);
}

// What the rule speaks about in reference month `month`: the months up to it, of a revision; else that month,
// the combined run that ends with it, or nothing if a later month of the run brings it.
std::optional<Period> PeriodOf(const CalendarRule& rule, Month month) {
  if (rule.kind == ExpectedKind::kRevision) {
    const auto start = Month::FromIndexChecked(std::int64_t{month.index()} - (rule.revised_months - 1));
    return start.ok() ? std::optional<Period>(Period::FromValid(*start, rule.revised_months)) : std::nullopt;
  }
  const int place = (month.month() - rule.combined_first + kMonths) % kMonths;
  if (place >= rule.combined_months) return Period::FromValid(month, 1);
  if (place + 1 < rule.combined_months) return std::nullopt;
  const auto run = Period::Create(month - place, rule.combined_months);
  return run.ok() ? std::optional<Period>(*run) : std::nullopt;
}

std::optional<ExpectedRelease> ExpectedBy(const CalendarRule& rule, Month month) {
  if ((rule.from && month < *rule.from) || (rule.to && month > *rule.to)) return std::nullopt;
  const auto published = Month::FromIndexChecked(std::int64_t{month.index()} + rule.lag_months);
  if (!published.ok() || (rule.none_in_months >> (published->month() - 1) & 1) != 0) return std::nullopt;
  const std::optional<Period> period = PeriodOf(rule, month);
  if (!period) return std::nullopt;
  ExpectedRelease expected;
  expected.period = *period;
  expected.kind = rule.kind;
  expected.stage = rule.stage;
  expected.window = ReleaseWindow{DayOfMonth(*published, rule.first_day),
                                  DayOfMonth(*published, rule.last_day), rule.minute_of_day};
  return expected;
}

// Period (by its last month), kind and stage: what makes it the same release, and the order of releases.
using Place = std::tuple<Month, Month, ExpectedKind, std::string>;
using Expected = std::map<Place, ExpectedRelease>;

// Puts `next` in the place of the same release, if there is one; what that was planned for is kept.
void Put(ExpectedRelease next, Expected& expected) {
  ExpectedRelease& held =
      expected.try_emplace(Place(next.period.last(), next.period.start(), next.kind, next.stage))
          .first->second;
  if (next.plan != DateEvent::kScheduled) next.original = held.original ? held.original : held.window;
  held = std::move(next);
}

ExpectedRelease FromDate(const CalendarDate& date) {
  ExpectedRelease expected;
  expected.period = date.period;
  expected.kind = date.kind;
  expected.stage = date.stage;
  expected.plan = date.event;
  expected.window = date.window;
  expected.note = date.note;
  return expected;
}

}  // namespace

std::string_view ExpectedKindName(ExpectedKind kind) {
  switch (kind) {
    case ExpectedKind::kRegular:
      return "REGULAR";
    case ExpectedKind::kRevision:
      return "REVISION";
  }
  return "UNKNOWN";
}

absl::Status Validate(const Calendar& calendar) {
  Violations violations;
  for (std::size_t i = 0; i < calendar.rules.size(); ++i) {
    CheckRule(calendar.rules[i], absl::StrCat("rules[", i, "]"), violations);
  }
  for (std::size_t i = 0; i < calendar.dates.size(); ++i) {
    CheckDate(calendar.dates[i], absl::StrCat("dates[", i, "]"), violations);
  }
  if (calendar.rules.size() > limits::kMaxCalendarRules) {
    violations.Add("rules", absl::StrCat("a calendar has at most ", limits::kMaxCalendarRules, " rules"));
  }
  if (calendar.dates.size() > limits::kMaxCalendarDates) {
    violations.Add("dates", absl::StrCat("a calendar has at most ", limits::kMaxCalendarDates, " dates"));
  }
  return violations.ToStatus();
}

absl::StatusOr<std::vector<ExpectedRelease>> ExpandCalendar(const Calendar& calendar, Month from, Month to) {
  TW_RETURN_IF_ERROR(Validate(calendar));
  TW_RETURN_IF_ERROR((PeriodRange{from, to}).Validate());
  if (to - from >= limits::kMaxPeriodMonths) {
    return InvalidField("to",
                        absl::StrCat("at most ", limits::kMaxPeriodMonths, " months are expanded at once"));
  }
  Expected expected;
  for (const CalendarRule& rule : calendar.rules) {
    for (Month month = from; month <= to; month = month + 1) {
      if (auto release = ExpectedBy(rule, month)) Put(*std::move(release), expected);
    }
  }
  for (const CalendarDate& date : calendar.dates) {
    if (date.period.last() >= from && date.period.last() <= to) Put(FromDate(date), expected);
  }
  std::vector<ExpectedRelease> releases;
  for (auto& [place, release] : expected) releases.push_back(std::move(release));
  return releases;
}

}  // namespace tidewaiter
