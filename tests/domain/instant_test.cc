#include "domain/instant.h"

#include <gtest/gtest.h>

#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

TEST(InstantTest, ReadsAnyOffsetAndWritesUtc) {
  EXPECT_EQ(T("2025-08-07T11:00:00+08:00").ToString(), "2025-08-07T03:00:00Z");
  EXPECT_EQ(T("2025-08-07T11:00:00+08:00"), T("2025-08-07T03:00:00Z"));
  EXPECT_EQ(T("2025-01-01T00:30:00+05:30").ToString(), "2024-12-31T19:00:00Z");
  EXPECT_EQ(T("2025-08-06T23:00:00-04:00"), T("2025-08-07T03:00:00Z"));
  EXPECT_EQ(T("2025-08-07t03:00:00z"), T("2025-08-07T03:00:00Z"));
  EXPECT_EQ(T("1970-01-01T00:00:00Z").micros(), 0);
  EXPECT_EQ(T("1969-12-31T23:59:59.999999Z").micros(), -1);
}

TEST(InstantTest, KeepsMicroseconds) {
  EXPECT_EQ(T("2025-08-07T03:00:00.5Z").ToString(), "2025-08-07T03:00:00.5Z");
  EXPECT_EQ(T("2025-08-07T03:00:00.000001Z").ToString(), "2025-08-07T03:00:00.000001Z");
  EXPECT_EQ(T("2025-08-07T03:00:00.123456000Z").micros() % 1'000'000, 123'456);
  EXPECT_EQ(T("2025-08-07T03:00:00.000Z").ToString(), "2025-08-07T03:00:00Z");
  ExpectRefused(Instant::Parse("2025-08-07T03:00:00.1234567Z"), "none finer than a microsecond");
  ExpectRefused(Instant::Parse("2025-08-07T03:00:00.Z"), "the fraction must have digits");
}

TEST(InstantTest, RoundTripsAnyMicrosecondInRange) {
  Randomness random;
  const std::int64_t least = T("1600-01-01T00:00:00Z").micros();
  const std::int64_t most = T("2999-12-31T23:59:59.999999Z").micros();
  for (int i = 0; i < 2000; ++i) {
    const auto span = static_cast<std::uint64_t>(most - least);
    const auto draw = static_cast<std::uint64_t>(random.Int(0, 1 << 30)) << 30 |
                      static_cast<std::uint64_t>(random.Int(0, 1 << 30));
    const Instant instant = Instant::FromMicros(least + static_cast<std::int64_t>(draw % (span + 1)));
    ASSERT_EQ(T(instant.ToString()), instant) << instant.ToString();
  }
}

TEST(InstantTest, RefusesOtherForms) {
  for (const char* text :
       {"", "2025-08-07", "2025-08-07T11:00:00", "2025-08-07 11:00:00Z", "2025-08-07T11:00Z",
        "2025-08-07T24:00:00Z", "2025-08-07T11:60:00Z", "2025-08-07T11:00:60Z", "2025-08-07T11:00:00+8",
        "2025-08-07T11:00:00+0800", "2025-08-07T11:00:00+24:00", "2025-08-07T11:00:00+08:60",
        "2025-08-07T11:00:00 Z", "2025-08-07T11:00:00Zx", "2025-02-29T11:00:00Z", "2025-8-07T11:00:00Z",
        "1754535600", "2025-08-07T-1:00:00Z", "2025-08-07T11-00-00Z"}) {
    SCOPED_TRACE(text);
    ExpectRefused(Instant::Parse(text), "write RFC 3339 with Z or an offset");
  }
}

TEST(InstantTest, HoldsItsYearsInUtcToo) {
  EXPECT_TRUE(Instant::Parse("1600-01-01T00:00:00Z").ok());
  EXPECT_TRUE(Instant::Parse("2999-12-31T23:59:59.999999Z").ok());
  ExpectRefused(Instant::Parse("1600-01-01T00:00:00+00:01"), "1600 to 2999");
  ExpectRefused(Instant::Parse("2999-12-31T23:59:59-00:01"), "1600 to 2999");
}

TEST(DayTest, ReadsRealDaysOnly) {
  EXPECT_EQ(DayToString(Must(ParseDay("2024-02-29"))), "2024-02-29");
  EXPECT_EQ(DayToString(Must(ParseDay("1600-01-01"))), "1600-01-01");
  for (const char* text :
       {"2025-02-29", "2025-02-30", "2025-04-31", "2025-13-01", "2025-00-01", "2025-01-00"}) {
    ExpectRefused(ParseDay(text), "the calendar has no such date");
  }
  for (const char* text : {"", "2025-8-07", "20250807", "2025/08/07", "2025-08-07T", "2025-08-0x"}) {
    ExpectRefused(ParseDay(text), "write YYYY-MM-DD");
  }
  ExpectRefused(ParseDay("1599-12-31"), "1600 to 2999");
  ExpectRefused(ParseDay("3000-01-01"), "1600 to 2999");
}

TEST(PublishedAtTest, ADaySortsAsItsLastMicrosecondInThePublishersZone) {
  const absl::TimeZone beijing = absl::FixedTimeZone(8 * 3600);
  const PublishedAt published = PublishedAt::OnDay(absl::CivilDay(2025, 8, 7), beijing);
  EXPECT_EQ(published.instant, T("2025-08-07T23:59:59.999999+08:00"));
  EXPECT_EQ(published.ToString(), "2025-08-07");
  EXPECT_EQ(PublishedAt::At(T("2025-08-07T11:00:00+08:00")).ToString(), "2025-08-07T03:00:00Z");
}

TEST(PublishedAtTest, ADayEndsOnceEvenWhereTheClockIsSetAcrossMidnight) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone("America/St_Johns", &zone)) GTEST_SKIP() << "no zone tables here";
  // At 00:01 on 2010-11-07 the clock went back to 23:01 of the 6th, which so ended an hour later.
  EXPECT_EQ(PublishedAt::OnDay(absl::CivilDay(2010, 11, 6), zone).instant, T("2010-11-07T03:29:59.999999Z"));
  ASSERT_TRUE(absl::LoadTimeZone("America/Sao_Paulo", &zone));
  // At 00:00 on 2018-11-04 it went forward to 01:00: the 3rd ended there.
  EXPECT_EQ(PublishedAt::OnDay(absl::CivilDay(2018, 11, 3), zone).instant, T("2018-11-04T02:59:59.999999Z"));
}

}  // namespace
}  // namespace tidewaiter
