#include "domain/revision_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "domain/limits.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

RevisionPair Pair(std::string_view period, std::string_view first, std::string_view later) {
  return {P(period), D(first), D(later)};
}

// Consecutive months from 2020-01.
std::vector<RevisionPair> Months(const std::vector<std::pair<std::string, std::string>>& values) {
  std::vector<RevisionPair> pairs;
  for (const auto& [first, later] : values) {
    const Month month = M("2020-01") + static_cast<int>(pairs.size());
    pairs.push_back({Period::FromValid(month, 1), D(first), D(later)});
  }
  return pairs;
}

RevisionStatistics Compute(const std::vector<RevisionPair>& pairs, const RevisionOptions& options = {}) {
  return Must(ComputeRevisionStatistics(pairs, options));
}

// Rows of "period,first,later" below a heading; lines that begin with # are left out.
std::vector<RevisionPair> ReadPairs(const std::string& path) {
  std::ifstream file(path);
  std::vector<RevisionPair> pairs;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string period, first, later;
    std::getline(fields, period, ',');
    std::getline(fields, first, ',');
    std::getline(fields, later, ',');
    if (!line.empty() && line[0] >= '0' && line[0] <= '9') pairs.push_back(Pair(period, first, later));
  }
  return pairs;
}

using Figures = std::map<std::string, double>;

Figures ReadFigures(const std::string& path) {
  std::ifstream file(path);
  Figures figures;
  std::string name;
  for (double value = 0; file >> name >> value;) figures[name] = value;
  return figures;
}

double Value(const Statistic& statistic) {
  EXPECT_TRUE(statistic.has_value()) << NoStatisticName(statistic.why());
  return statistic.value();
}

void Put(Figures& figures, const std::string& name, const TTest& test) {
  figures[name + ".standard_error"] = Value(test.standard_error);
  figures[name + ".t"] = Value(test.t);
  figures[name + ".df"] = test.degrees_of_freedom;
  figures[name + ".p"] = Value(test.p);
}

void Put(Figures& figures, const std::string& name, const FTest& test) {
  EXPECT_EQ(test.numerator_df, 2);
  figures[name + ".f"] = Value(test.f);
  figures[name + ".p"] = Value(test.p);
}

void Put(Figures& figures, const std::string& name, const Regression& regression) {
  figures[name + ".a"] = Value(regression.a);
  figures[name + ".b"] = Value(regression.b);
  Put(figures, name + ".a.plain", regression.a_plain);
  Put(figures, name + ".b.plain", regression.b_plain);
  Put(figures, name + ".a.hac", regression.a_hac);
  Put(figures, name + ".b.hac", regression.b_hac);
  figures[name + ".r_squared"] = Value(regression.r_squared);
  Put(figures, name + ".both_zero_plain", regression.both_zero_plain);
  Put(figures, name + ".both_zero_hac", regression.both_zero_hac);
}

// The names that revision_statistics.R gives them.
Figures Named(const RevisionStatistics& statistics) {
  Figures figures;
  figures["n"] = static_cast<double>(statistics.n);
  figures["hac_lag"] = statistics.hac_lag;
  figures["mean"] = Value(statistics.mean_revision.mean);
  Put(figures, "mean.plain", statistics.mean_revision.plain);
  Put(figures, "mean.hac", statistics.mean_revision.hac);
  figures["mean_absolute_revision"] = Value(statistics.mean_absolute_revision);
  figures["relative_mean_absolute"] = Value(statistics.relative_mean_absolute);
  figures["standard_deviation"] = Value(statistics.standard_deviation);
  figures["root_mean_square"] = Value(statistics.root_mean_square);
  figures["minimum"] = std::stod(statistics.minimum->ToString());
  figures["maximum"] = std::stod(statistics.maximum->ToString());
  figures["quantile_10"] = Value(statistics.quantile_10);
  figures["median"] = Value(statistics.median);
  figures["quantile_90"] = Value(statistics.quantile_90);
  figures["share_positive"] = Value(statistics.share_positive);
  figures["share_sign_unchanged"] = Value(statistics.share_sign_unchanged);
  figures["noise_to_signal"] = Value(statistics.noise_to_signal);
  Put(figures, "news", statistics.news);
  Put(figures, "noise", statistics.noise);
  return figures;
}

// R subtracts in binary; we subtract exactly. The figures agree to what that loses.
void ExpectFigures(const Figures& actual, const Figures& expected) {
  EXPECT_EQ(actual.size(), expected.size());
  EXPECT_GT(expected.size(), 60u);
  for (const auto& [name, value] : expected) {
    ASSERT_TRUE(actual.contains(name)) << name;
    EXPECT_NEAR(actual.at(name), value, 1e-9 * std::max(1e-3, std::abs(value))) << name;
  }
}

TEST(RevisionStatisticsTest, AgreesWithRForGrowthOnTheYear) {
  RevisionOptions options;
  options.overlap_months = 12;
  options.values_are_growth = true;
  const auto pairs = ReadPairs("tests/golden/us_imports_from_china_growth.csv");
  ASSERT_EQ(pairs.size(), 36u);
  ExpectFigures(Named(Compute(pairs, options)),
                ReadFigures("tests/golden/us_imports_from_china_growth.expected"));
}

TEST(RevisionStatisticsTest, AgreesWithRForLevels) {
  RevisionOptions options;
  options.values_are_growth = true;  // for the signs, which R counts too
  const auto pairs = ReadPairs("tests/golden/us_imports_from_china_levels.csv");
  const RevisionStatistics statistics = Compute(pairs, options);
  EXPECT_EQ(statistics.hac_lag, 3);
  ExpectFigures(Named(statistics), ReadFigures("tests/golden/us_imports_from_china_levels.expected"));
}

TEST(RevisionStatisticsTest, TheLagIsTheRuleOfThumbOrTheOverlap) {
  EXPECT_EQ(DefaultHacLag(36, 0), 3);
  EXPECT_EQ(DefaultHacLag(100, 0), 4);
  EXPECT_EQ(DefaultHacLag(100, 2), 4);
  EXPECT_EQ(DefaultHacLag(100, 12), 12);
  EXPECT_EQ(DefaultHacLag(0, 0), 0);
}

TEST(RevisionStatisticsTest, DifferencesAreExact) {
  // In binary 0.3 - 0.1 is not 0.2, and 10^17 + 0.1 is 10^17.
  const auto statistics = Compute(Months({{"0.1", "0.3"}, {"100000000000000000.0", "100000000000000000.2"}}));
  EXPECT_EQ(statistics.minimum, D("0.2"));
  EXPECT_EQ(statistics.maximum, D("0.2"));
  EXPECT_DOUBLE_EQ(Value(statistics.mean_revision.mean), 0.2);
  EXPECT_EQ(Value(statistics.standard_deviation), 0);
  EXPECT_EQ(statistics.mean_revision.plain.t.why(), NoStatistic::kZeroVariance);
}

TEST(RevisionStatisticsTest, NothingToCompare) {
  const auto statistics = Compute({});
  EXPECT_EQ(statistics.n, 0u);
  EXPECT_EQ(statistics.mean_revision.mean.why(), NoStatistic::kTooFewPairs);
  EXPECT_EQ(statistics.root_mean_square.why(), NoStatistic::kTooFewPairs);
  EXPECT_EQ(statistics.news.a.why(), NoStatistic::kTooFewPairs);
  EXPECT_FALSE(statistics.minimum.has_value());
  EXPECT_EQ(statistics.share_sign_unchanged.why(), NoStatistic::kNotGrowth);
}

TEST(RevisionStatisticsTest, OnePairHasAMeanAndNoTest) {
  const auto statistics = Compute(Months({{"5", "6.5"}}));
  EXPECT_EQ(Value(statistics.mean_revision.mean), 1.5);
  EXPECT_EQ(Value(statistics.mean_absolute_revision), 1.5);
  EXPECT_EQ(Value(statistics.median), 1.5);
  EXPECT_EQ(Value(statistics.quantile_90), 1.5);
  EXPECT_EQ(statistics.mean_revision.plain.t.why(), NoStatistic::kTooFewPairs);
  EXPECT_EQ(statistics.standard_deviation.why(), NoStatistic::kTooFewPairs);
  EXPECT_EQ(statistics.noise_to_signal.why(), NoStatistic::kTooFewPairs);
}

TEST(RevisionStatisticsTest, TwoPairsHaveATestAndNoRegression) {
  const auto statistics = Compute(Months({{"1", "2"}, {"2", "5"}}));
  EXPECT_EQ(Value(statistics.mean_revision.plain.t), 2);
  EXPECT_EQ(statistics.mean_revision.plain.degrees_of_freedom, 1);
  EXPECT_EQ(statistics.news.b.why(), NoStatistic::kTooFewPairs);
  EXPECT_EQ(statistics.news.both_zero_hac.p.why(), NoStatistic::kTooFewPairs);
}

TEST(RevisionStatisticsTest, WhatDoesNotVaryIsNamed) {
  // Nothing was revised.
  const auto calm = Compute(Months({{"1", "1"}, {"2", "2"}, {"4", "4"}, {"3", "3"}}));
  EXPECT_EQ(Value(calm.mean_revision.mean), 0);
  EXPECT_EQ(calm.mean_revision.hac.t.why(), NoStatistic::kZeroVariance);
  EXPECT_EQ(Value(calm.news.b), 0);
  EXPECT_EQ(calm.news.b_plain.t.why(), NoStatistic::kZeroVariance);
  EXPECT_EQ(calm.news.r_squared.why(), NoStatistic::kZeroVariance);
  EXPECT_EQ(Value(calm.noise_to_signal), 0);
  // The first prints are all the same: no line through them.
  const auto flat = Compute(Months({{"1", "1.5"}, {"1", "2"}, {"1", "1.25"}, {"1", "1"}}));
  EXPECT_EQ(flat.news.b.why(), NoStatistic::kZeroVariance);
  EXPECT_TRUE(flat.mean_revision.hac.t.has_value());
  // On a line exactly: r = later / 2.
  EXPECT_NEAR(Value(flat.noise.b), 1, 1e-12);
  EXPECT_NEAR(Value(flat.noise.r_squared), 1, 1e-12);
  EXPECT_EQ(flat.noise.both_zero_plain.f.why(), NoStatistic::kZeroVariance);
  // All zero at first.
  const auto from_zero = Compute(Months({{"0", "1"}, {"0.00", "2"}}));
  EXPECT_EQ(from_zero.relative_mean_absolute.why(), NoStatistic::kZeroDenominator);
  // The later values are all the same.
  const auto settled = Compute(Months({{"1", "3"}, {"2", "3.0"}, {"5", "3"}}));
  EXPECT_EQ(settled.noise_to_signal.why(), NoStatistic::kZeroVariance);
  EXPECT_EQ(settled.noise.a.why(), NoStatistic::kZeroVariance);
}

TEST(RevisionStatisticsTest, ALagAsLongAsTheSampleGivesNoHacFigure) {
  RevisionOptions options;
  options.hac_lag = 4;
  const auto statistics = Compute(Months({{"1", "2"}, {"2", "5"}, {"3", "3"}, {"5", "4"}}), options);
  EXPECT_EQ(statistics.mean_revision.hac.t.why(), NoStatistic::kLagTooLong);
  EXPECT_EQ(statistics.news.b_hac.p.why(), NoStatistic::kLagTooLong);
  EXPECT_EQ(statistics.news.both_zero_hac.f.why(), NoStatistic::kLagTooLong);
  EXPECT_TRUE(statistics.news.both_zero_plain.f.has_value());
  options.hac_lag = 3;
  EXPECT_EQ(Compute(Months({{"1", "2"}, {"2", "5"}, {"3", "3"}, {"5", "4"}}), options).hac_lag, 3);
}

TEST(RevisionStatisticsTest, CountsSigns) {
  RevisionOptions options;
  options.values_are_growth = true;
  const auto statistics =
      Compute(Months({{"-1.0", "1.0"}, {"2", "2"}, {"0", "0.0"}, {"0", "1"}, {"-3", "-4"}}), options);
  EXPECT_DOUBLE_EQ(Value(statistics.share_sign_unchanged), 3.0 / 5);
  EXPECT_DOUBLE_EQ(Value(statistics.share_positive), 2.0 / 5);
}

TEST(RevisionStatisticsTest, RefusesWhatIsNoSample) {
  const std::vector<RevisionPair> twice = {Pair("2020-01", "1", "2"), Pair("2020-01", "1", "2")};
  const auto refused = ComputeRevisionStatistics(twice, {});
  ExpectRefused(refused, "must ascend");
  EXPECT_THAT(FieldsOf(refused.status()), ::testing::ElementsAre("pairs[1].period"));
  RevisionOptions options;
  options.overlap_months = -1;
  options.hac_lag = limits::kMaxHacLag + 1;
  EXPECT_THAT(FieldsOf(ComputeRevisionStatistics({}, options).status()),
              ::testing::ElementsAre("overlap_months", "hac_lag"));
  const std::string most(27, '9');
  const std::vector<RevisionPair> far = {Pair("2020-01", "-1", most)};
  EXPECT_EQ(ComputeRevisionStatistics(far, {}).status().code(), absl::StatusCode::kOutOfRange);
}

// Whatever the values: no NaN, nothing infinite, every p within 0..1.
TEST(RevisionStatisticsTest, NoFigureIsEverNotANumber) {
  Randomness random;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::pair<std::string, std::string>> values;
    const int n = random.Int(0, 8);
    const int kind = random.Int(0, 3);
    for (int i = 0; i < n; ++i) {
      const auto digits = [&] {
        return kind == 0 ? absl::StrCat(random.Int(0, 2))
                         : absl::StrCat(kind == 1 ? random.Int(-3, 3) : random.Int(999990, 1000000),
                                        kind == 3 ? "000000000000" : ".25");
      };
      const std::string first = digits();
      values.emplace_back(first, random.OneIn(2) ? first : digits());
    }
    RevisionOptions options;
    options.values_are_growth = true;
    if (random.OneIn(2)) options.hac_lag = random.Int(0, 8);
    const RevisionStatistics s = Compute(Months(values), options);
    for (const Regression* regression : {&s.news, &s.noise}) {
      for (const TTest* test : {&regression->a_plain, &regression->b_plain, &regression->a_hac,
                                &regression->b_hac, &s.mean_revision.plain, &s.mean_revision.hac}) {
        ASSERT_TRUE(std::isfinite(test->t.value()) && std::isfinite(test->standard_error.value()));
        ASSERT_TRUE(!test->p.has_value() || (test->p.value() >= 0 && test->p.value() <= 1));
        ASSERT_EQ(test->t.has_value(), test->p.has_value());
      }
      for (const FTest* test : {&regression->both_zero_plain, &regression->both_zero_hac}) {
        ASSERT_TRUE(!test->p.has_value() || (test->p.value() >= 0 && test->p.value() <= 1));
        ASSERT_EQ(test->f.has_value(), test->p.has_value()) << test->f.value();
      }
      ASSERT_TRUE(!regression->r_squared.has_value() ||
                  (regression->r_squared.value() >= 0 && regression->r_squared.value() <= 1));
    }
    if (n > 0) {
      ASSERT_LE(s.quantile_10.value(), s.median.value());
      ASSERT_LE(s.median.value(), s.quantile_90.value());
    }
  }
}

}  // namespace
}  // namespace tidewaiter
