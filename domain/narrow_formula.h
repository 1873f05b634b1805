// The commonest figures, in machine integers: what Evaluate() gives, at a tenth of its cost, for
// cross-sections of many series.
#pragma once

#include <cstdint>
#include <optional>

#include "domain/aggregate.h"
#include "domain/decimal.h"
#include "domain/period.h"

namespace tidewaiter {

// A figure in few bytes: its scales are those of its formula.
struct NarrowFigure {
  std::int64_t coefficient = 0;
  std::int64_t bound = 0;  // value +- bound
  bool defined = false;    // false: the base is not positive
  bool bounded = false;
};

// Levels, changes and growth of sums whose operands all have one scale and one printed step. Immutable;
// thread-safe.
class NarrowFormula {
 public:
  // Whether the transform of `spec` is among those.
  static bool Fits(const AggregateSpec& spec);
  // Sums of `now.months()` and `then.months()` operands of that scale, printed in steps of 10^step_exponent.
  // Without a `then` for levels. None: the steps do not fit. REQUIRES: Fits(spec).
  static std::optional<NarrowFormula> Create(const AggregateSpec& spec, int scale, int step_exponent,
                                             Period now, std::optional<Period> then);

  // The figure of two sums of coefficients; `then` is not looked at for levels. False: Evaluate() must say,
  // and nothing is set.
  bool Compute(std::int64_t now, std::int64_t then, NarrowFigure* figure) const;
  // Of the coefficients of figures and of their bounds.
  int scale() const { return growth() ? decimals_ : scale_; }
  int bound_scale() const { return growth() ? decimals_ + 2 : bound_scale_; }
  // Sets value and bound, or reason and months.
  void Describe(const NarrowFigure& figure, AggregateValue* value) const;

 private:
  NarrowFormula() = default;
  bool growth() const { return transform_ == Transform::kGrowth; }
  template <typename Int>
  bool Growth(Int now, Int then, NarrowFigure* figure) const;

  Transform transform_ = Transform::kLevel;
  int scale_ = 0;
  Period then_;
  std::int64_t bound_ = 0;  // of levels and changes: the same for all
  int bound_scale_ = 0;
  int decimals_ = 0;
  std::int64_t per_cent_ = 0;    // of growth: one hundred, with so many decimals
  std::int64_t most_quick_ = 0;  // sums up to this one need 64 bits only
  // Of growth: the sums of the operands' steps, in units of the coefficients' last digit.
  std::int64_t now_unit_ = 0;
  std::int64_t then_unit_ = 0;
};

}  // namespace tidewaiter
