// Visibility, as a fold: from the statements about one series, in published order, to what is known.
#pragma once

#include <vector>

#include "domain/change.h"
#include "domain/observation.h"
#include "domain/period.h"
#include "domain/vintage.h"

namespace tidewaiter {

// Folds the visible statements about one series into the state of its cells.
//
// Feed releases in visibility order, that is by (published_at, sequence); within a release its sections in
// order; within a section first its scope, if it has one that covers the series, then its cells in period
// order:
//
//   Begin(r1); State(2025-01, 5.0); State(2025-02, 6.0)
//   Begin(r2); Withdraw(2025-01..2025-12); State(2025-02, 6.1)     // REPLACE
//   => 2025-01 WITHDRAWN by r2, 2025-02 6.1 by r2
//
// A release is one act: REPLACE withdraws every *other* cell, so a value that r2 states again has never been
// away. Had r2 stated 2025-02 6.0, that value would stand since r1.
//
// Cost: one step a statement when they come near where the last one was. Reusable after Clear(), keeping its
// memory. Not thread-safe.
class SeriesFold {
 public:
  void Clear();
  // The statements that follow are of this release.
  void Begin(Instant published_at, Sequence sequence);
  void State(Period period, const Datum& datum, Attributes attributes, TextId source, TextId note);
  // Every known cell within `range` becomes WITHDRAWN by this release, with default attributes. Of a cell
  // that already is, only the statement moves: it is withdrawn since when it was. A cell that this release
  // states afterwards has not been withdrawn.
  void Withdraw(const PeriodRange& range);

  // In period order.
  const std::vector<CellState>& cells() const { return cells_; }
  // Clears it, for cells that were folded elsewhere: to be filled in period order. No release may follow.
  std::vector<CellState>* Refill() {
    Clear();
    return &cells_;
  }

 private:
  // What a cell was before the release under way, where that could matter once more.
  struct Before {
    Period period;
    Datum datum;
    Instant value_since;
  };
  std::size_t Find(Period period);  // index of the cell, or where it belongs; moves hint_
  void Remember(const CellState& cell);
  const Before* Remembered(const CellState& cell) const;  // nullptr: it was what it is
  // Since when `datum` stands if the release under way makes it the state of `cell`.
  Instant Since(const CellState& cell, const Datum& datum) const;
  std::vector<CellState> cells_;
  std::vector<Before> before_;  // by period
  std::size_t hint_ = 0;
  Instant published_at_;
  Sequence sequence_ = 0;
};

}  // namespace tidewaiter
