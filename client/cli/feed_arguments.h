// What push, feed and convert are told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/feeders/feeder.h"
#include "domain/release.h"

namespace tidewaiter::cli {

struct FeedArguments {
  std::string format;              // empty: the content of each file tells
  std::vector<std::string> files;  // "-" is the standard input
  feeders::FeedOptions options;    // `file` is left empty
  std::string agency;              // in place of what the files say; empty: what they say
  std::string stage;
  std::string title;  // before the files' own
  std::optional<ReleaseKind> kind;
  bool dry_run = false;
  bool keep_going = false;
  std::string rejects;    // a file for refused rows
  std::string folder;     // feed: watched; then there are no files
  bool once = false;      // feed: what lies in the folder, then an end
  bool protobuf = false;  // convert: -o pb
};

}  // namespace tidewaiter::cli
