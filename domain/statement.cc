#include "domain/statement.h"

#include <algorithm>
#include <cstddef>
#include <queue>
#include <span>
#include <utility>

namespace tidewaiter {
namespace {

// What one release says about one cell in the end: its last statement, a scope's withdrawal among them.
struct Said {
  const SeriesStatement* statement = nullptr;
  // The release states the cell itself somewhere. A scope alone says nothing about a cell that nobody knows.
  bool own = false;
};

Datum DatumOf(const SeriesStatement& s) { return s.is_scope ? Datum::Absent(Absence::kWithdrawn) : s.datum; }
Attributes AttributesOf(const SeriesStatement& s) { return s.is_scope ? Attributes{} : s.attributes; }

CellState StateOf(Period period, const SeriesStatement& s) {
  CellState state;
  state.period = period;
  state.datum = DatumOf(s);
  state.attributes = AttributesOf(s);
  state.sequence = s.sequence;
  state.published_at = s.published_at;
  return state;
}

bool CountsAt(const SeriesStatement& s, const Vintage& vintage) {
  const bool retracted = s.retracted_by != 0 && s.retracted_by <= vintage.sequence;
  return s.published_at <= vintage.as_of && s.sequence <= vintage.sequence && !retracted;
}

// What was held of one cell when each statement came: a pass in order of sequence that keeps the newest
// statement, by published order, of those accepted and not yet retracted.
//
//   sequence         1      2        3          4            5
//   publishes        Jan    Mar      Feb        retracts 2   Feb
//   held before it   none   Jan (1)  Mar (2)                 Feb (3)
//
// A scope holds only if something was stated before it; but the newest of all has everything before it, so it
// is enough to know that anything at all is stated.
class HeldStates {
 public:
  explicit HeldStates(const std::vector<Said>& cell) : live_(cell.size(), false) {
    std::vector<Event> events;
    events.reserve(cell.size());
    for (std::size_t i = 0; i < cell.size(); ++i) {
      const SeriesStatement& s = *cell[i].statement;
      events.push_back({s.sequence, i, false});
      if (s.retracted_by != 0) events.push_back({s.retracted_by, i, true});
    }
    std::sort(events.begin(), events.end(),
              [](const Event& a, const Event& b) { return a.sequence < b.sequence; });
    held_.assign(cell.size(), nullptr);
    for (const Event& e : events) {
      if (e.is_retraction) {
        live_[e.item] = false;
        own_ -= cell[e.item].own ? 1 : 0;
        continue;
      }
      while (!newest_.empty() && !live_[newest_.top()]) newest_.pop();
      if (own_ > 0) held_[e.item] = cell[newest_.top()].statement;
      live_[e.item] = true;
      own_ += cell[e.item].own ? 1 : 0;
      newest_.push(e.item);
    }
  }

  // What was held when item `i` came, or nullptr.
  const SeriesStatement* Before(std::size_t i) const { return held_[i]; }

 private:
  struct Event {
    Sequence sequence;
    std::size_t item;
    bool is_retraction;
  };
  std::vector<const SeriesStatement*> held_;
  std::vector<bool> live_;
  std::priority_queue<std::size_t> newest_;  // holds dead ones until they surface
  std::size_t own_ = 0;
};

// The whole visible history of one cell, in published order. `cell`: all that was said up to
// vintage.sequence.
std::vector<HistoryEntry> CellHistory(Period period, const std::vector<Said>& cell, const Vintage& vintage) {
  const HeldStates held(cell);
  std::vector<HistoryEntry> history;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const SeriesStatement& s = *cell[i].statement;
    if (!CountsAt(s, vintage) || (history.empty() && !cell[i].own)) continue;
    HistoryEntry entry;
    entry.period = period;
    entry.datum = DatumOf(s);
    entry.attributes = AttributesOf(s);
    if (!s.is_scope) {
      entry.source = s.source;
      entry.note = s.note;
    }
    entry.sequence = s.sequence;
    entry.published_at = s.published_at;
    entry.value_since = s.published_at;
    if (history.empty()) {
      entry.vintage_change = ClassifyChange(nullptr, entry.datum, entry.attributes);
    } else {
      HistoryEntry& before = history.back();
      before.published_to = s.published_at;
      before.superseded_by = s.sequence;
      if (SameValue(before.datum, entry.datum)) entry.value_since = before.value_since;
      CellState state;
      state.period = period;
      state.datum = before.datum;
      state.attributes = before.attributes;
      entry.vintage_change = ClassifyChange(&state, entry.datum, entry.attributes);
    }
    if (const SeriesStatement* before = held.Before(i)) {
      const CellState state = StateOf(period, *before);
      entry.event_change = ClassifyEvent(&state, s.published_at, entry.datum, entry.attributes);
    } else {
      entry.event_change = ClassifyEvent(nullptr, s.published_at, entry.datum, entry.attributes);
    }
    history.push_back(entry);
  }
  return history;
}

// Appends the entries that count as changes, each valid until the next of them.
void AppendChanged(const std::vector<HistoryEntry>& history, std::vector<HistoryEntry>* out) {
  const std::size_t first = out->size();
  for (const HistoryEntry& entry : history) {
    if (entry.vintage_change.change == ChangeClass::kConfirmed) continue;
    if (out->size() > first) {
      out->back().published_to = entry.published_at;
      out->back().superseded_by = entry.sequence;
    }
    out->push_back(entry);
    out->back().published_to.reset();
    out->back().superseded_by = 0;
  }
}

// Appends the n-th distinct value, if there are so many: absences do not count, nor does a value that repeats
// the value before it, even when an absence stood between.
void AppendNthValue(const std::vector<HistoryEntry>& history, int n, std::vector<HistoryEntry>* out) {
  const HistoryEntry* last = nullptr;
  int distinct = 0;
  for (const HistoryEntry& entry : history) {
    if (!entry.datum.has_value()) continue;
    if (last == nullptr || !SameValue(last->datum, entry.datum)) {
      if (++distinct == n) {
        out->push_back(entry);
        return;
      }
    }
    last = &entry;
  }
}

void AppendSelected(const std::vector<HistoryEntry>& history, HistoryType type, int n,
                    std::vector<HistoryEntry>* out) {
  switch (type) {
    case HistoryType::kAll:
      out->insert(out->end(), history.begin(), history.end());
      return;
    case HistoryType::kChanged:
      return AppendChanged(history, out);
    case HistoryType::kInitial:
      return AppendNthValue(history, 1, out);
    case HistoryType::kNth:
      return AppendNthValue(history, n, out);
    case HistoryType::kLatest:
      if (!history.empty()) out->push_back(history.back());
      return;
  }
}

// What each release said of one cell in the end, in published order: the cell's own statements merged with
// the scopes that cover it. A release is one act: of a scope and a statement by the same release the later
// counts.
void GatherCell(std::span<const std::size_t> own, const std::vector<std::size_t>& scopes,
                const std::vector<SeriesStatement>& statements, std::vector<Said>* cell) {
  cell->clear();
  const Period period = statements[own.front()].period;
  auto add = [&](std::size_t index) {
    const SeriesStatement& s = statements[index];
    const bool same_release = !cell->empty() && cell->back().statement->sequence == s.sequence;
    if (!same_release) cell->push_back({});
    cell->back().statement = &s;
    cell->back().own = cell->back().own || !s.is_scope;
  };
  std::size_t next_own = 0;
  for (const std::size_t scope : scopes) {
    if (!statements[scope].scope.Contains(period)) continue;
    while (next_own < own.size() && own[next_own] < scope) add(own[next_own++]);
    add(scope);
  }
  while (next_own < own.size()) add(own[next_own++]);
}

}  // namespace

std::vector<HistoryEntry> BuildHistory(const std::vector<SeriesStatement>& statements, const Vintage& vintage,
                                       HistoryType type, int n) {
  // Indexes into `statements`, which come in published order: cells by period, then in that order.
  std::vector<std::size_t> own, scopes;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (statements[i].sequence > vintage.sequence) continue;
    (statements[i].is_scope ? scopes : own).push_back(i);
  }
  std::sort(own.begin(), own.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(statements[a].period, a) < std::pair(statements[b].period, b);
  });
  std::vector<HistoryEntry> result;
  std::vector<Said> cell;
  for (std::size_t begin = 0, end = 0; begin < own.size(); begin = end) {
    const Period period = statements[own[begin]].period;
    while (end < own.size() && statements[own[end]].period == period) ++end;
    GatherCell(std::span(own).subspan(begin, end - begin), scopes, statements, &cell);
    AppendSelected(CellHistory(period, cell, vintage), type, n, &result);
  }
  return result;
}

}  // namespace tidewaiter
