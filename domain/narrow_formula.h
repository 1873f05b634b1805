// The commonest figures, in machine integers: what Evaluate() gives, at a tenth of its cost, for
// cross-sections of many series.
#pragma once

#include <cstdint>
#include <optional>

#include "domain/aggregate.h"
#include "domain/decimal.h"
#include "domain/period.h"

namespace tidewaiter {

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

  // Sets value and bound, or reason and months. `now` and `then` are sums of coefficients; `then` is not
  // looked at for levels. False: Evaluate() must say, and nothing is set.
  bool Compute(std::int64_t now, std::int64_t then, AggregateValue* result) const;

 private:
  NarrowFormula() = default;
  bool Growth(std::int64_t now, std::int64_t then, AggregateValue* result) const;

  Transform transform_ = Transform::kLevel;
  int scale_ = 0;
  Period then_;
  std::optional<Decimal> bound_;  // of levels and changes: the same for all
  int decimals_ = 0;
  // Of growth: the sums of the operands' steps, in units of the coefficients' last digit.
  std::int64_t now_unit_ = 0;
  std::int64_t then_unit_ = 0;
};

}  // namespace tidewaiter
