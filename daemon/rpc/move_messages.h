// The aggregates that a release moved, as messages of a subscription.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/aggregate_moves.h"
#include "daemon/engine/aggregates.h"
#include "daemon/engine/kept_conventions.h"
#include "grpcpp/support/byte_buffer.h"
#include "storage/store.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::rpc {

// The aggregates of one subscriber. Immutable.
struct Followed {
  AggregateQuery query;
  std::string name;  // equal for equal queries, and for them only
};

// Every violation at once; fields under "aggregates[i]". NOT_FOUND for a dataset that does not exist.
absl::StatusOr<std::vector<Followed>> ReadFollowed(const v1::SubscribeRequest& request,
                                                   const engine::Aggregates& aggregates,
                                                   const engine::KeptConventions& conventions);

// What the entry `sequence` moved of them: the first parts of the release, of some `message_bytes` each.
// None: nothing. Blocks.
absl::StatusOr<std::vector<grpc::ByteBuffer>> MoveMessages(const std::vector<Followed>& followed,
                                                           Sequence sequence, const storage::Store& store,
                                                           engine::AggregateFeed& feed,
                                                           std::size_t message_bytes);

}  // namespace tidewaiter::rpc
