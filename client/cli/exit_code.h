// How the program ends.
#pragma once

#include "absl/status/status.h"

namespace tidewaiter::cli {

inline constexpr int kOk = 0;
inline constexpr int kFailure = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotFound = 3;
inline constexpr int kNotPermitted = 4;
inline constexpr int kUnavailable = 5;  // or past its deadline
inline constexpr int kInvalid =
    6;  // refused: by the daemon, or a file that cannot be read as what it should be
inline constexpr int kInterrupted = 130;

int ExitCodeOf(const absl::Status& status);

}  // namespace tidewaiter::cli
