// The series of a dataset that a request speaks of: the union of its selectors, in key order.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "domain/selector.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// A selector that matches whatever any of `selectors` matches, and little more: the union of the codes of
// each place.   CN.RU.X  and  CN.BY.M  =>  CN.BY+RU.M+X
Selector Hull(const std::vector<Selector>& selectors);
// The key of the one series that it can match. REQUIRES: selector.is_single_series().
std::string SingleKey(const Selector& selector);

// A cursor over the series that any of some selectors matches: in canonical order, each once. Holds one page
// of them at a time; series that come in while it runs may or may not be seen. Not thread-safe; must not
// outlive the catalogue.
class SeriesListing {
 public:
  SeriesListing() = default;  // nothing
  // Starts after the key `after` ("" from the start). The selectors fit the dataset. None: nothing.
  SeriesListing(const storage::Catalogue* catalogue, std::string dataset, std::vector<Selector> selectors,
                std::string_view after);
  // Just these, which are in canonical order.
  explicit SeriesListing(std::vector<storage::SeriesEntry> series) : page_(std::move(series)) {}

  // The next series; nullptr at the end. Valid until the next call.
  absl::StatusOr<const storage::SeriesEntry*> Next();

 private:
  absl::Status Fill();
  bool Matches(std::string_view key) const;

  const storage::Catalogue* catalogue_ = nullptr;  // nullptr: page_ holds all that is left
  std::string dataset_;
  Selector hull_;                             // what is listed; of this:
  std::vector<Selector> patterns_;            // what matches one of these
  absl::flat_hash_set<std::string> singles_;  // or is one of these. Both empty: everything listed
  std::string after_;
  std::vector<storage::SeriesEntry> page_;
  std::size_t position_ = 0;
};

}  // namespace tidewaiter::engine
