// The datasets that a push goes to: those that the daemon holds, and those that it is to hold.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "client/cli/feed_arguments.h"
#include "client/cli/feeding.h"
#include "client/cli/session.h"

namespace tidewaiter::cli {

// Not thread-safe. Must outlive the resolvers that it hands out.
class TargetDatasets {
 public:
  TargetDatasets(Session& session, const FeedArguments& arguments)
      : session_(session), arguments_(arguments) {}

  // For one pass over the files: finds what the daemon holds; else the profile, which is to be created then.
  // Forgets what passes before it found missing.
  DatasetResolver Resolver();
  const std::vector<DatasetDefinition>& missing() const { return missing_; }
  // Creates what is missing, and says so.
  absl::Status Create();

 private:
  absl::StatusOr<DatasetDefinition> Resolve(const DatasetDefinition& profile);

  Session& session_;
  const FeedArguments& arguments_;
  std::vector<DatasetDefinition> missing_;
};

}  // namespace tidewaiter::cli
