// Reads of many series and few periods at a vintage, from the chunks of the log.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "storage/rocks/bounded_cache.h"
#include "storage/rocks/chunk_index.h"
#include "storage/rocks/requests.h"
#include "storage/rocks/slice_memory.h"
#include "storage/rocks/slice_table.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// What is stated about a period by a chunk never changes, so that it can be remembered as it was decoded.
//   dataset, position of the chunk, start of the period, its months
using SliceKey = std::tuple<std::uint32_t, std::uint64_t, std::int32_t, std::int32_t>;
using SliceCache = BoundedCache<SliceKey, std::shared_ptr<const ChunkSlice>>;

inline constexpr std::size_t kAnyChunks = std::numeric_limits<std::size_t>::max();

struct SliceLimits {
  std::size_t cache_bytes = 0;   // of decoded chunks, remembered between reads
  std::size_t memory_bytes = 0;  // of whole slices, likewise
  std::size_t table_bytes = 0;   // of the tables of a read; beyond, its periods are read a part at a time
};

// Thread-safe. What one read holds beside its answer is bounded, and so is what is remembered of earlier
// ones.
class CrossSectionReader {
 public:
  CrossSectionReader(const StoreParts* store, const SliceLimits& limits);
  // As VintageStore::ReadSlices, if that is right and worth while; else false, and the series must be read
  // one by one: scopes cover some series of the dataset and not others, or it has fewer series than chunks to
  // be read, or those are more than `most_chunks`. REQUIRES: the index of periods is complete,
  // vintage.sequence <= head.
  absl::StatusOr<bool> Read(std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                            std::size_t most_chunks, absl::FunctionRef<bool(const Period&)> wanted,
                            std::vector<PeriodSlice>* slices) const;
  // The same as VintageStore::ReadSharedSlices. Slices that are remembered cost a look at who speaks of the
  // period, no more.
  absl::StatusOr<bool> ReadShared(std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                                  absl::FunctionRef<bool(const Period&)> wanted, SharedSlices* slices) const;

 private:
  const StoreParts* const store_;
  const std::size_t table_bytes_;
  mutable SliceCache cache_;
  mutable SliceMemory memory_;
};

}  // namespace tidewaiter::storage
