#include "proto/convert/revisions.h"

#include <string>

#include "domain/decimal.h"
#include "domain/errors.h"

namespace tidewaiter::convert {

v1::Statistic ToWire(const Statistic& statistic) {
  v1::Statistic message;
  if (statistic.has_value()) {
    message.set_value(statistic.value());
  } else {
    message.set_reason(std::string(NoStatisticName(statistic.why())));
  }
  return message;
}

v1::TTest ToWire(const TTest& test) {
  v1::TTest message;
  *message.mutable_standard_error() = ToWire(test.standard_error);
  *message.mutable_t() = ToWire(test.t);
  message.set_degrees_of_freedom(test.degrees_of_freedom);
  *message.mutable_p() = ToWire(test.p);
  return message;
}

v1::FTest ToWire(const FTest& test) {
  v1::FTest message;
  *message.mutable_f() = ToWire(test.f);
  message.set_numerator_df(test.numerator_df);
  message.set_denominator_df(test.denominator_df);
  *message.mutable_p() = ToWire(test.p);
  return message;
}

v1::RevisionRegression ToWire(const Regression& regression) {
  v1::RevisionRegression message;
  *message.mutable_a() = ToWire(regression.a);
  *message.mutable_b() = ToWire(regression.b);
  *message.mutable_a_plain() = ToWire(regression.a_plain);
  *message.mutable_b_plain() = ToWire(regression.b_plain);
  *message.mutable_a_hac() = ToWire(regression.a_hac);
  *message.mutable_b_hac() = ToWire(regression.b_hac);
  *message.mutable_r_squared() = ToWire(regression.r_squared);
  *message.mutable_both_zero_plain() = ToWire(regression.both_zero_plain);
  *message.mutable_both_zero_hac() = ToWire(regression.both_zero_hac);
  return message;
}

Statistic FromWire(const v1::Statistic& message) {
  if (message.has_value()) return Statistic::Of(message.value());
  for (const NoStatistic why :
       {NoStatistic::kTooFewPairs, NoStatistic::kZeroVariance, NoStatistic::kZeroDenominator,
        NoStatistic::kLagTooLong, NoStatistic::kNotGrowth, NoStatistic::kNotFinite,
        NoStatistic::kPooled}) {
    if (NoStatisticName(why) == message.reason()) return Statistic::Absent(why);
  }
  return Statistic();
}

namespace {

TTest TestOf(const v1::TTest& message) {
  return {.standard_error = FromWire(message.standard_error()),
          .t = FromWire(message.t()),
          .degrees_of_freedom = message.degrees_of_freedom(),
          .p = FromWire(message.p())};
}

FTest JointTestOf(const v1::FTest& message) {
  return {.f = FromWire(message.f()),
          .numerator_df = message.numerator_df(),
          .denominator_df = message.denominator_df(),
          .p = FromWire(message.p())};
}

Regression RegressionOf(const v1::RevisionRegression& message) {
  return {.a = FromWire(message.a()),
          .b = FromWire(message.b()),
          .a_plain = TestOf(message.a_plain()),
          .b_plain = TestOf(message.b_plain()),
          .a_hac = TestOf(message.a_hac()),
          .b_hac = TestOf(message.b_hac()),
          .r_squared = FromWire(message.r_squared()),
          .both_zero_plain = JointTestOf(message.both_zero_plain()),
          .both_zero_hac = JointTestOf(message.both_zero_hac())};
}

absl::StatusOr<std::optional<Decimal>> OptionalDecimal(const std::string& text) {
  if (text.empty()) return std::nullopt;
  TW_ASSIGN_OR_RETURN(const Decimal value, Decimal::Parse(text));
  return std::optional<Decimal>(value);
}

}  // namespace

absl::StatusOr<RevisionStatistics> FromWire(const v1::SeriesRevisions& message) {
  RevisionStatistics statistics;
  statistics.n = message.n();
  statistics.hac_lag = message.hac_lag();
  statistics.mean_revision = {.mean = FromWire(message.mean()),
                              .plain = TestOf(message.mean_plain()),
                              .hac = TestOf(message.mean_hac())};
  statistics.mean_absolute_revision = FromWire(message.mean_absolute());
  statistics.relative_mean_absolute = FromWire(message.relative_mean_absolute());
  statistics.standard_deviation = FromWire(message.standard_deviation());
  statistics.root_mean_square = FromWire(message.root_mean_square());
  TW_ASSIGN_OR_RETURN(statistics.minimum, OptionalDecimal(message.minimum()));
  TW_ASSIGN_OR_RETURN(statistics.maximum, OptionalDecimal(message.maximum()));
  statistics.quantile_10 = FromWire(message.quantile_10());
  statistics.median = FromWire(message.median());
  statistics.quantile_90 = FromWire(message.quantile_90());
  statistics.share_positive = FromWire(message.share_positive());
  statistics.share_sign_unchanged = FromWire(message.share_sign_unchanged());
  statistics.noise_to_signal = FromWire(message.noise_to_signal());
  statistics.news = RegressionOf(message.news());
  statistics.noise = RegressionOf(message.noise());
  return statistics;
}

void FillStatistics(const RevisionStatistics& statistics, v1::SeriesRevisions* message) {
  message->set_n(statistics.n);
  message->set_hac_lag(statistics.hac_lag);
  *message->mutable_mean() = ToWire(statistics.mean_revision.mean);
  *message->mutable_mean_plain() = ToWire(statistics.mean_revision.plain);
  *message->mutable_mean_hac() = ToWire(statistics.mean_revision.hac);
  *message->mutable_mean_absolute() = ToWire(statistics.mean_absolute_revision);
  *message->mutable_relative_mean_absolute() = ToWire(statistics.relative_mean_absolute);
  *message->mutable_standard_deviation() = ToWire(statistics.standard_deviation);
  *message->mutable_root_mean_square() = ToWire(statistics.root_mean_square);
  if (statistics.minimum) message->set_minimum(statistics.minimum->ToString());
  if (statistics.maximum) message->set_maximum(statistics.maximum->ToString());
  *message->mutable_quantile_10() = ToWire(statistics.quantile_10);
  *message->mutable_median() = ToWire(statistics.median);
  *message->mutable_quantile_90() = ToWire(statistics.quantile_90);
  *message->mutable_share_positive() = ToWire(statistics.share_positive);
  *message->mutable_share_sign_unchanged() = ToWire(statistics.share_sign_unchanged);
  *message->mutable_noise_to_signal() = ToWire(statistics.noise_to_signal);
  *message->mutable_news() = ToWire(statistics.news);
  *message->mutable_noise() = ToWire(statistics.noise);
}

}  // namespace tidewaiter::convert
