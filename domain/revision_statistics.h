// How good first prints turned out to be.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "domain/decimal.h"
#include "domain/period.h"
#include "domain/regression.h"

namespace tidewaiter {

// One period at two maturities, exact, in the kind that is asked about: levels, or growth in per cent, ...
struct RevisionPair {
  Period period;
  Decimal first;
  Decimal later;
};

struct RevisionOptions {
  // By how many months the windows of neighbouring periods overlap: 0 for months, 11 or 12 for growth on the
  // year or twelve-month sums. The lag of the HAC covariance is at least this.
  int overlap_months = 0;
  // The lag itself; by default DefaultHacLag(N, overlap_months).
  std::optional<int> hac_lag;
  // The values are growth: then signs are signs of growth.
  bool values_are_growth = false;
  // The pairs are of several series: their periods need not ascend, up to limits::kMaxPooledPairs will do,
  // and what needs one series in order of time (HAC, news, noise) is POOLED. The plain test of the mean takes
  // the pairs to be independent, which series of one release seldom are.
  bool pooled = false;
};

// With r = later - first over N pairs, in the unit of the values unless said. (OECD revision analysis; Mincer
// and Zarnowitz 1969; Mankiw and Shapiro 1986; Newey and West 1987.)
struct RevisionStatistics {
  std::size_t n = 0;
  int hac_lag = 0;
  MeanTest mean_revision;            // of r, against zero; N >= 2 for the tests
  Statistic mean_absolute_revision;  // mean of |r|
  Statistic relative_mean_absolute;  // sum of |r| / sum of |first|; no unit
  Statistic standard_deviation;      // of r, with N - 1
  Statistic root_mean_square;        // of r
  std::optional<Decimal> minimum;    // of r, exact
  std::optional<Decimal> maximum;
  Statistic quantile_10;  // of r: type 7, between the order statistics (N - 1) q + 1
  Statistic median;
  Statistic quantile_90;
  Statistic share_positive;        // of r > 0, 0..1
  Statistic share_sign_unchanged;  // of sign(first) = sign(later), zero a sign of its own; growth only
  Statistic noise_to_signal;       // sd(r) / sd(later)
  Regression news;                 // r = a + b * first: news if a = b = 0
  Regression noise;                // r = a + b * later: noise if a = b = 0
};

// Differences are exact, and become binary floating point only then. `pairs` ascend by period, strictly; the
// HAC covariance takes neighbours as one step apart, also across a gap. Fewer pairs than a figure needs make
// it absent with its reason, never an error. Errors: periods out of order, a negative lag or overlap, more
// than limits::kMaxRevisionPairs pairs or limits::kMaxHacLag, a difference that overflows.
absl::StatusOr<RevisionStatistics> ComputeRevisionStatistics(absl::Span<const RevisionPair> pairs,
                                                             const RevisionOptions& options);

}  // namespace tidewaiter
