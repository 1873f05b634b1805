#include "client/cli/options_parts.h"

namespace tidewaiter::cli {
namespace {

constexpr char kGetFooter[] = R"(
CSV columns: series,period,value,step,unit,status,published_at,sequence,value_since,source
An absence stands in the value column by name, in parentheses: (SUPPRESSED). Zero is a value.

Also: --as-of DATE, --at-sequence N, --from MONTH, --to MONTH, -o FORMAT, --timeout TIME, --server ADDRESS.

Examples
  tidewaiter get GACC_PRESS/CN.RU.X+M+T.VALUE.USD. --from 2025-01
  tidewaiter get GACC_PRESS/CN.RU.T.VALUE.USD.BN --as-of 2025-08-28
  tidewaiter get GACC_PRESS --at-sequence 40 -o csv > vintage.csv)";

constexpr char kHistoryFooter[] = R"(
CSV columns: those of get, then vintage_change,event_change,published_to
  vintage_change   against the statement before in published order
  event_change     against what was held when the release came
  published_to     when the next statement was published; empty: it stands

Output types: all; changed (new and revised); initial (the first value of each period); nth, with --nth N; latest.
Also: --as-of DATE, --at-sequence N, --from MONTH, --to MONTH, -o FORMAT, --timeout TIME, --server ADDRESS.

Examples
  tidewaiter history GACC_PRESS/CN.W00.X.VALUE.USD.BN --from 2023-03 --to 2023-03
  tidewaiter history GACC_PRESS/CN.RU.T.VALUE.USD.BN --output-type nth --nth 2)";

}  // namespace

void AddReaders(CLI::App* app, Options* o) {
  CLI::App* datasets = app->add_subcommand("datasets", "List the datasets");
  datasets->footer(
      "\nAlso: -o FORMAT, --timeout TIME, --server ADDRESS.\n\nExamples\n  tidewaiter datasets\n"
      "  tidewaiter datasets -o json");
  datasets->callback([o] { o->command = Options::Command::kDatasets; });

  CLI::App* series = app->add_subcommand("series", "List the series that a key selects");
  AddTarget(series, o, "Which series, as in GACC_PRESS/CN.RU....")->required();
  series->footer("\nExample\n  tidewaiter series GACC_PRESS/CN.RU..VALUE..");
  series->callback([o] { o->command = Options::Command::kSeries; });

  CLI::App* releases = app->add_subcommand("releases", "List the releases in the order of their acceptance");
  releases->add_option("DATASET", o->target.dataset, "Only those with a section of this dataset");
  releases->footer(
      "\nA release is named by its id, AGENCY/ID, or its sequence: diff and retract take any of them.\n"
      "Also: -o FORMAT, --timeout TIME, --server ADDRESS.\n\nExamples\n  tidewaiter releases\n"
      "  tidewaiter releases GACC_PRESS -o csv");
  releases->callback([o] { o->command = Options::Command::kReleases; });

  CLI::App* get = app->add_subcommand("get", "Read what is known, now or at any vintage");
  AddTarget(get, o, "Which series, as in GACC_PRESS/CN.RU.T.VALUE.USD.BN")->required();
  get->footer(kGetFooter);
  get->callback([o] { o->command = Options::Command::kGet; });

  CLI::App* history = app->add_subcommand("history", "Read every statement, and what each one changed");
  AddTarget(history, o, "Which series, as in GACC_PRESS/CN.RU.T.VALUE.USD.BN")->required();
  history->footer(kHistoryFooter);
  history->callback([o] { o->command = Options::Command::kHistory; });
}

}  // namespace tidewaiter::cli
