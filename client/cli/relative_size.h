// How large a revision is beside what was held: exact, rounded once.
#pragma once

#include <compare>
#include <optional>

#include "domain/decimal.h"

namespace tidewaiter::cli {

// `amount` is after - before, at the finer scale of the two.
struct Revision {
  Decimal amount;
  Decimal before;
};

// 100 * amount / |before|, rounded half-even to one decimal. None if `before` is zero, or the result has more
// digits than a Decimal.
std::optional<Decimal> PercentOf(const Revision& revision);

// |amount| / |before| of one against that of another. REQUIRES: neither `before` is zero.
std::strong_ordering CompareSizes(const Revision& a, const Revision& b);

}  // namespace tidewaiter::cli
