// What the check of an entry found, as messages of a subscription.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/findings.h"
#include "daemon/rpc/selection.h"
#include "grpcpp/support/byte_buffer.h"

namespace tidewaiter::rpc {

// What the entry `sequence` found and settled about the selected series, in messages of some `message_bytes`
// each; the last one says so. Nothing found: none, or, if `tell_nothing`, one that says that. Blocks.
// REQUIRES: findings.state().position >= sequence.
absl::StatusOr<std::vector<grpc::ByteBuffer>> FindingMessages(const engine::Findings& findings,
                                                              Sequence sequence, const Selection& selection,
                                                              bool tell_nothing, std::size_t message_bytes);

}  // namespace tidewaiter::rpc
