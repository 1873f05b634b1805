// Reads of many series and few periods at a vintage, from the chunks of the log.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "storage/rocks/bounded_cache.h"
#include "storage/rocks/requests.h"
#include "storage/rocks/slice_table.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// What is stated about a period by a chunk never changes, so that it can be remembered as it was decoded.
//   dataset, position of the chunk, start of the period, its months
using SliceKey = std::tuple<std::uint32_t, std::uint64_t, std::int32_t, std::int32_t>;
using SliceCache = BoundedCache<SliceKey, std::shared_ptr<const ChunkSlice>>;

// Thread-safe. What one read holds beside its answer is bounded, and so is what is remembered of earlier
// ones.
class CrossSectionReader {
 public:
  CrossSectionReader(const StoreParts* store, std::size_t cache_bytes) : store_(store), cache_(cache_bytes) {}
  // As VintageStore::ReadSlices, if that is right and worth while; else false, and the series must be read
  // one by one: scopes cover some series of the dataset and not others, or it has fewer series than chunks to
  // be read. REQUIRES: the index of periods is complete, vintage.sequence <= head.
  absl::StatusOr<bool> Read(std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                            absl::FunctionRef<bool(const Period&)> wanted,
                            std::vector<PeriodSlice>* slices) const;

 private:
  const StoreParts* const store_;
  mutable SliceCache cache_;
};

}  // namespace tidewaiter::storage
