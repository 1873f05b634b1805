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

// Uploads one release; returns when it is durable. Blocks are built on a thread of their own while others are
// sent.
void Upload(const std::shared_ptr<grpc::Channel>& channel, const std::string& release_id,
            std::int64_t published_seconds, const NextRows& next);

}  // namespace tidewaiter::bench
