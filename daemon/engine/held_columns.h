// What was held of the cells that a part of a release states, read by period.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "domain/change.h"
#include "domain/period.h"
#include "domain/release.h"
#include "domain/vintage.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// From so many series on reading a period of a whole dataset may cost less than reading each of them.
inline constexpr std::size_t kLeastSeriesByPeriod = 64;

// A monthly release states a few periods of many series. Reading each series costs some 10 us; a period of
// all series of a dataset, whose columns the store remembers, some 0.1 us for each that it has. So one of the
// two is taken, for each dataset.
//
// Not thread-safe. Must not outlive its store.
class HeldColumns {
 public:
  HeldColumns(const storage::Store* store, const Vintage& vintage) : store_(*store), vintage_(vintage) {}

  // Reads what was held of the cells that `part` states, dataset by dataset, where that costs less than
  // reading its series. REQUIRES: there is no scope at the vintage: it would make the store go through every
  // series of the dataset.
  void Read(std::span<const SectionHeader* const> sections, const storage::ReleasePart& part,
            std::size_t least_series);

  using Slices = std::vector<storage::PeriodSlice>;
  // nullptr: the dataset has not been read.
  const Slices* Of(std::string_view dataset) const;
  // What was held of a cell, without texts and without `value_since`, which no column tells; none: nothing.
  absl::StatusOr<std::optional<CellState>> Find(const Slices& slices, storage::SeriesId series,
                                                Period period) const;

 private:
  const storage::Store& store_;
  const Vintage vintage_;
  absl::flat_hash_map<std::string, Slices> slices_;  // of a dataset, periods ascending
};

}  // namespace tidewaiter::engine
