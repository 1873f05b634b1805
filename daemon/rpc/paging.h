// How much goes into one answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace tidewaiter::rpc {

// Answers end early when they reach this size: callers take 4 MiB unless they say otherwise.
inline constexpr std::size_t kPageBytes = 2u << 20;
// Series that one page looks at, at most: a page may end early, and with nothing in it, if little is visible.
inline constexpr std::size_t kSeriesPerPage = 200'000;

// The page size that a request asks for: `given`, or the default if it is 0. Error: over
// limits::kMaxPageSize.
absl::StatusOr<std::size_t> PageSize(std::uint32_t given, std::size_t default_size);

}  // namespace tidewaiter::rpc
