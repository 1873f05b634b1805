// Reading at a vintage: from a request's words to cells, series by series.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/series_listing.h"
#include "daemon/engine/series_table.h"
#include "domain/period.h"
#include "domain/plain_cells.h"
#include "domain/selector.h"
#include "domain/series_fold.h"
#include "domain/statement.h"
#include "domain/vintage.h"
#include "storage/store.h"

namespace tidewaiter::engine {

struct VintageInput {
  std::optional<Instant> as_of;              // at most one of the two
  std::optional<absl::CivilDay> as_of_date;  // that day included, in the dataset's zone
  std::optional<Sequence> sequence;          // none: head
};

struct ReadInput {
  std::string dataset;
  // SDMX selectors, whose union is read; none: everything. At most limits::kMaxSeriesPerCall, of which at
  // most limits::kMaxSelectorsPerRequest may match more than one series.
  std::vector<std::string> keys;
  VintageInput vintage;
  PeriodRange periods;
};

// A read, resolved: a fixed vintage and the series in order. A cursor: memory does not grow with the answer.
// Not thread-safe. Created by Queries::Open; must not outlive the store.
class SeriesReader {
 public:
  const Vintage& vintage() const { return vintage_; }
  const DatasetDefinition& dataset() const { return dataset_->definition; }
  // Moves to the next series (key order) that matches; false at the end.
  absl::StatusOr<bool> Next();
  const storage::SeriesEntry& series() const { return current_; }
  // What Next() walks through, for those who walk faster.
  SeriesListing& listing() { return listing_; }
  const SeriesListing& listing() const { return listing_; }
  // Cells of the current series; may be empty. Valid until the next call.
  absl::StatusOr<const std::vector<CellState>*> Cells();
  // The same as columns; nullptr if the store does not have them so: then read_cells() are they.
  absl::StatusOr<const PlainCells*> Columns();
  const std::vector<CellState>& read_cells() const { return fold_.cells(); }
  // REQUIRES: n >= 1 with kNth.
  absl::StatusOr<std::vector<HistoryEntry>> History(HistoryType type, int n);

 private:
  friend class Queries;
  const storage::Store* store_ = nullptr;
  std::shared_ptr<const storage::DatasetInfo> dataset_;
  Vintage vintage_;
  PeriodRange periods_;
  SeriesListing listing_;
  storage::SeriesEntry current_;
  PlainCells columns_;
  SeriesFold fold_;
};

// Thread-safe; calls block.
class Queries {
 public:
  explicit Queries(const storage::Store* store, std::size_t table_bytes = 64u << 20)
      : store_(store), tables_(store, table_bytes) {}
  // Errors: kDatasetNotFound; kSeriesNotFound for a selector that names one series that does not exist
  // (metadata "series"); field violations "keys[i]", "vintage.as_of_date", "periods.from"; "vintage.sequence"
  // beyond the head: OUT_OF_RANGE kSequenceAhead, metadata "asked" and "head". Starts after the key `after`
  // ("" from the start).
  absl::StatusOr<SeriesReader> Open(const ReadInput& input, std::string_view after = "") const;
  // The same of every period, where dataset and vintage are known already.
  absl::StatusOr<SeriesReader> Open(std::shared_ptr<const storage::DatasetInfo> dataset,
                                    const Vintage& vintage, const std::vector<std::string>& keys,
                                    std::string_view after = "") const;
  // As engine::NewestPublication().
  absl::StatusOr<Instant> NewestPublication(const std::string& dataset, Sequence head) const;
  absl::StatusOr<Vintage> Resolve(const VintageInput& input, const DatasetDefinition& dataset) const;

 private:
  bool FindPlain(const std::vector<std::string>& keys, std::string_view after, SeriesReader* reader) const;
  absl::Status Find(std::vector<Selector> selectors, std::string_view after, SeriesReader* reader) const;
  absl::StatusOr<SeriesListing> List(const DatasetDefinition& dataset, std::vector<Selector> selectors,
                                     std::string_view after) const;
  absl::StatusOr<std::vector<Selector>> ParseKeys(const std::vector<std::string>& keys,
                                                  const DatasetDefinition& dataset) const;
  absl::StatusOr<std::vector<storage::SeriesEntry>> FindAll(const std::string& dataset,
                                                            const std::vector<Selector>& selectors) const;
  const storage::Store* const store_;
  mutable SeriesTables tables_;
};

}  // namespace tidewaiter::engine
