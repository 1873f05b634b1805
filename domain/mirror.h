// The same trade as two sides report it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "domain/decimal.h"
#include "domain/observation.h"

namespace tidewaiter {

// By which power of ten a figure in `other` is multiplied to be one in `unit`: units as UnitOf() gives them,
// "USD BN" and "USD_MN" => -3. Units are the same when all but a known multiplier is; none is taken for one.
// Error (INVALID_ARGUMENT): they differ otherwise. Nothing is converted: no rate of exchange, no weight.
absl::StatusOr<int> UnitExponent(std::string_view unit, std::string_view other);

// value * 10^exponent, exact. Error: kOverflow.
absl::StatusOr<Decimal> TimesPowerOfTen(const Decimal& value, int exponent);

// Why a gap or a ratio is undefined.
enum class MirrorUndefined : std::uint8_t {
  kDefined = 0,
  kNoA = 1,      // the one side says nothing of the period
  kNoB = 2,      // nor does the other
  kAAbsent = 3,  // it says that there is no number
  kBAbsent = 4,
  kBNotPositive = 5,  // no ratio; the gap is there
  kOverflow = 6,
};
std::string_view MirrorUndefinedName(MirrorUndefined why);  // "B_NOT_POSITIVE"; "" for kDefined

struct MirrorGap {
  std::optional<Decimal> gap;    // a - b, exact
  std::optional<Decimal> ratio;  // a / b, rounded half-even once
  MirrorUndefined why = MirrorUndefined::kDefined;
};

// Of two statements about one period; none: nothing is said. b is multiplied by 10^exponent first.
MirrorGap CompareMirror(const std::optional<Datum>& a, const std::optional<Datum>& b, int exponent,
                        int decimals);

}  // namespace tidewaiter
