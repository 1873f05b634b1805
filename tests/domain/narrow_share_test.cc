#include "domain/narrow_share.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/estimate.h"
#include "domain/group_sum.h"
#include "gtest/gtest.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

std::string ToText(const std::optional<Decimal>& number) { return number ? number->ToString() : "none"; }

GroupSum SumOf(std::int64_t coefficient, int scale, const Decimal& unit) {
  GroupSum sum;
  sum.value = Bounded{Decimal::FromValidParts(coefficient, scale), unit};
  sum.members = 1;
  return sum;
}

// So many steps.
Decimal Steps(int count, int exponent) {
  return exponent > 0 ? Decimal::FromValidParts(count * PowerOfTen(exponent), 0)
                      : Decimal::FromValidParts(count, -exponent);
}

TEST(NarrowShareTest, SaysWhatEvaluateSays) {
  Randomness randomness;
  std::mt19937_64 random(static_cast<std::uint64_t>(randomness.Int(0, 1 << 30)));
  const auto number = [&random](int most_bits) {
    return static_cast<std::int64_t>(random() >> (64 - 1 - random() % static_cast<unsigned>(most_bits)));
  };
  int found = 0;
  for (int i = 0; i < 40'000 && !::testing::Test::HasFailure(); ++i) {
    AggregateSpec spec;
    spec.transform = random() % 2 == 0 ? Transform::kShare : Transform::kContribution;
    spec.window.months = 1 + static_cast<int>(random() % 12);
    spec.decimals = static_cast<int>(random() % 7);
    spec.rounding = random() % 2 == 0 ? PrintRounding::kTruncated : PrintRounding::kNearest;
    const Month last = Month::FromYearMonth(2025, 7).value();
    const std::vector<Period> above = RunsAbove(spec, last);
    const bool contribution = spec.transform == Transform::kContribution;
    const int scale = static_cast<int>(random() % 4);
    const int step = static_cast<int>(random() % 3) - scale;
    std::int64_t now = number(58), then = contribution ? number(58) : 0;
    if (random() % 3 == 0) now = -now;
    if (random() % 3 == 0) then = -then;
    const int total_scale = static_cast<int>(random() % 5);
    const Bounded total{
        Decimal::FromValidParts(number(62), total_scale),
        Steps(1 + static_cast<int>(random() % 300), static_cast<int>(random() % 3) - total_scale)};
    const auto share = NarrowShare::Create(spec, scale, step, above[0],
                                           contribution ? std::optional(above[1]) : std::nullopt, total);
    NarrowFigure figure;
    if (!share || !share->Compute(now, then, &figure)) continue;
    ++found;
    std::vector<GroupSum> sums = {SumOf(now, scale, Steps(above[0].months(), step))};
    if (contribution) sums.push_back(SumOf(then, scale, Steps(above[1].months(), step)));
    GroupSum below;
    below.value = total;
    const AggregateValue expected = EvaluateSums(spec, last, std::move(sums), {below});
    ASSERT_TRUE(figure.defined);
    EXPECT_EQ(Decimal::FromValidParts(figure.coefficient, share->scale()).ToString(), ToText(expected.value));
    EXPECT_EQ(
        figure.bounded ? Decimal::FromValidParts(figure.bound, share->bound_scale()).ToString() : "none",
        ToText(expected.bound))
        << now << " " << then << " scale " << scale << " step " << step << " in " << total.value.ToString();
  }
  EXPECT_GT(found, 10'000) << "too few had a quick answer to prove anything";
}

TEST(NarrowShareTest, LeavesToEvaluateWhatDoesNotFit) {
  AggregateSpec spec;
  spec.transform = Transform::kShare;
  const Period month = Period::Parse("2025-07").value();
  const auto create = [&](std::string_view total) {
    return NarrowShare::Create(spec, 1, -1, month, std::nullopt,
                               Bounded{Decimal::Parse(total).value(), Decimal::Parse("0.1").value()});
  };
  EXPECT_FALSE(create("0.0").has_value());
  EXPECT_FALSE(create("-5.0").has_value());
  ASSERT_TRUE(create("5.0").has_value());
  NarrowFigure figure;
  EXPECT_FALSE(create("5.0")->Compute(std::int64_t{1} << 60, 0, &figure));
  EXPECT_TRUE(create("5.0")->Compute(25, 0, &figure));
  EXPECT_EQ(figure.coefficient, 500);  // 2.5 of 5.0
  spec.window.mean = true;
  EXPECT_FALSE(NarrowShare::Fits(spec));
}

}  // namespace
}  // namespace tidewaiter
