#include "client/feeders/publication.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::HasSubstr;

std::string Named(std::string_view file) {
  const auto found = PublicationInName(file);
  return found ? found->ToString() : "none";
}

TEST(Publication, IsReadFromTheNameOfAFile) {
  EXPECT_EQ(Named("2026-01-07.csv"), "2026-01-07");
  EXPECT_EQ(Named("trade_20250807.csv"), "2025-08-07");
  EXPECT_EQ(Named("comext-2025-08-07T1100.csv"), "2025-08-07T11:00:00 local time");
  EXPECT_EQ(Named("x.2025.08.07.csv"), "2025-08-07");
  EXPECT_EQ(Named("a20250807T11:30:15b"), "2025-08-07T11:30:15 local time");
}

TEST(Publication, IsAnInstantWhereTheNameHasAZone) {
  for (const std::string_view name :
       {"x-2025-08-07T11:00:00Z.csv", "x-2025-08-07T110000Z.csv", "20250807T1100Z",
        "2025-08-07T19:00:00+08:00.csv", "2025-08-07T1900+0800.csv", "2025-08-07T06:00:00-05:00.csv"}) {
    EXPECT_EQ(Named(name), "2025-08-07T11:00:00Z") << name;
  }
  EXPECT_EQ(Named("2025-08-07T11-00-00-0500.csv"), "2025-08-07T11:00:00 local time")
      << "that may be anything";
  for (const std::string_view name :
       {"x-2025-08-07T2500.csv", "x-2025-08-07T24:00.csv", "2025-08-07T11:00+99:00"}) {
    EXPECT_EQ(Named(name), "none") << name;
  }
}

TEST(Publication, IsNotGuessedFromANameThatHoldsAnotherThing) {
  EXPECT_EQ(Named("2024.csv"), "none");
  EXPECT_EQ(Named("trade-2025-07.csv"), "none");
  EXPECT_EQ(Named("123456789012.csv"), "none");  // no day: it goes on
  EXPECT_EQ(Named("2025-13-07.csv"), "none");
  EXPECT_EQ(Named("2025-02-30.csv"), "none");
  EXPECT_EQ(Named("2025-01-01_2025-07-31.csv"), "none");  // a range
  EXPECT_EQ(Named(""), "none");
}

TEST(Publication, IsParsedWithOneOfThreePrecisions) {
  EXPECT_EQ(ParsePublication("2025-08-07")->ToString(), "2025-08-07");
  EXPECT_EQ(ParsePublication("2025-08-07T11:00:00+08:00")->ToString(), "2025-08-07T03:00:00Z");
  EXPECT_EQ(ParsePublication("2025-08-07T11:00")->ToString(), "2025-08-07T11:00:00 local time");
  for (const std::string_view text : {"2025-08-07T11:00Z", "2025-08-07T11:00+08:00"}) {
    EXPECT_THAT(std::string(ParsePublication(text).status().message()), HasSubstr("the seconds are missing"));
  }
  EXPECT_THAT(std::string(ParsePublication("yesterday").status().message()),
              HasSubstr("\"yesterday\" is not a time of publication"));
  EXPECT_FALSE(ParsePublication("2025-08-07T25:00").ok());
  EXPECT_FALSE(ParsePublication("20250807").ok());
  EXPECT_FALSE(ParsePublication("").ok());
}

TEST(Publication, IsTheFilesOwnThenItsNamesThenTheUsers) {
  const auto day = [](std::string_view text) { return *ParsePublication(text); };
  EXPECT_EQ(ResolvePublication(day("2025-08-07"), "line 1", "2025-01-01.csv", std::nullopt)->ToString(),
            "2025-08-07");
  EXPECT_EQ(ResolvePublication(std::nullopt, "", "2025-01-01.csv", std::nullopt)->ToString(), "2025-01-01");
  EXPECT_EQ(ResolvePublication(std::nullopt, "", "x.csv", day("2025-03-04"))->ToString(), "2025-03-04");
  EXPECT_EQ(ResolvePublication(std::nullopt, "", "2025-01-01.csv", day("2025-01-01"))->ToString(),
            "2025-01-01");
}

TEST(Publication, IsNeverTheClock) {
  const auto none = ResolvePublication(std::nullopt, "", "x.csv", std::nullopt);
  EXPECT_THAT(std::string(none.status().message()),
              HasSubstr("neither the content of \"x.csv\" nor its name"));
  const auto differ = ResolvePublication(*ParsePublication("2025-08-07"), "column LAST UPDATE", "x.csv",
                                         *ParsePublication("2025-08-08"));
  EXPECT_THAT(std::string(differ.status().message()),
              HasSubstr("says 2025-08-08, and column LAST UPDATE says 2025-08-07"));
}

}  // namespace
}  // namespace tidewaiter::feeders
