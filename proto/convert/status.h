// Errors between wire and domain: canonical code, one google.rpc.ErrorInfo, all field violations.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "domain/errors.h"
#include "grpcpp/support/status.h"

namespace tidewaiter::convert {

// google.rpc.ErrorInfo.domain of every error that we make.
inline constexpr char kErrorDomain[] = "tidewaiter";

// The canonical code of a reason: the one table. kUnknown has none, and kLimitExceeded has two
// (INVALID_ARGUMENT for what a request asks, RESOURCE_EXHAUSTED for what the daemon can bear): for both, the
// error's own code stands.
std::optional<absl::StatusCode> CodeOf(Reason reason);
// How long to wait before trying again, where trying again can help.
std::optional<absl::Duration> RetryDelayOf(absl::StatusCode code, Reason reason);

// The details are kept within what every client takes as trailing metadata (8 KiB in all): of very many
// violations the first are told, and ErrorInfo.metadata["violations_found"] says how many there were.
// `request_id` goes into google.rpc.RequestInfo, unless empty.
grpc::Status ToGrpc(const absl::Status& status, const std::string& request_id = "");

// The other way; a status without details of ours has reason kUnknown. RetryInfo becomes metadata
// "retry_delay_ms", RequestInfo metadata "request_id".
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace tidewaiter::convert
