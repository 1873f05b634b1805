#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/options_parts.h"
#include "domain/text.h"

namespace tidewaiter::cli {
namespace {

// As HistoryRequest.n on the wire.
constexpr int kMaxNth = 1'000'000;

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

}  // namespace

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
         "-o,--output",
         [o](const std::string& name) {
           o->feed.protobuf = name == "pb";
           if (!o->feed.protobuf) o->format = kFormats.at(name);
         },
         "How to write: table (for people), csv, json, ndjson; convert: also pb")
      ->check(CLI::IsMember({"table", "csv", "json", "ndjson", "pb"}))
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
  nth->check(Whole(1, kMaxNth))->type_name("N");
  restricted.push_back({nth, {"history"}});
  return restricted;
}

void AddStatus(CLI::App* app, Options* o) {
  CLI::App* status = app->add_subcommand("status", "Show the daemon's state");
  status->footer(
      "\nThe newest release that is accepted (head), whether pushes are taken, how much is stored and "
      "connected.\n"
      "Also: -o FORMAT, --timeout TIME, --server ADDRESS.\n"
      "\nExamples\n  tidewaiter status\n  tidewaiter status -o json --server 127.0.0.1:7443");
  status->callback([o] { o->command = Options::Command::kStatus; });
  CLI::App* version = app->add_subcommand("version", "Show this program's version");
  version->footer("\nNo daemon is needed. Also: -o FORMAT. `tidewaiter status` tells the daemon's.");
  version->callback([o] { o->command = Options::Command::kVersion; });
}

}  // namespace tidewaiter::cli
