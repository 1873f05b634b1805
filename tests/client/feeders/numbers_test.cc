#include "client/feeders/tidy/numbers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::HasSubstr;

std::string Number(std::string_view text, char mark = 0) {
  const auto number = ParseNumber(text, mark);
  return number.ok() ? number->ToString() : std::string(number.status().message());
}

std::string Months(std::string_view text) {
  const auto months = ParseMonths(text);
  return months.ok() ? months->ToString() : "none";
}

TEST(Numbers, KeepThePrintedScale) {
  EXPECT_EQ(Number("1187.50"), "1187.50");
  EXPECT_EQ(Number("1,187.50"), "1187.50");
  EXPECT_EQ(Number("-1,239,083"), "-1239083");
  EXPECT_EQ(Number("1 239 083.0"), "1239083.0");
  EXPECT_EQ(Number("1\xC2\xA0"
                   "239,5",
                   ','),
            "1239.5");
  EXPECT_EQ(Number("1\xE2\x80\xAF"
                   "239"),
            "1239");
  EXPECT_EQ(Number("1'239.5"), "1239.5");
  EXPECT_EQ(Number("1.234.567,89", ','), "1234567.89");
  EXPECT_EQ(Number("0,5", ','), "0.5");
  EXPECT_EQ(Number("1,187", '.'), "1187");
  EXPECT_EQ(Number("1,187", ','), "1.187");
  EXPECT_EQ(Number("1.187", ','), "1187");
}

TEST(Numbers, AreNotGuessedWhereACommaCouldBeEither) {
  EXPECT_THAT(Number("1,187"), HasSubstr("could part thousands or decimals; say --decimal-mark"));
  EXPECT_THAT(Number("12,5"), HasSubstr("is its comma a decimal one?"));
  EXPECT_THAT(Number("1234,567"), HasSubstr("is its comma a decimal one?"));
}

TEST(Numbers, RefuseGroupsThatAreNone) {
  for (const std::string_view text :
       {"1,23,456.0", "12,34.5", "1,,234.5", ",123.4", "1,234,5.0", "1 234,567.8", "1,234.", "1,234.5.6",
        "--1,234.5", "1,234.5x", ",", " ", "1,234-5.0"}) {
    EXPECT_THAT(Number(text), HasSubstr("number")) << text;
    EXPECT_FALSE(ParseNumber(text, 0).ok()) << text;
  }
  EXPECT_FALSE(ParseNumber("", 0).ok());
  EXPECT_FALSE(ParseNumber("1.5", ',').ok());  // a group of one
}

TEST(Months, InTheFormsThatPeopleWrite) {
  for (const std::string_view text :
       {"2025-07", "2025/07", "2025.07", "202507", "2025M07", "2025-07-01", "2025/07/01", "July 2025",
        "Jul 2025", "jul. 2025", "2025 July", "JULY, 2025"}) {
    EXPECT_EQ(Months(text), "2025-07") << text;
  }
  EXPECT_EQ(Months("Jan-Feb 2025"), "2025-01/P2M");
  EXPECT_EQ(Months("January-February 2025"), "2025-01/P2M");
  EXPECT_EQ(Months("2025"), "2025-01/P12M");
  EXPECT_EQ(Months("2025-Q3"), "2025-07/P3M");
  EXPECT_EQ(Months("2025-01/P7M"), "2025-01/P7M");
  EXPECT_EQ(Months("Sept 2024"), "2024-09");
}

TEST(Months, AreNotGuessed) {
  for (const std::string_view text : {"2001.1", "2025-13", "07/2025", "2025-07-15", "2025-Q5", "Feb-Jan 2025",
                                      "Ju 2025", "July 25", "", "July", "2025-7", "20257", "2025 2025",
                                      "-2025", "July 2025 x", "1599-12", "2025-07-1", "2025M07M01"}) {
    EXPECT_EQ(Months(text), "none") << text;
  }
}

}  // namespace
}  // namespace tidewaiter::feeders
