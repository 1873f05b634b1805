// What it costs to push aggregates to those who follow them.
#pragma once

#include <string>

namespace tidewaiter::bench {

// Prints a line without and a line with a wish; see `load pushed`.
void LoadPushed(const std::string& daemon, const std::string& folder);

}  // namespace tidewaiter::bench
