// What subscribers of a kind follow.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "daemon/rpc/indexed_part.h"
#include "daemon/rpc/selection.h"
#include "daemon/rpc/series_bits.h"

namespace tidewaiter::rpc {

// A selection with its options, interned: equal ones are one object while somebody uses it. Thread-safe.
class Following {
 public:
  Following(Selection followed, bool omit_confirmed_cells, std::uint64_t unique)
      : selection(std::move(followed)), omit_confirmed(omit_confirmed_cells), id(unique) {}

  const Selection selection;
  const bool omit_confirmed;
  const std::uint64_t id;

  using Runs = std::shared_ptr<const std::vector<SeriesRun>>;
  // As Selection::Match. What matched last is remembered: the next part may be of the same series.
  Runs Match(const IndexedPart& part) const;

 private:
  // More are looked for anew: what ten thousand subscribers remember stays below 20 MB.
  static constexpr std::size_t kRunsRemembered = 256;

  mutable absl::Mutex mutex_;                                // no other lock is taken while it is held
  mutable std::uint64_t index_ ABSL_GUARDED_BY(mutex_) = 0;  // id of that of which `matched_` are the runs
  mutable Runs matched_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tidewaiter::rpc
