// Pushing the releases that lie in files.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "client/cli/feed_arguments.h"
#include "client/cli/session.h"

namespace tidewaiter::cli {

struct PushOutcome {
  std::uint64_t accepted = 0;  // releases
  std::uint64_t held = 0;      // releases that the daemon had already
  std::uint64_t observations = 0;
};

// Reads the files, all of them before anything is kept, and pushes their releases in published order; tells
// about it on the standard error, and writes nothing else. An error leaves what was accepted before it.
absl::StatusOr<PushOutcome> PushFiles(Session& session, const FeedArguments& arguments);

}  // namespace tidewaiter::cli
