// The series of a dataset, listed once for all who read many of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "domain/dataset.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Rows in key order, with what is the same at every vintage. Immutable.
//
//   row  id   key                    unit     additive
//     0  17   CN.BY.X.VALUE.USD.BN   USD BN   yes
//     1   4   CN.RU.X.YOY._Z.PCT     _Z PCT   no
class SeriesTable {
 public:
  // None: more than `max_bytes`. Errors: the catalogue's.
  static absl::StatusOr<std::shared_ptr<const SeriesTable>> Read(const storage::Catalogue& catalogue,
                                                                 const DatasetDefinition& dataset,
                                                                 std::size_t max_bytes);

  std::size_t size() const { return rows_.size(); }
  storage::SeriesId id(std::size_t row) const { return rows_[row].id; }
  std::string_view key(std::size_t row) const {
    return std::string_view(keys_).substr(rows_[row].key_begin, rows_[row].key_bytes);
  }
  const std::string& unit(std::size_t row) const { return units_[rows_[row].unit]; }
  bool additive(std::size_t row) const { return rows_[row].additive; }
  // A number for its TotalClass(), below total_classes().
  std::uint32_t total_class(std::size_t row) const { return rows_[row].total_class; }
  std::size_t total_classes() const { return total_class_count_; }
  // The first row whose key comes after `key`; size() if there is none.
  std::size_t After(std::string_view key) const;
  std::size_t bytes() const { return keys_.capacity() + rows_.capacity() * sizeof(Row); }

 private:
  struct Row {
    storage::SeriesId id{};
    std::uint32_t key_begin = 0;
    std::uint32_t unit = 0;  // index into units_
    std::uint32_t total_class = 0;
    std::uint16_t key_bytes = 0;
    bool additive = true;
  };
  SeriesTable() = default;
  void Add(const DatasetDefinition& dataset, const storage::SeriesEntry& series);

  std::string keys_;
  std::vector<Row> rows_;
  std::vector<std::string> units_;                                 // few
  absl::flat_hash_map<std::string, std::uint32_t> total_classes_;  // while reading
  std::size_t total_class_count_ = 0;
};

// The tables of the datasets that were read last, as long as no series comes in. Thread-safe; calls block.
class SeriesTables {
 public:
  SeriesTables(const storage::Catalogue* catalogue, std::size_t max_bytes)
      : catalogue_(*catalogue), max_bytes_(max_bytes) {}
  SeriesTables(const SeriesTables&) = delete;

  // All series that were there when the call began, perhaps more. None: they do not fit.
  absl::StatusOr<std::shared_ptr<const SeriesTable>> Get(const DatasetDefinition& dataset);

 private:
  struct Held {
    std::string dataset;
    std::uint64_t count = 0;                   // of all series, before it was read
    std::shared_ptr<const SeriesTable> table;  // none: does not fit
  };
  void Keep(Held held);

  const storage::Catalogue& catalogue_;
  const std::size_t max_bytes_;                   // of all together
  absl::Mutex mutex_;                             // a leaf
  std::list<Held> held_ ABSL_GUARDED_BY(mutex_);  // the last used first
};

}  // namespace tidewaiter::engine
