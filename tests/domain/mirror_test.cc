#include "domain/mirror.h"

#include <gtest/gtest.h>

#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

std::optional<Datum> V(std::string_view value) { return Datum::Value(D(value)); }

TEST(MirrorTest, UnitsDifferByAKnownPowerOfTen) {
  EXPECT_EQ(Must(UnitExponent("USD BN", "USD BN")), 0);
  EXPECT_EQ(Must(UnitExponent("USD BN", "USD MN")), -3);
  EXPECT_EQ(Must(UnitExponent("USD_MN", "USD BN")), 3);
  EXPECT_EQ(Must(UnitExponent("USD", "USD TH")), 3);
  EXPECT_EQ(Must(UnitExponent("CNY 10K", "CNY 100M")), 4);
  EXPECT_EQ(Must(UnitExponent("PCT", "PCT")), 0);
}

TEST(MirrorTest, NothingIsConverted) {
  EXPECT_FALSE(UnitExponent("USD BN", "CNY BN").ok());
  EXPECT_FALSE(UnitExponent("USD BN", "KG").ok());
  EXPECT_FALSE(UnitExponent("BN", "MN").ok());  // of what?
  EXPECT_FALSE(UnitExponent("USD BN", "USD DOZEN").ok());
}

TEST(MirrorTest, PowersOfTenAreExact) {
  EXPECT_EQ(Must(TimesPowerOfTen(D("136.67"), -3)).ToString(), "0.13667");
  EXPECT_EQ(Must(TimesPowerOfTen(D("136.67"), 1)).ToString(), "1366.7");
  EXPECT_EQ(Must(TimesPowerOfTen(D("136.67"), 3)).ToString(), "136670");
  EXPECT_EQ(Must(TimesPowerOfTen(D("-5"), 0)).ToString(), "-5");
  EXPECT_FALSE(TimesPowerOfTen(D("0.000000000000000001"), -1).ok());
  EXPECT_FALSE(TimesPowerOfTen(D("999999999999999999999999999"), 1).ok());
  EXPECT_FALSE(TimesPowerOfTen(D("1"), 100).ok());
}

TEST(MirrorTest, GapAndRatioInTheUnitOfA) {
  const MirrorGap gap = CompareMirror(V("10.50"), V("10000"), -3, 3);
  EXPECT_EQ(gap.gap->ToString(), "0.500");
  EXPECT_EQ(gap.ratio->ToString(), "1.050");
  EXPECT_EQ(gap.why, MirrorUndefined::kDefined);
}

TEST(MirrorTest, TheRatioIsRoundedOnceHalfEven) {
  EXPECT_EQ(CompareMirror(V("1"), V("8"), 0, 2).ratio->ToString(), "0.12");
  EXPECT_EQ(CompareMirror(V("3"), V("8"), 0, 2).ratio->ToString(), "0.38");
  EXPECT_EQ(CompareMirror(V("2"), V("3"), 0, 0).ratio->ToString(), "1");
}

TEST(MirrorTest, WhatIsUndefinedSaysWhy) {
  EXPECT_EQ(CompareMirror(std::nullopt, V("1"), 0, 3).why, MirrorUndefined::kNoA);
  EXPECT_EQ(CompareMirror(V("1"), std::nullopt, 0, 3).why, MirrorUndefined::kNoB);
  EXPECT_EQ(CompareMirror(Datum::Absent(Absence::kSuppressed), V("1"), 0, 3).why, MirrorUndefined::kAAbsent);
  EXPECT_EQ(CompareMirror(V("1"), Datum::Absent(Absence::kNil), 0, 3).why, MirrorUndefined::kBAbsent);
  const MirrorGap zero = CompareMirror(V("1"), V("0"), 0, 3);
  EXPECT_EQ(zero.why, MirrorUndefined::kBNotPositive);
  EXPECT_EQ(zero.gap->ToString(), "1");
  EXPECT_FALSE(zero.ratio);
}

}  // namespace
}  // namespace tidewaiter
