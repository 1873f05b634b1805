// Aggregates at a past vintage, over gRPC: of one series, of all series at one month, of their sum.
#pragma once

#include <string>

namespace tidewaiter::bench {

// Prints a line each; see `load aggregate`. `only`: "one month", "every month", "peers", "month", "t12m", "sum";
// "" all.
void LoadAggregates(const std::string& daemon, const std::string& ceiling, const std::string& folder,
                    double seconds, const std::string& only);

}  // namespace tidewaiter::bench
