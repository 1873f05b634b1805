#include "domain/implied_base.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "domain/limits.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

Datum WithStep(std::string_view value, int exponent) {
  return Must(Datum::ValueWithStep(D(value), exponent));
}

// "HELD_BELOW 136.759 137.017 0.089"
std::string Shown(const ImpliedBase& base) {
  if (base.verdict == BaseVerdict::kNotTestable) return std::string(NotTestableName(base.why));
  return absl::StrCat(std::string(BaseVerdictName(base.verdict)), " ", base.low.ToString(), " ",
                      base.high.ToString(), " ", base.amount.ToString());
}

std::string Tested(std::string_view level, std::string_view rate, std::string_view held,
                   PrintRounding rounding = PrintRounding::kNearest) {
  return Shown(TestImpliedBase(V(level), V(rate), V(held), rounding));
}

TEST(ImpliedBaseTest, JanuaryToJuly2025) {
  EXPECT_EQ(Tested("125.8", "-8.1", "136.67"), "HELD_BELOW 136.759 137.017 0.089");
  EXPECT_EQ(Tested("56.23", "-8.5", "61.64"), "HELD_ABOVE 61.414 61.493 -0.147");
  EXPECT_EQ(Tested("69.57", "-7.7", "75.03"), "HELD_BELOW 75.327 75.421 0.297");
  // Truncated rather than rounded: T could follow after all.
  EXPECT_EQ(Tested("125.8", "-8.1", "136.67", PrintRounding::kTruncated), "FITS 136.630 137.146 0");
}

TEST(ImpliedBaseTest, TouchingIsFitting) {
  // 9.5 .. 10.5 over 0.55 .. 0.45: 17.2727... .. 23.3333...
  const Datum level = V("10");
  const Datum rate = WithStep("-50", 1);
  EXPECT_EQ(Shown(TestImpliedBase(level, rate, V("17.2"))), "HELD_BELOW 17.27 23.34 0.07");
  EXPECT_EQ(Shown(TestImpliedBase(level, rate, V("17.3"))), "FITS 17.27 23.34 0");
  EXPECT_EQ(Shown(TestImpliedBase(level, rate, V("23.3"))), "FITS 17.27 23.34 0");
  EXPECT_EQ(Shown(TestImpliedBase(level, rate, V("23.4"))), "HELD_ABOVE 17.27 23.34 -0.06");
  // 11.5 .. 12.5 over 1.5 .. 0.5: up to 25 exactly, where 30 +- 5 begins.
  const Datum half = WithStep("0", 2);
  EXPECT_EQ(Shown(TestImpliedBase(V("12"), half, WithStep("30", 1))), "FITS 7 25 0");
  EXPECT_EQ(Shown(TestImpliedBase(V("12"), half, V("30"))), "HELD_ABOVE 7.6 25.0 -5.0");
}

TEST(ImpliedBaseTest, BoundsAreRoundedOutwardsToTheDecimalsAskedFor) {
  const auto with = [](std::optional<int> decimals) {
    return Shown(TestImpliedBase(V("125.8"), V("-8.1"), V("136.67"), PrintRounding::kNearest, decimals));
  };
  EXPECT_EQ(with(0), "HELD_BELOW 136 138 0.089") << "the amount is never coarser than it is by default";
  EXPECT_EQ(with(1), "HELD_BELOW 136.7 137.1 0.089");
  EXPECT_EQ(with(6), "HELD_BELOW 136.759108 137.016876 0.089108");
  EXPECT_EQ(with(99), with(limits::kMaxScale));
  EXPECT_EQ(with(-1), with(0));
}

TEST(ImpliedBaseTest, SaysWhyThereIsNothingToTest) {
  EXPECT_EQ(Tested("0", "5", "10"), "LEVEL_NOT_POSITIVE");
  EXPECT_EQ(Tested("-13.39", "48", "-9.014"), "LEVEL_NOT_POSITIVE");
  EXPECT_EQ(Tested("5", "-100", "10"), "RATE_TOO_LOW");
  EXPECT_EQ(Tested("5", "-99.99", "10", PrintRounding::kTruncated), "RATE_TOO_LOW");
  EXPECT_EQ(Tested("5", "-99.95", "10"), "HELD_BELOW 8181.8 12222.3 8171.8");
  EXPECT_EQ(Shown(TestImpliedBase(Datum::Absent(Absence::kSuppressed), V("1"), V("1"))), "ABSENT");
  EXPECT_EQ(Shown(TestImpliedBase(V("1"), Datum::Absent(Absence::kNil), V("1"))), "ABSENT");
  EXPECT_EQ(Shown(TestImpliedBase(V("1"), V("1"), Datum::Absent(Absence::kWithdrawn))), "ABSENT");
  EXPECT_EQ(Tested(std::string(27, '9'), "-99", "1"), "TOO_LARGE");
}

// At the ends of what a figure may be, nothing overflows on the way.
TEST(ImpliedBaseTest, StandsTheLargestAndTheSmallest) {
  const std::string most(27, '9');
  const std::string least = "0.000000000000000001";
  EXPECT_EQ(Tested(most, most, least),
            "HELD_BELOW 99.999999999999999999 100.000000000000000000 99.999999999999999998");
  EXPECT_EQ(TestImpliedBase(V(least), V(most), V(most)).why, NotTestable::kTooLarge)
      << "the amount would have 28 digits";
  EXPECT_EQ(TestImpliedBase(V(least), V(least), WithStep("1000000000000000000", 18)).verdict,
            BaseVerdict::kHeldAbove);
  EXPECT_EQ(TestImpliedBase(WithStep("1000000000000000000", 18), WithStep("0", 0), V("1")).verdict,
            BaseVerdict::kHeldBelow);
}

// `number` / 10^6 printed to 10^exponent, -6 <= exponent <= 0.
Datum Print(std::int64_t number, int exponent, PrintRounding rounding) {
  std::int64_t unit = 1;
  for (int i = -6; i < exponent; ++i) unit *= 10;
  std::int64_t units = number / unit;  // towards zero
  const std::int64_t rest = 2 * (number % unit);
  if (rounding == PrintRounding::kNearest && (rest >= unit || -rest >= unit)) units += number < 0 ? -1 : 1;
  return Datum::Value(Decimal::FromValidParts(units, -exponent));
}

// A publisher who prints one truth, however roundly, is never accused; a base moved by more than all
// rounding together always is.
TEST(ImpliedBaseTest, WhatWasPrintedFromOneTruthFits) {
  Randomness random;
  for (int round = 0; round < 20'000; ++round) {
    const auto rounding = random.OneIn(2) ? PrintRounding::kNearest : PrintRounding::kTruncated;
    const std::int64_t base = 1'000'000LL * random.Int(1, 2000) + random.Int(0, 999'999);
    const std::int64_t level = base / 1000 * random.Int(300, 2500) + random.Int(0, 999'999);
    const absl::int128 micro_rate = (absl::int128(level) - base) * 100'000'000 / base;  // towards zero
    const Datum rate = Print(static_cast<std::int64_t>(micro_rate), random.Int(-2, 0), rounding);
    const Datum printed = Print(level, random.Int(-3, -1), rounding);
    const int base_step = random.Int(-3, -1);
    const ImpliedBase fits = TestImpliedBase(printed, rate, Print(base, base_step, rounding), rounding);
    // What a millionth of a per cent was cut off the rate can only matter at a bound's very edge.
    ASSERT_EQ(fits.verdict, BaseVerdict::kFits)
        << level << " / " << base << ": " << printed.ToString() << " " << rate.ToString();
    // The bounds hold the truth.
    const Decimal truth = Decimal::FromValidParts(base, 6);
    ASSERT_TRUE(Decimal::Compare(fits.low, truth) <= 0);
    ASSERT_TRUE(Decimal::Compare(fits.high, truth) >= 0);
    // A base elsewhere is told from it on the right side.
    const ImpliedBase below =
        TestImpliedBase(printed, rate, Print(base / 2 - 1'000'000, base_step, rounding), rounding);
    if (base > 200'000'000 && level > base / 2) {
      ASSERT_EQ(below.verdict, BaseVerdict::kHeldBelow);
      ASSERT_FALSE(below.amount.is_negative() || below.amount.is_zero());
    }
  }
}

BaseVerdict Expected(int below, int above) {
  return below > 0 ? BaseVerdict::kHeldBelow : above > 0 ? BaseVerdict::kHeldAbove : BaseVerdict::kFits;
}

// Small numbers, where the inequalities can be multiplied out: L - 1/2 > (B + 1/2) (1 + (g + 1/2)/100) ...
TEST(ImpliedBaseTest, AgreesWithTheInequalityMultipliedOut) {
  Randomness random;
  for (int round = 0; round < 20'000; ++round) {
    const int level = random.Int(1, 60);
    const int rate = random.Int(-98, 150);
    const int held = random.Int(1, 60);
    const int below = (2 * level - 1) * 1000 - (2 * held + 1) * (1000 + 10 * rate + 5);
    const int above = (2 * held - 1) * (1000 + 10 * rate - 5) - (2 * level + 1) * 1000;
    ASSERT_EQ(TestImpliedBase(V(absl::StrCat(level)), V(absl::StrCat(rate)), V(absl::StrCat(held))).verdict,
              Expected(below, above))
        << level << " " << rate << " " << held;
  }
}

// The same with steps of 1, of 100 per cent and of 10, where intervals can touch in one point.
TEST(ImpliedBaseTest, AgreesWithTheInequalityWhereIntervalsTouch) {
  int touching = 0;
  for (int level = 1; level <= 200; ++level) {
    for (int rate = 0; rate <= 300; rate += 100) {
      for (int held = 0; held <= 400; held += 10) {
        const int below = (2 * level - 1) * 50 - (held + 5) * (100 + rate + 50);
        const int above = (held - 5) * (100 + rate - 50) - (2 * level + 1) * 50;
        touching += below == 0 || above == 0 ? 1 : 0;
        ASSERT_EQ(TestImpliedBase(V(absl::StrCat(level)), WithStep(absl::StrCat(rate), 2),
                                  WithStep(absl::StrCat(held), 1))
                      .verdict,
                  Expected(below, above))
            << level << " " << rate << " " << held;
      }
    }
  }
  EXPECT_GT(touching, 20) << "the case that matters most was hardly met";
}

}  // namespace
}  // namespace tidewaiter
