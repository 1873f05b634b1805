// Attributes that a message attaches to a part of a key: groups of series, a series, a month of all series.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

namespace tidewaiter::feeders {

// Texts of components by partial keys. Not thread-safe.
//
//   Add   ref_area=CN partner=*  ->  UNIT_MULT=6
//   Fill  ref_area=CN partner=RU UNIT_MULT=""  =>  UNIT_MULT=6
class SdmxGroups {
 public:
  // `key`: the components that are keys (dimensions and time), counted as in the texts below.
  explicit SdmxGroups(std::vector<std::size_t> key) : key_(std::move(key)) {}

  // Keeps every text of `texts` that is not of a key component, for those whose keys equal the ones that are
  // not empty. A later one of the same key replaces what it states. RESOURCE_EXHAUSTED beyond
  // kMaxSdmxGroups, kMaxSdmxGroupBytes or kMaxSdmxGroupLevels.
  absl::Status Add(const std::vector<std::string_view>& texts);
  bool empty() const { return levels_.empty(); }
  // Puts what is kept where `texts` is empty; a finer key goes before a coarser. The texts live as long as
  // this.
  void Fill(std::vector<std::string_view>& texts) const;

 private:
  using Texts = std::vector<std::pair<std::size_t, std::string>>;  // component -> text
  struct Level {
    std::vector<std::size_t> key;  // components that are not empty in it
    absl::flat_hash_map<std::string, Texts> groups;
  };
  static std::string KeyOf(const std::vector<std::size_t>& key, const std::vector<std::string_view>& texts);

  std::vector<std::size_t> key_;
  std::vector<Level> levels_;  // by falling number of key components
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;  // of keys and texts, also of those that were replaced
};

}  // namespace tidewaiter::feeders
