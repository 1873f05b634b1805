// calendar.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/cell_text.h"
#include "client/cli/session.h"
#include "client/cli/text_file.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::cli {
namespace {

constexpr int kMonthsBack = 12;

const Schema& ExpectedSchema() {
  static const Schema* const schema = new Schema{
      {.name = "period"},
      {.name = "kind", .plain_text = "REGULAR"},
      {.name = "stage"},
      {.name = "state"},
      {.name = "first_day", .header = "from"},
      {.name = "last_day", .header = "to"},
      {.name = "time"},
      {.name = "original_day", .header = "planned for"},
      {.name = "published_at", .header = "published"},
      {.name = "sequence", .kind = FieldKind::kInteger},
      {.name = "note", .kind = FieldKind::kProse},
  };
  return *schema;
}

// A year back to next month, around the day that is asked about.
PeriodRange MonthsOf(const Options& options) {
  absl::CivilDay day = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone());
  if (options.vintage.as_of_day) day = *options.vintage.as_of_day;
  if (options.vintage.as_of) {
    day = absl::ToCivilDay(absl::FromUnixMicros(options.vintage.as_of->micros()), absl::UTCTimeZone());
  }
  const auto now = Month::FromYearMonth(static_cast<int>(day.year()), day.month());
  PeriodRange months = options.periods;
  if (!now.ok()) return months;
  if (!months.to) months.to = std::max(*now + 1, months.from.value_or(*now + 1));
  if (!months.from) months.from = *months.to - (kMonthsBack + 1);
  return months;
}

absl::Status SetFrom(Session& session, const std::string& file) {
  TW_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file, limits::kMaxCalendarBytes));
  TW_ASSIGN_OR_RETURN(const std::string kept,
                      session.client.SetCalendar(session.options.target.dataset, text));
  if (kept.empty()) {
    session.Say(absl::StrCat(session.options.target.dataset, " has no calendar now"));
  } else {
    session.out.Write(kept);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunCalendar(Session& session) {
  const Options& options = session.options;
  const std::string& dataset = options.target.dataset;
  if (!options.calendar.file.empty()) return SetFrom(session, options.calendar.file);
  if (options.calendar.show) {
    TW_ASSIGN_OR_RETURN(const std::string kept, session.client.GetCalendar(dataset));
    session.out.Write(kept);
    if (kept.empty()) session.Say(absl::StrCat(dataset, " has no calendar: set one with --set FILE"));
    return absl::OkStatus();
  }
  TW_ASSIGN_OR_RETURN(const client::ExpectedReleases expected,
                      session.client.ListExpectedReleases(dataset, MonthsOf(options), options.vintage));
  RecordWriter writer(options.format, ExpectedSchema(), "releases", &session.out);
  for (const client::ExpectedRelease& e : expected.releases) {
    writer.Add({e.period, e.kind, e.stage, e.state, e.first_day, e.last_day, e.time_of_day, e.original_day,
                e.published_at, e.sequence == 0 ? "" : absl::StrCat(e.sequence), e.note});
  }
  writer.Finish(absl::StrCat("\"as_of\":", JsonString(expected.as_of.ToString())));
  if (writer.records() > 0) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(const std::string kept, session.client.GetCalendar(dataset));
  session.Say(kept.empty() ? absl::StrCat(dataset, " has no calendar: set one with tidewaiter calendar ",
                                          dataset, " --set FILE")
                           : absl::StrCat("the calendar of ", dataset, " expects nothing of these months"));
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
