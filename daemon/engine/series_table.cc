#include "daemon/engine/series_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "daemon/engine/measures.h"
#include "domain/errors.h"
#include "domain/series_key.h"

namespace tidewaiter::engine {
namespace {

constexpr std::size_t kSeriesAtOnce = 4096;
// Tables, whatever their size: few datasets are read whole.
constexpr std::size_t kMostHeld = 64;

}  // namespace

absl::StatusOr<std::shared_ptr<const SeriesTable>> SeriesTable::Read(const storage::Catalogue& catalogue,
                                                                     const DatasetDefinition& dataset,
                                                                     std::size_t max_bytes) {
  std::shared_ptr<SeriesTable> table(new SeriesTable());
  const std::size_t most = std::min<std::size_t>(max_bytes, std::numeric_limits<std::uint32_t>::max());
  for (std::string after;;) {
    TW_ASSIGN_OR_RETURN(const std::vector<storage::SeriesEntry> series,
                        catalogue.ListSeries(dataset.id, Selector(), after, kSeriesAtOnce));
    for (const storage::SeriesEntry& entry : series) table->Add(dataset, entry);
    if (table->bytes() > most) return std::shared_ptr<const SeriesTable>();
    if (series.size() < kSeriesAtOnce) break;
    after = series.back().key;
  }
  table->total_class_count_ = table->total_classes_.size();
  table->total_classes_ = {};
  table->keys_.shrink_to_fit();
  table->rows_.shrink_to_fit();
  return std::shared_ptr<const SeriesTable>(std::move(table));
}

void SeriesTable::Add(const DatasetDefinition& dataset, const storage::SeriesEntry& series) {
  Row row;
  row.id = series.id;
  row.key_begin = static_cast<std::uint32_t>(keys_.size());
  row.key_bytes = static_cast<std::uint16_t>(series.key.size());
  const SeriesKey key = SeriesKey::FromValid(series.key);
  row.additive = IsAdditive(dataset, key.codes());
  row.total_class =
      total_classes_
          .try_emplace(TotalClass(dataset, key.codes()), static_cast<std::uint32_t>(total_classes_.size()))
          .first->second;
  std::string unit = UnitOf(dataset, series.key);
  const auto known = std::find(units_.rbegin(), units_.rend(), unit);
  if (known == units_.rend()) {
    row.unit = static_cast<std::uint32_t>(units_.size());
    units_.push_back(std::move(unit));
  } else {
    row.unit = static_cast<std::uint32_t>(units_.rend() - known - 1);
  }
  keys_ += series.key;
  rows_.push_back(row);
}

std::size_t SeriesTable::After(std::string_view key) const {
  const auto after =
      std::upper_bound(rows_.begin(), rows_.end(), key, [this](std::string_view wanted, const Row& row) {
        return CompareSeriesKeys(wanted, std::string_view(keys_).substr(row.key_begin, row.key_bytes)) < 0;
      });
  return static_cast<std::size_t>(after - rows_.begin());
}

absl::StatusOr<std::shared_ptr<const SeriesTable>> SeriesTables::Get(const DatasetDefinition& dataset) {
  const std::uint64_t count = catalogue_.CountSeries();
  {
    absl::MutexLock lock(&mutex_);
    const auto at = std::find_if(held_.begin(), held_.end(),
                                 [&](const Held& held) { return held.dataset == dataset.id; });
    // What does not fit will not fit with more series.
    if (at != held_.end() && (at->count == count || at->table == nullptr)) {
      held_.splice(held_.begin(), held_, at);
      return at->table;
    }
  }
  // Two who come at the same time both read it: that is right, and rare.
  Held held{.dataset = dataset.id, .count = count, .table = nullptr};
  TW_ASSIGN_OR_RETURN(held.table, SeriesTable::Read(catalogue_, dataset, max_bytes_));
  std::shared_ptr<const SeriesTable> table = held.table;
  Keep(std::move(held));
  return table;
}

void SeriesTables::Keep(Held held) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(held_, [&](const Held& other) { return other.dataset == held.dataset; });
  held_.push_front(std::move(held));
  std::size_t bytes = 0;
  std::size_t kept = 0;
  std::erase_if(held_, [&](const Held& other) {
    if (other.table != nullptr) bytes += other.table->bytes();
    return ++kept > kMostHeld || bytes > max_bytes_;
  });
}

}  // namespace tidewaiter::engine
