#include "domain/path_search.h"

#include <algorithm>
#include <tuple>

#include "domain/limits.h"

namespace tidewaiter {
namespace {

std::size_t BackwardIn(const Path& path) {
  return static_cast<std::size_t>(std::ranges::count(path, true, &Operand::subtracted));
}

}  // namespace

PathSearch::PathSearch(std::span<const CellState> cells) : cells_(cells) { Build(); }

void PathSearch::Build() {
  std::int32_t last = 0;
  first_ = cells_.empty() ? 0 : cells_.front().period.start().index();
  for (const CellState& cell : cells_) last = std::max(last, cell.period.end().index() - first_);
  offsets_.assign(static_cast<std::size_t>(last) + 2, 0);
  // Counting sort: how many edges a node has, where they begin, then the edges in the order of cells.
  for (const CellState& cell : cells_) {
    if (!cell.datum.has_value()) continue;
    ++offsets_[static_cast<std::size_t>(cell.period.start().index() - first_) + 1];
    ++offsets_[static_cast<std::size_t>(cell.period.end().index() - first_) + 1];
  }
  for (std::size_t node = 1; node < offsets_.size(); ++node) offsets_[node] += offsets_[node - 1];
  edges_.resize(offsets_.back());
  std::vector<std::uint32_t> at(offsets_.begin(), offsets_.end() - 1);
  for (std::uint32_t i = 0; i < cells_.size(); ++i) {
    if (!cells_[i].datum.has_value()) continue;
    const Node start = cells_[i].period.start().index() - first_;
    const Node end = cells_[i].period.end().index() - first_;
    edges_[at[static_cast<std::size_t>(start)]++] = {i, end};
    edges_[at[static_cast<std::size_t>(end)]++] = {i, start};
  }
}

bool PathSearch::Locate(Period run) {
  from_ = run.start().index() - first_;
  to_ = run.end().index() - first_;
  const auto nodes = static_cast<Node>(offsets_.size()) - 1;
  return from_ >= 0 && to_ < nodes && !EdgesOf(from_).empty() && !EdgesOf(to_).empty();
}

std::span<const PathSearch::Edge> PathSearch::EdgesOf(Node node) const {
  const auto at = static_cast<std::size_t>(node);
  return std::span(edges_).subspan(offsets_[at], offsets_[at + 1] - offsets_[at]);
}

bool PathSearch::Forbidden(Node from, Node to, const Rules& rules) const {
  return (to < from && !rules.backward_allowed) || (from == from_ && to == to_ && !rules.direct_allowed);
}

std::size_t PathSearch::ReleasesOf(const Path& path) {
  on_path_.clear();
  for (const Operand& operand : path) ++on_path_[cells_[operand.cell].sequence];
  return on_path_.size();
}

Path PathSearch::Best(Period run, std::optional<Derivation> wish) {
  if (!Locate(run)) return {};
  if (wish == Derivation::kDifferenced) return BestDifference();
  const bool sums_only = wish == Derivation::kSummed;
  const Rules rules{.backward_allowed = !sums_only, .direct_allowed = !sums_only};
  Measure(rules);
  if (distance_[static_cast<std::size_t>(from_)].edges == kFar) return {};
  bool only_one = true;
  Path path = FirstLeast(rules, &only_one);
  return only_one ? path : FewestReleases(rules, std::move(path));
}

// Breadth first from the end of the run, one layer of nodes after another. All nodes of a layer are known
// before the next is begun, so the least number of backward edges is known with it.
void PathSearch::Measure(const Rules& rules) {
  distance_.assign(offsets_.size() - 1, Distance{});
  distance_[static_cast<std::size_t>(to_)] = {0, 0};
  frontier_.assign(1, to_);
  for (std::int32_t layer = 1; !frontier_.empty(); ++layer) {
    next_frontier_.clear();
    for (const Node node : frontier_) {
      const std::int32_t backward = distance_[static_cast<std::size_t>(node)].backward;
      for (const Edge& edge : EdgesOf(node)) {
        // The path goes the other way: from edge.to to node.
        if (Forbidden(edge.to, node, rules)) continue;
        Distance& known = distance_[static_cast<std::size_t>(edge.to)];
        if (known.edges < layer) continue;
        if (known.edges == kFar) next_frontier_.push_back(edge.to);
        known.edges = layer;
        known.backward = std::min(known.backward, backward + (node < edge.to ? 1 : 0));
      }
    }
    if (distance_[static_cast<std::size_t>(from_)].edges == layer) return;
    std::swap(frontier_, next_frontier_);
  }
}

bool PathSearch::Leads(Node from, const Edge& edge, const Rules& rules) const {
  if (Forbidden(from, edge.to, rules)) return false;
  const Distance& here = distance_[static_cast<std::size_t>(from)];
  const Distance& there = distance_[static_cast<std::size_t>(edge.to)];
  return there.edges + 1 == here.edges && there.backward + (edge.to < from ? 1 : 0) == here.backward;
}

Path PathSearch::FirstLeast(const Rules& rules, bool* only_one) {
  Path path;
  path.reserve(static_cast<std::size_t>(distance_[static_cast<std::size_t>(from_)].edges));
  for (Node node = from_; node != to_;) {
    const Edge* first = nullptr;
    for (const Edge& edge : EdgesOf(node)) {
      if (!Leads(node, edge, rules)) continue;
      if (first != nullptr) *only_one = false;
      if (first == nullptr) first = &edge;
    }
    path.push_back({first->cell, first->to < node});
    node = first->to;
  }
  return path;
}

// Depth first over the least paths, in the order of their operands, leaving those that already have as many
// releases as the best. To find the fewest releases is hard in general (a minimum label path), hence the
// steps.
Path PathSearch::FewestReleases(const Rules& rules, Path first) {
  Path best = std::move(first);
  std::size_t fewest = ReleasesOf(best);
  std::size_t steps_left = limits::kMaxPathSteps;
  on_path_.clear();
  Path path;
  std::vector<Step> steps{{from_, 0, false}};
  while (!steps.empty() && fewest > 1 && steps_left-- > 0) {
    Step& step = steps.back();
    const auto edges = EdgesOf(step.node);
    if (step.node == to_ || step.next == edges.size() || on_path_.size() >= fewest) {
      if (step.node == to_ && on_path_.size() < fewest) {
        fewest = on_path_.size();
        best = path;
      }
      steps.pop_back();
      if (path.empty()) break;
      const auto counted = on_path_.find(cells_[path.back().cell].sequence);
      if (--counted->second == 0) on_path_.erase(counted);
      path.pop_back();
      continue;
    }
    const Edge& edge = edges[step.next++];
    if (!Leads(step.node, edge, rules)) continue;
    path.push_back({edge.cell, edge.to < step.node});
    ++on_path_[cells_[edge.cell].sequence];
    steps.push_back({edge.to, 0, false});
  }
  return best;
}

// Breadth first from the end over pairs (node, whether a backward edge is still needed from there).
void PathSearch::MeasureNeeds(const Rules& rules) {
  for (auto& need : need_) need.assign(offsets_.size() - 1, kFar);
  need_[0][static_cast<std::size_t>(to_)] = 0;
  std::vector<std::pair<Node, bool>> frontier{{to_, false}}, next;
  for (std::int32_t layer = 1; !frontier.empty(); ++layer) {
    next.clear();
    for (const auto& [node, needed] : frontier) {
      for (const Edge& edge : EdgesOf(node)) {
        if (Forbidden(edge.to, node, rules)) continue;
        // A backward edge into a node that needs none serves one that needs one, as well as one that does
        // not.
        for (const bool before : {false, true}) {
          const bool after = before && !(node < edge.to);
          if (after != needed) continue;
          std::int32_t& known = need_[before ? 1 : 0][static_cast<std::size_t>(edge.to)];
          if (known != kFar) continue;
          known = layer;
          next.emplace_back(edge.to, before);
        }
      }
    }
    std::swap(frontier, next);
  }
}

template <typename Take>
bool PathSearch::Enumerate(const Rules& rules, std::size_t edges, std::size_t* steps_left, const Take& take) {
  std::vector<bool> visited(offsets_.size() - 1, false);
  visited[static_cast<std::size_t>(from_)] = true;
  Path path;
  std::vector<Step> steps{{from_, 0, rules.backward_needed}};
  while (!steps.empty()) {
    if (*steps_left == 0) return false;
    --*steps_left;
    Step& step = steps.back();
    const auto out = EdgesOf(step.node);
    if (step.node == to_ || step.next == out.size()) {
      if (step.node == to_) {
        take(path);
        *steps_left -= std::min(*steps_left, path.size());  // so that what is kept is bounded, too
      }
      visited[static_cast<std::size_t>(step.node)] = false;
      if (!path.empty()) path.pop_back();
      steps.pop_back();
      continue;
    }
    const Edge& edge = out[step.next++];
    if (visited[static_cast<std::size_t>(edge.to)] || Forbidden(step.node, edge.to, rules)) continue;
    const bool needed = step.backward_needed && edge.to > step.node;
    const auto remaining = static_cast<std::int32_t>(edges - path.size()) - 1;
    // At the end of the run the path is over, and must have the length that was asked for.
    if (edge.to == to_ ? remaining != 0 || needed
                       : need_[needed ? 1 : 0][static_cast<std::size_t>(edge.to)] > remaining) {
      continue;
    }
    visited[static_cast<std::size_t>(edge.to)] = true;
    path.push_back({edge.cell, edge.to < step.node});
    steps.push_back({edge.to, 0, needed});
  }
  return true;
}

// The shortest walk with a backward edge need not be simple (there and back again), so simple paths are tried
// by their length.
Path PathSearch::BestDifference() {
  const Rules rules{.backward_needed = true, .direct_allowed = false};
  MeasureNeeds(rules);
  Path best;
  std::tuple<std::size_t, std::size_t> least;  // backward edges, releases
  std::size_t steps_left = limits::kMaxPathSteps;
  const auto nodes = offsets_.size() - 1;
  for (auto edges = static_cast<std::size_t>(need_[1][static_cast<std::size_t>(from_)]);
       edges < nodes && best.empty(); ++edges) {
    const bool finished = Enumerate(rules, edges, &steps_left, [&](const Path& path) {
      const std::tuple measure{BackwardIn(path), ReleasesOf(path)};
      if (!best.empty() && measure >= least) return;
      best = path;
      least = measure;
    });
    if (!finished) break;
  }
  return best;
}

std::vector<Path> PathSearch::All(Period run, std::size_t max_edges, std::size_t limit) {
  std::vector<Path> all;
  if (!Locate(run)) return all;
  const Rules rules;
  MeasureNeeds(rules);
  std::size_t steps_left = limits::kMaxAllPathsSteps;
  const std::size_t longest = std::min(max_edges, offsets_.size() - 2);
  for (auto edges = static_cast<std::size_t>(need_[0][static_cast<std::size_t>(from_)]);
       edges <= longest && all.size() < limit && steps_left > 0; ++edges) {
    using Measured = std::tuple<std::size_t, std::size_t, Path>;
    std::vector<Measured> found;
    Enumerate(rules, edges, &steps_left,
              [&](const Path& path) { found.emplace_back(BackwardIn(path), ReleasesOf(path), path); });
    std::ranges::stable_sort(
        found, {}, [](const Measured& path) { return std::tuple(std::get<0>(path), std::get<1>(path)); });
    for (Measured& path : found) {
      if (all.size() < limit) all.push_back(std::get<Path>(std::move(path)));
    }
  }
  return all;
}

}  // namespace tidewaiter
