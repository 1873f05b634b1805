#include "daemon/rpc/quick_reads.h"

#include <sys/resource.h>

#include <algorithm>

namespace tidewaiter::rpc {
namespace {

// Some ten times a read out of the cache, and far less than a disk takes.
constexpr absl::Duration kSlow = absl::Microseconds(200);
constexpr std::int64_t kShortestPauseNanos = 10'000'000;
constexpr std::int64_t kLongestPauseNanos = 1'000'000'000;

}  // namespace

bool QuickReads::Open(absl::Time now) const {
  return absl::ToUnixNanos(now) >= closed_until_nanos_.load(std::memory_order_relaxed);
}

void QuickReads::Report(absl::Time now, absl::Duration took, bool waited) {
  const std::int64_t last_pause = pause_nanos_.load(std::memory_order_relaxed);
  if (took < kSlow || !waited) {
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
