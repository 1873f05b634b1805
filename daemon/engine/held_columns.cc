#include "daemon/engine/held_columns.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::engine {
namespace {

// Series of a period of the dataset that are gone through in the time that one series takes to read.
constexpr std::size_t kRowsPerSeries = 64;
// A chunk is found and decoded in the time that so many take.
constexpr std::size_t kSeriesPerChunk = 4;

struct Stated {
  std::size_t series = 0;
  std::set<Period> periods;
};

}  // namespace

void HeldColumns::Read(std::span<const SectionHeader* const> sections, const storage::ReleasePart& part,
                       std::size_t least_series) {
  absl::flat_hash_map<std::string, Stated> datasets;
  for (const storage::SeriesStatements& statements : part) {
    Stated& stated = datasets[sections[statements.section]->dataset];
    ++stated.series;
    for (const auto& cell : statements.cells) stated.periods.insert(cell.period);
  }
  for (const auto& [dataset, stated] : datasets) {
    // Of all datasets, which is more than enough.
    const std::uint64_t rows = stated.periods.size() * store_.CountSeries();
    if (stated.series < least_series || stated.periods.empty() || rows > stated.series * kRowsPerSeries) {
      continue;
    }
    PeriodRange range;
    for (const Period& period : stated.periods) {
      range.from = range.from ? std::min(*range.from, period.start()) : period.start();
      range.to = range.to ? std::max(*range.to, period.last()) : period.last();
    }
    Slices slices;
    const absl::StatusOr<bool> read = store_.ReadSlicesWithin(
        stated.series / kSeriesPerChunk, dataset, range, vintage_,
        [&](const Period& period) { return stated.periods.contains(period); }, &slices);
    // What cannot be read this way is read series by series, and damage is told there.
    if (read.ok() && *read) slices_.emplace(dataset, std::move(slices));
  }
}

const HeldColumns::Slices* HeldColumns::Of(std::string_view dataset) const {
  const auto it = slices_.find(ToAbsl(dataset));
  return it == slices_.end() ? nullptr : &it->second;
}

absl::StatusOr<std::optional<CellState>> HeldColumns::Find(const Slices& slices, storage::SeriesId series,
                                                           Period period) const {
  const auto slice =
      std::lower_bound(slices.begin(), slices.end(), period,
                       [](const storage::PeriodSlice& s, const Period& p) { return s.period < p; });
  if (slice == slices.end() || slice->period != period) return std::nullopt;
  const auto at = std::lower_bound(slice->series.begin(), slice->series.end(), series);
  if (at == slice->series.end() || *at != series) return std::nullopt;
  const auto row = static_cast<std::size_t>(std::distance(slice->series.begin(), at));
  CellState cell;
  cell.period = period;
  cell.datum = slice->DatumOf(row);
  cell.attributes = slice->FormOf(row).attributes();
  cell.sequence = slice->sequences[row];
  TW_ASSIGN_OR_RETURN(cell.published_at, store_.PublishedAt(cell.sequence));
  return std::optional<CellState>(cell);
}

}  // namespace tidewaiter::engine
