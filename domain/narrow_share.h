// Shares of a total and contributions to its growth, in machine integers: what Evaluate() gives, at a
// fraction of its cost, for cross-sections of many series.
#pragma once

#include <cstdint>
#include <optional>

#include "domain/aggregate.h"
#include "domain/interval.h"
#include "domain/narrow_formula.h"
#include "domain/period.h"

namespace tidewaiter {

// Of sums whose operands all have one scale and one printed step, in one total. Immutable; thread-safe.
class NarrowShare {
 public:
  // Whether the transform of `spec` is among those.
  static bool Fits(const AggregateSpec& spec);
  // Sums of `now.months()` and, for contributions, `then.months()` operands of that scale, printed in steps
  // of 10^step_exponent; and the total below them. None: the numbers do not fit, or the total is not
  // positive. REQUIRES: Fits(spec).
  static std::optional<NarrowShare> Create(const AggregateSpec& spec, int scale, int step_exponent,
                                           Period now, std::optional<Period> then, const Bounded& total);

  // The figure of sums of coefficients; `then` is 0 for shares. False: Evaluate() must say, and nothing is
  // set.
  bool Compute(std::int64_t now, std::int64_t then, NarrowFigure* figure) const;
  int scale() const { return decimals_; }
  int bound_scale() const { return decimals_ + 2; }

 private:
  NarrowShare() = default;
  template <typename Int>
  bool Divide(Int numerator, NarrowFigure* figure) const;

  int decimals_ = 0;
  bool is_share_ = false;
  // All in units of the last digit of whichever has most; coefficients are to be multiplied.
  std::int64_t factor_ = 1;
  std::int64_t unit_ = 0;  // the sum of the steps above
  __int128 total_ = 0;
  __int128 total_unit_ = 0;
  std::int64_t per_cent_ = 0;  // one hundred, with so many decimals
  bool quick_ = false;         // the total needs 64 bits only
  std::int64_t most_quick_ = 0;
};

}  // namespace tidewaiter
