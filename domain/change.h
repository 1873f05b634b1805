// What a statement did to a cell: the classes of change, and how they are told apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/observation.h"
#include "domain/period.h"
#include "domain/vintage.h"

namespace tidewaiter {

// An interned free text of one store; 0 is "none". The store turns it back into text.
using TextId = std::uint32_t;

// Stored nowhere; on the wire as an enum of the same names.
enum class ChangeClass : std::uint8_t {
  kNew = 1,         // the first statement about the cell
  kRevised = 2,     // another value, another absence, or another status
  kConfirmed = 3,   // numerically equal (or the same absence), same status and confidentiality
  kWithdrawn = 4,   // from anything else to WITHDRAWN
  kRestored = 5,    // from WITHDRAWN to anything else
  kBackfilled = 6,  // event changes only: strictly older than what is held; the latest state does not move
};
std::string_view ChangeClassName(ChangeClass change);  // "REVISED"

struct Change {
  ChangeClass change = ChangeClass::kNew;
  // A finer or coarser print of the same number: the printed steps differ, and so do the values, but by no
  // more than the sum of the half steps. Only with kRevised.
  bool within_rounding = false;
  // The value or absence is the same; status or confidentiality differs. Only with kRevised.
  bool status_only = false;
  friend bool operator==(const Change&, const Change&) = default;
};

// What is known of one cell at a vintage: the last visible statement, and since when its value stands.
struct CellState {
  Period period;
  Datum datum;
  Attributes attributes;
  TextId source = 0;
  TextId note = 0;
  Sequence sequence = 0;  // of the release that made the statement
  Instant published_at;   // of that release
  Instant value_since;    // published_at of the first of the unbroken run of statements of this same value
  friend bool operator==(const CellState&, const CellState&) = default;
};

// The change from `before` (absent: nothing was known) to the statement (datum, attributes), by the rules
// above; never kBackfilled. WITHDRAWN after WITHDRAWN is CONFIRMED; WITHDRAWN as first statement is NEW.
Change ClassifyChange(const CellState* before, const Datum& datum, Attributes attributes);

// The event change of a statement made at `published_at` against the state held at (unbounded, S-1):
// BACKFILLED if it is strictly older than `held`, else ClassifyChange.
Change ClassifyEvent(const CellState* held, Instant published_at, const Datum& datum, Attributes attributes);

// The same number (or the same absence), whatever its scale or step.
inline bool SameValue(const Datum& a, const Datum& b) {
  if (a.has_value() != b.has_value()) return false;
  return a.has_value() ? Decimal::NumericallyEqual(a.value(), b.value()) : a.absence() == b.absence();
}

}  // namespace tidewaiter
