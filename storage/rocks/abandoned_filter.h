// Forgets what abandoned uploads left behind, whenever RocksDB rewrites its tables.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "storage/rocks/release_table.h"

namespace rocksdb {
class CompactionFilter;
}

namespace tidewaiter::storage {

// Which positions will never begin a release: those from before this opening of the store that begin none by
// now. Nothing is abandoned until Arm() is called. Thread-safe.
class AbandonedPositions {
 public:
  // `releases` knows every release that begins below `below`, and outlives this.
  void Arm(const ReleaseTable* releases, std::uint64_t below) {
    below_.store(below, std::memory_order_relaxed);
    releases_.store(releases, std::memory_order_release);
  }
  bool Has(std::uint64_t position) const {
    const ReleaseTable* releases = releases_.load(std::memory_order_acquire);
    return releases != nullptr && position < below_.load(std::memory_order_relaxed) &&
           releases->SequenceAt(position) == 0;
  }

 private:
  std::atomic<const ReleaseTable*> releases_{nullptr};
  std::atomic<std::uint64_t> below_{0};
};

// For the series: takes operands of abandoned positions out, and leaves what it cannot decode to be found by
// readers. For the log: takes their chunks away; begin records stay, so that no position is ever used again.
std::unique_ptr<rocksdb::CompactionFilter> NewOperandFilter(
    std::shared_ptr<const AbandonedPositions> abandoned);
std::unique_ptr<rocksdb::CompactionFilter> NewChunkFilter(
    std::shared_ptr<const AbandonedPositions> abandoned);
// For the periods: takes away what the index says of chunks of abandoned positions.
std::unique_ptr<rocksdb::CompactionFilter> NewPeriodFilter(
    std::shared_ptr<const AbandonedPositions> abandoned);

}  // namespace tidewaiter::storage
