// Errors for people: a sentence, what is wrong with which field, and what to do.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tidewaiter::cli {

// Some lines, the first starting with "tidewaiter: ". `address`: of the daemon, for errors of the connection.
std::string Explain(const absl::Status& status, std::string_view address);

}  // namespace tidewaiter::cli
