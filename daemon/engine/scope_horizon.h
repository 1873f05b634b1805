// How new the scopes are that a release may lie under.
#pragma once

#include <limits>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "domain/instant.h"
#include "domain/vintage.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Tells, for every sequence, the newest publication with a scope among the releases before it. A release that
// was published no earlier lies under no scope, which saves a read of every series that it states something
// new about.
//
//   sequence                1   2 (scope)  3   4 (scope)  5 (scope)
//   published on day        8   3          9   2          7
//   newest before it        -   -          3   3          3          (6: 7)
//
// Learns the log as it is asked, once; keeps 16 bytes for every time that the answer rises. Thread-safe; the
// first question blocks.
class ScopeHorizon {
 public:
  explicit ScopeHorizon(const storage::ReleaseLog* log) : log_(log) {}

  // What there is none of has been published then.
  static constexpr Instant kNever = Instant::FromMicros(std::numeric_limits<std::int64_t>::min());

  // No release before `sequence` that has a scope was published after this; kNever: there is none. REQUIRES:
  // sequence - 1 <= head.
  absl::StatusOr<Instant> NewestBefore(Sequence sequence);

 private:
  absl::Status LearnUpTo(Sequence sequence) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const storage::ReleaseLog* const log_;
  absl::Mutex mutex_;
  Sequence learnt_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::pair<Sequence, Instant>> rises_ ABSL_GUARDED_BY(mutex_);  // both ascend
};

}  // namespace tidewaiter::engine
