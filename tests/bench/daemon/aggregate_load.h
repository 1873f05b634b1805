// Aggregates at a past vintage, over gRPC: of one series, of all series at one month, of their sum.
#pragma once

#include <cstdint>
#include <string>

namespace tidewaiter::bench {

// Prints a line each; see `load aggregate`. `only`: "one month", "every month", "peers", "month", "t12m",
// "library", "share", "top", "sum"; "" all.
void LoadAggregates(const std::string& daemon, const std::string& ceiling, const std::string& folder,
                    double seconds, const std::string& only);

// The year-on-year of every series, one month and T12M, in a store of so many releases (`load grow`), at
// vintages from fifty to ten releases ago.
void LoadVintages(const std::string& daemon, std::uint32_t releases, double seconds);

}  // namespace tidewaiter::bench
