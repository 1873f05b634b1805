// What the options_*.cc files share: one such file a family of commands, put together in options.cc. They are
// the only sources that include CLI11, which takes seconds to compile.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/options.h"
#include "client/client.h"

namespace tidewaiter::cli {

// Texts of options that have a type of their own: each writes what `text` says, or answers with a sentence.
absl::Status TakeTarget(const std::string& text, Target* target);
absl::Status TakeAsOf(const std::string& text, client::VintageQuery* vintage);
absl::Status TakeMonth(const std::string& text, std::optional<Month>* month);
absl::Status TakeSequence(const std::string& text, std::optional<Sequence>* sequence);

// A check that is passed where `take` is content.
CLI::Validator Checked(const std::function<absl::Status(const std::string&)>& take);
// Adds an option whose text `take` reads; it may be given once.
CLI::Option* AddText(CLI::App* app, const std::string& names,
                     std::function<absl::Status(const std::string&)> take, const std::string& description);
// A check that is passed by whole numbers from `low` to `high`, without a sign but -.
CLI::Validator Whole(std::int64_t low, std::int64_t high);
// Adds the options that say which figures are computed, --window to --denominator; --lag, unless there is
// one.
void AddFigureWords(CLI::App* app, Options* o);
// Whether any of them was given; `but_lag`: other than --lag.
bool NamesFigures(const CLI::App& app, bool but_lag = false);
// Adds the argument DATASET/KEY.
CLI::Option* AddTarget(CLI::App* app, Options* o, const std::string& description);

// An option that only some commands take, with their names.
struct Restricted {
  CLI::Option* option;
  std::vector<std::string> commands;
};
// Adds the options that stand before or after any command.
std::vector<Restricted> AddGlobals(CLI::App* app, Options* o, client::Tls* tls, bool* use_tls);

// How files are to be read: push, feed and convert share them. Returns --dataset.
CLI::Option* AddFileOptions(CLI::App* app, Options* o);
// What is said of the releases: push and feed share them.
void AddDraftOptions(CLI::App* app, Options* o);

void AddPush(CLI::App* app, Options* o);
void AddFeed(CLI::App* app, Options* o);  // feed, convert, formats
void AddRetract(CLI::App* app, Options* o);
void AddReaders(CLI::App* app, Options* o);  // datasets, series, releases, get, history
void AddAggregate(CLI::App* app, Options* o);
void AddDiff(CLI::App* app, Options* o);
void AddTriangle(CLI::App* app, Options* o);
void AddPlot(CLI::App* app, Options* o);
void AddWatch(CLI::App* app, Options* o);
void AddFindings(CLI::App* app, Options* o);
void AddRevisions(CLI::App* app, Options* o);
void AddMirror(CLI::App* app, Options* o);
void AddCalendar(CLI::App* app, Options* o);
void AddConventions(CLI::App* app, Options* o);
void AddStatus(CLI::App* app, Options* o);  // status, version

}  // namespace tidewaiter::cli
