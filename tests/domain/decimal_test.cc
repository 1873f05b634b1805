#include "domain/decimal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/domain/big_number.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

const char kMost[] = "999999999999999999999999999";            // 10^27 - 1
const char kMostAtScale18[] = "999999999.999999999999999999";  // the same digits
const char kLeastPositive[] = "0.000000000000000001";          // 10^-18

TEST(DecimalTest, KeepsWhatWasPrinted) {
  for (const char* text : {"0", "244.819", "-0.069", "6480", "1.50", "0.00", "-1", "100", "0.010", kMost,
                           kMostAtScale18, kLeastPositive, "-999999999999999999999999999"}) {
    EXPECT_EQ(D(text).ToString(), text);
  }
  EXPECT_EQ(D("1.50").scale(), 2);
  EXPECT_EQ(D("+12").ToString(), "12");
  EXPECT_EQ(D("-0").ToString(), "0");
  EXPECT_EQ(D("-0.00").ToString(), "0.00");
  EXPECT_EQ(D("007.5").ToString(), "7.5");
  EXPECT_EQ(D(absl::StrCat(std::string(1000, '0'), "1")).ToString(), "1")
      << "leading zeros are no digits of the number";
  EXPECT_EQ(Decimal().ToString(), "0");
}

TEST(DecimalTest, RefusesWhatIsNoNumberAndSaysWhy) {
  ExpectRefused(Decimal::Parse(""), "empty");
  ExpectRefused(Decimal::Parse("-"), "no digit");
  ExpectRefused(Decimal::Parse("."), "no digit stands before the point");
  ExpectRefused(Decimal::Parse(".5"), "no digit stands before the point");
  ExpectRefused(Decimal::Parse("5."), "no digit follows the point");
  ExpectRefused(Decimal::Parse("1.2.3"), "two points");
  ExpectRefused(Decimal::Parse("1e5"), "\"e\" at byte 2");
  ExpectRefused(Decimal::Parse("1,234"), "\",\" at byte 2");
  ExpectRefused(Decimal::Parse(" 1"), "\" \" at byte 1");
  ExpectRefused(Decimal::Parse("1 "), "\" \" at byte 2");
  ExpectRefused(Decimal::Parse("--1"), "\"-\" at byte 2");
  ExpectRefused(Decimal::Parse("12，5"), "\"，\" at byte 3");
  ExpectRefused(Decimal::Parse("−5"), "\"−\" at byte 1");
  ExpectRefused(Decimal::Parse("NaN"), "\"N\" at byte 1");
  ExpectRefused(Decimal::Parse(std::string_view("1\0", 2)), "at byte 2");
}

TEST(DecimalTest, RefusesWhatItWouldHaveToRound) {
  ExpectRefused(Decimal::Parse(absl::StrCat(kMost, "9")), "28 digits; at most 27");
  ExpectRefused(Decimal::Parse("1000000000000000000000000000"), "28 digits");
  ExpectRefused(Decimal::Parse("0.0000000000000000001"), "19 decimals; at most 18");
  ExpectRefused(Decimal::Parse("1.0000000000000000000"), "19 decimals");
  ExpectRefused(Decimal::Parse(std::string(100'000, '7')), "100000 digits");
}

TEST(DecimalTest, FromPartsHoldsTheLimits) {
  EXPECT_TRUE(Decimal::FromParts(PowerOfTen(27) - 1, 18).ok());
  EXPECT_TRUE(Decimal::FromParts(1 - PowerOfTen(27), 0).ok());
  ExpectRefused(Decimal::FromParts(PowerOfTen(27), 0), "27 digits");
  ExpectRefused(Decimal::FromParts(-PowerOfTen(27), 0), "27 digits");
  ExpectRefused(Decimal::FromParts(absl::Int128Min(), 0), "27 digits");
  ExpectRefused(Decimal::FromParts(absl::Int128Max(), 0), "27 digits");
  ExpectRefused(Decimal::FromParts(1, 19), "0 to 18 decimals");
  ExpectRefused(Decimal::FromParts(1, -1), "0 to 18 decimals");
}

TEST(DecimalTest, PrintedFormIsIdentityAndOrderIsNumeric) {
  EXPECT_NE(D("1.0"), D("1.00"));
  EXPECT_TRUE(Decimal::NumericallyEqual(D("1.0"), D("1.00")));
  EXPECT_EQ(Decimal::Compare(D("-1"), D("0.000000000000000001")), std::strong_ordering::less);
  // 10^27 * 10^18 is beyond 128 bits: the digits must not be lost on the way.
  EXPECT_EQ(Decimal::Compare(D(kMost), D(kMostAtScale18)), std::strong_ordering::greater);
  EXPECT_EQ(Decimal::Compare(D(kMostAtScale18), D(kMost)), std::strong_ordering::less);
  EXPECT_EQ(Decimal::Compare(D(kMost).Negated(), D(kMostAtScale18)), std::strong_ordering::less);
  EXPECT_EQ(Decimal::Compare(D("1000000000"), D(kMostAtScale18)), std::strong_ordering::greater);
  EXPECT_EQ(Decimal::Compare(D("999999999"), D(kMostAtScale18)), std::strong_ordering::less);
}

TEST(DecimalTest, SumsAreExactOrRefused) {
  EXPECT_EQ(Must(Decimal::Add(D("0.1"), D("0.02"))).ToString(), "0.12");
  EXPECT_EQ(Must(Decimal::Subtract(D("1.50"), D("1.5"))).ToString(), "0.00");
  // One part does not fit at the larger scale, yet the sum does.
  EXPECT_EQ(Must(Decimal::Subtract(D("1000000000"), D(kLeastPositive))).ToString(), kMostAtScale18);
  EXPECT_EQ(Must(Decimal::Add(D(kLeastPositive).Negated(), D("1000000000"))).ToString(), kMostAtScale18);
  for (const auto& sum :
       {Decimal::Add(D(kMost), D("1")), Decimal::Add(D(kMost), D(kMostAtScale18)),
        Decimal::Subtract(D(kMost).Negated(), D("1")), Decimal::Add(D(kMost), D(kLeastPositive))}) {
    EXPECT_EQ(sum.status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(DetailsOf(sum.status()).reason, Reason::kOverflow);
  }
}

TEST(DecimalTest, RoundsHalfToEven) {
  const auto round = [](std::string_view text, int scale) {
    return Must(D(text).RoundHalfEven(scale)).ToString();
  };
  EXPECT_EQ(round("0.5", 0), "0");
  EXPECT_EQ(round("1.5", 0), "2");
  EXPECT_EQ(round("2.5", 0), "2");
  EXPECT_EQ(round("-0.5", 0), "0");
  EXPECT_EQ(round("-1.5", 0), "-2");
  EXPECT_EQ(round("-2.51", 0), "-3");
  EXPECT_EQ(round("2.500000000000000001", 0), "3");
  EXPECT_EQ(round("9.995", 2), "10.00");
  EXPECT_EQ(round("7", 3), "7.000");
  EXPECT_EQ(round(kMostAtScale18, 0), "1000000000");
  EXPECT_EQ(D(kMost).RoundHalfEven(1).status().code(), absl::StatusCode::kOutOfRange);
  ExpectRefused(D("1").RoundHalfEven(19), "0 to 18 decimals");
  ExpectRefused(D("1").RoundHalfEven(-1), "0 to 18 decimals");
}

// Digits of every length, near the limits as often as not; half of the pairs lie close to each other.
Decimal AnyDecimal(Randomness& random) {
  absl::int128 coefficient = 0;
  for (int digits = random.Int(0, 27); digits > 0; --digits) {
    const int digit = random.OneIn(2) ? random.Int(0, 9) : random.Pick<int>({0, 5, 9});
    coefficient = coefficient * 10 + digit;
  }
  if (random.OneIn(2)) coefficient = -coefficient;
  return Decimal::FromValidParts(coefficient, random.Int(0, 18));
}

Decimal Near(const Decimal& a, Randomness& random) {
  const auto moved = a.RoundHalfEven(random.Int(0, 18));
  if (!moved.ok()) return a;
  const auto shifted = Decimal::FromParts(moved->coefficient() + random.Int(-1, 1), moved->scale());
  return shifted.ok() ? *shifted : a;
}

TEST(DecimalTest, AgreesWithLongNumbersOnPaper) {
  Randomness random;
  for (int round = 0; round < 20'000; ++round) {
    const Decimal a = AnyDecimal(random);
    const Decimal b = random.OneIn(2) ? Near(a, random) : AnyDecimal(random);
    SCOPED_TRACE(absl::StrCat(a.ToString(), " and ", b.ToString()));
    const BigNumber big_a(a);
    const BigNumber big_b(b);
    ASSERT_EQ(Must(Decimal::Parse(a.ToString())), a);
    ASSERT_EQ(Decimal::Compare(a, b) <=> 0, big_a.Compare(big_b) <=> 0);

    const int scale = std::max(a.scale(), b.scale());
    const BigNumber big_sum = big_a.Plus(big_b);
    const auto sum = Decimal::Add(a, b);
    ASSERT_EQ(sum.ok(), big_sum.FitsDecimal(scale));
    if (sum.ok()) {
      ASSERT_EQ(sum->ToString(), big_sum.ToString(scale));
    }

    const int to = random.Int(0, 18);
    const BigNumber big_rounded = big_a.RoundedHalfEven(to);
    const auto rounded = a.RoundHalfEven(to);
    ASSERT_EQ(rounded.ok(), big_rounded.FitsDecimal(to));
    if (rounded.ok()) {
      ASSERT_EQ(rounded->ToString(), big_rounded.ToString(to));
    }
  }
}

// Short numbers without a plus are read on a way of their own.
TEST(DecimalTest, ASignChangesOnlyTheSign) {
  Randomness random;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int bytes = random.Int(1, 22); bytes > 0; --bytes) {
      text += random.OneIn(9) ? '.' : static_cast<char>('0' + random.Int(0, 9));
    }
    if (random.OneIn(9)) text[text.size() / 2] = ",-+e /:"[random.Int(0, 6)];
    const auto plain = Decimal::Parse(text);
    const auto signed_plus = Decimal::Parse(absl::StrCat("+", text));
    const auto signed_minus = Decimal::Parse(absl::StrCat("-", text));
    if (text[0] == '-' || text[0] == '+') continue;
    ASSERT_EQ(plain.ok(), signed_plus.ok()) << text;
    ASSERT_EQ(plain.ok(), signed_minus.ok()) << text;
    if (!plain.ok()) continue;
    ASSERT_EQ(*plain, *signed_plus) << text;
    ASSERT_EQ(plain->Negated(), *signed_minus) << text;
  }
}

TEST(DecimalTest, PowersOfTen) {
  EXPECT_EQ(PowerOfTen(0), 1);
  EXPECT_EQ(PowerOfTen(18), absl::int128(1'000'000'000'000'000'000));
  EXPECT_EQ(PowerOfTen(38) / PowerOfTen(20), PowerOfTen(18));
  EXPECT_GT(PowerOfTen(38), PowerOfTen(37));
}

}  // namespace
}  // namespace tidewaiter
