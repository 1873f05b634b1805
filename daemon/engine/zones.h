// Time zones by name, from the system's tables.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tidewaiter::engine {

// "Asia/Shanghai". Error: InvalidField("time_zone") naming the name. Thread-safe; cached.
absl::StatusOr<absl::TimeZone> FindZone(std::string_view name);

}  // namespace tidewaiter::engine
