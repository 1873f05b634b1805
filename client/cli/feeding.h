// From the files of a command line to releases in order: what push, feed and convert share.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/feed_arguments.h"
#include "client/cli/progress.h"
#include "client/cli/session.h"
#include "client/feeders/release_sorter.h"

namespace tidewaiter::cli {

// Finds the definition in force for a format's profile.
using DatasetResolver = std::function<absl::StatusOr<DatasetDefinition>(const DatasetDefinition& profile)>;

// Reads every file and puts what they hold in order. Tells on the standard error what became of each; the
// error holds all that is wrong in all of them. Nothing is sent.
absl::StatusOr<std::unique_ptr<feeders::ReleaseSorter>> ReadFiles(Session& session,
                                                                  const FeedArguments& arguments,
                                                                  DatasetResolver resolve);

// Error: the days of a dataset that is to be created end in no zone that there is.
absl::Status CheckTimeZone(const DatasetDefinition& profile);

// For ReadFile: datasets found by `resolve`, nothing from the future.
feeders::DraftOptions OptionsOfDrafts(DatasetResolver resolve);

// Reads one file ("-": the standard input) into `sink`, which has been told its name. Shows how far it is.
// CANCELLED once the session's client is.
absl::Status ReadFile(Session& session, const std::string& path, const FeedArguments& arguments,
                      Progress& progress, feeders::ReleaseDrafts& sink);
// Of what ReadFile returned: the file is at fault, not the disk, the daemon or who pressed Ctrl-C.
bool IsFaultOfFile(const absl::Status& status);

// What became of a file, in a line for people.
std::string Told(const feeders::FileTally& file);

// What is said to the daemon of a release: what the files say, and the command line in its place.
client::ReleaseDraft DraftOf(const feeders::FedRelease& release, const FeedArguments& arguments);

}  // namespace tidewaiter::cli
