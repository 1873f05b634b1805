#include "domain/series_fold.h"

#include <algorithm>

namespace tidewaiter {
namespace {

// Steps to walk from the last cell before halving what is left: a release mostly states neighbours.
constexpr std::size_t kWalk = 4;

bool Before(const CellState& cell, Period period) { return cell.period < period; }

}  // namespace

void SeriesFold::Clear() {
  cells_.clear();
  hint_ = 0;
}

void SeriesFold::Begin(Instant published_at, Sequence sequence) {
  published_at_ = published_at;
  sequence_ = sequence;
}

// hint_ is the last cell touched. The cell sought is mostly that one's neighbour, or new and at the end:
//
//   cells   01 02 03 04 05 06 07          state 04 after 03: one step
//                  ^hint                  state 08: at the end
std::size_t SeriesFold::Find(Period period) {
  const auto begin = cells_.begin();
  const auto end = cells_.end();
  if (cells_.empty() || cells_.back().period < period) return hint_ = cells_.size();
  auto at = begin + static_cast<std::ptrdiff_t>(std::min(hint_, cells_.size() - 1));
  if (at->period < period) {
    // The last cell is not before `period`, so the walk ends inside.
    for (std::size_t steps = 0; steps < kWalk && Before(*at, period); ++steps) ++at;
    if (Before(*at, period)) at = std::lower_bound(at, end, period, Before);
  } else {
    std::size_t steps = 0;
    for (; steps < kWalk && at != begin && !Before(at[-1], period); ++steps) --at;
    if (at != begin && !Before(at[-1], period)) at = std::lower_bound(begin, at, period, Before);
  }
  return hint_ = static_cast<std::size_t>(at - begin);
}

void SeriesFold::State(Period period, const Datum& datum, Attributes attributes, TextId source, TextId note) {
  const std::size_t at = Find(period);
  CellState statement{period, datum, attributes, source, note, sequence_, published_at_, published_at_};
  if (at == cells_.size() || cells_[at].period != period) {
    cells_.insert(cells_.begin() + static_cast<std::ptrdiff_t>(at), statement);
    return;
  }
  // value_since concerns the value only: a new status on the same number does not make it younger.
  if (SameValue(cells_[at].datum, datum)) statement.value_since = cells_[at].value_since;
  cells_[at] = statement;
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
    const Instant since = SameValue(cell.datum, withdrawn) ? cell.value_since : published_at_;
    cell = CellState{cell.period, withdrawn, Attributes{}, 0, 0, sequence_, published_at_, since};
  }
}

}  // namespace tidewaiter
