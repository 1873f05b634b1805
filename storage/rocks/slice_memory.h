// Slices that were put together before, for whoever asks the same of a period again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "domain/period.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// What is known of a period follows from the chunks that speak of it, in their order, and the scopes that
// cover it, not from the vintage: of two vintages between which no release spoke of June 2024 the slice is
// one.
//   period 2024-06 by chunks 41 44   asked as of 2025-01, 2025-02, 2025-03
//   period 2024-06 by chunks 41 44 60     as of 2025-04
struct SliceOrigin {
  std::uint32_t dataset = 0;
  Period period;
  std::vector<std::uint64_t> statements;  // positions of chunks; of each scope three numbers
  friend bool operator==(const SliceOrigin&, const SliceOrigin&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const SliceOrigin& origin) {
    return H::combine(std::move(state), origin.dataset, origin.period.start().index(), origin.period.months(),
                      origin.statements);
  }
};

// The last used, of so many bytes at most. Thread-safe.
class SliceMemory {
 public:
  using Slice = std::shared_ptr<const PeriodSlice>;
  explicit SliceMemory(std::size_t most_bytes) : most_bytes_(most_bytes) {}
  SliceMemory(const SliceMemory&) = delete;

  // nullptr: it is not remembered.
  Slice Find(const SliceOrigin& origin);
  // Unless it takes more than a share of the room.
  void Insert(SliceOrigin origin, Slice slice);

 private:
  struct Held {
    SliceOrigin origin;
    Slice slice;
    std::size_t bytes = 0;
  };
  using List = std::list<Held>;
  void Forget() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::size_t most_bytes_;
  absl::Mutex mutex_;                  // a leaf
  List held_ ABSL_GUARDED_BY(mutex_);  // the last used first
  absl::flat_hash_map<SliceOrigin, List::iterator> known_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tidewaiter::storage
