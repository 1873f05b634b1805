// FRED's CSV, or text separated by tabs.
#pragma once

#include "absl/status/status.h"
#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// As Feeder::Parse.
absl::Status ParseFredCsv(Input& input, const FeedOptions& options, FeedSink& sink);

}  // namespace tidewaiter::feeders
