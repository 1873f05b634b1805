#include "domain/series_fold.h"

#include <algorithm>

namespace tidewaiter {
namespace {

// Steps to walk from the last cell before halving what is left: a release mostly states neighbours.
constexpr std::size_t kWalk = 4;

// Orders cells, and what is remembered of them, against a period.
constexpr auto kEarlier = [](const auto& cell, Period period) { return cell.period < period; };

bool IsWithdrawn(const Datum& datum) { return !datum.has_value() && datum.absence() == Absence::kWithdrawn; }

}  // namespace

void SeriesFold::Clear() {
  cells_.clear();
  before_.clear();
  hint_ = 0;
}

void SeriesFold::Begin(Instant published_at, Sequence sequence) {
  if (sequence != sequence_) before_.clear();
  published_at_ = published_at;
  sequence_ = sequence;
}

// hint_ is the last cell touched. The cell sought is mostly that one's neighbour, or new and at the end:
//
//   cells   01 02 03 04 05 06 07          state 04 after 03: one step
//                  ^hint                  state 08: at the end
std::size_t SeriesFold::Find(Period period) {
  if (cells_.empty() || cells_.back().period < period) return hint_ = cells_.size();
  if (hint_ < cells_.size() && cells_[hint_].period == period) return hint_;
  const auto begin = cells_.begin();
  const auto end = cells_.end();
  auto at = begin + static_cast<std::ptrdiff_t>(std::min(hint_, cells_.size() - 1));
  if (at->period < period) {
    // The last cell is not before `period`, so the walk ends inside.
    for (std::size_t steps = 0; steps < kWalk && kEarlier(*at, period); ++steps) ++at;
    if (kEarlier(*at, period)) at = std::lower_bound(at, end, period, kEarlier);
  } else {
    std::size_t steps = 0;
    for (; steps < kWalk && at != begin && !kEarlier(at[-1], period); ++steps) --at;
    if (at != begin && !kEarlier(at[-1], period)) at = std::lower_bound(begin, at, period, kEarlier);
  }
  return hint_ = static_cast<std::size_t>(at - begin);
}

void SeriesFold::State(Period period, const Datum& datum, Attributes attributes, TextId source, TextId note) {
  const std::size_t at = Find(period);
  if (at == cells_.size()) {
    cells_.push_back({period, datum, attributes, source, note, sequence_, published_at_, published_at_});
    return;
  }
  CellState statement{period, datum, attributes, source, note, sequence_, published_at_, published_at_};
  CellState& cell = cells_[at];
  if (cell.period != period) {
    cells_.insert(cells_.begin() + static_cast<std::ptrdiff_t>(at), statement);
    return;
  }
  statement.value_since = Since(cell, datum);
  if (IsWithdrawn(cell.datum)) Remember(cell);
  cell = statement;
}

// value_since concerns the value only: a new status on the same number does not make it younger.
Instant SeriesFold::Since(const CellState& cell, const Datum& datum) const {
  if (const Before* before = Remembered(cell)) {
    return SameValue(before->datum, datum) ? before->value_since : published_at_;
  }
  return SameValue(cell.datum, datum) ? cell.value_since : published_at_;
}

// Only what the release under way withdraws, and what was withdrawn before it: nothing else can come back.
//
//   before it       6.0 since r1                 WITHDRAWN since r1
//   it says         scope, then State(6.0)       State(7.0), then in a later section scope
//   =>              6.0 since r1                 WITHDRAWN since r1
void SeriesFold::Remember(const CellState& cell) {
  if (cell.sequence == sequence_) return;  // its own doing
  const auto at = std::lower_bound(before_.begin(), before_.end(), cell.period, kEarlier);
  before_.insert(at, Before{cell.period, cell.datum, cell.value_since});
}

const SeriesFold::Before* SeriesFold::Remembered(const CellState& cell) const {
  if (before_.empty() || cell.sequence != sequence_) return nullptr;
  const auto at = std::lower_bound(before_.begin(), before_.end(), cell.period, kEarlier);
  return at != before_.end() && at->period == cell.period ? &*at : nullptr;
}

void SeriesFold::Withdraw(const PeriodRange& range) {
  if (cells_.empty()) return;
  const std::size_t first = range.from ? Find(Period::FromValid(*range.from, 1)) : 0;
  hint_ = first;
  const Datum withdrawn = Datum::Absent(Absence::kWithdrawn);
  for (std::size_t i = first; i < cells_.size(); ++i) {
    CellState& cell = cells_[i];
    if (range.to && cell.period.start() > *range.to) break;
    if (!range.Contains(cell.period)) continue;
    const Instant since = Since(cell, withdrawn);
    Remember(cell);
    cell = CellState{cell.period, withdrawn, Attributes{}, 0, 0, sequence_, published_at_, since};
  }
}

}  // namespace tidewaiter
