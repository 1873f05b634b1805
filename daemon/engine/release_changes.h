// What an entry of the log changed: its event changes, computed from the store, the same for ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/held_columns.h"
#include "daemon/engine/scope_walk.h"
#include "domain/change.h"
#include "domain/selector.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// The changes of one series under one entry of the log.
struct SeriesChanges {
  std::string dataset;
  std::string key;
  storage::SeriesId series{};  // 0 in a preview of a series that does not exist yet
  struct Cell {
    // After a release: its last word on the cell, which is its statement, or WITHDRAWN where a scope of one
    // of its later sections covers it. After a retraction: what is known now, WITHDRAWN where nothing is.
    CellState state;
    Change change;
    // What was held at (unbounded, sequence - 1); also the WITHDRAWN of a scope that a BACKFILLED cell lies
    // under.
    std::optional<Datum> before;
  };
  std::vector<Cell> cells;  // by period
};

// A bounded part of an entry's changes. Parts 0 .. entry.parts-1 hold what the release states, in canonical
// order; the parts after those hold the cells that its scopes withdraw, dataset by dataset, in key order:
// every cell that the release does not state and that was known as something other than WITHDRAWN until it
// came. Of what is held by a newer publication nothing moves, and nothing is said.
//
// A cell that nobody knew, stated under a scope that is newer, is withdrawn at once: BACKFILLED.
//
//   what came, with its day of publication                  change of the last
//   5.0 on day 3                                            NEW
//   5.0 on day 3, 6.0 on day 4                              REVISED
//   6.0 on day 4, 5.0 on day 3                              BACKFILLED
//   a scope on day 4, 5.0 on day 3                          BACKFILLED
//   5.0 on day 3, a scope on day 4                          WITHDRAWN
//
// For a retraction, with the parts of the retracted release: first the cells that it stated, each with what
// is known before and after (BACKFILLED where another release's statement stood before and stands still);
// then those that its scopes kept withdrawn and that no longer are.
//
//   known before     what is retracted   known after   change
//   5.0 by it        5.0                 4.0           REVISED
//   5.0 by it        5.0                 nothing       WITHDRAWN, shown as WITHDRAWN by the retraction
//   6.0 by another   5.0                 6.0           BACKFILLED
//   withdrawn by it  a scope             4.0           RESTORED
//
// So a cell occurs once in an entry, and whoever applies the states of all entries in order, BACKFILLED ones
// left out, holds the latest state. An entry has one part at least, and every part but the last has one after
// it; a part may hold no series.
struct ChangesPart {
  storage::LogEntry entry;  // as it came: retracted_by is 0
  std::uint32_t part = 0;
  bool last = false;  // the entry is complete with this part
  std::vector<SeriesChanges> series;
  // Where the next part begins, if it is one of scopes.
  ScopeCursor next;
  std::size_t ApproximateBytes() const;
};

// Series that one part of scopes looks at: so many reads, some 10 us each, before a subscriber hears again.
inline constexpr std::size_t kMaxScopeSeriesPerPart = 4096;

// What is known already and saves reading; it changes nothing in the answer.
struct ChangesHints {
  // Where the part begins, if it is one of scopes (`next` of the part before it); else they are walked from
  // their beginning.
  std::optional<ScopeCursor> start;
  // No release before this one that has a scope was published later than this (ScopeHorizon::kNever: none
  // has one).
  std::optional<Instant> newest_scope;
  // From so many series on what was held may be read by period.
  std::size_t least_series_by_period = kLeastSeriesByPeriod;
};

// Computes a part of the changes of `sequence`: pure in the store's history, thread-safe, blocking. Error for
// a part after the last: field "part".
absl::StatusOr<std::shared_ptr<const ChangesPart>> ComputeChanges(const storage::Store& store,
                                                                  Sequence sequence, std::uint32_t part,
                                                                  const ChangesHints& hints = {});

// The cell of that period among cells in period order; nullptr if it is not there.
const CellState* FindCell(const std::vector<CellState>& cells, Period period);

}  // namespace tidewaiter::engine
