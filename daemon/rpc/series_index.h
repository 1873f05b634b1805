// Finding series by key and by code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "daemon/engine/release_changes.h"
#include "daemon/rpc/series_bits.h"
#include "domain/selector.h"

namespace tidewaiter::rpc {

// A list of series, findable by key and by code per place, so that a thousand subscribers of a few series
// each need not look at all of them. Immutable; safe to share, also among parts of the same series: months of
// a dataset mostly are.
class SeriesIndex {
 public:
  // Costs some ten looks at every series.
  explicit SeriesIndex(const std::vector<engine::SeriesChanges>& series);
  SeriesIndex(const SeriesIndex&) = delete;

  // Of no other index of this process.
  std::uint64_t id() const { return id_; }
  // Whether these are its series, in its order.
  bool IsOf(const std::vector<engine::SeriesChanges>& series) const;

  // Add what they find to a set as large as the list.
  void FindKey(std::string_view dataset, std::string_view key, SeriesBits* found) const;
  void FindPattern(std::string_view dataset, const Selector& pattern, SeriesBits* found) const;

 private:
  using Postings = std::vector<std::uint32_t>;  // indexes into the list, ascending
  // The series that have a code in a place; those that are many also a bit each.
  struct Code {
    Postings series;
    std::optional<SeriesBits> bits;
  };
  struct Dataset {
    absl::flat_hash_map<absl::string_view, Postings> by_key;
    std::vector<absl::flat_hash_map<absl::string_view, Code>> by_place;
  };
  struct Name {
    std::string dataset;
    std::string key;
  };
  const Dataset* FindDataset(std::string_view dataset) const;
  void AddCodes(std::uint32_t series, Dataset* dataset) const;
  void MeetPlaces(const Dataset& dataset, const Selector& pattern, SeriesBits* found) const;

  const std::uint64_t id_;
  std::vector<Name> names_;  // never changed once made: the rest refers to them
  absl::flat_hash_map<absl::string_view, Dataset> datasets_;
};

}  // namespace tidewaiter::rpc
