#include "client/feeders/gacc/printed_number.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::HasSubstr;

std::string Parse(std::string_view text) {
  const auto number = ParsePrintedNumber(text);
  return number.ok() ? number->ToString() : std::string(number.status().message());
}

TEST(PrintedNumber, ThousandsAreLeftOutAndDecimalsKept) {
  EXPECT_EQ(Parse("1,234.50"), "1234.50");
  EXPECT_EQ(Parse("19,871,761,143"), "19871761143");
  EXPECT_EQ(Parse("-12.0"), "-12.0");
  EXPECT_EQ(Parse("\xE2\x88\x92"
                  "1,000"),
            "-1000");
  EXPECT_EQ(Parse(" \xC2\xA0"
                  "804.0\xC2\xA0\xE3\x80\x80\n"),
            "804.0");
  EXPECT_EQ(Parse("0"), "0");
}

TEST(PrintedNumber, CommasElsewhereAreRefused) {
  for (const std::string_view text :
       {"1,23", "12,34,567", "1,234,5", ",123", "1234,567", "1.234,567", "1,,234"}) {
    EXPECT_THAT(Parse(text), HasSubstr("commas must stand between groups")) << text;
  }
}

TEST(PrintedNumber, WhatIsNoNumberIsRefused) {
  EXPECT_THAT(Parse("1.29659E+09"), HasSubstr("has an exponent"));
  EXPECT_THAT(Parse("1e9"), HasSubstr("has an exponent"));
  EXPECT_THAT(Parse("\xE2\x88\x92-5"), HasSubstr("not a number"));
  for (const std::string_view text : {"", "-", "x", "1,234x", "12 5", "1.2.3"}) {
    EXPECT_FALSE(ParsePrintedNumber(text).ok()) << text;
  }
}

}  // namespace
}  // namespace tidewaiter::feeders
