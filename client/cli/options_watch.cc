#include <string>
#include <vector>

#include "client/cli/aggregate_options.h"
#include "client/cli/options_parts.h"

namespace tidewaiter::cli {
namespace {

constexpr char kWatchFooter[] = R"(
With -o ndjson: one object a change, then one object of type "release" that completes it; every object has its
sequence. A connection that breaks is resumed where it was: no release comes twice, none is left out. The
"resume_token" of a release continues a watch that was ended: --token TOKEN. Ends on Ctrl-C.

Examples
  tidewaiter watch GACC_PRESS/CN.RU...
  tidewaiter watch GACC_PRESS --from-sequence 0 -o ndjson
  tidewaiter watch GACC_PRESS --snapshot -o ndjson
  tidewaiter watch GACC_PRESS --overdue
  tidewaiter watch GACC_PRESS/CN.RU.T.VALUE.USD.BN --aggregate t12m:yoy --aggregate ytd:level)";

}  // namespace

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
  watch->add_flag("--overdue", o->watch.overdue,
                  "Also when a release that the dataset's calendar expects is missing");
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

}  // namespace tidewaiter::cli
