// Everything that was ever said about a series, and its history as economists read it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/change.h"
#include "domain/observation.h"
#include "domain/period.h"
#include "domain/vintage.h"

namespace tidewaiter {

// One statement about one cell of a series, or a scope that covers the series.
struct SeriesStatement {
  Instant published_at;
  Sequence sequence = 0;
  Sequence retracted_by = 0;  // 0: not retracted as far as was read
  std::uint32_t section = 0;
  bool is_scope = false;
  PeriodRange scope;          // if is_scope
  // unless is_scope:
  Period period;
  Datum datum;
  Attributes attributes;
  TextId source = 0;
  TextId note = 0;
};

// ALFRED's output types, and the whole.
enum class HistoryType : std::uint8_t {
  kAll = 1,      // every visible statement
  kChanged = 2,  // new and revised: statements whose vintage change is not CONFIRMED
  kInitial = 3,  // the first value of each period ("first print": never an absence)
  kNth = 4,      // the n-th distinct value of each period, n >= 1
  kLatest = 5,   // the last statement of each period
};

struct HistoryEntry {
  Period period;
  Datum datum;
  Attributes attributes;
  TextId source = 0;
  TextId note = 0;
  Sequence sequence = 0;
  Instant published_at;                 // also the start of its validity: published_from
  std::optional<Instant> published_to;  // published_at of the next statement of this cell; none: it stands
  Sequence superseded_by = 0;           // sequence of that statement; 0: it stands
  Instant value_since;
  Change vintage_change;  // against its predecessor in published order, at (as_of, sequence)
  Change event_change;    // against what was held when it came: at (unbounded, its sequence - 1)
};

// The history of a series at a vintage, by period, then in published order. `statements` as
// VintageStore::ReadStatements gives them for vintage.sequence (scopes included; a scope yields an entry for
// every cell known to it). Validity intervals are those of the whole history at vintage.sequence cut at
// vintage.as_of, never of a query's window. With kChanged, published_to is that of the next entry kept.
// `n` is for kNth only.
std::vector<HistoryEntry> BuildHistory(const std::vector<SeriesStatement>& statements, const Vintage& vintage,
                                       HistoryType type, int n = 1);

}  // namespace tidewaiter
