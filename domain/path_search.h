// The search for signed paths between month boundaries; IntervalAlgebra's engine.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/change.h"
#include "domain/interval.h"
#include "domain/period.h"

namespace tidewaiter {

// Operands along a path, from the start of the run to its end.
using Path = std::vector<Operand>;

// The graph of one series: its nodes are the month boundaries from the first cell's start to the last end,
// its edges the cells that have a value.
//
//   cells  0: 2024-01/P2M   1: 2024-01/P3M   2: 2024-03        absent: no edge
//   edges  Jan ──0── Mar    Jan ──1── Apr
//   2024-03 = [Mar, Apr) = Mar ─0→ Jan ─1→ Apr = - cell 0 + cell 1
//
// Two boundaries have at most one edge, since a period has one cell. Refers to the cells, does not own them.
// Not thread-safe.
class PathSearch {
 public:
  explicit PathSearch(std::span<const CellState> cells);

  // The best path, in the order of interval.h; empty if there is none. With kSummed at least two edges, all
  // forward; with kDifferenced at least one backward. `wish` is not kPublished. Cost: O(cells), and steps on
  // ties and differences.
  Path Best(Period run, std::optional<Derivation> wish);
  // Every simple path of at most `max_edges` edges, best first, at most `limit` and as the steps allow.
  std::vector<Path> All(Period run, std::size_t max_edges, std::size_t limit);

 private:
  using Node = std::int32_t;  // a month's index less that of the first boundary
  static constexpr std::int32_t kFar = INT32_MAX / 2;

  struct Edge {
    std::uint32_t cell;
    Node to;
  };
  // How far a node is from the end of the run.
  struct Distance {
    std::int32_t edges = kFar;
    std::int32_t backward = kFar;
  };
  // What the paths of one search may do.
  struct Rules {
    bool backward_allowed = true;
    bool backward_needed = false;
    bool direct_allowed = true;
  };
  // One step of the path under way: where it stands, and which edge it tries next.
  struct Step {
    Node node;
    std::uint32_t next;
    bool backward_needed;
  };

  void Build();
  bool Locate(Period run);  // sets from_ and to_; false: a boundary of the run lies outside of the graph
  std::span<const Edge> EdgesOf(Node node) const;
  bool Forbidden(Node from, Node to, const Rules& rules) const;
  std::size_t ReleasesOf(const Path& path);

  // Fills distance_ with the least (edges, backward edges) to to_ for all nodes as far as from_.
  void Measure(const Rules& rules);
  bool Leads(Node from, const Edge& edge, const Rules& rules) const;  // along a least path
  Path FirstLeast(const Rules& rules, bool* only_one);
  Path FewestReleases(const Rules& rules, Path first);

  // Fills need_ with the least edges to to_, backward steps still needed (1) or not (0).
  void MeasureNeeds(const Rules& rules);
  // Calls take(path) for each simple path of exactly `edges` edges, in the order of their operands; false:
  // out of steps.
  template <typename Take>
  bool Enumerate(const Rules& rules, std::size_t edges, std::size_t* steps, const Take& take);
  Path BestDifference();

  std::span<const CellState> cells_;
  std::int32_t first_ = 0;              // month index of node 0
  std::vector<std::uint32_t> offsets_;  // of a node's edges; one more than there are nodes
  std::vector<Edge> edges_;             // by node, then by cell
  Node from_ = 0;
  Node to_ = 0;
  // Working memory.
  std::vector<Distance> distance_;
  std::vector<std::int32_t> need_[2];
  std::vector<Node> frontier_, next_frontier_;
  absl::flat_hash_map<Sequence, std::uint32_t> on_path_;
};

}  // namespace tidewaiter
