#include "client/cli/options.h"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/exit_code.h"
#include "client/cli/options_parts.h"
#include "domain/nearest_word.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::cli {
namespace {

constexpr char kDescription[] =
    "Talks to tidewaiterd: pushes releases of official statistics, reads any vintage of them, and follows\n"
    "releases as they are accepted.";

constexpr char kFooter[] = R"(
Targets are DATASET/KEY, where KEY is an SDMX key: an empty place means every code, + means or.
  GACC_PRESS/CN.RU.T.VALUE.USD.BN     one series
  GACC_PRESS/CN.RU+US.X+M.VALUE..     several
  GACC_PRESS                          all of them
Quote a target that holds * or other characters of the shell.

Examples
  tidewaiter push prints.csv --dataset GACC_PRESS --publisher GACC --time-zone Asia/Shanghai
  tidewaiter feed comtrade.csv --published-at 2025-06-30
  tidewaiter get GACC_PRESS/CN.RU.T.VALUE.USD.BN --from 2024-01 --to 2025-12
  tidewaiter get GACC_PRESS/CN.RU.T.VALUE.USD.BN --as-of 2025-08-28 -o csv
  tidewaiter history GACC_PRESS/CN.W00.X.VALUE.USD.BN --output-type changed
  tidewaiter aggregate GACC_PRESS/CN.RU.T.VALUE.USD.BN --window t12m --from 2025-01
  tidewaiter diff GACC_PRESS:2025-08-29
  tidewaiter triangle GACC_PRESS/CN.W00.X.VALUE.USD.BN --months 1 --from 2023-01
  tidewaiter plot GACC_PRESS/CN.RU.T.VALUE.USD.BN --from 2023-01
  tidewaiter watch GACC_PRESS --from-sequence 0 -o ndjson

Exit codes
  0 ok    1 failure    2 usage    3 not found    4 not permitted    5 unavailable or deadline
  6 refused as invalid    130 interrupted

More about a command: tidewaiter COMMAND --help)";

// What CLI11 cannot say.
std::string Contradiction(const CLI::App& app, const Options& o, const std::vector<Restricted>& restricted) {
  const CLI::App* command = app.get_subcommands().front();
  for (const Restricted& r : restricted) {
    const bool applies =
        std::find(r.commands.begin(), r.commands.end(), command->get_name()) != r.commands.end();
    if (r.option->count() > 0 && !applies) {
      return absl::StrCat(r.option->get_name(), " does not apply to ", command->get_name());
    }
  }
  const bool nth_given = app.get_option("--nth")->count() > 0;
  if (nth_given && o.history_type != HistoryType::kNth) return "--nth goes with --output-type nth";
  if (const absl::Status s = o.periods.Validate(); !s.ok()) return absl::StrCat("--", s.message());
  if (o.command == Options::Command::kWatch && o.format == Format::kJson) {
    return "a watch has no end, and a JSON document has one; use -o ndjson";
  }
  if (o.plot.vintages.size() > 1 && o.command != Options::Command::kPlot) {
    return absl::StrCat("--as-of takes one day for ", command->get_name(), "; plot takes several");
  }
  if (o.revisions.computed &&
      (o.revisions.of != client::RevisionQuery::Of::kLevel || o.revisions.period_months != 0)) {
    return "--of and --period-months go with published figures; of computed ones --transform and --window "
           "say it";
  }
  if (o.plot.computed && o.period_months != 0)
    return "--months draws published runs; with --transform give --window";
  if (o.command == Options::Command::kPlot && o.format != Format::kTable) {
    return "a plot is for people; `tidewaiter get` and `aggregate` have its figures as csv, json or ndjson";
  }
  if (o.feed.protobuf && o.command != Options::Command::kConvert) return "-o pb goes with convert";
  if (o.watch.findings && o.format == Format::kCsv) return "--findings goes with -o table or -o ndjson";
  if (o.watch.overdue && o.format == Format::kCsv) return "--overdue goes with -o table or -o ndjson";
  if (o.findings.tally && (o.findings.from_sequence || o.findings.until_sequence ||
                           !o.findings.kinds.empty() || !o.findings.statuses.empty())) {
    return "--tally counts every release; --kind, --status and --..-sequence go with the list of findings";
  }
  if (o.findings.from_sequence && o.findings.until_sequence &&
      *o.findings.until_sequence <= *o.findings.from_sequence) {
    return absl::StrCat("nothing comes after sequence ", *o.findings.from_sequence, " and up to ",
                        *o.findings.until_sequence, "; --from-sequence is the smaller one");
  }
  if (!o.findings.tally && (o.findings.rounding || o.findings.year_to_date)) {
    return "--rounding and --year-to-date go with --tally; `tidewaiter conventions` says how findings are "
           "made";
  }
  if (o.findings.tally && o.target.dataset.empty()) return "--tally needs a DATASET/KEY";
  if (o.watch.progress && o.format != Format::kNdjson) return "--progress goes with -o ndjson";
  if (!o.watch.aggregates.empty() && o.target.dataset.empty()) return "--aggregate needs a DATASET/KEY";
  if (!o.watch.aggregates.empty() && o.format == Format::kCsv)
    return "--aggregate goes with -o table or ndjson";
  if (o.month && (o.periods.from || o.periods.to)) return "--month stands for --from and --to; give it alone";
  const AggregateView& view = o.aggregate.view;
  if (view.ranking && (o.periods.from || o.periods.to)) return "a ranking is of one month; give --month";
  if (view.explain && o.format == Format::kCsv) return "--explain goes with -o table, json or ndjson";
  return "";
}

// What there is instead of a command: the first word that nothing took.
std::string NoCommand(const CLI::App& app) {
  std::vector<std::string> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(command->get_name());
  }
  for (const std::string& word : app.remaining()) {
    if (absl::StartsWith(word, "-")) continue;
    const std::string nearest = NearestWord(word, commands);
    if (!nearest.empty())
      return absl::StrCat("there is no command ", Quoted(word), "; did you mean ", nearest, "?");
    return absl::StrCat("there is no command ", Quoted(word), "; there are ", absl::StrJoin(commands, ", "));
  }
  return "name a command, such as get or push";
}

}  // namespace

ParsedCommandLine ParseCommandLine(int argc, const char* const* argv, Output* out, Output* err) {
  Options options;
  client::Tls tls;
  bool use_tls = false;
  CLI::App app(kDescription, "tidewaiter");
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(kFooter);
  app.set_help_flag("-h,--help", "This text");
  app.get_formatter()->column_width(34);
  const std::vector<Restricted> restricted = AddGlobals(&app, &options, &tls, &use_tls);
  AddPush(&app, &options);
  AddFeed(&app, &options);
  AddReaders(&app, &options);
  AddAggregate(&app, &options);
  AddDiff(&app, &options);
  AddTriangle(&app, &options);
  AddPlot(&app, &options);
  AddWatch(&app, &options);
  AddFindings(&app, &options);
  AddRevisions(&app, &options);
  AddMirror(&app, &options);
  AddCalendar(&app, &options);
  AddConventions(&app, &options);
  AddRetract(&app, &options);
  AddStatus(&app, &options);

  const auto misused = [&](std::string_view what) {
    const CLI::App* command = &app;
    for (const CLI::App* sub : app.get_subcommands()) command = sub;
    const std::string name =
        command == &app ? "tidewaiter" : absl::StrCat("tidewaiter ", command->get_name());
    err->Write(absl::StrCat("tidewaiter: ", ToAbsl(what), "\nTry: ", name, " --help\n"));
    return ParsedCommandLine{std::nullopt, kUsage};
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() != 0) return misused(app.get_subcommands().empty() ? NoCommand(app) : e.what());
    std::ostringstream text;
    app.exit(e, text, text);
    out->Write(text.str());
    return {std::nullopt, kOk};
  }
  if (const std::string wrong = Contradiction(app, options, restricted); !wrong.empty())
    return misused(wrong);
  if (use_tls || !tls.ca_file.empty() || !tls.cert_file.empty() || !tls.key_file.empty())
    options.connect.tls = tls;
  if (options.timeout) options.connect.timeout = *options.timeout;
  return {std::move(options), kOk};
}

}  // namespace tidewaiter::cli
