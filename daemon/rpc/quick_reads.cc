#include "daemon/rpc/quick_reads.h"

#include <sys/resource.h>

#include <algorithm>

namespace tidewaiter::rpc {
namespace {

// Some ten times a read out of the cache, and far less than a disk takes.
constexpr absl::Duration kSlow = absl::Microseconds(200);
// Reads watched after a slow one, and of how many one is watched anyway.
constexpr std::uint32_t kWatched = 64;
constexpr std::uint32_t kOneIn = 16;
constexpr std::int64_t kShortestPauseNanos = 10'000'000;
constexpr std::int64_t kLongestPauseNanos = 1'000'000'000;

}  // namespace

bool QuickReads::Open(absl::Time now) const {
  return absl::ToUnixNanos(now) >= closed_until_nanos_.load(std::memory_order_relaxed);
}

bool QuickReads::WatchNext() {
  const std::uint32_t read = reads_.fetch_add(1, std::memory_order_relaxed);
  return read % kOneIn == 0 || watch_until_.load(std::memory_order_relaxed) - read - 1 < kWatched;
}

void QuickReads::Report(absl::Time now, absl::Duration took, std::optional<bool> waited) {
  const std::int64_t last_pause = pause_nanos_.load(std::memory_order_relaxed);
  if (took >= kSlow) {
    watch_until_.store(reads_.load(std::memory_order_relaxed) + kWatched, std::memory_order_relaxed);
  }
  if (took < kSlow || !waited.value_or(false)) {
    if (last_pause != 0) pause_nanos_.store(0, std::memory_order_relaxed);
    return;
  }
  const std::int64_t pause = std::clamp(2 * last_pause, kShortestPauseNanos, kLongestPauseNanos);
  pause_nanos_.store(pause, std::memory_order_relaxed);
  closed_until_nanos_.store(absl::ToUnixNanos(now) + pause, std::memory_order_relaxed);
}

long WaitWatch::Waits() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

}  // namespace tidewaiter::rpc
