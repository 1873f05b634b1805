// Least squares of one series on another, with covariances that bear dependent errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/types/span.h"

namespace tidewaiter {

// Why a statistic has no value. On the wire as an enum of the same names.
enum class NoStatistic : std::uint8_t {
  kNone = 0,
  kTooFewPairs = 1,      // the figure needs more pairs than there are
  kZeroVariance = 2,     // what would be divided by does not vary at all
  kZeroDenominator = 3,  // the first values (or the like) are all zero
  kLagTooLong = 4,       // the lag of the HAC covariance is not below the number of pairs
  kNotGrowth = 5,        // asks for growth, and the values are none
  kNotFinite = 6,        // beyond the range of binary floating point
  kPooled = 7,           // asks for one series in order of time, and the pairs are of several
};
std::string_view NoStatisticName(NoStatistic why);  // "TOO_FEW_PAIRS"

// A statistic in binary floating point (it is no published value), or the reason why there is none; never NaN
// or infinite.
class Statistic {
 public:
  constexpr Statistic() = default;  // TOO_FEW_PAIRS
  static constexpr Statistic Absent(NoStatistic why) { return Statistic(0, why); }
  static Statistic Of(double value);  // NOT_FINITE if it is not

  constexpr bool has_value() const { return why_ == NoStatistic::kNone; }
  constexpr double value() const { return value_; }   // REQUIRES: has_value()
  constexpr NoStatistic why() const { return why_; }  // kNone if has_value()
  friend constexpr bool operator==(const Statistic&, const Statistic&) = default;

 private:
  constexpr Statistic(double value, NoStatistic why) : value_(value), why_(why) {}
  double value_ = 0;
  NoStatistic why_ = NoStatistic::kTooFewPairs;
};

// An estimate against the hypothesis that it is zero.
struct TTest {
  Statistic standard_error;
  Statistic t;
  int degrees_of_freedom = 0;  // of Student's distribution
  Statistic p;                 // two-sided
};

// Several estimates against the hypothesis that all are zero.
struct FTest {
  Statistic f;
  int numerator_df = 0;
  int denominator_df = 0;
  Statistic p;
};

// y = a + b*x + e by ordinary least squares. HAC: Newey and West's covariance with Bartlett weights
// 1 - j/(lag + 1) for j = 1..lag, without prewhitening, times N/(N - 2).
struct Regression {
  Statistic a;
  Statistic b;
  TTest a_plain;
  TTest b_plain;
  TTest a_hac;
  TTest b_hac;
  Statistic r_squared;
  FTest both_zero_plain;  // a = b = 0
  FTest both_zero_hac;    // Wald's statistic / 2, as F
};

// REQUIRES: x and y of one length, in order of time, finite; lag >= 0. Work grows with length times lag.
Regression Regress(absl::Span<const double> y, absl::Span<const double> x, int lag);

// The mean of `y` and its tests: the regression on a constant alone, N/(N - 1).
struct MeanTest {
  Statistic mean;
  TTest plain;
  TTest hac;
};
MeanTest TestMean(absl::Span<const double> y, int lag);

// Newey and West's rule of thumb, floor(4 (N/100)^(2/9)), and at least `overlap_months`.
int DefaultHacLag(std::size_t n, int overlap_months);

}  // namespace tidewaiter
