// What an entry of the log changed: its event changes, computed from the store, the same for ever.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
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
    // After a release: the statement. After a retraction: what is known now, WITHDRAWN where nothing is.
    CellState state;
    Change change;
    std::optional<CellState> before;  // what was held at (unbounded, sequence - 1)
  };
  std::vector<Cell> cells;  // by period
};

// A bounded part of an entry's changes. Parts 0 .. entry.parts-1 hold what the release states, in canonical order;
// the parts after those hold the cells that its scopes withdraw, dataset by dataset, in key order. For a retraction:
// the cells that the retracted release stated or withdrew, each with what is known before and after.
struct ChangesPart {
  storage::LogEntry entry;
  std::uint32_t part = 0;
  bool last = false;  // the entry is complete with this part
  std::vector<SeriesChanges> series;
  std::size_t ApproximateBytes() const;
};

// Computes a part of the changes of `sequence`: pure in the store's history, thread-safe, blocking.
absl::StatusOr<std::shared_ptr<const ChangesPart>> ComputeChanges(const storage::Store& store, Sequence sequence,
                                                                  std::uint32_t part);

}  // namespace tidewaiter::engine
