// FRED's JSON, as the API gives it.
#pragma once

#include "absl/status/status.h"
#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// As Feeder::Parse.
absl::Status ParseFredJson(Input& input, const FeedOptions& options, FeedSink& sink);

}  // namespace tidewaiter::feeders
