// Divisions of machine integers, rounded as figures are.
#pragma once

#include <cstdint>
#include <limits>

namespace tidewaiter::narrow {

using Wide = __int128;

inline Wide TenToThe(int exponent) {
  Wide power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// All below: denominator > 0.
template <typename Int>
Int Floor(Int numerator, Int denominator) {
  const Int quotient = numerator / denominator;
  return numerator - quotient * denominator < 0 ? quotient - 1 : quotient;
}
template <typename Int>
Int Ceiling(Int numerator, Int denominator) {
  return -Floor<Int>(-numerator, denominator);
}
template <typename Int>
Int HalfEven(Int numerator, Int denominator) {
  const Int below = Floor(numerator, denominator);
  const Int twice = 2 * (numerator - below * denominator);
  const bool up = twice > denominator || (twice == denominator && below % 2 != 0);
  return up ? below + 1 : below;
}

inline bool FitsInt64(Wide number) {
  return number >= std::numeric_limits<std::int64_t>::min() &&
         number <= std::numeric_limits<std::int64_t>::max();
}

}  // namespace tidewaiter::narrow
