#include "domain/exact_sum.h"

#include "domain/limits.h"

namespace tidewaiter {
namespace {

// What a rescaled number or sum may have: 10^37 leaves room in 128 bits for one hundred thousand million
// numbers of 27 digits on top of it.
constexpr int kMostDigits = 37;

bool HasAtMostDigits(absl::int128 number, int digits) {
  return -PowerOfTen(digits) < number && number < PowerOfTen(digits);
}

}  // namespace

void ExactSum::AddPowerOfTen(int exponent) {
  if (exponent < 0) {
    Add(1, -exponent);
  } else {
    Add(PowerOfTen(exponent), 0);
  }
}

void ExactSum::AddRescaled(absl::int128 coefficient, int scale) {
  const int widening = scale > scale_ ? scale - scale_ : scale_ - scale;
  absl::int128& narrower = scale > scale_ ? sum_ : coefficient;
  if (overflowed_ || !HasAtMostDigits(narrower, kMostDigits - widening)) {
    overflowed_ = true;
    return;
  }
  narrower *= PowerOfTen(widening);
  if (scale > scale_) scale_ = scale;
  sum_ += coefficient;
  overflowed_ = !HasAtMostDigits(sum_, kMostDigits);
}

std::optional<Decimal> ExactSum::Total() const {
  if (overflowed_ || !HasAtMostDigits(sum_, limits::kMaxCoefficientDigits)) return std::nullopt;
  return Decimal::FromValidParts(sum_, scale_);
}

}  // namespace tidewaiter
