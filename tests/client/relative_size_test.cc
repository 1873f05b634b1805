#include "client/cli/relative_size.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace tidewaiter::cli {
namespace {

Decimal D(std::string_view text) { return *Decimal::Parse(text); }

Revision Between(std::string_view before, std::string_view after) {
  return {*Decimal::Subtract(D(after), D(before)), D(before)};
}

std::string Percent(std::string_view before, std::string_view after) {
  const std::optional<Decimal> percent = PercentOf(Between(before, after));
  return percent ? percent->ToString() : "none";
}

TEST(PercentOf, IsRoundedHalfEvenOnce) {
  EXPECT_EQ(Percent("315.589337", "305.04"), "-3.3");
  EXPECT_EQ(Percent("182796", "182668"), "-0.1");
  EXPECT_EQ(Percent("1000", "1000.5"), "0.0") << "0.05 goes to the even 0.0";
  EXPECT_EQ(Percent("1000", "1001.5"), "0.2") << "0.15 goes to the even 0.2";
  EXPECT_EQ(Percent("1000", "1000.500001"), "0.1");
  EXPECT_EQ(Percent("-9.014", "-13.39"), "-48.5") << "of the magnitude";
  EXPECT_EQ(Percent("2", "-2"), "-200.0");
  EXPECT_EQ(Percent("5", "5.00"), "0.0");
}

TEST(PercentOf, HasItsLimits) {
  EXPECT_EQ(Percent("0", "5"), "none");
  EXPECT_EQ(Percent("0.00", "0"), "none");
  EXPECT_EQ(Percent("100000000000000000000000000", "100000000000000000000000001"), "0.0");
  EXPECT_EQ(Percent("0.000000000000000001", "100000000"), "none") << "29 digits";
  EXPECT_EQ(Percent("0.000000000000000003", "100000"), "3333333333333333333333233.3");
  // A denominator of 45 digits.
  EXPECT_EQ(PercentOf({D("0.000000000000000001"), D("100000000000000000000000000")})->ToString(), "0.0");
}

TEST(CompareSizes, IsExact) {
  EXPECT_TRUE(CompareSizes(Between("3", "2"), Between("10", "13")) > 0);  // 1/3 > 0.3
  EXPECT_TRUE(CompareSizes(Between("3", "2"), Between("-30.0", "-40")) == 0);
  // Neighbours that no double tells apart: 1/(10^26-1) and 1/10^26.
  const Revision larger = {D("1"), D("99999999999999999999999999")};
  const Revision smaller = {D("1"), D("100000000000000000000000000")};
  EXPECT_TRUE(CompareSizes(larger, smaller) > 0);
  EXPECT_TRUE(CompareSizes(smaller, larger) < 0);
  EXPECT_TRUE(CompareSizes(Between("5", "5"), smaller) < 0);
}

// Against products of small numbers, which fit.
TEST(CompareSizes, AgreesWithCrossProducts) {
  std::mt19937 random(20250829);
  std::uniform_int_distribution<int> any(1, 40);
  for (int i = 0; i < 20'000; ++i) {
    const int a = any(random), b = any(random), c = any(random), d = any(random);
    const Revision x = {D(absl::StrCat(a)), D(absl::StrCat("-", b))};
    const Revision y = {D(absl::StrCat(c)), D(absl::StrCat(d))};
    ASSERT_TRUE(CompareSizes(x, y) == (a * d <=> c * b)) << a << "/" << b << " " << c << "/" << d;
  }
}

}  // namespace
}  // namespace tidewaiter::cli
