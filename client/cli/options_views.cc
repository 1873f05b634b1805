#include <map>
#include <string>

#include "client/cli/chart.h"
#include "client/cli/options_parts.h"
#include "domain/limits.h"

namespace tidewaiter::cli {
namespace {

constexpr char kDiffFooter[] = R"(
First a line that counts: what is new, what was revised without announcement (a regular release changed a published
value), what was only confirmed. Then the changes; what a release merely confirmed is left out without --all.
Of a retraction: what it uncovered.

CSV columns: series,period,change,before,after,amount,percent,unit,announced,within_rounding,status_only
  amount           after - before, exact
  percent          of the magnitude of before, rounded once to one decimal
  announced        yes: new, or the release is a correction or a backfill; no: a regular release changed what was
                   published; empty: nothing that stood has changed, or the release was retracted
  within_rounding  the same number, printed finer or coarser

Examples
  tidewaiter diff GACC_PRESS:2025-08-29
  tidewaiter diff GACC/GACC_PRESS:2025-08-29 GACC_PRESS/CN.RU... --sort amount --top 10
  tidewaiter diff 59 --all -o csv)";

constexpr char kTriangleFooter[] = R"(
Rows are periods, columns are the vintages (days of publication) that changed something, a cell is what was known then.
A run of several months is a row of its own. In a table the newest vintages that fit are shown, and what a vintage
changed is coloured, or marked with a *.

CSV: one wide table, series,period,2025-07-14,2025-08-07 ...; an empty place: not known yet.
ndjson, json: one object for each cell that changed.
Also: --as-of DATE, --at-sequence N, --from MONTH, --to MONTH, -o FORMAT, --timeout TIME, --server ADDRESS.

Examples
  tidewaiter triangle GACC_PRESS/CN.W00.X.VALUE.USD.BN --months 1 --from 2023-01 --to 2023-12
  tidewaiter triangle GACC_PRESS/CN.RU.T.VALUE.USD.BN --changes-only --last 6
  tidewaiter triangle GACC_PRESS/CN.RU.X+M.VALUE.USD.BN -o csv > triangle.csv)";

constexpr char kPlotFooter[] = R"(
Months are drawn, and January-February where they were published together; with --months N, runs of N months instead.
With --window, --transform and the like (see tidewaiter aggregate --help) computed figures are drawn: each at the last
month of its window; an undefined one is a gap. Nothing is interpolated: a gap is a gap. Several days of --as-of draw one line for each.
Braille where the locale is UTF-8, else ASCII; colour on a terminal, unless NO_COLOR is set.
Also: --as-of DATE,DATE, --at-sequence N, --from MONTH, --to MONTH, --timeout TIME, --server ADDRESS.

Examples
  tidewaiter plot GACC_PRESS/CN.RU.T.VALUE.USD.BN --from 2023-01
  tidewaiter plot GACC_PRESS/CN.RU.X+M.VALUE.USD.BN --months 12
  tidewaiter plot GACC_PRESS/CN.RU.T.VALUE.USD.BN --window t12m --from 2023-01 --as-of 2025-01-31,2025-12-31
  tidewaiter plot GACC_PRESS/CN.RU.X+M.VALUE.USD.BN --window ytd --transform yoy --from 2024-01
  tidewaiter plot GACC_PRESS/CN.W00.X.VALUE.USD.BN --from 2022-01 --as-of 2023-08-10,2023-08-11)";

// --months of triangle and plot.
void AddPeriodMonths(CLI::App* app, Options* o) {
  app->add_option("--months", o->period_months, "Only runs of N months; 1: single months")
      ->check(Whole(1, limits::kMaxPeriodMonths))
      ->type_name("N");
}

}  // namespace

void AddDiff(CLI::App* app, Options* o) {
  static const std::map<std::string, DiffArguments::Sort> kSorts = {
      {"percent", DiffArguments::Sort::kPercent},
      {"amount", DiffArguments::Sort::kAmount},
      {"series", DiffArguments::Sort::kSeries}};
  CLI::App* diff = app->add_subcommand("diff", "Show what a release changed, the largest changes first");
  diff->add_option("RELEASE", o->release, "ID or AGENCY/ID as `releases` shows it, or its sequence number")
      ->required();
  AddTarget(diff, o, "Only these series");
  diff->add_option_function<std::string>(
          "--sort", [o](const std::string& name) { o->diff.sort = kSorts.at(name); },
          "By percent (beside what was held; default), amount, or series")
      ->check(CLI::IsMember({"percent", "amount", "series"}))
      ->type_name("HOW");
  diff->add_flag("--all", o->diff.all, "What was only confirmed, too");
  diff->add_option("--top", o->diff.top, "Only the first N")
      ->check(Whole(1, limits::kMaxSequence))
      ->type_name("N");
  diff->footer(kDiffFooter);
  diff->callback([o] { o->command = Options::Command::kDiff; });
}

void AddTriangle(CLI::App* app, Options* o) {
  CLI::App* triangle =
      app->add_subcommand("triangle", "Show what was known of each period, vintage by vintage");
  AddTarget(triangle, o, "Which series, as in GACC_PRESS/CN.RU.T.VALUE.USD.BN")->required();
  AddPeriodMonths(triangle, o);
  triangle->add_flag("--changes-only", o->triangle.changes_only,
                     "Leave a cell empty where it stayed as it was");
  triangle->add_option("--last", o->triangle.last, "Only the newest N vintages")
      ->check(Whole(1, limits::kMaxSequence))
      ->type_name("N");
  triangle->footer(kTriangleFooter);
  triangle->callback([o] { o->command = Options::Command::kTriangle; });
}

void AddPlot(CLI::App* app, Options* o) {
  CLI::App* plot = app->add_subcommand("plot", "Draw series, or vintages of one, as a chart");
  AddTarget(plot, o, "Which series, as in GACC_PRESS/CN.RU.T.VALUE.USD.BN")->required();
  AddPeriodMonths(plot, o);
  AddFigureWords(plot, o);
  plot->add_flag("--ascii", o->plot.ascii, "Draw with ASCII characters only");
  plot->add_option("--width", o->plot.width, "Columns; default: the terminal's, or 120")
      ->check(Whole(kMinChartWidth, kMaxChartWidth))
      ->type_name("N");
  plot->add_option("--height", o->plot.height, "Lines of the plot; default 20")
      ->check(Whole(kMinChartHeight, kMaxChartHeight))
      ->type_name("N");
  plot->footer(kPlotFooter);
  plot->callback([o, plot] {
    o->command = Options::Command::kPlot;
    o->plot.computed = NamesFigures(*plot);
  });
}

}  // namespace tidewaiter::cli
