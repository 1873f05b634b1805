#include "domain/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

std::string Shown(const IdentityResult& result) {
  return absl::StrCat(std::string(IdentityVerdictName(result.verdict)), " ", result.residual.ToString(),
                      " of ", result.bound.ToString());
}

TEST(IdentityTest, TurnoverOfSeptember2022) {
  EXPECT_EQ(Shown(CheckIdentity({{V("7.99")}, {V("10.656")}}, V("18.656"))), "BROKEN -0.010 of 0.006");
  EXPECT_EQ(Shown(CheckIdentity({{V("7.99")}, {V("10.656")}}, V("18.652"))), "HOLDS -0.006 of 0.006");
  EXPECT_EQ(Shown(CheckIdentity({{V("7.99")}, {V("10.656")}}, V("18.653"))), "BROKEN -0.007 of 0.006");
}

TEST(IdentityTest, RoundingOfAllOperandsIsAllowedForAndNoMore) {
  EXPECT_EQ(Shown(CheckIdentity({{V("1.0")}, {V("1.0")}}, V("2.1"))), "HOLDS -0.1 of 0.15");
  EXPECT_EQ(Shown(CheckIdentity({{V("1.0")}, {V("1.0")}}, V("2.2"))), "BROKEN -0.2 of 0.15");
  EXPECT_EQ(Shown(CheckIdentity({{V("1.0")}, {V("1.0")}}, V("2.3"), PrintRounding::kTruncated)),
            "HOLDS -0.3 of 0.3");
  EXPECT_EQ(Shown(CheckIdentity({{V("1.0")}, {V("1.0")}}, V("2.4"), PrintRounding::kTruncated)),
            "BROKEN -0.4 of 0.3");
  // At the bound exactly: 0.5 + 0.5 + 0.5 + 0.5 for three terms and a total.
  EXPECT_EQ(Shown(CheckIdentity({{V("1")}, {V("1")}, {V("1")}}, V("5"))), "HOLDS -2 of 2");
  EXPECT_EQ(Shown(CheckIdentity({{V("1")}, {V("1")}, {V("1")}}, V("1"))), "HOLDS 2 of 2");
  EXPECT_EQ(Shown(CheckIdentity({{V("1")}, {V("1")}, {V("1")}}, V("6"))), "BROKEN -3 of 2");
}

TEST(IdentityTest, TermsMayBeSubtracted) {
  const IdentityResult balance = CheckIdentity({{V("56.23")}, {V("69.57"), true}}, V("-13.34"));
  EXPECT_EQ(Shown(balance), "HOLDS 0.00 of 0.015");
  EXPECT_EQ(balance.sum, D("-13.34"));
  EXPECT_EQ(Shown(CheckIdentity({{V("56.23")}, {V("69.57"), true}}, V("13.34"))), "BROKEN -26.68 of 0.015");
}

TEST(IdentityTest, PrintedStepsCountNotDigits) {
  // 2.46 trillion, printed in billions.
  const auto total = Must(Datum::ValueWithStep(D("2460"), 1));
  EXPECT_EQ(Shown(CheckIdentity({{V("1400.7")}, {V("1054.4")}}, total)), "HOLDS -4.9 of 5.1");
  EXPECT_EQ(Shown(CheckIdentity({{V("1400.7")}, {V("1054.1")}}, total)), "BROKEN -5.2 of 5.1");
}

TEST(IdentityTest, WhatIsNoNumberIsNotTested) {
  EXPECT_EQ(CheckIdentity({{V("1")}, {Datum::Absent(Absence::kNil)}}, V("1")).verdict,
            IdentityVerdict::kNotTestable);
  EXPECT_EQ(CheckIdentity({{V("1")}}, Datum::Absent(Absence::kSuppressed)).verdict,
            IdentityVerdict::kNotTestable);
  const std::string most(27, '9');
  EXPECT_EQ(CheckIdentity({{V(most)}, {V(most)}}, V("1")), IdentityResult());
  EXPECT_EQ(CheckIdentity({{V(most)}}, V(absl::StrCat("-", most))), IdentityResult());
}

TEST(IdentityTest, TheFinestStepIsNotLost) {
  const std::string one = "0.000000000000000001";
  const std::string two = "0.000000000000000002";
  const std::string three = "0.000000000000000003";
  EXPECT_EQ(Shown(CheckIdentity({{V(one)}, {V(one)}}, V(three))),
            absl::StrCat("HOLDS -", one, " of ", two));  // 1.5 units, rounded up
  EXPECT_EQ(CheckIdentity({{V(one)}, {V(one)}}, V("0.000000000000000004")).verdict, IdentityVerdict::kBroken);
}

TEST(IdentityTest, NamesAreReadBack) {
  for (const Identity identity :
       {Identity::kTurnover, Identity::kBalance, Identity::kComponents, Identity::kYearToDate}) {
    EXPECT_EQ(Must(ParseIdentity(IdentityName(identity))), identity);
  }
  ExpectRefused(ParseIdentity("SUM"), "use one of TURNOVER");
}

// Figures rounded from one truth never break a sum, whatever the steps and signs; one that is moved by more
// than twice the bound always does.
TEST(IdentityTest, WhatWasRoundedFromOneTruthHolds) {
  Randomness random;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<SignedTerm> terms;
    std::int64_t truth = 0;
    const auto print = [&](std::int64_t number) {  // in thousandths, to a step of 0.001 .. 10
      const int exponent = random.Int(-3, 1);
      std::int64_t unit = 1;
      for (int i = -3; i < exponent; ++i) unit *= 10;
      const std::int64_t half = number < 0 ? -unit / 2 : unit / 2;
      const std::int64_t rounded = (number + half) / unit * unit;
      return Must(Datum::ValueWithStep(Decimal::FromValidParts(rounded, 3), exponent));
    };
    for (int i = random.Int(1, 6); i > 0; --i) {
      const std::int64_t term = random.Int(-5'000'000, 5'000'000);
      const bool subtracted = random.OneIn(2);
      truth += subtracted ? -term : term;
      terms.push_back({print(term), subtracted});
    }
    const Datum total = print(truth);
    const IdentityResult result = CheckIdentity(terms, total);
    ASSERT_EQ(result.verdict, IdentityVerdict::kHolds) << result.residual.ToString();
    const Decimal twice = Must(Decimal::Add(Must(Decimal::Add(result.bound, result.bound)), D("0.001")));
    const Decimal moved = Must(Decimal::Add(total.value(), random.OneIn(2) ? twice : twice.Negated()));
    const Datum off = Datum::ValueUnchecked(moved, total.step_exponent());
    ASSERT_EQ(CheckIdentity(terms, off).verdict, IdentityVerdict::kBroken);
  }
}

}  // namespace
}  // namespace tidewaiter
