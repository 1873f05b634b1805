// ReleaseService.ListChanges: what a release changed, page by page.
#pragma once

#include "absl/status/status.h"
#include "daemon/rpc/call.h"
#include "tidewaiter/v1/release_service.pb.h"

namespace tidewaiter::rpc {

// Blocks. Memory: a part of the engine's, and the page.
absl::Status HandleListChanges(Call& call, const v1::ListChangesRequest& request,
                               v1::ListChangesResponse* response);

}  // namespace tidewaiter::rpc
