// What is kept with a dataset: conventions, calendars.
#include "client/cli/options_parts.h"

namespace tidewaiter::cli {
namespace {

constexpr char kConventionsFooter[] = R"(
Without --set the conventions are printed as they are kept. One statement a line:
  group,EU,partner,AT+BE+DE,1995-01..         a group of codes, and the months in which they belong to it
  group,EU,partner,GB,1973-01..2020-01        more of it
  total,partner,W00,*,except=EU27             the figures of W00 are the sum of all other partners but EU27
  total,partner,EU27,group:EU                 ... of the group's members in the period
  total,flow,T,X+M,from=2020-01               ... of these codes
  rounding,truncated                          the publisher cuts off instead of rounding; else: nearest
`aggregate` takes a group by its name: --group EU, or --group-by flow,EU. Totals are checked with each release, and
rounding is what findings and bounds allow for. The last conventions that were set hold; what was found before stays.

Examples
  tidewaiter conventions COMTRADE --set comtrade.conventions
  tidewaiter conventions GACC_PRESS > gacc.conventions
  echo rounding,truncated | tidewaiter conventions GACC_PRESS --set -)";

constexpr char kCalendarFooter[] = R"(
A calendar has one rule or date a line:
  rule,7-9,11:00,1,combined=01+02,from=2020-01    the 7th to the 9th of the next month; Jan and Feb together
  date,2025-10,2025-11-07,11:00                    one release
  postponed,2025-09,unknown,note=shutdown          it did not come as planned
  cancelled,2022-03
  date,2020-01/P60M,2025-06-05,08:30,kind=REVISION an announced revision
  rule,25-31,08:30,8,kind=REVISION,months=36,in=08 a revision every August, of the 36 months to December
States: EXPECTED, PUBLISHED, LATE, OVERDUE, POSTPONED, CANCELLED.
CSV columns: period,kind,stage,state,first_day,last_day,time,original_day,published_at,sequence,note
Also: --as-of DATE, --from MONTH, --to MONTH (default: a year back to next month), -o FORMAT.

Examples
  tidewaiter calendar GACC_PRESS --set gacc.calendar
  tidewaiter calendar GACC_PRESS --show > gacc.calendar
  tidewaiter calendar GACC_PRESS --from 2025-01 --to 2025-12 --as-of 2025-11-01)";

}  // namespace

void AddConventions(CLI::App* app, Options* o) {
  CLI::App* conventions =
      app->add_subcommand("conventions", "Groups by month, totals, rounding: how a dataset is to be read");
  conventions->add_option("DATASET", o->target.dataset, "The dataset")->required();
  auto* set = conventions->add_option("--set", o->conventions.file, "Keep those in this file; - is stdin");
  set->type_name("FILE");
  conventions
      ->add_flag("--allow-unknown-codes", o->conventions.allow_unknown_codes,
                 "Also codes that no series has yet")
      ->needs(set);
  conventions->footer(kConventionsFooter);
  conventions->callback([o] { o->command = Options::Command::kConventions; });
}

void AddCalendar(CLI::App* app, Options* o) {
  CLI::App* calendar = app->add_subcommand("calendar", "When releases are expected, and which have not come");
  calendar->add_option("DATASET", o->target.dataset, "The dataset")->required();
  auto* set = calendar->add_option("--set", o->calendar.file, "Keep the calendar in this file; - is stdin");
  set->type_name("FILE");
  calendar->add_flag("--show", o->calendar.show, "Print the calendar as it is kept")->excludes(set);
  calendar->footer(kCalendarFooter);
  calendar->callback([o] { o->command = Options::Command::kCalendar; });
}

}  // namespace tidewaiter::cli
