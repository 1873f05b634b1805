// Which place a sequence has in a block's dictionary of releases.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/vintage.h"

namespace tidewaiter::convert {

// Numbers sequences in the order in which they are first seen. Those of one series, period by period, nearly
// always ascend, so that a sorted list does; the first that comes too late to be sorted in begins a hash map.
// Not thread-safe.
class SequenceIndex {
 public:
  // The number of `sequence`, and whether it is new.
  std::pair<std::uint32_t, bool> Find(Sequence sequence) {
    if (hashed_.empty()) {
      const auto next = static_cast<std::uint32_t>(ascending_.size());
      if (next == 0 || ascending_.back() < sequence) {
        ascending_.push_back(sequence);
        return {next, true};
      }
      const auto at = std::lower_bound(ascending_.begin(), ascending_.end(), sequence);
      if (*at == sequence) return {static_cast<std::uint32_t>(at - ascending_.begin()), false};
      for (std::uint32_t i = 0; i < next; ++i) hashed_.emplace(ascending_[i], i);
    }
    const auto [it, is_new] = hashed_.try_emplace(sequence, static_cast<std::uint32_t>(hashed_.size()));
    return {it->second, is_new};
  }
  void Clear() {
    ascending_.clear();
    hashed_.clear();
  }

 private:
  std::vector<Sequence> ascending_;  // until one comes that would not be
  absl::flat_hash_map<Sequence, std::uint32_t> hashed_;
};

}  // namespace tidewaiter::convert
