#include "domain/interval.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/exact_sum.h"
#include "domain/path_gap.h"
#include "domain/path_search.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

constexpr std::array kDerivations = {Derivation::kPublished, Derivation::kSummed, Derivation::kDifferenced};

RunValue Without(Undefined reason, std::vector<Month> months) {
  RunValue none;
  none.reason = reason;
  none.months = std::move(months);
  return none;
}

// The sum along a path. REQUIRES: every operand has a value.
RunValue Along(std::span<const CellState> cells, Path path, Period run) {
  ExactSum value, unit;
  RunValue result;
  if (path.size() > 1) result.derivation = Derivation::kSummed;
  const Sequence first = cells[path.front().cell].sequence;
  for (const Operand& operand : path) {
    const CellState& cell = cells[operand.cell];
    if (operand.subtracted) {
      value.Subtract(cell.datum.value());
      result.derivation = Derivation::kDifferenced;
    } else {
      value.Add(cell.datum.value());
    }
    unit.AddPowerOfTen(cell.datum.step_exponent());
    result.across_releases |= cell.sequence != first;
  }
  const auto total = value.Total();
  const auto steps = unit.Total();
  if (!total || !steps) return Without(Undefined::kOverflow, MonthsOf(run));
  result.value = Bounded{*total, *steps};
  result.operands = std::move(path);
  return result;
}

// Months of the run that no sum of published runs could take from a single one; all of them if there is no
// such month.
std::vector<Month> NotSummable(std::span<const CellState> cells, Period run) {
  std::vector<Month> months;
  for (const Month month : MonthsOf(run)) {
    const bool stated = std::ranges::any_of(cells, [&](const CellState& cell) {
      return cell.datum.has_value() && cell.period != run && run.start() <= cell.period.start() &&
             cell.period.start() <= month && month < cell.period.end() && cell.period.end() <= run.end();
    });
    if (!stated) months.push_back(month);
  }
  return months.empty() ? MonthsOf(run) : months;
}

}  // namespace

std::string_view DerivationName(Derivation derivation) {
  switch (derivation) {
    case Derivation::kPublished:
      return "PUBLISHED";
    case Derivation::kSummed:
      return "SUMMED";
    case Derivation::kDifferenced:
      return "DIFFERENCED";
  }
  return "UNKNOWN";
}

absl::StatusOr<Derivation> ParseDerivation(std::string_view name) {
  for (const Derivation derivation : kDerivations) {
    if (absl::EqualsIgnoreCase(ToAbsl(DerivationName(derivation)), ToAbsl(name))) return derivation;
  }
  return InvalidField(
      "", absl::StrCat(Quoted(name), " is not a derivation; use one of PUBLISHED, SUMMED, DIFFERENCED"));
}

std::string_view UndefinedName(Undefined reason) {
  switch (reason) {
    case Undefined::kMissingMonths:
      return "MISSING_MONTHS";
    case Undefined::kCombinedMonths:
      return "COMBINED_MONTHS";
    case Undefined::kAbsent:
      return "ABSENT";
    case Undefined::kNotAdditive:
      return "NOT_ADDITIVE";
    case Undefined::kBaseNotPositive:
      return "BASE_NOT_POSITIVE";
    case Undefined::kSignChange:
      return "SIGN_CHANGE";
    case Undefined::kNoMembers:
      return "NO_MEMBERS";
    case Undefined::kNoTotal:
      return "NO_TOTAL";
    case Undefined::kNoSuchPrint:
      return "NO_SUCH_PRINT";
    case Undefined::kNoWindow:
      return "NO_WINDOW";
    case Undefined::kMixedUnits:
      return "MIXED_UNITS";
    case Undefined::kOverflow:
      return "OVERFLOW";
    case Undefined::kMixedSigns:
      return "MIXED_SIGNS";
  }
  return "UNKNOWN";
}

IntervalAlgebra::IntervalAlgebra(std::span<const CellState> cells, bool additive)
    : cells_(cells), additive_(additive) {}
IntervalAlgebra::IntervalAlgebra(IntervalAlgebra&&) noexcept = default;
IntervalAlgebra& IntervalAlgebra::operator=(IntervalAlgebra&&) noexcept = default;
IntervalAlgebra::~IntervalAlgebra() = default;

RunValue IntervalAlgebra::Find(Period run, std::optional<Derivation> wish) {
  const CellState* stated = Stated(run);
  if (wish.value_or(Derivation::kPublished) == Derivation::kPublished) {
    if (stated && stated->datum.has_value()) {
      return Along(cells_, {{static_cast<std::uint32_t>(stated - cells_.data()), false}}, run);
    }
    if (wish) return Without(stated ? Undefined::kAbsent : Undefined::kMissingMonths, MonthsOf(run));
  }
  if (OnlyMonths()) return FindAmongMonths(run, wish);
  return FindAnyPath(run, wish);
}

RunValue IntervalAlgebra::FindAnyPath(Period run, std::optional<Derivation> wish) {
  if (Path path = search().Best(run, wish); !path.empty()) {
    return additive_ ? Along(cells_, std::move(path), run) : Without(Undefined::kNotAdditive, {});
  }
  // There may be a path, only not of the derivation that was wished for.
  if (wish && !search().Best(run, std::nullopt).empty()) return OtherwiseKnown(run, *wish);
  PathGap gap = ExplainGap(cells_, run);
  return Without(gap.reason, std::move(gap.months));
}

RunValue IntervalAlgebra::OtherwiseKnown(Period run, Derivation wish) const {
  if (!additive_) return Without(Undefined::kNotAdditive, {});
  return Without(Undefined::kMissingMonths,
                 wish == Derivation::kSummed ? NotSummable(cells_, run) : MonthsOf(run));
}

// The only simple path is that along the months.
RunValue IntervalAlgebra::FindAmongMonths(Period run, std::optional<Derivation> wish) {
  Path path;
  path.reserve(static_cast<std::size_t>(run.months()));
  auto cell =
      std::ranges::lower_bound(cells_, run.start(), {}, [](const CellState& c) { return c.period.start(); });
  for (Month month = run.start(); month < run.end(); ++cell, month = month + 1) {
    if (cell == cells_.end() || cell->period.start() != month || !cell->datum.has_value()) {
      PathGap gap = ExplainGap(cells_, run);
      return Without(gap.reason, std::move(gap.months));
    }
    path.push_back({static_cast<std::uint32_t>(cell - cells_.begin()), false});
  }
  const bool as_wished = !wish || (wish == Derivation::kSummed && path.size() > 1);
  if (!as_wished) return OtherwiseKnown(run, *wish);
  return additive_ ? Along(cells_, std::move(path), run) : Without(Undefined::kNotAdditive, {});
}

std::vector<RunValue> IntervalAlgebra::FindAll(Period run, std::size_t max_edges, std::size_t limit) {
  std::vector<RunValue> all;
  if (!additive_) {
    RunValue published = Find(run, Derivation::kPublished);
    if (published.value && max_edges > 0 && limit > 0) all.push_back(std::move(published));
    return all;
  }
  for (Path& path : search().All(run, max_edges, limit)) all.push_back(Along(cells_, std::move(path), run));
  return all;
}

const CellState* IntervalAlgebra::Stated(Period run) const {
  const auto at = std::ranges::lower_bound(cells_, run, {}, &CellState::period);
  return at != cells_.end() && at->period == run ? &*at : nullptr;
}

bool IntervalAlgebra::OnlyMonths() {
  if (shape_ == Shape::kUnknown) {
    const bool months =
        std::ranges::all_of(cells_, [](const CellState& cell) { return cell.period.months() == 1; });
    shape_ = months ? Shape::kMonths : Shape::kMixed;
  }
  return shape_ == Shape::kMonths;
}

PathSearch& IntervalAlgebra::search() {
  if (!search_) search_ = std::make_unique<PathSearch>(cells_);
  return *search_;
}

}  // namespace tidewaiter
