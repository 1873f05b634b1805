// Aggregates at a past vintage, over gRPC: of one series, of all series at one month, of their sum.
#pragma once

#include <string>

namespace tidewaiter::bench {

// Prints a line each; see `load aggregate`.
void LoadAggregates(const std::string& daemon, const std::string& ceiling, const std::string& folder,
                    double seconds);

}  // namespace tidewaiter::bench
