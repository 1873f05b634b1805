// Pushing a large file while it is read.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/feed_arguments.h"
#include "client/cli/session.h"
#include "client/cli/target_datasets.h"
#include "client/feeders/straight_pass.h"

namespace tidewaiter::cli {

// A file of one release in canonical order, without a wrong row, goes straight into an upload; nothing of it
// is kept on disk, and but a block of it in memory. If its dataset is missing, the file is gone through
// before, so that a bad one changes nothing. Not thread-safe.
class StraightPush {
 public:
  // Is it worth the attempt? One regular file that is larger than what ReleaseSorter holds in memory, and no
  // option that asks for the rows that are refused.
  static bool Qualifies(const FeedArguments& arguments);

  // `targets` must outlive it.
  StraightPush(Session& session, const FeedArguments& arguments, TargetDatasets& targets)
      : session_(session), arguments_(arguments), targets_(targets) {}

  // None: the file is not of that kind; nothing has changed, and ReadFiles() is to read it. The error is the
  // daemon's.
  absl::StatusOr<std::optional<client::PushResult>> Run();

  // REQUIRES: Run() returned a result.
  const feeders::FedRelease& release() const { return release_; }
  const std::string& name() const { return name_; }

 private:
  // Goes through the file once; sends it if no dataset is missing. False: it is not of that kind.
  absl::StatusOr<bool> Pass(std::optional<client::PushResult>& result);

  Session& session_;
  const FeedArguments& arguments_;
  TargetDatasets& targets_;
  feeders::FedRelease release_;
  std::string name_;
};

}  // namespace tidewaiter::cli
