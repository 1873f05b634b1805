// Which series: an SDMX key with empty places and '+'.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "domain/series_key.h"

namespace tidewaiter {

// "CN.RU+BY.X.." : an empty place (or "*") means every code, '+' means or. "" , "*" and "all" select every
// series. A selector with places must have as many as the dataset has dimensions; Validate() checks it.
// Immutable; safe to share.
class Selector {
 public:
  Selector() = default;  // everything
  static absl::StatusOr<Selector> Parse(std::string_view text);

  // OK if it can select in a dataset of `dimensions` dimensions; the error names both numbers.
  absl::Status Validate(std::size_t dimensions) const;
  bool Matches(const SeriesKey& key) const { return MatchesText(key.text()); }
  bool MatchesText(std::string_view key_text) const;
  bool selects_all() const;
  // The codes of place i, sorted, without repeats; empty means every code. REQUIRES: i < places().
  const std::vector<std::string>& codes(std::size_t i) const { return places_[i]; }
  std::size_t places() const { return places_.size(); }  // 0: everything, of any number of dimensions
  // The one series it can match, if every place has exactly one code.
  bool is_single_series() const;
  // Canonical text: codes sorted, places joined by '.', "" for everything.
  std::string ToString() const;
  friend bool operator==(const Selector&, const Selector&) = default;

 private:
  std::vector<std::vector<std::string>> places_;
};

}  // namespace tidewaiter
