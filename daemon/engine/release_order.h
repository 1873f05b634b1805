// The releases that slices come from, in order of publication.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "domain/month_sums.h"
#include "domain/vintage.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Ranks sequences, so that of many cells the one that was published last is found by comparing integers.
// Immutable once read; thread-safe.
class ReleaseOrder {
 public:
  using Release = MonthSums::Release;
  ReleaseOrder() = default;
  // None: no cell, or sequences too far apart for a table. Errors: the store's.
  static absl::StatusOr<ReleaseOrder> Read(const storage::Store& store, const storage::SharedSlices& slices);

  bool empty() const { return releases_.empty(); }
  // Index into releases(). REQUIRES: some cell has that sequence.
  std::uint32_t RankOf(Sequence sequence) const { return ranks_[sequence - first_]; }
  const std::vector<Release>& releases() const { return releases_; }  // by (published_at, sequence)

 private:
  Sequence first_ = 0;
  std::vector<std::uint32_t> ranks_;  // by sequence, less the first
  std::vector<Release> releases_;
};

}  // namespace tidewaiter::engine
