#include "domain/regression.h"

#include <algorithm>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <vector>

namespace tidewaiter {
namespace {

// Boost says NaN instead of throwing; Statistic::Of turns that into a reason.
using Quiet = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::pole_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>>;

// A sum of squares this small beside the squares that it is a difference of is rounding, not variance.
constexpr double kNoise = 64 * std::numeric_limits<double>::epsilon();

double Sum(absl::Span<const double> values) {
  long double sum = 0;
  for (const double value : values) sum += value;
  return static_cast<double>(sum);
}

double Dot(absl::Span<const double> a, absl::Span<const double> b) {
  long double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<long double>(a[i]) * b[i];
  return static_cast<double>(sum);
}

std::vector<double> Centred(absl::Span<const double> values) {
  const double mean = Sum(values) / static_cast<double>(values.size());
  std::vector<double> centred(values.begin(), values.end());
  for (double& value : centred) value -= mean;
  return centred;
}

// Values that do not vary, as far as a double can tell.
bool IsConstant(absl::Span<const double> centred, absl::Span<const double> values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return std::all_of(centred.begin(), centred.end(),
                     [&](double deviation) { return std::abs(deviation) <= kNoise * largest; });
}

// Sum over j of the Bartlett-weighted autocovariances of u and v (both ways), j = 0..lag: one entry of the
// middle of the sandwich.
double LongRunSum(absl::Span<const double> u, absl::Span<const double> v, int lag) {
  long double total = Dot(u, v);
  const std::size_t n = u.size();
  for (std::size_t j = 1; j <= static_cast<std::size_t>(lag) && j < n; ++j) {
    const double weight = 1 - static_cast<double>(j) / (lag + 1);
    total += weight * (Dot(u.subspan(j), v.first(n - j)) + Dot(v.subspan(j), u.first(n - j)));
  }
  return static_cast<double>(total);
}

TTest AbsentT(NoStatistic why) {
  return {Statistic::Absent(why), Statistic::Absent(why), 0, Statistic::Absent(why)};
}

FTest AbsentF(NoStatistic why) { return {Statistic::Absent(why), 0, 0, Statistic::Absent(why)}; }

TTest MakeTTest(double estimate, double variance, double scale, int df) {
  TTest test = AbsentT(NoStatistic::kZeroVariance);
  test.degrees_of_freedom = df;
  if (std::isnan(variance)) return AbsentT(NoStatistic::kNotFinite);
  if (variance <= kNoise * scale) return test;
  test.standard_error = Statistic::Of(std::sqrt(variance));
  const double t = estimate / std::sqrt(variance);
  test.t = Statistic::Of(t);
  if (!test.t.has_value()) return test;
  const boost::math::students_t_distribution<double, Quiet> student(df);
  test.p = Statistic::Of(2 * boost::math::cdf(boost::math::complement(student, std::abs(t))));
  return test;
}

FTest MakeFTest(double f, int numerator_df, int denominator_df) {
  FTest test{Statistic::Of(f), numerator_df, denominator_df, Statistic::Absent(NoStatistic::kNotFinite)};
  if (!test.f.has_value() || f < 0) return test;
  const boost::math::fisher_f_distribution<double, Quiet> fisher(numerator_df, denominator_df);
  test.p = Statistic::Of(boost::math::cdf(boost::math::complement(fisher, f)));
  return test;
}

// The symmetric covariance of two estimates.
struct Covariance {
  double aa = 0;
  double ab = 0;
  double bb = 0;
};

// The fit around the mean of x, where the two estimates are orthogonal: y = centre + slope * (x - mean_x) +
// e.
struct Fit {
  double n = 0;
  double mean_x = 0;
  double centre = 0;
  double slope = 0;
  double sxx = 0;
  double rss = 0;
  std::vector<double> deviations;  // x - mean_x
  std::vector<double> residuals;
};

Fit FitLine(absl::Span<const double> y, absl::Span<const double> x, std::vector<double> deviations) {
  Fit fit;
  fit.n = static_cast<double>(y.size());
  fit.mean_x = Sum(x) / fit.n;
  fit.centre = Sum(y) / fit.n;
  fit.deviations = std::move(deviations);
  fit.sxx = Dot(fit.deviations, fit.deviations);
  fit.slope = Dot(fit.deviations, Centred(y)) / fit.sxx;
  for (std::size_t i = 0; i < y.size(); ++i) {
    fit.residuals.push_back(y[i] - fit.centre - fit.slope * fit.deviations[i]);
  }
  fit.rss = Dot(fit.residuals, fit.residuals);
  return fit;
}

Covariance PlainCovariance(const Fit& fit) {
  const double variance = fit.rss / (fit.n - 2);
  return {variance / fit.n, 0, variance / fit.sxx};
}

// (X'X)^-1 S (X'X)^-1 * N/(N-2) with X = (1, x - mean_x), of which X'X is diagonal.
Covariance HacCovariance(const Fit& fit, int lag) {
  std::vector<double> scores = fit.residuals;
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] *= fit.deviations[i];
  const double factor = fit.n / (fit.n - 2);
  return {factor * LongRunSum(fit.residuals, fit.residuals, lag) / (fit.n * fit.n),
          factor * LongRunSum(fit.residuals, scores, lag) / (fit.n * fit.sxx),
          factor * LongRunSum(scores, scores, lag) / (fit.sxx * fit.sxx)};
}

// The variance of a = centre - slope * mean_x.
double InterceptVariance(const Covariance& c, double mean_x) {
  return c.aa - 2 * mean_x * c.ab + mean_x * mean_x * c.bb;
}

// (centre, slope) covariance^-1 (centre, slope)' / 2: the hypothesis a = b = 0 is centre = slope = 0.
FTest BothZero(const Fit& fit, const Covariance& c) {
  const double determinant = c.aa * c.bb - c.ab * c.ab;
  if (!(determinant > kNoise * c.aa * c.bb)) return AbsentF(NoStatistic::kZeroVariance);
  const double wald =
      (fit.centre * fit.centre * c.bb - 2 * fit.centre * fit.slope * c.ab + fit.slope * fit.slope * c.aa) /
      determinant;
  return MakeFTest(wald / 2, 2, static_cast<int>(fit.n) - 2);
}

Regression AbsentRegression(NoStatistic why) {
  const Statistic none = Statistic::Absent(why);
  return {none,         none, AbsentT(why), AbsentT(why), AbsentT(why),
          AbsentT(why), none, AbsentF(why), AbsentF(why)};
}

// The tests of a regression whose residuals vary.
void AddTests(const Fit& fit, int lag, Regression& result) {
  const int df = static_cast<int>(fit.n) - 2;
  const double a = fit.centre - fit.slope * fit.mean_x;
  const Covariance plain = PlainCovariance(fit);
  const double scale_a = InterceptVariance(plain, fit.mean_x);
  result.a_plain = MakeTTest(a, scale_a, 0, df);
  result.b_plain = MakeTTest(fit.slope, plain.bb, 0, df);
  result.both_zero_plain = BothZero(fit, plain);
  if (static_cast<std::size_t>(lag) >= fit.residuals.size()) {
    result.a_hac = result.b_hac = AbsentT(NoStatistic::kLagTooLong);
    result.both_zero_hac = AbsentF(NoStatistic::kLagTooLong);
    return;
  }
  const Covariance hac = HacCovariance(fit, lag);
  result.a_hac = MakeTTest(a, InterceptVariance(hac, fit.mean_x), scale_a, df);
  result.b_hac = MakeTTest(fit.slope, hac.bb, plain.bb, df);
  result.both_zero_hac = BothZero(fit, hac);
}

}  // namespace

std::string_view NoStatisticName(NoStatistic why) {
  switch (why) {
    case NoStatistic::kNone:
      return "NONE";
    case NoStatistic::kTooFewPairs:
      return "TOO_FEW_PAIRS";
    case NoStatistic::kZeroVariance:
      return "ZERO_VARIANCE";
    case NoStatistic::kZeroDenominator:
      return "ZERO_DENOMINATOR";
    case NoStatistic::kLagTooLong:
      return "LAG_TOO_LONG";
    case NoStatistic::kNotGrowth:
      return "NOT_GROWTH";
    case NoStatistic::kNotFinite:
      return "NOT_FINITE";
    case NoStatistic::kPooled:
      return "POOLED";
  }
  return "UNKNOWN";
}

Statistic Statistic::Of(double value) {
  if (!std::isfinite(value)) return Absent(NoStatistic::kNotFinite);
  return Statistic(value, NoStatistic::kNone);
}

Regression Regress(absl::Span<const double> y, absl::Span<const double> x, int lag) {
  if (y.size() < 3) return AbsentRegression(NoStatistic::kTooFewPairs);
  std::vector<double> deviations = Centred(x);
  if (IsConstant(deviations, x)) return AbsentRegression(NoStatistic::kZeroVariance);
  const Fit fit = FitLine(y, x, std::move(deviations));
  Regression result = AbsentRegression(NoStatistic::kZeroVariance);
  result.a = Statistic::Of(fit.centre - fit.slope * fit.mean_x);
  result.b = Statistic::Of(fit.slope);
  const std::vector<double> spread = Centred(y);
  if (!IsConstant(spread, y)) {
    result.r_squared = Statistic::Of(std::clamp(1 - fit.rss / Dot(spread, spread), 0.0, 1.0));
  }
  // On a line exactly: there is nothing to test against.
  if (!IsConstant(fit.residuals, y)) AddTests(fit, lag, result);
  return result;
}

MeanTest TestMean(absl::Span<const double> y, int lag) {
  MeanTest result;
  if (y.empty()) return result;
  const double n = static_cast<double>(y.size());
  const double mean = Sum(y) / n;
  result.mean = Statistic::Of(mean);
  if (y.size() < 2) return result;
  const std::vector<double> deviations = Centred(y);
  const int df = static_cast<int>(y.size()) - 1;
  if (IsConstant(deviations, y)) {
    result.plain = result.hac = AbsentT(NoStatistic::kZeroVariance);
    return result;
  }
  const double variance = Dot(deviations, deviations) / (n - 1) / n;
  result.plain = MakeTTest(mean, variance, 0, df);
  if (static_cast<std::size_t>(lag) >= y.size()) {
    result.hac = AbsentT(NoStatistic::kLagTooLong);
    return result;
  }
  result.hac = MakeTTest(mean, LongRunSum(deviations, deviations, lag) / (n * (n - 1)), variance, df);
  return result;
}

int DefaultHacLag(std::size_t n, int overlap_months) {
  const double rule = std::floor(4 * std::pow(static_cast<double>(n) / 100, 2.0 / 9));
  return std::max(static_cast<int>(rule), overlap_months);
}

}  // namespace tidewaiter
