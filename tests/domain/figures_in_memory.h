// The figures of one dataset in a map: what the checks of a release look at, without a store.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "domain/change.h"
#include "domain/release_check.h"
#include "tests/domain/testing.h"

namespace tidewaiter {

class FiguresInMemory : public ReleaseFigures {
 public:
  void State(const SeriesKey& series, Period period, const Datum& datum) {
    stated_[{series.text(), period}] = datum;
    series_.insert(series.text());
  }

  // What was stated becomes what is held, by the classes of change.
  void Accept(Sequence sequence, Instant published_at) {
    for (const auto& [cell, datum] : stated_) {
      const auto held = held_.find(cell);
      const bool same = held != held_.end() && SameValue(held->second.datum, datum);
      CellState state;
      state.period = cell.second;
      state.datum = datum;
      state.sequence = sequence;
      state.published_at = published_at;
      state.value_since = same ? held->second.value_since : published_at;
      held_[cell] = state;
    }
    stated_.clear();
  }

  std::vector<std::pair<SeriesKey, Period>> stated_cells() const {
    std::vector<std::pair<SeriesKey, Period>> cells;
    for (const auto& [cell, datum] : stated_) cells.emplace_back(K(cell.first), cell.second);
    return cells;
  }

  absl::StatusOr<std::optional<Datum>> Stated(const SeriesKey& series, Period period) override {
    return Find(stated_, series, period);
  }
  absl::StatusOr<std::optional<CellState>> Held(const SeriesKey& series, Period period) override {
    return Find(held_, series, period);
  }
  absl::StatusOr<std::vector<SeriesKey>> Find(const Selector& selector) override {
    std::vector<SeriesKey> found;
    for (const std::string& series : series_) {
      if (selector.MatchesText(series)) found.push_back(K(series));
    }
    return found;
  }

 private:
  using Cell = std::pair<std::string, Period>;
  template <typename T>
  static std::optional<T> Find(const std::map<Cell, T>& map, const SeriesKey& series, Period period) {
    const auto found = map.find({series.text(), period});
    return found == map.end() ? std::nullopt : std::optional<T>(found->second);
  }
  std::map<Cell, Datum> stated_;
  std::map<Cell, CellState> held_;
  std::set<std::string> series_;
};

}  // namespace tidewaiter
