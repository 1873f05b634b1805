// The scopes of REPLACE and DELETE sections, in memory: which of them cover a series.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "domain/period.h"
#include "domain/release.h"
#include "domain/vintage.h"

namespace tidewaiter::storage {

// Scopes on one series are found by its key; the others of a dataset are tried one by one. Some 200 bytes a
// scope. Self-synchronised.
class ScopeIndex {
 public:
  struct Covering {
    Sequence sequence = 0;
    std::uint32_t section = 0;
    PeriodRange periods;
  };

  bool empty() const { return empty_.load(std::memory_order_acquire); }
  void Add(std::uint32_t dataset, Sequence sequence, std::uint32_t section, const Scope& scope);
  // The scopes with sequence <= `sequence` that cover the series, in order of their sequences.
  std::vector<Covering> Find(std::uint32_t dataset, std::string_view series_key, Sequence sequence) const;
  // All scopes of a dataset with sequence <= `sequence`, if each of them covers every series; else nothing.
  std::optional<std::vector<Covering>> FindIfOfAllSeries(std::uint32_t dataset, Sequence sequence) const;

 private:
  struct Wide {
    Covering covering;
    Selector selector;
  };
  struct Dataset {
    std::vector<Wide> wide;
    absl::flat_hash_map<std::string, std::vector<Covering>> by_series;
  };

  std::atomic<bool> empty_{true};
  mutable absl::Mutex mutex_;  // a leaf
  absl::flat_hash_map<std::uint32_t, Dataset> datasets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tidewaiter::storage
