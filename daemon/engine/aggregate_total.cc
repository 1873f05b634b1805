#include "daemon/engine/aggregate_total.h"

#include <algorithm>

#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::engine {
namespace {

// Steps of one value's bound: nine of each digit.
constexpr std::size_t kMaxSteps = 9 * (limits::kMaxCoefficientDigits + 1);

// The powers of ten that add up to `unit`, as exponents; none if one of them is no printed step.
std::optional<std::vector<int>> StepsOf(const Decimal& unit) {
  std::vector<int> steps;
  absl::int128 rest = unit.coefficient();
  for (int exponent = -unit.scale(); rest > 0; ++exponent, rest /= 10) {
    const int digit = static_cast<int>(rest % 10);
    if (digit > 0 && exponent > limits::kMaxStepExponent) return std::nullopt;
    steps.insert(steps.end(), static_cast<std::size_t>(digit), exponent);
  }
  if (steps.size() > kMaxSteps) return std::nullopt;
  return steps;
}

}  // namespace

bool SharedTotal::IsTouchedBy(const absl::flat_hash_set<storage::SeriesId>& series) {
  if (!touched_) {
    touched_ = std::any_of(sum_.members.begin(), sum_.members.end(),
                           [&](const PlannedMember& member) { return series.contains(member.id); });
  }
  return *touched_;
}

absl::Status SharedTotal::Load(const CellReader& reader, const Vintage& at,
                               const std::vector<std::vector<PeriodRange>>& whens,
                               const SumColumns* columns) {
  if (loaded_at_ == at) return absl::OkStatus();
  kept_.clear();
  loaded_at_.reset();
  TW_RETURN_IF_ERROR(loaded_.Load(reader, at, sum_, whens, pairs_, columns));
  loaded_at_ = at;
  return absl::OkStatus();
}

void SharedTotal::Spread(Period run, Kept* kept) {
  const AggregateValue& value = kept->value;
  if (!value.value) return;
  std::optional<std::vector<int>> steps;
  if (const auto unit = Decimal::Add(*value.bound, *value.bound); unit.ok()) steps = StepsOf(*unit);
  if (!steps || steps->empty()) {
    kept->value.value.reset();
    kept->value.reason = Undefined::kOverflow;
    return;
  }
  Decimal amount = *value.value;
  for (const int step : *steps) {
    CellState cell;
    cell.period = run;
    cell.datum = Datum::ValueUnchecked(amount, step);
    cell.sequence = value.sequence;
    cell.published_at = cell.value_since = value.published_at;
    kept->cells.push_back(cell);
    amount = Decimal();
  }
  for (const CellState& cell : kept->cells) {
    kept->algebras.push_back(std::make_unique<IntervalAlgebra>(std::span(&cell, 1)));
    kept->members.push_back({.cells = kept->algebras.back().get(), .sign = 1, .when = {}});
  }
}

SharedTotal::Below SharedTotal::For(const AggregateSpec& spec, Month last) {
  if (loaded_.months() == nullptr && loaded_.members().size() <= kDirectMembers)
    return {&loaded_.members(), nullptr};
  const Month month = spec.transform == Transform::kContribution ? last - spec.lag_months : last;
  const auto [at, is_new] = kept_.try_emplace(month);
  Kept& kept = at->second;
  if (is_new) {
    AggregateSpec level;
    level.window = spec.window;
    level.window.mean = false;  // the figure's own mean divides both sides
    level.composition = spec.composition;
    level.derivation = spec.derivation;
    kept.value =
        Evaluate(level, {.above = loaded_.members(), .below = {}, .above_months = loaded_.months()}, month);
    if (const std::optional<Period> run = spec.window.RunEnding(month)) Spread(*run, &kept);
  }
  return {&kept.members, &kept.value};
}

}  // namespace tidewaiter::engine
