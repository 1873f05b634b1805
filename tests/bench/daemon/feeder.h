// One process that feeds the daemon by client streaming.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "grpcpp/channel.h"
#include "tests/bench/daemon/workload.h"

namespace tidewaiter::bench {

void CreateDataset(const std::shared_ptr<grpc::Channel>& channel, std::string_view id,
                   const std::vector<std::string>& dimensions);

// Gives the next piece of the release under way: rows that ascend over all its pieces; empty at its end.
using NextRows = std::function<Rows()>;

// The upload of one release. Blocks are built on a thread of their own while others are sent. Not
// thread-safe, but its functions may be called from different threads one after the other.
class ReleaseUpload {
 public:
  ReleaseUpload(const std::shared_ptr<grpc::Channel>& channel, const std::string& release_id,
                std::int64_t published_seconds, NextRows next);
  ~ReleaseUpload();
  // Sends everything but the end: nothing can be committed yet.
  void Send();
  // Sends the end.
  void End();
  // Returns when the release is durable.
  void Finish();

 private:
  struct Call;
  std::unique_ptr<Call> call_;
};

// One release; returns when it is durable.
void Upload(const std::shared_ptr<grpc::Channel>& channel, const std::string& release_id,
            std::int64_t published_seconds, const NextRows& next);

}  // namespace tidewaiter::bench
