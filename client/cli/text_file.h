// Small text files that the daemon is to keep: calendars, conventions.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace tidewaiter::cli {

// The whole file, or the standard input for "-"; of a file longer than `limit` somewhat more than that, for
// the daemon to refuse. Error: it cannot be read, field "--set".
absl::StatusOr<std::string> ReadTextFile(const std::string& file, std::size_t limit);

}  // namespace tidewaiter::cli
