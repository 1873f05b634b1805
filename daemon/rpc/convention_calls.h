// The calls of AnalysisService about the conventions of a dataset, and what follows from them.
#pragma once

#include "absl/status/status.h"
#include "daemon/rpc/call.h"
#include "tidewaiter/v1/analysis_service.pb.h"

namespace tidewaiter::rpc {

absl::Status HandleSetConventions(Call& call, const v1::SetConventionsRequest& request,
                                  v1::SetConventionsResponse* response);
absl::Status HandleGetConventions(Call& call, const v1::GetConventionsRequest& request,
                                  v1::GetConventionsResponse* response);
absl::Status HandleTally(Call& call, const v1::TallyImpliedRevisionsRequest& request,
                         v1::TallyImpliedRevisionsResponse* response);

}  // namespace tidewaiter::rpc
