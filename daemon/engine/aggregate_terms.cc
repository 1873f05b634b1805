#include "daemon/engine/aggregate_terms.h"

#include <utility>

#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::engine {
namespace {

// Half of a unit, exactly; none where it does not fit.
std::optional<Decimal> Half(const Decimal& unit) {
  const absl::int128 coefficient = unit.coefficient();
  if (coefficient % 2 == 0) return Decimal::FromValidParts(coefficient / 2, unit.scale());
  const absl::StatusOr<Decimal> half = Decimal::FromParts(coefficient * 5, unit.scale() + 1);
  if (!half.ok()) return std::nullopt;
  return *half;
}

FigurePath PathOf(const RunValue& value, std::span<const CellState> cells, PrintRounding rounding) {
  FigurePath path;
  path.across_releases = value.across_releases;
  if (!value.value) {
    path.reason = value.reason;
    path.months = value.months;
    return path;
  }
  path.value = value.value->value;
  path.bound = rounding == PrintRounding::kTruncated ? value.value->unit : Half(value.value->unit);
  path.derivation = value.derivation;
  for (const Operand& operand : value.operands) {
    const CellState& cell = cells[operand.cell];
    path.operands.push_back({.period = cell.period,
                             .subtracted = operand.subtracted,
                             .datum = cell.datum,
                             .sequence = cell.sequence,
                             .published_at = PublishedAt::At(cell.published_at)});
  }
  return path;
}

// Gathers the terms of one figure.
class Explanation {
 public:
  Explanation(const storage::Catalogue& catalogue, PrintRounding rounding)
      : catalogue_(catalogue), rounding_(rounding) {}

  absl::StatusOr<FigureTerm> Explain(const AggregateTerm& term, const TermSide& side) {
    FigureTerm explained{.below = term.below, .run = term.run, .parts = {}};
    for (const AggregateTerm::Part& part : term.parts) {
      if (operands_ > limits::kMaxExplainedOperands) break;
      const Member& member = (*side.members)[part.member];
      FigureTerm::Part to;
      to.series = side.name;
      if (side.ids != nullptr) {
        const storage::SeriesId id = (*side.ids)[part.member];
        // A series that a pair lacks has no key.
        if (id != storage::SeriesId{}) {
          TW_ASSIGN_OR_RETURN(to.series, catalogue_.KeyOf(id));
        }
      }
      to.subtracted = member.sign < 0;
      to.path = PathOf(part.value, member.cells->cells(), rounding_);
      operands_ += to.path.operands.size() + 1;
      if (side.ids != nullptr) AddOthers(term.run, part.value, *member.cells, &to);
      explained.parts.push_back(std::move(to));
    }
    return explained;
  }

 private:
  void AddOthers(Period run, const RunValue& taken, IntervalAlgebra& algebra, FigureTerm::Part* part) {
    for (const RunValue& path :
         algebra.FindAll(run, limits::kMaxOtherPathEdges, limits::kMaxOtherPaths + 1)) {
      if (!path.value || path.operands == taken.operands) continue;
      if (part->others.size() == limits::kMaxOtherPaths || operands_ > limits::kMaxExplainedOperands) break;
      part->others.push_back(PathOf(path, algebra.cells(), rounding_));
      operands_ += path.operands.size();
    }
  }

  const storage::Catalogue& catalogue_;
  const PrintRounding rounding_;
  std::size_t operands_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<FigureTerm>> ExplainTerms(const storage::Catalogue& catalogue,
                                                     const std::vector<AggregateTerm>& terms,
                                                     const TermSide& above, const TermSide& below,
                                                     PrintRounding rounding) {
  Explanation explanation(catalogue, rounding);
  std::vector<FigureTerm> explained;
  for (const AggregateTerm& term : terms) {
    TW_ASSIGN_OR_RETURN(FigureTerm one, explanation.Explain(term, term.below ? below : above));
    explained.push_back(std::move(one));
  }
  return explained;
}

}  // namespace tidewaiter::engine
