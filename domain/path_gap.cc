#include "domain/path_gap.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "domain/limits.h"

namespace tidewaiter {
namespace {

std::size_t At(std::int32_t index) { return static_cast<std::size_t>(index); }

// Which month boundaries are connected by the cells: components of the graph.
class Connected {
 public:
  // `first`, `last`: indexes of the lowest and the highest boundary of interest.
  Connected(std::int32_t first, std::int32_t last) : first_(first), parents_(At(last - first) + 1) {
    std::iota(parents_.begin(), parents_.end(), 0);
  }
  void Join(Period period) { parents_[At(Root(period.start().index()))] = Root(period.end().index()); }
  // The name of a boundary's component: the same for all of its boundaries. Less than size().
  std::int32_t Root(std::int32_t boundary) {
    std::int32_t node = boundary - first_;
    while (parents_[At(node)] != node) {
      parents_[At(node)] = parents_[At(parents_[At(node)])];
      node = parents_[At(node)];
    }
    return node;
  }
  std::size_t size() const { return parents_.size(); }

 private:
  std::int32_t first_;
  std::vector<std::int32_t> parents_;
};

class GapExplainer {
 public:
  GapExplainer(std::span<const CellState> cells, Period run)
      : cells_(cells),
        run_(run),
        first_(FirstBoundary(cells, run)),
        last_(LastBoundary(cells, run)),
        connected_(first_, last_) {
    for (const CellState& cell : cells_) {
      if (cell.datum.has_value()) connected_.Join(cell.period);
    }
  }

  PathGap Explain() {
    for (const CellState& cell : cells_) {
      if (cell.period == run_ && !cell.datum.has_value()) return {Undefined::kAbsent, MonthsOf(run_)};
    }
    const std::vector<Month> open = OpenMonths();
    const std::vector<Month> absent = Covered(open, /*with_value=*/false, true);
    if (AbsencesWouldConnect()) return Gap(Undefined::kAbsent, absent.empty() ? open : absent);
    const std::vector<Month> nowhere = Covered(open, /*with_value=*/true, false);
    if (!nowhere.empty()) {
      std::vector<Month> unsaid;
      std::ranges::set_difference(nowhere, absent, std::back_inserter(unsaid));
      return Gap(Undefined::kMissingMonths, unsaid.empty() ? nowhere : unsaid);
    }
    std::vector<Month> combined;
    if (open.front() == run_.start()) AddCombined(run_.start(), &combined);
    if (open.back() == run_.last()) AddCombined(run_.end(), &combined);
    if (!combined.empty()) return Gap(Undefined::kCombinedMonths, combined);
    return Gap(Undefined::kMissingMonths, open);
  }

 private:
  static std::int32_t FirstBoundary(std::span<const CellState> cells, Period run) {
    const std::int32_t start = run.start().index();
    return cells.empty() ? start : std::min(start, cells.front().period.start().index());
  }
  static std::int32_t LastBoundary(std::span<const CellState> cells, Period run) {
    std::int32_t last = run.end().index();
    for (const CellState& cell : cells) last = std::max(last, cell.period.end().index());
    return last;
  }

  static PathGap Gap(Undefined reason, std::vector<Month> months) {
    if (months.size() > limits::kMaxMonthsAtFault) months.resize(limits::kMaxMonthsAtFault);
    return {reason, std::move(months)};
  }

  // The months of the run that lie in no known run within it: between the lowest and the highest boundary of
  // a component everything is known. If known runs overlap without meeting, the months that are not known
  // alone.
  std::vector<Month> OpenMonths() {
    const std::int32_t start = run_.start().index();
    std::vector<std::int32_t> lowest(connected_.size(), -1);
    std::vector<std::int32_t> known(At(run_.months()) + 1,
                                    0);  // +1 where a known run starts, -1 where it ends
    std::vector<Month> alone;
    for (std::int32_t i = 0; i <= run_.months(); ++i) {
      const std::int32_t root = connected_.Root(start + i);
      std::int32_t& low = lowest[At(root)];
      if (low < 0) low = i;
      // Each boundary prolongs the known run of its component; to add the whole is as good.
      if (low < i) ++known[At(low)], --known[At(i)];
      if (i < run_.months() && root != connected_.Root(start + i + 1)) alone.push_back(run_.start() + i);
    }
    std::vector<Month> open;
    for (std::int32_t i = 0, depth = 0; i < run_.months(); ++i) {
      depth += known[At(i)];
      if (depth == 0) open.push_back(run_.start() + i);
    }
    return open.empty() ? alone : open;
  }

  // Those of `months` that lie in some cell with (or without) a value, or those that do not.
  std::vector<Month> Covered(const std::vector<Month>& months, bool with_value, bool covered) const {
    std::vector<std::int32_t> change(At(last_ - first_) + 1, 0);
    for (const CellState& cell : cells_) {
      if (cell.datum.has_value() != with_value) continue;
      ++change[At(cell.period.start().index() - first_)];
      --change[At(cell.period.end().index() - first_)];
    }
    std::partial_sum(change.begin(), change.end(), change.begin());
    std::vector<Month> result;
    std::ranges::copy_if(months, std::back_inserter(result),
                         [&](Month month) { return (change[At(month.index() - first_)] > 0) == covered; });
    return result;
  }

  bool AbsencesWouldConnect() const {
    Connected all(first_, last_);
    for (const CellState& cell : cells_) all.Join(cell.period);
    return all.Root(run_.start().index()) == all.Root(run_.end().index());
  }

  // The months of the shortest published run around `boundary` that no boundary connected with it cuts.
  void AddCombined(Month boundary, std::vector<Month>* months) {
    std::vector<std::int32_t> below(connected_.size(), first_ - 1);
    std::vector<std::int32_t> above(connected_.size(), last_ + 1);
    for (std::int32_t i = first_; i < boundary.index(); ++i) below[At(connected_.Root(i))] = i;
    for (std::int32_t i = last_; i > boundary.index(); --i) above[At(connected_.Root(i))] = i;
    const CellState* shortest = nullptr;
    const std::size_t own = At(connected_.Root(boundary.index()));
    for (const CellState& cell : cells_) {
      if (!cell.datum.has_value()) continue;
      const std::size_t component = At(connected_.Root(cell.period.start().index()));
      const bool uncut = component != own && below[component] == cell.period.start().index() &&
                         above[component] == cell.period.end().index();
      if (!uncut || (shortest && shortest->period.months() <= cell.period.months())) continue;
      shortest = &cell;
    }
    if (shortest == nullptr) return;
    for (const Month month : MonthsOf(shortest->period)) {
      if (months->empty() || months->back() < month) months->push_back(month);
    }
  }

  std::span<const CellState> cells_;
  Period run_;
  std::int32_t first_;
  std::int32_t last_;
  Connected connected_;
};

}  // namespace

std::vector<Month> MonthsOf(Period run) {
  std::vector<Month> months;
  const auto count = std::min<std::size_t>(At(run.months()), limits::kMaxMonthsAtFault);
  for (std::size_t i = 0; i < count; ++i) months.push_back(run.start() + static_cast<int>(i));
  return months;
}

PathGap ExplainGap(std::span<const CellState> cells, Period run) {
  return GapExplainer(cells, run).Explain();
}

}  // namespace tidewaiter
