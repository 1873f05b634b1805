// The series that are asked for often, decoded; bounded, and never older than the store.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "storage/rocks/decoded_series.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// While there is room, a series that is asked for is remembered. After that only one that is missed for the
// second time within about as many misses as there is room for series: one walk through the whole store
// drives nothing out. When room is needed, what was not asked for since the hand last came by goes (CLOCK).
//
// What is written is forgotten, not brought up to date. A writer calls Forget() after its operands can be
// read and before the head moves; a reader that may have read before them is refused:
//
//   reader   mark = Mark()   reads the store                                  Put(mark): refused
//   writer                                      writes   Forget(): mark moves                    head moves
//
// Thread-safe: sixteen shards, a lock each.
class SeriesMemory {
 public:
  // At most about so many bytes; 0: remembers nothing.
  explicit SeriesMemory(std::uint64_t bytes);
  SeriesMemory(const SeriesMemory&) = delete;

  struct Found {
    bool known = false;  // false: missed
    std::shared_ptr<const DecodedSeries>
        series;                   // of a known one; null: it is to be folded, and not remembered
    bool worth_decoding = false;  // of a missed one
  };
  // `asked`: a miss is noted. Others, who go through whatever a release has changed, say nothing about what
  // will be asked for.
  Found Find(std::uint32_t series, bool asked = true);

  using MarkValue = std::uint64_t;
  // To be taken before the store is read.
  MarkValue Mark() const { return mark_.load(std::memory_order_seq_cst); }
  // `decoded`: null for a series that is to be folded. Does nothing if anything was written since `mark`.
  void Put(std::uint32_t series, MarkValue mark, std::shared_ptr<const DecodedSeries> decoded);

  // The statements about these series have changed; they may repeat.
  template <typename Refs>
  void Forget(const Refs& refs) {
    if (!enabled_ || refs.empty()) return;
    MoveMark();
    for (const auto& ref : refs) {
      if (Counter(ref.series).load(std::memory_order_seq_cst) != 0) ForgetOne(ref.series);
    }
  }
  void ForgetAll();

  bool enabled() const { return enabled_; }
  SeriesMemoryStatus Status() const;

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kCounters = 1u << 14;
  struct Slot {
    std::uint32_t series = 0;
    bool used = false;   // holds something
    bool asked = false;  // since the hand came by
    std::uint64_t bytes = 0;
    std::shared_ptr<const DecodedSeries> decoded;
  };
  struct alignas(64) Shard {
    mutable absl::Mutex mutex;  // a leaf
    absl::flat_hash_map<std::uint32_t, std::uint32_t> slot_of ABSL_GUARDED_BY(mutex);
    std::vector<Slot> ring ABSL_GUARDED_BY(mutex);
    std::vector<std::uint32_t> free ABSL_GUARDED_BY(mutex);
    std::size_t hand ABSL_GUARDED_BY(mutex) = 0;
    std::uint64_t bytes ABSL_GUARDED_BY(mutex) = 0;
    std::vector<std::uint32_t> missed ABSL_GUARDED_BY(mutex);  // once; by hash, the newest stays
    std::uint64_t hits ABSL_GUARDED_BY(mutex) = 0;
    std::uint64_t misses ABSL_GUARDED_BY(mutex) = 0;
    std::uint64_t evicted ABSL_GUARDED_BY(mutex) = 0;
  };

  static std::uint32_t HashOf(std::uint32_t series) { return series * 0x9E3779B1u; }
  Shard& ShardOf(std::uint32_t series) { return shards_[HashOf(series) >> 28]; }
  // How many remembered series share this place, so that a writer need not ask for each under a lock.
  std::atomic<std::uint32_t>& Counter(std::uint32_t series) { return counters_[series % kCounters]; }
  void MoveMark() { mark_.fetch_add(1, std::memory_order_seq_cst); }
  void ForgetOne(std::uint32_t series);
  void Drop(Shard& shard, std::uint32_t slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  void MakeRoom(Shard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  const bool enabled_;
  const std::uint64_t bytes_per_shard_;
  std::atomic<MarkValue> mark_{0};
  std::array<Shard, kShards> shards_;
  std::vector<std::atomic<std::uint32_t>> counters_;
};

}  // namespace tidewaiter::storage
