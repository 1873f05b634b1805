// The cells of a sum's members: as known at a vintage, or each as its own first, n-th or aged print.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/engine/aggregate_sums.h"
#include "daemon/engine/sum_columns.h"
#include "domain/aggregate.h"
#include "domain/aggregate_query.h"
#include "domain/interval.h"
#include "domain/month.h"
#include "domain/series_fold.h"
#include "domain/statement.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Reads what is known of series in the view that a query asks for. Immutable after Create(); thread-safe.
class CellReader {
 public:
  static absl::StatusOr<CellReader> Create(const storage::Store* store, const DatasetDefinition& dataset,
                                           const Vintage& vintage, const RealTime& real_time);

  const Vintage& vintage() const { return vintage_; }
  const RealTime& real_time() const { return real_time_; }
  // Each figure has a vintage of its own.
  bool by_figure() const { return real_time_.maturity != Maturity::kLatest && !real_time_.each_operand; }

  // The cells of a series at `at`; with each_operand each as its own print, whatever `at`.
  absl::Status Read(storage::SeriesId series, const Vintage& at, SeriesFold* fold,
                    std::vector<CellState>* own) const;
  // When the print in question (the first or n-th) of each cell was published.
  absl::StatusOr<std::map<Period, Instant>> PrintsOf(storage::SeriesId series) const;
  // The vintage of a figure whose print was published at `print`; none: it is not so old yet.
  std::optional<Vintage> VintageAt(Instant print) const;

 private:
  CellReader() = default;
  // The end of the day so many months later, in the dataset's zone.
  Instant Aged(Instant print) const;
  absl::Status ReadOwnPrints(storage::SeriesId series, std::vector<CellState>* own) const;

  const storage::Store* store_ = nullptr;
  Vintage vintage_;
  RealTime real_time_;
  absl::TimeZone zone_;
  Instant edge_;  // what is published until then is known
};

// Months of which something is known.
struct MonthSpan {
  Month first;  // the first that can end a run
  Month last;
  Month start;  // of the first cell
};

// The members of a sum with their cells at one vintage, ready for Evaluate(). Series of which nothing is
// known there are no members: later ones must not change an old answer. Not thread-safe; keeps its memory
// from one Load() to the next.
class LoadedSum {
 public:
  // `pairs`: members come two by two, and both stay if either is known. Error: LIMIT_EXCEEDED beyond
  // limits::kMaxSumCells.
  // `columns`: what is known at `at` of series that are not read again, or nullptr; it must outlive the sum.
  absl::Status Load(const CellReader& reader, const Vintage& at, const PlannedSum& sum,
                    const std::vector<std::vector<PeriodRange>>& whens, bool pairs,
                    const SumColumns* columns = nullptr);
  void Clear();

  const std::vector<Member>& members() const { return members_; }
  const std::vector<storage::SeriesId>& ids() const { return ids_; }  // of the members
  // The members that `columns` has, added up: none of members(). nullptr: it has none.
  const MonthSums* months() const { return months_; }
  bool empty() const { return members_.empty() && months_ == nullptr; }
  std::optional<MonthSpan> span() const { return span_; }

 private:
  struct Slot {
    SeriesFold fold;
    std::vector<CellState> own;
    std::optional<IntervalAlgebra> algebra;
  };
  absl::StatusOr<std::size_t> LoadOne(const CellReader& reader, const Vintage& at, storage::SeriesId series,
                                      bool additive, Slot* slot);
  void Widen(std::span<const CellState> cells);
  void Widen(const MonthSpan& span);

  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Member> members_;
  std::vector<storage::SeriesId> ids_;
  const MonthSums* months_ = nullptr;
  std::optional<MonthSpan> span_;
};

}  // namespace tidewaiter::engine
