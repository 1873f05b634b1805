#include "domain/period.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

TEST(PeriodTest, ReadsIso8601AndWritesTheShortestForm) {
  EXPECT_EQ(P("2025-07").months(), 1);
  EXPECT_EQ(P("2025-01/P7M").ToString(), "2025-01/P7M");
  EXPECT_EQ(P("2025-07/P1M").ToString(), "2025-07");
  EXPECT_EQ(P("2025-01/P1Y").ToString(), "2025-01/P12M");
  EXPECT_EQ(P("1900-01/P100Y").months(), 1200);
  EXPECT_EQ(Period(), P("1970-01"));
}

TEST(PeriodTest, IsHalfOpen) {
  const Period p = P("2025-01/P7M");
  EXPECT_EQ(p.start(), M("2025-01"));
  EXPECT_EQ(p.last(), M("2025-07"));
  EXPECT_EQ(p.end(), M("2025-08"));
}

TEST(PeriodTest, IsOrderedByStartThenLength) {
  EXPECT_LT(P("2025-01"), P("2025-01/P2M"));
  EXPECT_LT(P("2025-01/P12M"), P("2025-02"));
}

TEST(PeriodTest, RefusesOtherForms) {
  for (const char* text :
       {"", "2025", "2025-07/", "2025-07/P", "2025-07/PM", "2025-07/7M", "2025-07/P7", "2025-07/P7W",
        "2025-07/P-7M", "2025-07/P1.5M", "2025-07/P1Y2M", "2025-07/P7m", "2025-01/2025-07", "2025-07/P7M/",
        "2025-07-01/P7M", "/P7M", "2025-07/P00007M", "2025-07/P99999999999999999999M"}) {
    SCOPED_TRACE(text);
    ExpectRefused(Period::Parse(text), "is not a period: write one month as 2025-07");
  }
  ExpectRefused(Period::Parse("2025-13/P7M"), "the month must be 1 to 12");
}

TEST(PeriodTest, HoldsItsLimits) {
  ExpectRefused(Period::Parse("2025-07/P0M"), "1 to 1200 months, not 0");
  ExpectRefused(Period::Parse("1700-01/P1201M"), "not 1201");
  ExpectRefused(Period::Parse("1700-01/P101Y"), "not 1212");
  ExpectRefused(Period::Create(M("2025-07"), -1), "not -1");
  EXPECT_EQ(P("2999-12").ToString(), "2999-12");
  EXPECT_TRUE(Period::Create(M("2999-01"), 12).ok());
  ExpectRefused(Period::Create(M("2999-02"), 12), "must end by 2999-12");
  ExpectRefused(Period::Create(Month::FromIndex(-5), 12), "index");
}

TEST(PeriodRangeTest, HoldsPeriodsThatLieWhollyWithin) {
  const PeriodRange range = Range("2025-01", "2025-06");
  EXPECT_TRUE(range.Contains(P("2025-01")));
  EXPECT_TRUE(range.Contains(P("2025-01/P6M")));
  EXPECT_FALSE(range.Contains(P("2025-01/P7M")));
  EXPECT_FALSE(range.Contains(P("2024-12/P2M")));
  EXPECT_FALSE(range.Contains(P("2024-12")));
  EXPECT_FALSE(range.Contains(P("2025-07")));
  EXPECT_TRUE(PeriodRange{}.Contains(P("1600-01")));
  EXPECT_TRUE((PeriodRange{M("2025-01"), std::nullopt}).Contains(P("2999-12")));
  EXPECT_FALSE((PeriodRange{std::nullopt, M("2025-01")}).Contains(P("2025-01/P2M")));
}

TEST(PeriodRangeTest, EndsMustBeInOrder) {
  EXPECT_TRUE(PeriodRange{}.Validate().ok());
  EXPECT_TRUE(Range("2025-01", "2025-01").Validate().ok());
  const absl::Status status = Range("2025-02", "2025-01").Validate();
  ExpectRefused(status, "2025-02 is after the range's end 2025-01");
  EXPECT_THAT(FieldsOf(status), ::testing::ElementsAre("from"));
}

}  // namespace
}  // namespace tidewaiter
