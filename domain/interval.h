// The interval algebra: the value of any run of months, from the runs that were published.
//
// A published run is an edge between two month boundaries. The value of a run [a, b) is a signed path from a
// to b: forward edges add, backward edges subtract.
//
//   published        2024-01/P12M  2024-01/P7M  2025-01/P7M
//   T12M to 2025-07  = [2024-08, 2025-08) = - 2024-01/P7M + 2024-01/P12M + 2025-01/P7M
//
// Of all paths the one with the fewest edges counts; then fewest backward edges, then fewest releases among
// the operands, then earliest start (of the first operand in which two paths differ, seen from a; a shorter
// run starts before a longer one). Absent cells are no edges. Source of the definitions: docs/aggregates.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "domain/change.h"
#include "domain/decimal.h"
#include "domain/month.h"
#include "domain/period.h"

namespace tidewaiter {

// How the value of a run came about. On the wire as an enum of the same names.
enum class Derivation : std::uint8_t {
  kPublished = 1,    // stated for this very run
  kSummed = 2,       // a sum of published runs
  kDifferenced = 3,  // with at least one run subtracted
};
std::string_view DerivationName(Derivation derivation);  // "PUBLISHED"
absl::StatusOr<Derivation> ParseDerivation(std::string_view name);

// Why there is no value. On the wire as an enum of the same names.
enum class Undefined : std::uint8_t {
  kMissingMonths = 1,    // no release states these months, alone or within a run that could be cut
  kCombinedMonths = 2,   // a boundary lies inside a run that is published as one (January-February)
  kAbsent = 3,           // stated, as an absence: suppressed, withdrawn, nil, not yet due
  kNotAdditive = 4,      // rates, prices and indices are neither summed nor differenced
  kBaseNotPositive = 5,  // growth, contribution, index, ratio: the denominator is <= 0
  kSignChange = 6,       // growth of magnitude across a change of sign
  kNoMembers = 7,        // no member of the group has a value for the run
  kNoTotal = 8,          // share, contribution: the total has no value
  kNoSuchPrint = 9,      // real-time views: no n-th print, or not k months old yet
  kNoWindow = 10,        // no window of this kind ends with this month (a year ends with its last month)
  kMixedUnits = 11,      // members of one sum have different units
  kOverflow = 12,        // the exact result does not fit
  kMixedSigns = 13,      // share: of a balance, or of parts that are below zero
};
std::string_view UndefinedName(Undefined reason);  // "COMBINED_MONTHS"

// One operand of a path: a published run, added or subtracted.
struct Operand {
  std::uint32_t cell = 0;  // index into the cells of the algebra
  bool subtracted = false;
  friend bool operator==(const Operand&, const Operand&) = default;
};

// Exact, with the bound that printed rounding puts on it: the true figure lies within value +- unit / 2.
struct Bounded {
  Decimal value;
  Decimal unit;  // the sum of the operands' printed steps, >= 0
  friend bool operator==(const Bounded&, const Bounded&) = default;
};

// The value of a run of months, or why there is none.
struct RunValue {
  std::optional<Bounded> value;
  Derivation derivation = Derivation::kPublished;  // if there is a value
  std::vector<Operand> operands;                   // along the path, if there is a value
  bool across_releases = false;                    // the operands were stated by different releases
  Undefined reason = Undefined::kMissingMonths;    // if there is none
  std::vector<Month> months;  // if there is none: the months at fault, <= kMaxMonthsAtFault
};

class PathSearch;

// The cells of one series at one vintage, as a graph of month boundaries. Refers to the cells, does not own
// them. Movable. Not thread-safe (it keeps its working memory).
//
// Months only: O(months of the run). Otherwise O(cells), but for ties: among paths of equally many edges and
// backward edges, releases are counted within limits::kMaxPathSteps steps; likewise for a wished difference,
// and for FindAll within kMaxAllPathsSteps. Where a search ends there, the best path found by then is taken:
// always the same one.
class IntervalAlgebra {
 public:
  // `cells` in period order, each period once, as SeriesFold gives them. `additive`: false allows published
  // runs only.
  explicit IntervalAlgebra(std::span<const CellState> cells, bool additive = true);
  IntervalAlgebra(IntervalAlgebra&&) noexcept;
  IntervalAlgebra& operator=(IntervalAlgebra&&) noexcept;
  ~IntervalAlgebra();

  // The value of a run; with `wish`, by the best path of that derivation only.
  RunValue Find(Period run, std::optional<Derivation> wish = std::nullopt);
  // Every simple path that has at most `max_edges` edges, best first, at most `limit`; for --explain and for
  // comparing disjoint paths. A path whose sum does not fit is there, with kOverflow for its value.
  std::vector<RunValue> FindAll(Period run, std::size_t max_edges, std::size_t limit);

  std::span<const CellState> cells() const { return cells_; }

 private:
  enum class Shape : std::uint8_t { kUnknown, kMonths, kMixed };

  const CellState* Stated(Period run) const;  // the cell of this very run, if there is one
  bool OnlyMonths();                          // every cell is a single month: the usual case, and a quick one
  RunValue FindAmongMonths(Period run, std::optional<Derivation> wish);
  RunValue FindAnyPath(Period run, std::optional<Derivation> wish);
  RunValue OtherwiseKnown(Period run, Derivation wish) const;
  PathSearch& search();  // built when it is first needed

  std::span<const CellState> cells_;
  bool additive_;
  Shape shape_ = Shape::kUnknown;
  std::unique_ptr<PathSearch> search_;
};

}  // namespace tidewaiter
