// Which series any release has stated: those that exist, for whoever asks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "storage/rocks/database.h"

namespace tidewaiter::storage {

// A name is given a number as soon as somebody is about to use it, and an upload that is broken off or
// refused leaves that number behind: names stand in the store that nothing was ever said of. So the commit
// that states a series for the first time says so, in the same write, and only then the series is listed and
// found. A bit a series in memory. Has() may be called at any time from any thread; the others by one thread
// at a time.
class StatedSeries {
 public:
  StatedSeries();
  ~StatedSeries();
  StatedSeries(const StatedSeries&) = delete;
  StatedSeries& operator=(const StatedSeries&) = delete;

  // Reads what was written. A store of before this was kept is looked through once, and is told so: every
  // series with statements is one. DATA_LOSS for what cannot be decoded.
  absl::Status Load(Database* database);

  bool Has(std::uint32_t series) const {
    const Page* const page = pages_[series / kPageBits].load(std::memory_order_acquire);
    const std::uint32_t bit = series % kPageBits;
    return page != nullptr && ((*page)[bit / 64].load(std::memory_order_acquire) >> bit % 64 & 1) != 0;
  }
  // How many there are.
  std::uint64_t count() const { return count_.load(std::memory_order_acquire); }

  // For a write that states `series`, sorted, for the first time as far as was known when they were taken.
  // `position`: of the entry that does, in the log.
  static void AppendRecords(const Database& database, std::uint64_t position,
                            std::span<const std::uint32_t> series, rocksdb::WriteBatch* batch);
  // That write has been made.
  void Add(std::span<const std::uint32_t> series);

 private:
  static constexpr std::uint32_t kPageBits = 1u << 16;
  static constexpr std::size_t kPages = 1u << 16;
  using Page = std::array<std::atomic<std::uint64_t>, kPageBits / 64>;

  absl::Status LookThrough(Database* database);
  Page& PageOf(std::uint32_t series);

  std::vector<std::atomic<Page*>> pages_;
  std::vector<std::unique_ptr<Page>> owned_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace tidewaiter::storage
