#include "domain/revision_statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter {
namespace {

// The nearest double, but for a unit or two in its last place.
double ToDouble(const Decimal& decimal) {
  return static_cast<double>(static_cast<long double>(decimal.coefficient()) /
                             static_cast<long double>(PowerOfTen(decimal.scale())));
}

// The pairs as numbers to compute with, and the revisions exactly.
struct Samples {
  std::vector<double> first;
  std::vector<double> later;
  std::vector<double> revision;
  std::vector<Decimal> exact;
};

absl::Status CheckOptions(std::size_t pairs, const RevisionOptions& options) {
  Violations violations;
  const std::size_t most = options.pooled ? limits::kMaxPooledPairs : limits::kMaxRevisionPairs;
  if (pairs > most) {
    violations.Add("pairs", absl::StrCat("at most ", most, " pairs are compared, not ", pairs));
  }
  if (options.overlap_months < 0 || options.overlap_months > limits::kMaxHacLag) {
    violations.Add("overlap_months", absl::StrCat("the overlap is 0 to ", limits::kMaxHacLag, " months, not ",
                                                  options.overlap_months));
  }
  if (options.hac_lag && (*options.hac_lag < 0 || *options.hac_lag > limits::kMaxHacLag)) {
    violations.Add("hac_lag",
                   absl::StrCat("the lag is 0 to ", limits::kMaxHacLag, ", not ", *options.hac_lag));
  }
  return violations.ToStatus();
}

absl::StatusOr<Samples> Sample(absl::Span<const RevisionPair> pairs, bool pooled) {
  Samples samples;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!pooled && i > 0 && !(pairs[i - 1].period < pairs[i].period)) {
      return InvalidField(absl::StrCat("pairs[", i, "].period"), "the periods must ascend, each once");
    }
    TW_ASSIGN_OR_RETURN(const Decimal revision, Decimal::Subtract(pairs[i].later, pairs[i].first));
    samples.exact.push_back(revision);
    samples.revision.push_back(ToDouble(revision));
    samples.first.push_back(ToDouble(pairs[i].first));
    samples.later.push_back(ToDouble(pairs[i].later));
  }
  return samples;
}

// Square root of the sum of squares about `centre`, over `divisor`.
double Deviation(absl::Span<const double> values, double centre, double divisor) {
  long double sum = 0;
  for (const double value : values) sum += (static_cast<long double>(value) - centre) * (value - centre);
  return static_cast<double>(std::sqrt(sum / divisor));
}

double Mean(absl::Span<const double> values) {
  long double sum = 0;
  for (const double value : values) sum += value;
  return static_cast<double>(sum / static_cast<long double>(values.size()));
}

double MeanMagnitude(absl::Span<const double> values) {
  long double sum = 0;
  for (const double value : values) sum += std::abs(value);
  return static_cast<double>(sum / static_cast<long double>(values.size()));
}

// Type 7 of Hyndman and Fan, R's default. REQUIRES: sorted, not empty.
Statistic Quantile(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return Statistic::Of(sorted[below] +
                       (place - static_cast<double>(below)) * (sorted[above] - sorted[below]));
}

int Sign(const Decimal& decimal) { return decimal.is_zero() ? 0 : decimal.is_negative() ? -1 : 1; }

template <typename Range, typename Predicate>
Statistic Share(const Range& range, Predicate predicate) {
  return Statistic::Of(static_cast<double>(std::count_if(range.begin(), range.end(), predicate)) /
                       static_cast<double>(range.size()));
}

void AddOrderStatistics(const Samples& samples, RevisionStatistics& result) {
  const auto less = [](const Decimal& a, const Decimal& b) { return Decimal::Compare(a, b) < 0; };
  result.minimum = *std::min_element(samples.exact.begin(), samples.exact.end(), less);
  result.maximum = *std::max_element(samples.exact.begin(), samples.exact.end(), less);
  std::vector<double> sorted = samples.revision;
  std::sort(sorted.begin(), sorted.end());
  result.quantile_10 = Quantile(sorted, 0.1);
  result.median = Quantile(sorted, 0.5);
  result.quantile_90 = Quantile(sorted, 0.9);
}

// Whether the numbers behind the doubles are all the same; decided on them, not on a rounded variance.
bool AllEqual(const std::vector<Decimal>& values) {
  return std::all_of(values.begin(), values.end(),
                     [&](const Decimal& value) { return Decimal::NumericallyEqual(value, values.front()); });
}

bool LaterAllEqual(absl::Span<const RevisionPair> pairs) {
  return std::all_of(pairs.begin(), pairs.end(), [&](const RevisionPair& pair) {
    return Decimal::NumericallyEqual(pair.later, pairs.front().later);
  });
}

void AddSpread(absl::Span<const RevisionPair> pairs, const Samples& samples, RevisionStatistics& result) {
  const double n = static_cast<double>(samples.revision.size());
  result.root_mean_square = Statistic::Of(Deviation(samples.revision, 0, n));
  if (samples.revision.size() < 2) return;
  const double sd =
      AllEqual(samples.exact) ? 0.0 : Deviation(samples.revision, Mean(samples.revision), n - 1);
  result.standard_deviation = Statistic::Of(sd);
  result.noise_to_signal = LaterAllEqual(pairs)
                               ? Statistic::Absent(NoStatistic::kZeroVariance)
                               : Statistic::Of(sd / Deviation(samples.later, Mean(samples.later), n - 1));
}

void AddShares(absl::Span<const RevisionPair> pairs, const Samples& samples, bool growth,
               RevisionStatistics& result) {
  result.share_positive = Share(samples.exact, [](const Decimal& r) { return Sign(r) > 0; });
  result.share_sign_unchanged =
      growth ? Share(pairs, [](const RevisionPair& pair) { return Sign(pair.first) == Sign(pair.later); })
             : Statistic::Absent(NoStatistic::kNotGrowth);
}

Regression PooledRegression() {
  const Statistic pooled = Statistic::Absent(NoStatistic::kPooled);
  const TTest t{.standard_error = pooled, .t = pooled, .p = pooled};
  const FTest f{.f = pooled, .p = pooled};
  return {.a = pooled,
          .b = pooled,
          .a_plain = t,
          .b_plain = t,
          .a_hac = t,
          .b_hac = t,
          .r_squared = pooled,
          .both_zero_plain = f,
          .both_zero_hac = f};
}

// What needs one series in order of time has no value.
void SetPooled(RevisionStatistics* result) {
  result->hac_lag = 0;
  result->news = PooledRegression();
  result->noise = result->news;
  result->mean_revision.hac = result->news.a_hac;
}

void AddMagnitudes(const Samples& samples, RevisionStatistics& result) {
  const double mean_absolute = MeanMagnitude(samples.revision);
  result.mean_absolute_revision = Statistic::Of(mean_absolute);
  const double first = MeanMagnitude(samples.first);
  result.relative_mean_absolute =
      first > 0 ? Statistic::Of(mean_absolute / first) : Statistic::Absent(NoStatistic::kZeroDenominator);
}

}  // namespace

absl::StatusOr<RevisionStatistics> ComputeRevisionStatistics(absl::Span<const RevisionPair> pairs,
                                                             const RevisionOptions& options) {
  TW_RETURN_IF_ERROR(CheckOptions(pairs.size(), options));
  TW_ASSIGN_OR_RETURN(const Samples samples, Sample(pairs, options.pooled));
  RevisionStatistics result;
  result.n = pairs.size();
  result.hac_lag = options.hac_lag.value_or(DefaultHacLag(pairs.size(), options.overlap_months));
  if (!options.values_are_growth) result.share_sign_unchanged = Statistic::Absent(NoStatistic::kNotGrowth);
  if (options.pooled) SetPooled(&result);
  if (pairs.empty()) return result;
  result.mean_revision = TestMean(samples.revision, result.hac_lag);
  AddMagnitudes(samples, result);
  AddSpread(pairs, samples, result);
  AddOrderStatistics(samples, result);
  AddShares(pairs, samples, options.values_are_growth, result);
  if (options.pooled) {
    SetPooled(&result);
    return result;
  }
  result.news = Regress(samples.revision, samples.first, result.hac_lag);
  result.noise = Regress(samples.revision, samples.later, result.hac_lag);
  return result;
}

}  // namespace tidewaiter
