#include <string>

#include "client/cli/options_parts.h"

namespace tidewaiter::cli {
namespace {

constexpr char kPushFooter[] = R"(
A file is tidy CSV in UTF-8, one figure a row; its first line names the columns:
  published_on (2025-08-07) or published_at (2025-08-07T11:00:00+08:00)
  period_start (2025-01) with period_months (7), or period (2025-01/P7M)
  value            an exact decimal; or (MISSING), (NIL), (SUPPRESSED), (WITHDRAWN), (NOT_YET_DUE)
  optional: release, step, status, conf, date_basis, source, note
Every other column is a dimension of the series key, in order. The rows of one publication are one release;
releases are pushed in published order. Nothing is kept unless every file was read without an error.
A dataset that is missing is created from the columns, with --publisher and --time-zone.
A release that is held already is recognised: pushing a file twice changes nothing.

Examples
  tidewaiter push prints.csv --dataset GACC_PRESS --publisher GACC --time-zone Asia/Shanghai
  tidewaiter push next.csv --dataset GACC_PRESS --dry-run
  cat late.csv | tidewaiter push - --dataset GACC_PRESS --kind backfill)";

}  // namespace

void AddPush(CLI::App* app, Options* o) {
  CLI::App* push = app->add_subcommand("push", "Push the releases in tidy CSV files");
  push->add_option("FILE", o->feed.files, "Files; - is the standard input")->required();
  AddFileOptions(push, o)->required();
  AddDraftOptions(push, o);
  push->footer(kPushFooter);
  push->callback([o] {
    o->command = Options::Command::kPush;
    o->feed.format = "tidy";
  });
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

}  // namespace tidewaiter::cli
