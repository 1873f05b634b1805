// Exact sums of many decimals.
#pragma once

#include <optional>

#include "absl/numeric/int128.h"
#include "domain/decimal.h"

namespace tidewaiter {

// Adds decimals exactly, at the largest scale met. Intermediate sums may have more digits than a Decimal:
// only the total must fit. Not thread-safe.
class ExactSum {
 public:
  void Add(const Decimal& value) { Add(value.coefficient(), value.scale()); }
  void Subtract(const Decimal& value) { Add(-value.coefficient(), value.scale()); }
  // Adds coefficient * 10^-scale, of at most 36 digits.
  void AddTotal(absl::int128 coefficient, int scale) { AddRescaled(coefficient, scale); }
  // Adds 10^exponent, -limits::kMaxScale <= exponent <= limits::kMaxStepExponent.
  void AddPowerOfTen(int exponent);
  // None if the total, or a sum on the way to it at its scale, does not fit.
  std::optional<Decimal> Total() const;

 private:
  void Add(absl::int128 coefficient, int scale) {
    if (scale == scale_) [[likely]] {
      sum_ += coefficient;  // cannot overflow: see kMostDigits
    } else {
      AddRescaled(coefficient, scale);
    }
  }
  void AddRescaled(absl::int128 coefficient, int scale);

  absl::int128 sum_ = 0;
  int scale_ = 0;
  bool overflowed_ = false;
};

}  // namespace tidewaiter
