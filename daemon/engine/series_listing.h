// The series of a dataset that a request speaks of: the union of its selectors, in key order.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "daemon/engine/series_table.h"
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
  // The same out of a table of the dataset.
  SeriesListing(std::shared_ptr<const SeriesTable> table, std::vector<Selector> selectors,
                std::string_view after);
  // Just these, which are in canonical order.
  explicit SeriesListing(std::vector<storage::SeriesEntry> series) : page_(std::move(series)) {}

  // The next series; nullptr at the end. Valid until the next call.
  absl::StatusOr<const storage::SeriesEntry*> Next();

  // The table that is read; nullptr if there is none. Then NextRow() may be called instead of Next(): the
  // next row that matches, size() at the end.
  const SeriesTable* table() const { return table_.get(); }
  std::size_t NextRow();
  // The rows that are still to come, at most `most` of them.
  std::size_t CountRows(std::size_t most) const;

 private:
  void TakeSelectors(std::vector<Selector> selectors);
  std::size_t RowFrom(std::size_t row) const;
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
  std::shared_ptr<const SeriesTable> table_;  // if set, instead of the catalogue
  bool every_row_ = false;                    // all match
  std::size_t row_ = 0;                       // the first that has not been looked at
  storage::SeriesEntry current_;              // of the table
};

}  // namespace tidewaiter::engine
