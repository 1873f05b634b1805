#include "domain/month.h"

#include <gtest/gtest.h>

#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

TEST(MonthTest, ReadsAndWritesItsOneForm) {
  for (const char* text : {"1600-01", "1970-01", "2025-07", "2999-12"}) EXPECT_EQ(M(text).ToString(), text);
  EXPECT_EQ(Month().ToString(), "1970-01");
  EXPECT_EQ(M("2025-07").year(), 2025);
  EXPECT_EQ(M("2025-07").month(), 7);
  EXPECT_EQ(M("2025-07").index(), 12 * 2025 + 6);
}

TEST(MonthTest, CountsAcrossYears) {
  EXPECT_EQ(M("2025-11") + 3, M("2026-02"));
  EXPECT_EQ(M("2025-02") - 3, M("2024-11"));
  EXPECT_EQ(M("2026-02") - M("2024-11"), 15);
  EXPECT_LT(M("2024-12"), M("2025-01"));
}

TEST(MonthTest, RefusesOtherForms) {
  for (const char* text : {"", "2025", "2025-7", "2025-007", "202507", "2025/07", "2025-07-01", " 2025-07",
                           "+025-07", "2025--7", "20a5-07", "2025-0x", "２０２５-07"}) {
    ExpectRefused(Month::Parse(text), "write YYYY-MM");
  }
}

TEST(MonthTest, RefusesWhatIsOutsideTheCalendar) {
  ExpectRefused(Month::Parse("2025-00"), "the month must be 1 to 12, not 0");
  ExpectRefused(Month::Parse("2025-13"), "not 13");
  ExpectRefused(Month::Parse("1599-12"), "the year must be 1600 to 2999, not 1599");
  ExpectRefused(Month::Parse("3000-01"), "not 3000");
  ExpectRefused(Month::FromYearMonth(-1, 1), "year");
  ExpectRefused(Month::FromYearMonth(2025, -3), "month");
}

TEST(MonthTest, IndexesAreChecked) {
  EXPECT_EQ(Must(Month::FromIndexChecked(12 * 1600)), M("1600-01"));
  EXPECT_EQ(Must(Month::FromIndexChecked(12 * 2999 + 11)), M("2999-12"));
  ExpectRefused(Month::FromIndexChecked(12 * 1600 - 1), "index");
  ExpectRefused(Month::FromIndexChecked(12 * 3000), "index");
  // Would be a month if it were cut to 32 bits.
  ExpectRefused(Month::FromIndexChecked((std::int64_t{1} << 32) + 12 * 2025), "index");
}

}  // namespace
}  // namespace tidewaiter
