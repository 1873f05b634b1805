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

TEST(Numbers, TellWhatToWriteInPlaceOfOtherWays) {
  EXPECT_THAT(Number("1.5E3"), HasSubstr("it has an exponent, which hides the digits"));
  EXPECT_THAT(Number("1,23457e+08"), HasSubstr("it has an exponent"));
  EXPECT_THAT(Number("(5)"), HasSubstr("as accountants write it, write -5"));
  EXPECT_THAT(Number("(1,187.50)"), HasSubstr("write -1,187.50"));
  EXPECT_THAT(Number("\xE2\x88\x92"
                     "5.0"),
              HasSubstr("the hyphen of a keyboard, -5.0"));
  EXPECT_THAT(Number("5.0-"), HasSubstr("in front, -5.0"));
  EXPECT_THAT(Number("1.187,50"), HasSubstr("Then say --decimal-mark ,"));
  EXPECT_THAT(Number("1 187,50"), HasSubstr("Then say --decimal-mark ,"));
  EXPECT_THAT(Number("1,5", '.'), HasSubstr("Then say --decimal-mark ,"));
  EXPECT_THAT(Number("1.5", ','), HasSubstr("Then say --decimal-mark ."));
  EXPECT_THAT(Number("E5"), HasSubstr("is no number"));
  EXPECT_THAT(Number("()"), HasSubstr("is no number"));
}

TEST(Numbers, AZeroHasNoSign) {
  EXPECT_EQ(Number("-0.0"), "0.0");
  EXPECT_EQ(Number("-0,00", ','), "0.00");
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

TEST(Months, ThatAreNoneAreExplained) {
  const auto why = [](std::string_view text) { return std::string(ParseMonths(text).status().message()); };
  for (const std::string_view text : {"2025-13", "2025/13", "202513", "2025.13", "2025M13", "2025-13-01"}) {
    EXPECT_THAT(why(text), HasSubstr("the month must be 1 to 12, not 13")) << text;
  }
  EXPECT_THAT(why("2025-00"), HasSubstr("not 0"));
  EXPECT_THAT(why("1599-12"), HasSubstr("the year must be"));
  EXPECT_THAT(why("2025-Q5"), HasSubstr("2025-Q1 to 2025-Q4"));
  EXPECT_THAT(why("2001.1"), HasSubstr("a spreadsheet makes 2001.1 of 2001.10"));
  EXPECT_THAT(why("2025-7"), HasSubstr("a month has two digits"));
  EXPECT_THAT(why("2025-07-15"), HasSubstr("only the first of a month"));
  EXPECT_THAT(why("July"), HasSubstr("is no month or run of months; write 2025-07"));
}

}  // namespace
}  // namespace tidewaiter::feeders
