// What a push tells of the releases that the daemon took.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/feed_arguments.h"
#include "client/cli/pusher.h"
#include "client/cli/records.h"
#include "client/cli/session.h"
#include "client/feeders/release_drafts.h"

namespace tidewaiter::cli {

// AGENCY/RELEASE, as the daemon will name it. `datasets`: those of its sections, and others.
std::string PushedName(const feeders::FedRelease& release, const FeedArguments& arguments,
                       const std::vector<DatasetDefinition>& datasets);

// Add for each release; then Finish, or Close when the rest is given up. Not thread-safe.
class PushLog {
 public:
  // `listed`: the releases are written out, one a record.
  PushLog(Session& session, bool listed);
  void Add(const feeders::FedRelease& release, const std::string& name, const client::PushResult& result);
  void Close();
  PushOutcome Finish();

 private:
  Session& session_;
  std::optional<RecordWriter> writer_;
  PushOutcome outcome_;
  std::size_t retracted_ = 0;  // of those held
};

}  // namespace tidewaiter::cli
