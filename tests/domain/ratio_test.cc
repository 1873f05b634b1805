#include "domain/ratio.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "domain/exact_sum.h"
#include "tests/domain/big_number.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

const char kMost[] = "999999999999999999999999999";  // 10^27 - 1
const char kLeastPositive[] = "0.000000000000000001";

std::string Divided(std::string_view numerator, std::string_view denominator, int decimals) {
  return Must(DivideHalfEven(D(numerator), D(denominator), decimals)).ToString();
}

TEST(RatioTest, RoundsOnceHalfToEven) {
  EXPECT_EQ(Divided("1", "3", 4), "0.3333");
  EXPECT_EQ(Divided("2", "3", 4), "0.6667");
  EXPECT_EQ(Divided("-2", "3", 4), "-0.6667");
  EXPECT_EQ(Divided("2", "-3", 0), "-1");
  EXPECT_EQ(Divided("1", "2", 0), "0");
  EXPECT_EQ(Divided("3", "2", 0), "2");
  EXPECT_EQ(Divided("-1", "2", 0), "0");
  EXPECT_EQ(Divided("-3", "2", 0), "-2");
  EXPECT_EQ(Divided("0.25", "1.00", 1), "0.2");
  EXPECT_EQ(Divided("0", "-7", 2), "0.00");
  EXPECT_EQ(Divided(kMost, kMost, 18), "1.000000000000000000");
  EXPECT_EQ(Divided(kLeastPositive, kMost, 18), "0.000000000000000000");
  EXPECT_EQ(Divided(kLeastPositive, kLeastPositive, 12), "1.000000000000");
}

TEST(RatioTest, RoundsUp) {
  const auto up = [](std::string_view numerator, std::string_view denominator, int decimals) {
    return Must((Rational(D(numerator)) / Rational(D(denominator))).RoundUp(decimals)).ToString();
  };
  EXPECT_EQ(up("1", "3", 2), "0.34");
  EXPECT_EQ(up("-1", "3", 2), "-0.33");
  EXPECT_EQ(up("0.5", "1", 1), "0.5");
  EXPECT_EQ(up(kLeastPositive, kMost, 3), "0.001");
}

TEST(RatioTest, SaysWhatDoesNotFit) {
  const auto refused = DivideHalfEven(D(kMost), D("0.1"), 0);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(DetailsOf(refused.status()).reason, Reason::kOverflow);
  // Wider than 128 bits, far too.
  EXPECT_EQ(DivideHalfEven(D(kMost), D(kLeastPositive), 18).status().code(), absl::StatusCode::kOutOfRange);
  ExpectRefused(DivideHalfEven(D("1"), D("0.00"), 0), "division by zero");
  ExpectRefused(DivideHalfEven(D("1"), D("3"), 19), "0 to 18 decimals");
  ExpectRefused(DivideHalfEven(D("1"), D("3"), -1), "0 to 18 decimals");
}

// Digits of every length.
Decimal AnyDecimal(Randomness& random) {
  absl::int128 coefficient = 0;
  for (int digits = random.OneIn(2) ? random.Int(0, 27) : random.Int(0, 9); digits > 0; --digits) {
    coefficient = coefficient * 10 + (random.OneIn(2) ? random.Int(0, 9) : random.Pick<int>({0, 5, 9}));
  }
  if (random.OneIn(2)) coefficient = -coefficient;
  return Decimal::FromValidParts(coefficient, random.OneIn(2) ? random.Int(0, 18) : 2);
}

Decimal AnyDivisor(Randomness& random) {
  const Decimal divisor = AnyDecimal(random);
  return divisor.is_zero() ? Decimal::FromValidParts(random.Pick<int>({-4, 1, 2}), 1) : divisor;
}

BigNumber Whole(absl::int128 number) { return BigNumber(Decimal::FromValidParts(number, 0)); }
BigNumber Ten(int exponent) { return BigNumber::PowerOfTen(exponent); }

// A fraction on paper.
struct PaperFraction {
  BigNumber numerator;
  BigNumber denominator;

  static PaperFraction Of(const Decimal& decimal) {
    return {Whole(decimal.coefficient()), Ten(decimal.scale())};
  }
  PaperFraction Plus(const PaperFraction& b, bool subtract) const {
    const BigNumber right = b.numerator.Times(denominator);
    return {numerator.Times(b.denominator).Plus(subtract ? right.Negated() : right),
            denominator.Times(b.denominator)};
  }
  PaperFraction Times(const PaperFraction& b) const {
    return {numerator.Times(b.numerator), denominator.Times(b.denominator)};
  }
  PaperFraction Over(const PaperFraction& b) const {
    const PaperFraction result{numerator.Times(b.denominator), denominator.Times(b.numerator)};
    if (result.denominator.Compare(Whole(0)) > 0) return result;
    return {result.numerator.Negated(), result.denominator.Negated()};
  }
};

// `rounded` is the nearest number with its decimals, and even in a tie; `up` the least that is not below.
void ExpectRounded(const PaperFraction& exact, const Decimal& rounded, const Decimal& up) {
  const BigNumber scaled = exact.numerator.Times(Ten(rounded.scale()));
  const auto left = [&](absl::int128 coefficient) {
    return scaled.Plus(exact.denominator.Times(Whole(coefficient)).Negated());
  };
  const BigNumber rest = left(rounded.coefficient()).Magnitude();
  const int tie = rest.Plus(rest).Compare(exact.denominator);
  EXPECT_LE(tie, 0) << rounded.ToString();
  if (tie == 0) {
    EXPECT_EQ(rounded.coefficient() % 2, 0) << rounded.ToString();
  }
  EXPECT_LE(left(up.coefficient()).Compare(Whole(0)), 0) << up.ToString();
  EXPECT_GT(left(up.coefficient() - 1).Compare(Whole(0)), 0) << up.ToString();
}

TEST(RatioTest, AgreesWithFractionsOnPaper) {
  Randomness random;
  int fitted = 0;
  for (int round = 0; round < 4'000; ++round) {
    const Decimal a = AnyDecimal(random), b = AnyDivisor(random), c = AnyDecimal(random),
                  d = AnyDivisor(random);
    SCOPED_TRACE(absl::StrCat(a.ToString(), " ", b.ToString(), " ", c.ToString(), " ", d.ToString()));
    const Rational left = Rational(a) / Rational(b), right = Rational(c) / Rational(d);
    const PaperFraction paper_left = PaperFraction::Of(a).Over(PaperFraction::Of(b));
    const PaperFraction paper_right = PaperFraction::Of(c).Over(PaperFraction::Of(d));
    const int operation = random.Int(0, 3);
    if (operation == 3 && right.sign() == 0) continue;
    const Rational exact = operation == 0   ? left + right
                           : operation == 1 ? left - right
                           : operation == 2 ? left * right
                                            : left / right;
    const PaperFraction paper = operation == 0   ? paper_left.Plus(paper_right, false)
                                : operation == 1 ? paper_left.Plus(paper_right, true)
                                : operation == 2 ? paper_left.Times(paper_right)
                                                 : paper_left.Over(paper_right);
    ASSERT_EQ(exact.sign(), paper.numerator.Compare(Whole(0)));
    ASSERT_EQ(Rational::Compare(left, right) <=> 0,
              paper_left.Plus(paper_right, true).numerator.Compare(Whole(0)) <=> 0);
    const int decimals = random.Int(0, 14);
    const auto rounded = exact.RoundHalfEven(decimals);
    const auto up = exact.RoundUp(decimals);
    if (!rounded.ok() || !up.ok()) continue;
    ++fitted;
    ExpectRounded(paper, *rounded, *up);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(fitted, 1'000);
}

TEST(RatioTest, PowersAgreeWithProductsOnPaper) {
  Randomness random;
  for (int round = 0; round < 200; ++round) {
    const Decimal a = AnyDecimal(random);
    const Decimal b = AnyDivisor(random);
    const int exponent = random.Int(0, 12);
    SCOPED_TRACE(absl::StrCat("(", a.ToString(), " / ", b.ToString(), ")^", exponent));
    const PaperFraction paper = PaperFraction::Of(a).Over(PaperFraction::Of(b));
    PaperFraction power{Whole(1), Whole(1)};
    for (int i = 0; i < exponent; ++i) power = power.Times(paper);
    const Rational exact = (Rational(a) / Rational(b)).Power(exponent);
    const auto rounded = exact.RoundHalfEven(3);
    const auto up = exact.RoundUp(3);
    if (!rounded.ok() || !up.ok()) continue;
    ExpectRounded(power, *rounded, *up);
    ASSERT_FALSE(HasFailure());
  }
}

TEST(ExactSumTest, AgreesWithSumsOnPaper) {
  Randomness random;
  for (int round = 0; round < 2'000; ++round) {
    ExactSum sum;
    BigNumber paper = Whole(0);
    int scale = 0;
    bool huge = false;
    for (int i = random.Int(0, 40); i > 0; --i) {
      const Decimal term = random.OneIn(20)
                               ? AnyDecimal(random)
                               : Decimal::FromValidParts(random.Int(-99'999, 99'999), random.Int(0, 6));
      const bool subtracted = random.OneIn(3);
      subtracted ? sum.Subtract(term) : sum.Add(term);
      paper = paper.Plus(subtracted ? BigNumber(term).Negated() : BigNumber(term));
      scale = std::max(scale, term.scale());
      huge |= !paper.FitsDecimal(scale);
    }
    const auto total = sum.Total();
    if (total) {
      ASSERT_EQ(total->ToString(), paper.ToString(scale));
    } else {
      ASSERT_TRUE(huge || !paper.FitsDecimal(scale)) << paper.ToString(scale);
    }
  }
}

TEST(ExactSumTest, OnlyTheTotalMustFit) {
  ExactSum sum;
  for (int i = 0; i < 1000; ++i) sum.Add(D(kMost));
  EXPECT_FALSE(sum.Total());
  for (int i = 0; i < 999; ++i) sum.Subtract(D(kMost));
  EXPECT_EQ(sum.Total()->ToString(), kMost);
  sum.Add(D(kLeastPositive));
  EXPECT_FALSE(sum.Total()) << "27 digits before the point and 18 behind it";
}

TEST(ExactSumTest, StepsArePowersOfTen) {
  ExactSum sum;
  for (const int exponent : {-3, -2, -1, 1, 18}) sum.AddPowerOfTen(exponent);
  EXPECT_EQ(sum.Total()->ToString(), "1000000000000000010.111");
}

}  // namespace
}  // namespace tidewaiter
