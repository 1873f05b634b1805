// What a printed level and its printed rate of growth say about the figure of one year before.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/decimal.h"
#include "domain/observation.h"
#include "domain/print_rounding.h"

namespace tidewaiter {

enum class BaseVerdict : std::uint8_t {
  kFits = 1,         // the held base touches the implied interval
  kHeldBelow = 2,    // all that the held base may be lies below it: an upward revision is implied
  kHeldAbove = 3,    // ... above it: a downward revision is implied
  kNotTestable = 4,  // see `why`
};
std::string_view BaseVerdictName(BaseVerdict verdict);  // "HELD_BELOW"

enum class NotTestable : std::uint8_t {
  kNone = 0,
  kAbsent = 1,            // the level, the rate or the held base is not a number
  kLevelNotPositive = 2,  // growth of what is not above zero is undefined
  kRateTooLow = 3,        // -100 % or less, within its rounding: no base follows
  kTooLarge = 4,          // the implied bounds have more digits than a figure may have
};
std::string_view NotTestableName(NotTestable why);  // "RATE_TOO_LOW"

struct ImpliedBase {
  BaseVerdict verdict = BaseVerdict::kNotTestable;
  NotTestable why = NotTestable::kNone;  // unless testable
  // The implied interval, rounded outwards; in the unit of the level. Zero unless testable.
  Decimal low;
  Decimal high;
  // From the held base to the nearer of `low` and `high`: above zero when an upward revision is implied,
  // below zero for a downward one, 0 if it fits.
  Decimal amount;
  friend bool operator==(const ImpliedBase&, const ImpliedBase&) = default;
};

// Printed level L with uncertainty h, printed rate g per cent with uncertainty d: the base lies in
//
//   [(L - h) / (1 + (g + d)/100), (L + h) / (1 + (g - d)/100)]          (docs: implied base)
//
// where the uncertainty is half of the printed step, or a whole step under kTruncated. The verdict compares
// that interval with [B - hb, B + hb] of the held base exactly, in whole numbers; touching is fitting. `low`,
// `high` and `amount` are for print: `decimals` of them (0..limits::kMaxScale; by default one more than the
// held base was printed to), `low` rounded down and `high` up.
//
//   level 125.8 (step 0.1), rate -8.1 (step 0.1), held 136.67 (step 0.01)
//   => HELD_BELOW, 136.759 .. 137.017, amount 0.089
ImpliedBase TestImpliedBase(const Datum& level, const Datum& rate_per_cent, const Datum& held,
                            PrintRounding rounding = PrintRounding::kNearest,
                            std::optional<int> decimals = std::nullopt);

}  // namespace tidewaiter
