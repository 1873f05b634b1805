#include "client/cli/options.h"

// The one source file that includes CLI11: it takes seconds to compile.
#include <CLI/CLI.hpp>
#include <functional>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/cli/aggregate_options.h"
#include "client/cli/chart.h"
#include "client/cli/exit_code.h"
#include "domain/limits.h"
#include "domain/month.h"
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

constexpr char kPushFooter[] = R"(
A file is tidy CSV in UTF-8, one figure a row; its first line names the columns:
  published_on (2025-08-07) or published_at (2025-08-07T11:00:00+08:00)
  period_start (2025-01) with period_months (7), or period (2025-01/P7M)
  value            an exact decimal; or (MISSING), (NIL), (SUPPRESSED), (WITHDRAWN), (NOT_YET_DUE)
  optional: release, step, status, conf, date_basis, source, note
Every other column is a dimension of the series key, in order. The rows of one publication are one release;
releases are pushed in published order. Nothing is sent before every file has been read without an error.
A dataset that is missing is created from the columns, with --publisher and --time-zone.
A release that is held already is recognised: pushing a file twice changes nothing.

Examples
  tidewaiter push prints.csv --dataset GACC_PRESS --publisher GACC --time-zone Asia/Shanghai
  tidewaiter push next.csv --dataset GACC_PRESS --dry-run
  cat late.csv | tidewaiter push - --dataset GACC_PRESS --kind backfill)";

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

constexpr char kAggregateFooter[] = R"(
A figure is computed from exact values at one vintage and rounded once, or it is undefined and says why. Windows end
with each month from the first to the last that is known; --from and --to narrow that.

Windows      month, qtd, ytd (from the start of the statistical year), year, t3m, t6m, t12m, any number of months: 7m
Transforms   level, change, growth (with --lag), yoy (growth, lag 12), mom (growth, lag 1), annualised,
             magnitude (growth of a balance without its sign), contribution and share (of --total), ratio (X over M),
             run-rate (an extrapolation), index (--base is 100), unit-value (value over quantity),
             balance (X - M), turnover (X + M)

CSV columns: series,period,window,transform,value,unit,status,reason,derivation,published_at,sequence
  status       OK; PARTIAL (members left out); EXTRAPOLATED; UNDEFINED, with the reason
  derivation   PUBLISHED, SUMMED, or DIFFERENCED: how the months were put together
Also: --as-of DATE, --at-sequence N, --from MONTH, --to MONTH, -o FORMAT, --timeout TIME, --server ADDRESS.

Examples
  tidewaiter aggregate GACC_PRESS/CN.RU.T.VALUE.USD.BN --window t12m --from 2025-01 --to 2025-12
  tidewaiter aggregate GACC_PRESS/CN.RU.T.VALUE.USD.BN --window ytd --transform yoy --from 2025-01 --with-published
  tidewaiter aggregate GACC_PRESS/CN.RU.T.VALUE.USD.BN --month 2025-07 --derivation differenced --explain
  tidewaiter aggregate GACC_PRESS/CN.W00.X.VALUE.USD.BN --transform yoy --month 2023-03 --realtime first
  tidewaiter aggregate GACC_PRESS/CN..T.VALUE.USD.BN --window ytd --transform share --total .W00.... --top 5
  tidewaiter aggregate GACC_PRESS/CN.RU..VALUE.USD.BN --transform balance --from 2025-03
  tidewaiter aggregate GACC_PRESS/CN..T.VALUE.USD.BN --window year --group WEST=partner:US+EU --month 2025-12)";

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
Nothing is interpolated: a gap is a gap. Several days of --as-of draw one line for each.
Braille where the locale is UTF-8, else ASCII; colour on a terminal, unless NO_COLOR is set.
Also: --as-of DATE,DATE, --at-sequence N, --from MONTH, --to MONTH, --timeout TIME, --server ADDRESS.

Examples
  tidewaiter plot GACC_PRESS/CN.RU.T.VALUE.USD.BN --from 2023-01
  tidewaiter plot GACC_PRESS/CN.RU.X+M.VALUE.USD.BN --months 12
  tidewaiter plot GACC_PRESS/CN.W00.X.VALUE.USD.BN --from 2022-01 --as-of 2023-08-10,2023-08-11)";

constexpr char kWatchFooter[] = R"(
With -o ndjson: one object a change, then one object of type "release" that completes it; every object has its
sequence. A connection that breaks is resumed where it was: no release comes twice, none is left out. The
"resume_token" of a release continues a watch that was ended: --token TOKEN. Ends on Ctrl-C.

Examples
  tidewaiter watch GACC_PRESS/CN.RU...
  tidewaiter watch GACC_PRESS --from-sequence 0 -o ndjson
  tidewaiter watch GACC_PRESS --snapshot -o ndjson
  tidewaiter watch GACC_PRESS/CN.RU.T.VALUE.USD.BN --aggregate t12m:yoy --aggregate ytd:level)";

constexpr char kFindingsFooter[] = R"(
Every release is checked shortly after it has been accepted, against what was held immediately before it.
  IMPLIED_REVISION       a printed rate of growth cannot follow from the printed level and the held base
  BROKEN_IDENTITY        X + M = T, X - M = B or YTD(m-1) + m = YTD(m) is off by more than rounding
  UNANNOUNCED_REVISION   a regular release changed what had been published for an earlier period
A finding says that figures are inconsistent with what was held; a silent revision is one possible cause of several.
Status: OPEN; CONFIRMED once the base was revised into the implied interval; SUPERSEDED once it was revised elsewhere.

CSV columns: kind,series,period,sequence,published_at,printed,held,implied_low,implied_high,amount,status
Also: --from MONTH, --to MONTH, -o FORMAT, --timeout TIME, --server ADDRESS.

Examples
  tidewaiter findings GACC_PRESS/CN.RU..VALUE.USD. --kind implied_revision --from 2025-01
  tidewaiter findings GACC_PRESS --kind unannounced_revision -o csv
  tidewaiter findings --from-sequence 80 --status open)";

constexpr char kRevisionsFooter[] = R"(
Prints: first; nth:2 (the second distinct value); after:12m (what was known 12 months after the first print); latest.
Compare figures of one age: latest mixes ages. Revisions of levels trend with the levels; for regressions use growth.
CSV columns: series,months,unit,statistic,value,standard_error,t,p,reason; one statistic a line.
Also: --as-of DATE, --at-sequence N, --from MONTH, --to MONTH, -o FORMAT, --timeout TIME, --server ADDRESS.

Examples
  tidewaiter revisions FT900/US.W00.X.VALUE.USD_MN --later latest
  tidewaiter revisions FT900/US.W00.X+M.VALUE.USD_MN --first first --later nth:2 --of growth --lag 1)";

constexpr char kMirrorFooter[] = R"(
CSV columns: period,a,b,gap,ratio,reason,how_a,how_b
The gap is a - b, in the unit of a; the ratio a / b. Units may differ by a known power of ten; nothing is converted.
Also: --as-of DATE, --at-sequence N, --from MONTH, --to MONTH, -o FORMAT, --timeout TIME, --server ADDRESS.

Example
  tidewaiter mirror CN/CN.KR.X.VALUE.USD.MN KR/KR.CN.M.VALUE.USD.MN --valuation FOB,CIF --months 12)";

constexpr char kCalendarFooter[] = R"(
A calendar has one rule or date a line:
  rule,7-9,11:00,1,combined=01+02,from=2020-01    the 7th to the 9th of the next month; Jan and Feb together
  date,2025-10,2025-11-07,11:00                    one release
  postponed,2025-09,unknown,note=shutdown          it did not come as planned
  cancelled,2022-03
  date,2020-01/P60M,2025-06-05,08:30,kind=REVISION an announced revision
States: EXPECTED, PUBLISHED, LATE, OVERDUE, POSTPONED, CANCELLED.
CSV columns: period,kind,stage,state,first_day,last_day,time,original_day,published_at,sequence,note
Also: --as-of DATE, --from MONTH, --to MONTH (default: a year back to next month), -o FORMAT.

Examples
  tidewaiter calendar GACC_PRESS --set gacc.calendar
  tidewaiter calendar GACC_PRESS --show > gacc.calendar
  tidewaiter calendar GACC_PRESS --from 2025-01 --to 2025-12 --as-of 2025-11-01)";

// Texts of options that have a type of their own.
CLI::Validator Checked(const std::function<absl::Status(const std::string&)>& take) {
  return CLI::Validator(
      [take](std::string& text) {
        const absl::Status s = take(text);
        return s.ok() ? std::string() : std::string(s.message());
      },
      "");
}

absl::Status TakeTarget(const std::string& text, Target* target) {
  const std::size_t slash = text.find('/');
  target->dataset = text.substr(0, slash);
  target->key = slash == std::string::npos ? "" : text.substr(slash + 1);
  if (!target->dataset.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " names no dataset; write DATASET/KEY"));
}

absl::Status TakeTimeout(const std::string& text, std::optional<absl::Duration>* timeout) {
  absl::Duration duration;
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds)) {
    duration = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(text, &duration)) {
    duration = absl::ZeroDuration();
  }
  if (duration <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is not a time; write 30s, 500ms or 2m"));
  }
  *timeout = duration;
  return absl::OkStatus();
}

absl::Status TakeAsOf(const std::string& text, client::VintageQuery* vintage) {
  if (const auto day = ParseDay(text); day.ok()) {
    vintage->as_of_day = *day;
    return absl::OkStatus();
  }
  const auto instant = Instant::Parse(text);
  if (!instant.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text),
                                                   " is neither a day (2025-08-07) nor an instant "
                                                   "(2025-08-07T11:00:00+08:00)"));
  }
  vintage->as_of = *instant;
  return absl::OkStatus();
}

// One vintage, or several parted by commas.
absl::Status TakeAsOfList(const std::string& text, Options* o) {
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    client::VintageQuery vintage;
    if (absl::Status s = TakeAsOf(std::string(part), &vintage); !s.ok()) return s;
    o->plot.vintages.push_back(vintage);
  }
  o->vintage.as_of = o->plot.vintages.front().as_of;
  o->vintage.as_of_day = o->plot.vintages.front().as_of_day;
  return absl::OkStatus();
}

absl::Status TakeMonth(const std::string& text, std::optional<Month>* month) {
  const auto parsed = Month::Parse(text);
  if (!parsed.ok()) return parsed.status();
  *month = *parsed;
  return absl::OkStatus();
}

absl::Status TakeSequence(const std::string& text, std::optional<Sequence>* sequence) {
  std::uint32_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number > limits::kMaxSequence) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is not a sequence number"));
  }
  *sequence = number;
  return absl::OkStatus();
}

// Adds an option whose text `take` reads; it may be given once.
CLI::Option* AddText(CLI::App* app, const std::string& names,
                     std::function<absl::Status(const std::string&)> take, const std::string& description) {
  return app
      ->add_option_function<std::string>(
          names, [](const std::string&) {}, description)
      ->check(Checked(take));
}

// Options that every command takes, and those that only some do, with the commands' names.
struct Restricted {
  CLI::Option* option;
  std::vector<std::string> commands;
};

std::vector<Restricted> AddGlobals(CLI::App* app, Options* o, client::Tls* tls, bool* use_tls) {
  static const std::map<std::string, Format> kFormats = {
      {"table", Format::kTable}, {"csv", Format::kCsv}, {"json", Format::kJson}, {"ndjson", Format::kNdjson}};
  static const std::map<std::string, HistoryType> kTypes = {{"all", HistoryType::kAll},
                                                            {"changed", HistoryType::kChanged},
                                                            {"initial", HistoryType::kInitial},
                                                            {"nth", HistoryType::kNth},
                                                            {"latest", HistoryType::kLatest}};
  app->add_option("--server", o->connect.address, "Where the daemon listens: host:port or unix:/path")
      ->envname("TIDEWAITER_SERVER")
      ->capture_default_str();
  app->add_option_function<std::string>(
         "-o,--output", [o](const std::string& name) { o->format = kFormats.at(name); },
         "How to write: table (for people), csv, json, ndjson")
      ->check(CLI::IsMember({"table", "csv", "json", "ndjson"}))
      ->type_name("FORMAT");
  AddText(
      app, "--timeout", [o](const std::string& t) { return TakeTimeout(t, &o->timeout); },
      "How long a call may take: 500ms, 30s, 2m. Default 30s")
      ->type_name("TIME");
  app->add_flag("-q,--quiet", o->quiet, "Say nothing on the standard error but errors");
  app->add_flag("--tls", *use_tls, "Talk TLS, with the system's roots");
  app->add_option("--tls-ca", tls->ca_file, "Talk TLS, with the roots in this PEM file")->type_name("FILE");
  app->add_option("--tls-cert", tls->cert_file, "Certificate of this client, PEM")->type_name("FILE");
  app->add_option("--tls-key", tls->key_file, "Its key, PEM")->type_name("FILE");

  const std::vector<std::string> vintages = {"get",  "history",   "aggregate", "triangle",
                                             "plot", "revisions", "mirror",    "calendar"};
  const std::vector<std::string> at_sequence = {"get",  "history",   "aggregate", "triangle",
                                                "plot", "revisions", "mirror"};
  const std::vector<std::string> by_period = {"get",      "history",   "aggregate", "triangle", "plot",
                                              "findings", "revisions", "mirror",    "calendar"};
  std::vector<Restricted> restricted;
  auto* as_of = AddText(
      app, "--as-of", [o](const std::string& t) { return TakeAsOfList(t, o); },
      "Reading commands: as known on this day (included) or instant");
  restricted.push_back({as_of->type_name("DATE"), vintages});
  auto* at = AddText(
      app, "--at-sequence", [o](const std::string& t) { return TakeSequence(t, &o->vintage.sequence); },
      "Reading commands: as held when this sequence was the newest");
  restricted.push_back({at->type_name("N"), at_sequence});
  auto* from = AddText(
      app, "--from", [o](const std::string& t) { return TakeMonth(t, &o->periods.from); },
      "Reading commands: only periods from this month on, 2024-01");
  restricted.push_back({from->type_name("MONTH"), by_period});
  auto* to = AddText(
      app, "--to", [o](const std::string& t) { return TakeMonth(t, &o->periods.to); },
      "Reading commands: only periods that end by this month, 2025-12");
  restricted.push_back({to->type_name("MONTH"), by_period});
  auto* type = app->add_option_function<std::string>(
      "--output-type", [o](const std::string& name) { o->history_type = kTypes.at(name); },
      "history: which statements; changed: new and revised");
  type->check(CLI::IsMember({"all", "changed", "initial", "nth", "latest"}))->type_name("TYPE");
  restricted.push_back({type, {"history"}});
  auto* nth = app->add_option("--nth", o->nth, "history: with --output-type nth, from 1");
  nth->check(CLI::PositiveNumber)->type_name("N");
  restricted.push_back({nth, {"history"}});
  return restricted;
}

void AddPush(CLI::App* app, Options* o) {
  static const std::map<std::string, ReleaseKind> kKinds = {{"regular", ReleaseKind::kRegular},
                                                            {"correction", ReleaseKind::kCorrection},
                                                            {"backfill", ReleaseKind::kBackfill}};
  CLI::App* push = app->add_subcommand("push", "Push the releases in tidy CSV files");
  push->add_option("FILE", o->push.files, "Files; - is the standard input")->required();
  push->add_option("--dataset", o->push.dataset, "The dataset, created from the columns if it is missing")
      ->required()
      ->type_name("ID");
  push->add_option("--publisher", o->push.publisher,
                   "Of a dataset that is created. Default: the dataset's id")
      ->type_name("ID");
  push->add_option("--time-zone", o->push.time_zone,
                   "Of a dataset that is created: where its days end. Default UTC")
      ->type_name("ZONE");
  push->add_option("--agency", o->push.agency, "Who published the releases. Default: the dataset's publisher")
      ->type_name("ID");
  push->add_option("--stage", o->push.stage, "Stage of the releases: flash, bulletin, yearbook")
      ->type_name("ID");
  push->add_option("--title", o->push.title, "Title of the releases")->type_name("TEXT");
  push->add_option_function<std::string>(
          "--kind", [o](const std::string& name) { o->push.kind = kKinds.at(name); },
          "Label of the releases: regular, correction, backfill")
      ->check(CLI::IsMember({"regular", "correction", "backfill"}))
      ->type_name("KIND");
  push->add_flag("--dry-run", o->push.dry_run, "Show what would change; store nothing");
  push->footer(kPushFooter);
  push->callback([o] { o->command = Options::Command::kPush; });
}

CLI::Option* AddTarget(CLI::App* app, Options* o, const std::string& description) {
  return app
      ->add_option_function<std::string>(
          "DATASET/KEY", [](const std::string&) {}, description)
      ->check(Checked([o](const std::string& text) { return TakeTarget(text, &o->target); }))
      ->type_name(" ");
}

void AddReaders(CLI::App* app, Options* o) {
  CLI::App* datasets = app->add_subcommand("datasets", "List the datasets");
  datasets->callback([o] { o->command = Options::Command::kDatasets; });

  CLI::App* series = app->add_subcommand("series", "List the series that a key selects");
  AddTarget(series, o, "Which series, as in GACC_PRESS/CN.RU....")->required();
  series->footer("\nExample\n  tidewaiter series GACC_PRESS/CN.RU..VALUE..");
  series->callback([o] { o->command = Options::Command::kSeries; });

  CLI::App* releases = app->add_subcommand("releases", "List the releases in the order of their acceptance");
  releases->add_option("DATASET", o->target.dataset, "Only those with a section of this dataset");
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

using TakeText = absl::Status (*)(std::string_view text, AggregateQuery* query);

// An option that `take` reads into the query.
CLI::Option* AddWord(CLI::App* app, Options* o, const std::string& name, TakeText take,
                     const std::string& description) {
  return AddText(
      app, name, [o, take](const std::string& text) { return take(text, &o->aggregate.query); }, description);
}

void AddAggregateWords(CLI::App* app, Options* o) {
  AggregateQuery* const query = &o->aggregate.query;
  AddWord(app, o, "--window", TakeWindow, "Which months; see below. Default month")->type_name("WINDOW");
  app->add_flag("--mean", query->window.mean, "The window's sum divided by its months");
  AddWord(app, o, "--transform", ParseTransform, "What of the windows; see below. Default level")
      ->type_name("NAME");
  app->add_option("--lag", query->lag_months, "Months back to the base of a growth or change. Default 12")
      ->type_name("N");
  app->add_option("--decimals", query->decimals, "Digits after the point of what is divided")->type_name("N");
  AddWord(app, o, "--base", TakeBase, "index: what is 100: 2019, 2019-01, 2019-01/P7M")->type_name("PERIOD");
  app->add_option("--year-start", query->window.year_start_month,
                  "First month of years. Default: the dataset's")
      ->type_name("N");
  AddWord(app, o, "--derivation", TakeDerivation, "Only: published, summed, differenced")->type_name("NAME");
  AddWord(app, o, "--composition", TakeComposition,
          "Members without a value: as-published (left out), constant, complete")
      ->type_name("NAME");
  AddWord(app, o, "--combine", TakeCombine, "balance, turnover: of X and M, for transforms other than level")
      ->type_name("NAME");
}

void AddAggregateGroups(CLI::App* app, Options* o) {
  AggregateQuery* const query = &o->aggregate.query;
  app->add_flag("--sum", query->sum, "Sum all that is selected");
  AddWord(app, o, "--group-by", TakeGroupBy, "Sum, but keep these dimensions apart")->type_name("DIM,...");
  app->add_option_function<std::vector<std::string>>(
         "--group", [](const std::vector<std::string>&) {},
         "A group of codes: EU=partner:DE+FR,GB@..2020-01. May be given again")
      ->expected(1)
      ->take_all()
      ->check(Checked([query](const std::string& text) { return TakeGroup(text, query); }))
      ->type_name("GROUP");
  app->add_option("--total", query->total,
                  "share, contribution: key of the total; an empty place is the figure's own")
      ->type_name("KEY");
  app->add_option("--numerator", query->numerator,
                  "ratio: flow, default X; unit-value: measure, default VALUE")
      ->type_name("CODE");
  app->add_option("--denominator", query->denominators,
                  "ratio: flow, default M; unit-value: measures, default QUANTITY, WEIGHT")
      ->type_name("CODE");
}

void AddAggregateView(CLI::App* app, Options* o) {
  AggregateView* const view = &o->aggregate.view;
  AddText(
      app, "--month", [o](const std::string& text) { return TakeMonth(text, &o->month); },
      "Only windows that end with this month")
      ->type_name("MONTH");
  app->add_option_function<std::uint32_t>(
         "--top",
         [view](const std::uint32_t& top) {
           if (!view->ranking) view->ranking.emplace();
           view->ranking->top = top;
         },
         "Rank, and show the first N; 0: all. Of --month, or the latest")
      ->type_name("N");
  app->add_flag_callback(
      "--by-magnitude",
      [view] {
        if (!view->ranking) view->ranking.emplace();
        view->ranking->by_magnitude = true;
      },
      "Rank without the sign");
  AddText(
      app, "--realtime", [view](const std::string& text) { return TakeRealTime(text, &view->real_time); },
      "Each month at its own vintage: first, nth:N, after:12m. Default latest")
      ->type_name("PRINT");
  app->add_flag("--each-operand", view->real_time.each_operand,
                "With --realtime: each operand as its own print, instead of all at one vintage");
  app->add_flag("--with-published", view->with_published_rates, "yoy: the publisher's own rate beside it");
  app->add_flag("--explain", view->explain, "Show what each figure was computed from");
}

void AddAggregate(CLI::App* app, Options* o) {
  CLI::App* aggregate =
      app->add_subcommand("aggregate", "Compute windows, sums, growth, shares at any vintage");
  AddTarget(aggregate, o, "Which series, as in GACC_PRESS/CN.RU.T.VALUE.USD.BN")->required();
  AddAggregateWords(aggregate, o);
  AddAggregateGroups(aggregate, o);
  AddAggregateView(aggregate, o);
  aggregate->footer(kAggregateFooter);
  aggregate->callback([o] { o->command = Options::Command::kAggregate; });
}

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
  diff->add_option("--top", o->diff.top, "Only the first N")->check(CLI::PositiveNumber)->type_name("N");
  diff->footer(kDiffFooter);
  diff->callback([o] { o->command = Options::Command::kDiff; });
}

// --months of triangle and plot.
void AddPeriodMonths(CLI::App* app, Options* o) {
  app->add_option("--months", o->period_months, "Only runs of N months; 1: single months")
      ->check(CLI::Range(1, limits::kMaxPeriodMonths))
      ->type_name("N");
}

void AddTriangle(CLI::App* app, Options* o) {
  CLI::App* triangle =
      app->add_subcommand("triangle", "Show what was known of each period, vintage by vintage");
  AddTarget(triangle, o, "Which series, as in GACC_PRESS/CN.RU.T.VALUE.USD.BN")->required();
  AddPeriodMonths(triangle, o);
  triangle->add_flag("--changes-only", o->triangle.changes_only,
                     "Leave a cell empty where it stayed as it was");
  triangle->add_option("--last", o->triangle.last, "Only the newest N vintages")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  triangle->footer(kTriangleFooter);
  triangle->callback([o] { o->command = Options::Command::kTriangle; });
}

void AddPlot(CLI::App* app, Options* o) {
  CLI::App* plot = app->add_subcommand("plot", "Draw series, or vintages of one, as a chart");
  AddTarget(plot, o, "Which series, as in GACC_PRESS/CN.RU.T.VALUE.USD.BN")->required();
  AddPeriodMonths(plot, o);
  plot->add_flag("--ascii", o->plot.ascii, "Draw with ASCII characters only");
  plot->add_option("--width", o->plot.width, "Columns; default: the terminal's, or 120")
      ->check(CLI::Range(kMinChartWidth, kMaxChartWidth))
      ->type_name("N");
  plot->add_option("--height", o->plot.height, "Lines of the plot; default 20")
      ->check(CLI::Range(kMinChartHeight, kMaxChartHeight))
      ->type_name("N");
  plot->footer(kPlotFooter);
  plot->callback([o] { o->command = Options::Command::kPlot; });
}

void AddRetract(CLI::App* app, Options* o) {
  CLI::App* retract = app->add_subcommand("retract", "Retract a release that should never have been taken");
  retract->add_option("RELEASE", o->release, "ID or AGENCY/ID as `releases` shows it, or its sequence number")
      ->required();
  retract->add_option("--reason", o->reason, "Why; kept with the retraction")->type_name("TEXT");
  retract->footer(
      "\nFrom the retraction's own sequence on the release counts at no vintage; at earlier sequences it "
      "still shows.\n"
      "\nExamples\n  tidewaiter retract GACC/GACC_PRESS:2025-08-07 --reason \"wrong file\"\n  tidewaiter "
      "retract 84");
  retract->callback([o] { o->command = Options::Command::kRetract; });
}

void AddWatch(CLI::App* app, Options* o) {
  CLI::App* watch = app->add_subcommand("watch", "Follow releases as they are accepted");
  AddTarget(watch, o, "Which series; none: everything");
  auto* from = AddText(
      watch, "--from-sequence",
      [o](const std::string& t) { return TakeSequence(t, &o->watch.from_sequence); },
      "Begin after this sequence; 0: with the first release. Default: what comes from now on");
  from->type_name("N");
  auto* token = watch->add_option("--token", o->watch.token, "Begin where this resume token stands");
  token->type_name("TOKEN")->excludes(from);
  AddText(
      watch, "--until-sequence",
      [o](const std::string& t) { return TakeSequence(t, &o->watch.until_sequence); },
      "End with exit code 0 when everything up to this sequence has come")
      ->type_name("N");
  watch->add_flag("--snapshot", o->watch.snapshot, "First what is known at the start");
  watch->add_flag("--omit-confirmed", o->watch.omit_confirmed, "Leave out cells that were only confirmed");
  watch->add_flag("--findings", o->watch.findings,
                  "Also what the checks of the releases find: figures inconsistent with what was held");
  watch->add_flag("--progress", o->watch.progress,
                  "With -o ndjson: also objects that say how far the watch has come");
  watch
      ->add_option_function<std::vector<std::string>>(
          "--aggregate", [](const std::vector<std::string>&) {},
          "Also the figures that each release moves: WINDOW:TRANSFORM, as in t12m:yoy. May be given again")
      ->expected(1)
      ->take_all()
      ->check(Checked([o](const std::string& text) { return TakeFollowed(text, &o->watch.aggregates); }))
      ->type_name("WINDOW:TRANSFORM");
  watch->footer(kWatchFooter);
  watch->callback([o] { o->command = Options::Command::kWatch; });
}

void AddFindings(CLI::App* app, Options* o) {
  CLI::App* findings = app->add_subcommand("findings", "List what releases say against what was held");
  AddTarget(findings, o, "Which series; none: all datasets");
  const auto upper = [](std::string text) {
    absl::AsciiStrToUpper(&text);
    return text;
  };
  findings
      ->add_option_function<std::vector<std::string>>(
          "--kind",
          [o, upper](const std::vector<std::string>& names) {
            for (const std::string& name : names) {
              o->findings.kinds.push_back(ParseFindingKind(upper(name)).value());
            }
          },
          "implied_revision, broken_identity, unannounced_revision; may be given more than once")
      ->check(Checked([upper](const std::string& name) { return ParseFindingKind(upper(name)).status(); }))
      ->type_name("KIND");
  findings
      ->add_option_function<std::vector<std::string>>(
          "--status",
          [o](const std::vector<std::string>& names) {
            static const std::map<std::string, FindingStatus> kStatuses = {
                {"open", FindingStatus::kOpen},
                {"confirmed", FindingStatus::kConfirmed},
                {"superseded", FindingStatus::kSuperseded}};
            for (const std::string& name : names) o->findings.statuses.push_back(kStatuses.at(name));
          },
          "open, confirmed, superseded; may be given more than once")
      ->check(CLI::IsMember({"open", "confirmed", "superseded"}))
      ->type_name("STATUS");
  AddText(
      findings, "--from-sequence",
      [o](const std::string& t) { return TakeSequence(t, &o->findings.from_sequence); },
      "Only what was found after this sequence")
      ->type_name("N");
  AddText(
      findings, "--until-sequence",
      [o](const std::string& t) { return TakeSequence(t, &o->findings.until_sequence); },
      "Only what was found up to this sequence")
      ->type_name("N");
  findings->footer(kFindingsFooter);
  findings->callback([o] { o->command = Options::Command::kFindings; });
}

absl::Status TakePrint(const std::string& text, client::PrintChoice* choice) {
  using Age = client::PrintChoice::Age;
  const absl::Status wrong = absl::InvalidArgumentError(
      absl::StrCat(Quoted(text), " is no print; write first, nth:2, after:12m or latest"));
  if (text == "first") {
    choice->age = Age::kFirst;
  } else if (text == "latest") {
    choice->age = Age::kLatest;
  } else if (absl::StartsWith(text, "nth:")) {
    choice->age = Age::kNth;
    if (!absl::SimpleAtoi(text.substr(4), &choice->n) || choice->n < 1) return wrong;
  } else if (absl::StartsWith(text, "after:")) {
    choice->age = Age::kAfter;
    const std::string months(absl::StripSuffix(text.substr(6), "m"));
    if (!absl::SimpleAtoi(months, &choice->months) || choice->months < 1) return wrong;
  } else {
    return wrong;
  }
  return absl::OkStatus();
}

void AddRevisions(CLI::App* app, Options* o) {
  CLI::App* revisions = app->add_subcommand("revisions", "How far later figures lie from earlier ones");
  AddTarget(revisions, o, "Which series, as in FT900/US.W00.X.VALUE.USD_MN")->required();
  AddText(
      revisions, "--first", [o](const std::string& t) { return TakePrint(t, &o->revisions.first); },
      "The earlier print. Default first")
      ->type_name("PRINT");
  AddText(
      revisions, "--later", [o](const std::string& t) { return TakePrint(t, &o->revisions.later); },
      "The later print. Default after:12m")
      ->type_name("PRINT");
  revisions
      ->add_option_function<std::string>(
          "--of",
          [o](const std::string& name) {
            using Of = client::RevisionQuery::Of;
            o->revisions.of = name == "level" ? Of::kLevel : name == "percent" ? Of::kPercent : Of::kGrowth;
          },
          "level, percent (of the first print) or growth (in percentage points)")
      ->check(CLI::IsMember({"level", "percent", "growth"}))
      ->type_name("WHAT");
  revisions->add_option("--lag", o->revisions.lag_months, "With --of growth: months back. Default 12")
      ->check(CLI::Range(1, limits::kMaxLagMonths))
      ->type_name("N");
  revisions->add_option("--period-months", o->revisions.period_months, "Only periods of so many months")
      ->check(CLI::Range(1, limits::kMaxPeriodMonths))
      ->type_name("N");
  revisions->add_option("--hac-lag", o->revisions.hac_lag, "Lag of the HAC covariance. Default: by rule")
      ->check(CLI::Range(0, limits::kMaxHacLag))
      ->type_name("N");
  revisions->footer(kRevisionsFooter);
  revisions->callback([o] { o->command = Options::Command::kRevisions; });
}

absl::Status TakeSide(const std::string& text, client::MirrorSide* side) {
  Target target;
  if (const absl::Status s = TakeTarget(text, &target); !s.ok()) return s;
  if (target.key.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " names no series; write DATASET/KEY"));
  }
  side->dataset = target.dataset;
  side->key = target.key;
  return absl::OkStatus();
}

void AddMirror(CLI::App* app, Options* o) {
  CLI::App* mirror = app->add_subcommand("mirror", "The same trade as two sides report it");
  const auto ignore = [](const std::string&) {};
  mirror->add_option_function<std::string>("A", ignore, "DATASET/KEY of the one side")
      ->check(Checked([o](const std::string& t) { return TakeSide(t, &o->mirror.a); }))
      ->required();
  mirror->add_option_function<std::string>("B", ignore, "DATASET/KEY of the other")
      ->check(Checked([o](const std::string& t) { return TakeSide(t, &o->mirror.b); }))
      ->required();
  AddText(
      mirror, "--valuation",
      [o](const std::string& t) {
        const std::size_t comma = t.find(',');
        o->mirror.a.valuation = t.substr(0, comma);
        o->mirror.b.valuation = comma == std::string::npos ? "" : t.substr(comma + 1);
        return absl::OkStatus();
      },
      "How the two are valued, for the heading: FOB,CIF")
      ->type_name("A,B");
  AddText(
      mirror, "--as-of-b",
      [o](const std::string& t) {
        o->mirror.has_vintage_b = true;
        return TakeAsOf(t, &o->mirror.b.vintage);
      },
      "The day of the other side, where it differs from --as-of")
      ->type_name("DATE");
  mirror
      ->add_option(
          "--months", o->mirror.window_months,
          "Runs of so many months, computed where they are not published. Default: published periods")
      ->check(CLI::Range(1, limits::kMaxWindowMonths))
      ->type_name("N");
  mirror->add_option("--decimals", o->mirror.decimals, "Of the ratio. Default 3")
      ->check(CLI::Range(0, limits::kMaxResultDecimals))
      ->type_name("N");
  mirror->footer(kMirrorFooter);
  mirror->callback([o] { o->command = Options::Command::kMirror; });
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
  if (o.command == Options::Command::kPlot && o.format != Format::kTable) {
    return "a plot is for people; `tidewaiter get` has its figures as csv, json or ndjson";
  }
  if (o.watch.findings && o.format == Format::kCsv) return "--findings goes with -o table or -o ndjson";
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
  AddRetract(&app, &options);
  app.add_subcommand("status", "Show the daemon's state")->callback([&options] {
    options.command = Options::Command::kStatus;
  });
  app.add_subcommand("version", "Show this program's version")->callback([&options] {
    options.command = Options::Command::kVersion;
  });

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
    if (e.get_exit_code() != 0) return misused(argc <= 1 ? "name a command, such as get or push" : e.what());
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
