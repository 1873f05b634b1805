#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/cli/options_parts.h"
#include "client/feeders/formats.h"
#include "client/feeders/publication.h"
#include "domain/series_key.h"
#include "domain/text.h"

namespace tidewaiter::cli {
namespace {

constexpr char kFeedFooter[] = R"(
`tidewaiter formats` lists the formats, each with an example. FORMAT may be left out where the content of a file
tells which it is. Nothing is kept unless every file was read without an error, or --keep-going says so. Files are read
to their end before anything is sent; a file of 64 MiB and more that needs no sorting goes up as it is read, and is kept
whole or not at all. A dataset that is missing is created as the format's profile declares it. Files of one publication
are one release.

When a release was published is read from the file, or from its name (prints-2025-08-07.csv), else from
--published-at; never from the clock.

With --watch the program goes on: a file is taken once it is complete (closed, or renamed into the folder), pushed once,
and remembered in DIR/.tidewaiter; one that is refused is moved to DIR/refused with a report beside it; with --keep-going
the rows that are left out are written there. One that cannot be read is told, and tried again when it changes. Files
that begin with a dot or end in .part, .tmp or ~ are left alone. While the daemon is away, it waits.

Examples
  tidewaiter feed comtrade-v1-csv thailand.csv --published-at 2025-06-30
  tidewaiter feed 2026-01-07.csv --set series_id=BOPGSTB
  tidewaiter feed tidy table.csv --dataset MINE --column period=Month --column 'value=flow:X=Exports,M=Imports'
  tidewaiter feed --watch /srv/customs/incoming)";

constexpr char kConvertFooter[] = R"(
-o table     the releases, one a line (the default)
-o csv       tidy CSV that `push` takes back: of one dataset, whose releases only state figures
-o json      everything: {"releases":[{...,"sections":[{...,"observations":[...]}]}]}
-o ndjson    an observation a line
-o pb        the messages of an upload, tidewaiter.v1.UploadReleaseRequest, each after its length

No daemon is needed.

Examples
  tidewaiter convert gacc-query 2024in.csv --set flow=M --published-at 2025-01-20 -o csv
  tidewaiter convert sdmx-csv data.csv --published-at 2025-01-20 -o json)";

// "NAME=TEXT" into a map, once each.
absl::Status TakePair(const std::string& text, std::map<std::string, std::string>* map) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is not NAME=TEXT"));
  }
  const std::string name = text.substr(0, equals);
  if (map->try_emplace(name, text.substr(equals + 1)).second) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, " is given twice"));
}

void AddPairs(CLI::App* app, const std::string& name, std::map<std::string, std::string>* map,
              const std::string& description) {
  app->add_option_function<std::vector<std::string>>(
         name,
         [map, name](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             const absl::Status s = TakePair(text, map);
             if (!s.ok()) throw CLI::ValidationError(name, std::string(s.message()));
           }
         },
         description)
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false)
      ->type_name("NAME=TEXT");
}

absl::Status TakePublished(const std::string& text, feeders::FeedOptions* options) {
  const auto published = feeders::ParsePublication(text);
  if (!published.ok()) return published.status();
  options->published = *published;
  return absl::OkStatus();
}

absl::Status TakeSeparator(const std::string& text, char* separator) {
  if (text == "tab" || text == "\t" || text == "\\t") return *separator = '\t', absl::OkStatus();
  if (text.size() == 1 && (text[0] == ',' || text[0] == ';' || text[0] == '|')) {
    return *separator = text[0], absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is no separator; there are , ; | and tab"));
}

// Before anything is sent or made for it.
absl::Status IsCode(const std::string& text) { return text.empty() ? absl::OkStatus() : ValidateCode(text); }

// The first word may name a format; the rest are files.
void TellFormat(FeedArguments* feed) {
  if (feed->files.empty() || !feeders::FormatOfName(feed->files.front()).ok()) return;
  feed->format = feed->files.front();
  feed->files.erase(feed->files.begin());
}

void NeedFiles(const FeedArguments& feed) {
  if (!feed.files.empty()) return;
  const std::string what = feed.format.empty() ? std::string("name a file")
                                               : absl::StrCat("name a file of the format ", feed.format);
  throw CLI::ValidationError("FILE", absl::StrCat(what, "; - is the standard input"));
}

}  // namespace

CLI::Option* AddFileOptions(CLI::App* app, Options* o) {
  feeders::FeedOptions* options = &o->feed.options;
  CLI::Option* dataset = app->add_option("--dataset", options->dataset,
                                         "The dataset, created if it is missing. Default: the format's own");
  dataset->type_name("ID");
  app->add_option("--publisher", options->publisher,
                  "Of a dataset that is created. Default: the format's, else its id")
      ->type_name("ID");
  app->add_option("--time-zone", options->time_zone,
                  "Of a dataset that is created: where its days end. Default: the format's, else UTC")
      ->type_name("ZONE");
  AddText(
      app, "--published-at", [options](const std::string& t) { return TakePublished(t, options); },
      "When it was published, if the file and its name do not say: a day, an instant, or a clock time there")
      ->type_name("TIME");
  AddPairs(app, "--column", &options->columns, "Which column of the file is what: period=Month. Repeatable");
  AddPairs(app, "--set", &options->constants,
           "A dimension that is the same in every row: reporter=US. Repeatable");
  AddText(
      app, "--separator", [options](const std::string& t) { return TakeSeparator(t, &options->separator); },
      "Between columns: , ; | or tab. Default: guessed from the first line")
      ->type_name("CHAR");
  app->add_option_function<std::string>(
         "--decimal-mark", [options](const std::string& t) { options->decimal_mark = t[0]; },
         "Of numbers, . or , where the file leaves it open")
      ->check(CLI::IsMember({".", ","}))
      ->type_name("CHAR");
  app->add_flag("--keep-going", o->feed.keep_going,
                "Leave out rows that are refused, and say why of the first; by default one refuses all");
  app->add_option("--rejects", o->feed.rejects,
                  "Write the refused rows and what is wrong with them here, as CSV, if there are any")
      ->type_name("FILE");
  return dataset;
}

void AddDraftOptions(CLI::App* app, Options* o) {
  static const std::map<std::string, ReleaseKind> kKinds = {{"regular", ReleaseKind::kRegular},
                                                            {"correction", ReleaseKind::kCorrection},
                                                            {"backfill", ReleaseKind::kBackfill}};
  app->add_option("--agency", o->feed.agency, "Who published the releases. Default: the dataset's publisher")
      ->check(Checked(IsCode))
      ->type_name("ID");
  app->add_option("--stage", o->feed.stage, "Stage of the releases: flash, bulletin, yearbook")
      ->check(Checked(IsCode))
      ->type_name("ID");
  app->add_option("--title", o->feed.title, "Title of the releases, before the files' own")
      ->type_name("TEXT");
  app->add_option_function<std::string>(
         "--kind", [o](const std::string& name) { o->feed.kind = kKinds.at(name); },
         "Label of the releases: regular, correction, backfill")
      ->check(CLI::IsMember({"regular", "correction", "backfill"}))
      ->type_name("KIND");
  app->add_flag("--dry-run", o->feed.dry_run, "Show what would change; store nothing");
}

void AddFeed(CLI::App* app, Options* o) {
  CLI::App* feed = app->add_subcommand("feed", "Push the releases in files of publishers' own formats");
  feed->add_option("FILE", o->feed.files,
                   "A format, if the content does not tell; files, - is the standard input")
      ->type_name("");
  AddFileOptions(feed, o);
  AddDraftOptions(feed, o);
  feed->add_option("--watch", o->feed.folder, "Keep running, and push what comes into this folder")
      ->type_name("DIR");
  feed->add_flag("--once", o->feed.once, "--watch: push what lies in the folder, and end");
  feed->footer(kFeedFooter);
  feed->callback([o] {
    TellFormat(&o->feed);
    o->command = o->feed.folder.empty() ? Options::Command::kFeed : Options::Command::kFeedFolder;
    if (o->feed.folder.empty()) {
      NeedFiles(o->feed);
      if (o->feed.once) throw CLI::ValidationError("--once", "goes with --watch");
    } else if (!o->feed.files.empty()) {
      throw CLI::ValidationError("--watch", "takes the files of its folder; name none");
    } else if (o->feed.dry_run) {
      throw CLI::ValidationError("--watch", "excludes --dry-run");
    } else if (!o->feed.rejects.empty()) {
      throw CLI::ValidationError("--watch",
                                 "writes a report beside each file that is refused; leave --rejects out");
    }
  });

  CLI::App* convert = app->add_subcommand("convert", "Show what a feed of files would push");
  convert
      ->add_option("FILE", o->feed.files,
                   "A format, if the content does not tell; files, - is the standard input")
      ->type_name("");
  AddFileOptions(convert, o);
  convert->footer(kConvertFooter);
  convert->callback([o] {
    o->command = Options::Command::kConvert;
    TellFormat(&o->feed);
    NeedFiles(o->feed);
  });

  CLI::App* formats =
      app->add_subcommand("formats", "List the formats that can be fed, each with an example");
  formats->footer(
      "\nNo daemon is needed. Also: -o FORMAT of what is listed.\n\nExamples\n  tidewaiter formats\n"
      "  tidewaiter feed sdmx-csv data.csv --published-at 2025-01-20\n  tidewaiter convert table.csv -o csv");
  formats->callback([o] { o->command = Options::Command::kFormats; });
}

}  // namespace tidewaiter::cli
