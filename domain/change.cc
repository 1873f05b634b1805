#include "domain/change.h"

namespace tidewaiter {
namespace {

bool IsWithdrawn(const Datum& datum) { return !datum.has_value() && datum.absence() == Absence::kWithdrawn; }

absl::int128 Magnitude(absl::int128 number) { return number < 0 ? -number : number; }

// Twice the distance of two values reaches 10^37 units of the finer scale only if they lie further apart than
// any two steps: 10^18 at scale 18 is 10^36 of them, and the finer value itself has less than 10^27.
constexpr int kFarDigits = 37;

// |a - b| <= half a's step + half b's step, exactly. Both sides are doubled and counted in units of the finer
// scale:  6.4 (step 0.1) and 6.38 (step 0.01):  2 * |640 - 638| <= 10 + 1.
// REQUIRES: both have values, a.scale <= b.scale.
bool WithinRounding(const Datum& a, const Datum& b) {
  const int scale = b.value().scale();
  const int widening = scale - a.value().scale();
  // So far apart that they need not be compared, and the product might not fit 128 bits.
  if (Magnitude(a.value().coefficient()) >= PowerOfTen(kFarDigits - widening)) return false;
  const absl::int128 distance =
      Magnitude(a.value().coefficient() * PowerOfTen(widening) - b.value().coefficient());
  return 2 * distance <= PowerOfTen(a.step_exponent() + scale) + PowerOfTen(b.step_exponent() + scale);
}

// A finer or coarser print of the same number. Printed to the same step, another number is another number.
bool IsReprint(const Datum& a, const Datum& b) {
  if (!a.has_value() || !b.has_value() || a.step_exponent() == b.step_exponent()) return false;
  return a.value().scale() <= b.value().scale() ? WithinRounding(a, b) : WithinRounding(b, a);
}

}  // namespace

std::string_view ChangeClassName(ChangeClass change) {
  switch (change) {
    case ChangeClass::kNew:
      return "NEW";
    case ChangeClass::kRevised:
      return "REVISED";
    case ChangeClass::kConfirmed:
      return "CONFIRMED";
    case ChangeClass::kWithdrawn:
      return "WITHDRAWN";
    case ChangeClass::kRestored:
      return "RESTORED";
    case ChangeClass::kBackfilled:
      return "BACKFILLED";
  }
  return "UNKNOWN";
}

Change ClassifyChange(const CellState* before, const Datum& datum, Attributes attributes) {
  if (before == nullptr) return {ChangeClass::kNew};
  const bool was_withdrawn = IsWithdrawn(before->datum);
  const bool is_withdrawn = IsWithdrawn(datum);
  // There is nothing left that a status could qualify.
  if (was_withdrawn && is_withdrawn) return {ChangeClass::kConfirmed};
  if (is_withdrawn) return {ChangeClass::kWithdrawn};
  if (was_withdrawn) return {ChangeClass::kRestored};
  if (!SameValue(before->datum, datum)) {
    return {ChangeClass::kRevised, /*within_rounding=*/IsReprint(before->datum, datum)};
  }
  if (before->attributes == attributes) return {ChangeClass::kConfirmed};
  return {ChangeClass::kRevised, /*within_rounding=*/false, /*status_only=*/true};
}

Change ClassifyEvent(const CellState* held, Instant published_at, const Datum& datum, Attributes attributes) {
  if (held != nullptr && published_at < held->published_at) return {ChangeClass::kBackfilled};
  return ClassifyChange(held, datum, attributes);
}

}  // namespace tidewaiter
