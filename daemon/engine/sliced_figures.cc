#include "daemon/engine/sliced_figures.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "domain/errors.h"

namespace tidewaiter::engine {
namespace {

// Below this many cells a read of each series is as good.
constexpr std::size_t kFewestObservations = 1000;
// A slice has a row for each series of the dataset: so many series a cell of the release are too many.
constexpr std::size_t kSeriesPerObservation = 8;
// A chunk of an earlier release costs as much as looking for so many cells.
constexpr std::size_t kObservationsPerChunk = 4;
// Some 20 bytes each, twice.
constexpr std::size_t kMostRows = 2'000'000;
// Some 100 bytes each.
constexpr std::size_t kMostIds = 100'000;
constexpr int kYear = 12;

Month Shifted(Month month, int months) {
  const auto shifted = Month::FromIndexChecked(std::int64_t{month.index()} + months);
  return shifted.ok() ? *shifted : month;
}

}  // namespace

SlicedFigures::SlicedFigures(const storage::Store* store, std::string dataset, ReleasePlace release,
                             const std::set<Period>& stated, KnownCodes* codes)
    : store_(store),
      dataset_(dataset),
      release_(release),
      stated_(stated),
      codes_(codes),
      rest_(store, std::move(dataset), release) {
  Month last = stated.begin()->last();
  for (const Period& period : stated) last = std::max(last, period.last());
  range_ = {Shifted(stated.begin()->start(), -kYear), Shifted(last, kYear)};
}

absl::StatusOr<std::unique_ptr<SlicedFigures>> SlicedFigures::Load(const storage::Store* store,
                                                                   std::string dataset, ReleasePlace release,
                                                                   const std::set<Period>& stated,
                                                                   std::size_t observations,
                                                                   KnownCodes* codes) {
  std::unique_ptr<SlicedFigures> none;
  const std::size_t series = std::max<std::size_t>(store->CountSeries(), 1);
  if (observations < kFewestObservations || series > kSeriesPerObservation * observations) return none;
  if (stated.empty() || stated.size() > kMostPeriods || stated.size() * series > kMostRows) return none;
  std::unique_ptr<SlicedFigures> figures(
      new SlicedFigures(store, std::move(dataset), release, stated, codes));
  TW_ASSIGN_OR_RETURN(const bool fits,
                      figures->ReadBefore(kMostRows / series, observations / kObservationsPerChunk));
  return fits ? std::move(figures) : std::move(none);
}

absl::StatusOr<bool> SlicedFigures::ReadBefore(std::size_t most_periods, std::size_t most_chunks) {
  absl::flat_hash_set<std::uint64_t> longer;  // runs of months that the release does not state
  const auto wanted = [&](const Period& period) {
    if (stated_.contains(period)) return true;
    if (period.months() == 1) return false;
    longer.insert(static_cast<std::uint64_t>(period.start().index()) << 32 |
                  static_cast<std::uint32_t>(period.months()));
    return stated_.size() + longer.size() <= most_periods;
  };
  TW_ASSIGN_OR_RETURN(
      const bool read,
      store_->ReadSlicesWithin(most_chunks, dataset_, range_, {release_.published_at, release_.sequence - 1},
                               wanted, &before_.of));
  if (!read) return false;
  before_.next.assign(before_.of.size(), 0);
  return stated_.size() + longer.size() <= most_periods;
}

absl::Status SlicedFigures::ReadAfter() {
  after_.emplace();
  TW_RETURN_IF_ERROR(store_->ReadSlices(
      dataset_, range_, {release_.published_at, release_.sequence},
      [this](const Period& period) { return stated_.contains(period); }, &after_->of));
  after_->next.assign(after_->of.size(), 0);
  return absl::OkStatus();
}

void SlicedFigures::Expect(const SeriesKey& key, storage::SeriesId series) {
  last_key_ = key;
  last_id_ = series;
}

absl::StatusOr<storage::SeriesId> SlicedFigures::IdOf(const SeriesKey& series) {
  if (series == last_key_) return last_id_;
  if (const auto known = ids_.find(series.text()); known != ids_.end()) return known->second;
  const absl::StatusOr<storage::SeriesEntry> entry = store_->FindSeries(dataset_, series.text());
  if (!entry.ok() && !absl::IsNotFound(entry.status())) return entry.status();
  if (ids_.size() >= kMostIds) ids_.clear();
  return ids_[series.text()] = entry.ok() ? entry->id : storage::SeriesId{};
}

bool SlicedFigures::IsCovered(Period period) const {
  return stated_.contains(period) || (period.months() > 1 && range_.Contains(period));
}

// Series mostly come in the order of their numbers: the row is the last one, or the next, or has to be looked
// for.
std::optional<std::size_t> SlicedFigures::RowOf(Slices& slices, Period period, storage::SeriesId series,
                                                const storage::PeriodSlice** slice) {
  const auto found =
      std::lower_bound(slices.of.begin(), slices.of.end(), period,
                       [](const storage::PeriodSlice& s, const Period& p) { return s.period < p; });
  if (found == slices.of.end() || found->period != period) return std::nullopt;
  *slice = &*found;
  const std::vector<storage::SeriesId>& rows = found->series;
  std::size_t& next = slices.next[static_cast<std::size_t>(found - slices.of.begin())];
  for (std::size_t row = next; row < std::min(next + 2, rows.size()); ++row) {
    if (rows[row] == series) return next = row;
  }
  const auto row = std::lower_bound(rows.begin(), rows.end(), series);
  next = static_cast<std::size_t>(row - rows.begin());
  return row != rows.end() && *row == series ? std::optional(next) : std::nullopt;
}

absl::StatusOr<std::optional<CellState>> SlicedFigures::Held(const SeriesKey& series, Period period) {
  if (!IsCovered(period)) return rest_.Held(series, period);
  TW_ASSIGN_OR_RETURN(const storage::SeriesId id, IdOf(series));
  const storage::PeriodSlice* slice = nullptr;
  const std::optional<std::size_t> row = RowOf(before_, period, id, &slice);
  if (!row) return std::nullopt;
  CellState held;
  held.period = period;
  held.datum = slice->DatumOf(*row);
  held.attributes = slice->FormOf(*row).attributes();
  held.sequence = slice->sequences[*row];
  TW_ASSIGN_OR_RETURN(held.published_at, store_->PublishedAt(held.sequence));
  return std::optional(held);
}

absl::StatusOr<std::optional<Datum>> SlicedFigures::Stated(const SeriesKey& series, Period period) {
  if (!stated_.contains(period)) return std::nullopt;
  if (!after_) TW_RETURN_IF_ERROR(ReadAfter());
  TW_ASSIGN_OR_RETURN(const storage::SeriesId id, IdOf(series));
  const storage::PeriodSlice* slice = nullptr;
  const std::optional<std::size_t> row = RowOf(*after_, period, id, &slice);
  if (!row || slice->sequences[*row] != release_.sequence) return std::nullopt;
  return std::optional(slice->DatumOf(*row));
}

}  // namespace tidewaiter::engine
