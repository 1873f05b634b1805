#include "daemon/engine/release_figures.h"

#include <utility>

#include "daemon/engine/release_changes.h"
#include "domain/errors.h"

namespace tidewaiter::engine {
namespace {

// Some 100 bytes each.
constexpr std::size_t kKeptCells = 200'000;
constexpr std::size_t kSeriesSlice = 1000;

std::optional<CellState> CellAt(const std::vector<CellState>& cells, Period period) {
  const CellState* const cell = FindCell(cells, period);
  return cell == nullptr ? std::nullopt : std::optional<CellState>(*cell);
}

}  // namespace

absl::StatusOr<std::vector<SeriesKey>> FindSeriesKeys(const storage::Catalogue& catalogue,
                                                      std::string_view dataset, const Selector& selector) {
  std::vector<SeriesKey> keys;
  for (;;) {
    TW_ASSIGN_OR_RETURN(
        const std::vector<storage::SeriesEntry> slice,
        catalogue.ListSeries(dataset, selector, keys.empty() ? "" : keys.back().text(), kSeriesSlice));
    for (const storage::SeriesEntry& entry : slice) keys.push_back(SeriesKey::FromValid(entry.key));
    if (slice.size() < kSeriesSlice) return keys;
  }
}

std::vector<CellState> FoldBefore(const std::vector<SeriesStatement>& statements, ReleasePlace end) {
  SeriesFold fold;
  std::optional<ReleasePlace> release;
  for (const SeriesStatement& statement : statements) {
    const ReleasePlace place{statement.published_at, statement.sequence};
    if (place >= end) break;
    if (statement.retracted_by != 0) continue;
    if (release != place) fold.Begin(place.published_at, place.sequence);
    release = place;
    if (statement.is_scope) {
      fold.Withdraw(statement.scope);
    } else {
      fold.State(statement.period, statement.datum, statement.attributes, statement.source, statement.note);
    }
  }
  return fold.cells();
}

// ---- Arrival

absl::StatusOr<const ArrivalFigures::Cells*> ArrivalFigures::CellsOf(const SeriesKey& series) {
  if (const auto found = kept_.find(series.text()); found != kept_.end()) return &found->second;
  if (kept_cells_ > kKeptCells) {
    kept_.clear();
    kept_cells_ = 0;
  }
  Cells& cells = kept_[series.text()];
  const absl::StatusOr<storage::SeriesEntry> entry = store_->FindSeries(dataset_, series.text());
  if (absl::IsNotFound(entry.status())) return &cells;
  absl::Status status = entry.status();
  if (status.ok()) {
    status = store_->ReadCells(entry->id, {release_.published_at, release_.sequence}, {}, &fold_);
    cells.after = fold_.cells();
  }
  if (status.ok()) {
    status = store_->ReadCells(entry->id, {release_.published_at, release_.sequence - 1}, {}, &fold_);
    cells.before = fold_.cells();
  }
  if (!status.ok()) {
    kept_.erase(series.text());
    return status;
  }
  kept_cells_ += cells.after.size() + cells.before.size() + 1;
  return &cells;
}

absl::StatusOr<std::optional<Datum>> ArrivalFigures::Stated(const SeriesKey& series, Period period) {
  TW_ASSIGN_OR_RETURN(const Cells* const cells, CellsOf(series));
  const CellState* const cell = FindCell(cells->after, period);
  if (cell == nullptr || cell->sequence != release_.sequence) return std::nullopt;
  return std::optional<Datum>(cell->datum);
}

absl::StatusOr<std::optional<CellState>> ArrivalFigures::Held(const SeriesKey& series, Period period) {
  TW_ASSIGN_OR_RETURN(const Cells* const cells, CellsOf(series));
  return CellAt(cells->before, period);
}

absl::StatusOr<std::vector<SeriesKey>> ArrivalFigures::Find(const Selector& selector) {
  return FindSeriesKeys(*store_, dataset_, selector);
}

// ---- Hindsight

void HindsightFigures::SetRelease(ReleasePlace release) {
  release_ = release;
  held_.clear();
}

absl::StatusOr<const std::vector<SeriesStatement>*> HindsightFigures::StatementsOf(const SeriesKey& series) {
  if (const auto found = statements_.find(series.text()); found != statements_.end()) {
    return found->second.get();
  }
  auto statements = std::make_unique<std::vector<SeriesStatement>>();
  const absl::StatusOr<storage::SeriesEntry> entry = store_->FindSeries(dataset_, series.text());
  if (!entry.ok() && !absl::IsNotFound(entry.status())) return entry.status();
  if (entry.ok()) {
    TW_ASSIGN_OR_RETURN(*statements, store_->ReadStatements(entry->id, horizon_, range_));
  }
  return statements_.emplace(series.text(), std::move(statements)).first->second.get();
}

absl::StatusOr<std::optional<Datum>> HindsightFigures::Stated(const SeriesKey& series, Period period) {
  TW_ASSIGN_OR_RETURN(const std::vector<SeriesStatement>* const statements, StatementsOf(series));
  for (const SeriesStatement& statement : *statements) {
    if (statement.sequence == release_.sequence && !statement.is_scope && statement.period == period) {
      return std::optional<Datum>(statement.datum);
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<CellState>> HindsightFigures::Held(const SeriesKey& series, Period period) {
  auto found = held_.find(series.text());
  if (found == held_.end()) {
    TW_ASSIGN_OR_RETURN(const std::vector<SeriesStatement>* const statements, StatementsOf(series));
    found = held_.emplace(series.text(), FoldBefore(*statements, release_)).first;
  }
  return CellAt(found->second, period);
}

absl::StatusOr<std::vector<SeriesKey>> HindsightFigures::Find(const Selector& selector) {
  return FindSeriesKeys(*store_, dataset_, selector);
}

}  // namespace tidewaiter::engine
