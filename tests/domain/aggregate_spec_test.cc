#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/aggregate.h"
#include "domain/limits.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::ElementsAre;

std::string RunText(std::string_view window, std::string_view last, int year_start_month = 1) {
  Window parsed = Must(Window::Parse(window));
  parsed.year_start_month = year_start_month;
  const auto run = parsed.RunEnding(M(last));
  return run ? run->ToString() : "none";
}

TEST(WindowTest, ReadsAndWritesItsNames) {
  for (const char* name : {"month", "qtd", "ytd", "year", "t3m", "t6m", "t12m", "7m", "120m"}) {
    EXPECT_EQ(Must(Window::Parse(name)).ToString(), name);
  }
  EXPECT_EQ(Must(Window::Parse("1m")).ToString(), "month");
  EXPECT_EQ(Must(Window::Parse("12m")).ToString(), "t12m");
  EXPECT_EQ(Must(Window::Parse("T12M")), (Window{.months = 12}));
  EXPECT_EQ(Must(Window::Parse("YTD")), (Window{.kind = Window::Kind::kYearToDate}));
  for (const char* name :
       {"", "m", "t", "tm", "0m", "121m", "-3m", "3", "t3", "quarter", "3mm", "9999999999m"}) {
    ExpectRefused(Window::Parse(name), "month, qtd, ytd, year, t3m, t6m, t12m");
  }
}

TEST(WindowTest, EndsWithTheMonthAskedFor) {
  EXPECT_EQ(RunText("month", "2025-07"), "2025-07");
  EXPECT_EQ(RunText("t3m", "2025-01"), "2024-11/P3M");
  EXPECT_EQ(RunText("t12m", "2025-07"), "2024-08/P12M");
  EXPECT_EQ(RunText("ytd", "2025-01"), "2025-01");
  EXPECT_EQ(RunText("ytd", "2025-12"), "2025-01/P12M");
  EXPECT_EQ(RunText("qtd", "2025-06"), "2025-04/P3M");
  EXPECT_EQ(RunText("qtd", "2025-07"), "2025-07");
  EXPECT_EQ(RunText("year", "2025-12"), "2025-01/P12M");
  EXPECT_EQ(RunText("year", "2025-11"), "none");
}

TEST(WindowTest, CountsFromTheMonthInWhichYearsStart) {
  EXPECT_EQ(RunText("ytd", "2025-03", 4), "2024-04/P12M");
  EXPECT_EQ(RunText("ytd", "2025-04", 4), "2025-04");
  EXPECT_EQ(RunText("year", "2025-03", 4), "2024-04/P12M");
  EXPECT_EQ(RunText("year", "2025-12", 4), "none");
  EXPECT_EQ(RunText("qtd", "2025-01", 2), "2024-11/P3M") << "February to April, and so on";
  EXPECT_EQ(RunText("qtd", "2025-02", 2), "2025-02");
}

TEST(WindowTest, StaysWithinTheCalendar) {
  EXPECT_EQ(RunText("t12m", "1600-12"), "1600-01/P12M");
  EXPECT_EQ(RunText("t12m", "1600-11"), "none");
  EXPECT_EQ(Window{}.RunEnding(M("1600-01") - 1), std::nullopt);
  EXPECT_EQ(Window{}.RunEnding(Month::FromIndex(-5)), std::nullopt);
  EXPECT_EQ(Window{.months = 0}.RunEnding(M("2025-01")), std::nullopt);
}

TEST(AggregateSpecTest, NamesOfTransformsAndCompositions) {
  for (int i = 1; i <= 11; ++i) {
    const auto transform = static_cast<Transform>(i);
    EXPECT_EQ(Must(ParseTransform(TransformName(transform))), transform);
  }
  for (int i = 1; i <= 3; ++i) {
    const auto composition = static_cast<Composition>(i);
    EXPECT_EQ(Must(ParseComposition(CompositionName(composition))), composition);
  }
  EXPECT_EQ(Must(ParseTransform("annualised_growth")), Transform::kAnnualisedGrowth);
  ExpectRefused(ParseTransform("LOG"), "LEVEL, CHANGE, GROWTH, ANNUALISED_GROWTH");
  ExpectRefused(ParseComposition("SOME"), "AS_PUBLISHED, CONSTANT, COMPLETE");
}

TEST(AggregateSpecTest, TakesWhatMakesSense) {
  EXPECT_TRUE(Validate({}).ok());
  EXPECT_TRUE(Validate({.transform = Transform::kGrowth, .lag_months = limits::kMaxLagMonths}).ok());
  EXPECT_TRUE(Validate({.transform = Transform::kAnnualisedGrowth, .lag_months = 3}).ok());
  EXPECT_TRUE(Validate({.transform = Transform::kLevel, .lag_months = 0}).ok()) << "levels do not compare";
  EXPECT_TRUE(
      Validate({.window = {.kind = Window::Kind::kYearToDate}, .transform = Transform::kRunRate}).ok());
  EXPECT_TRUE(
      Validate({.window = {.months = 12}, .transform = Transform::kIndex, .base = P("2024-01/P1Y")}).ok());
  EXPECT_TRUE(
      Validate({.window = {.mean = true}, .transform = Transform::kIndex, .base = P("2024-01/P1Y")}).ok());
  EXPECT_TRUE(Validate({.window = {.kind = Window::Kind::kYearToDate},
                        .transform = Transform::kIndex,
                        .base = P("2024-01/P3M")})
                  .ok());
}

TEST(AggregateSpecTest, NamesEveryViolationAtOnce) {
  EXPECT_THAT(FieldsOf(Validate({.window = {.months = 0, .year_start_month = 13},
                                 .transform = Transform::kGrowth,
                                 .lag_months = 121,
                                 .decimals = 13,
                                 .base = P("2024-01")})),
              ElementsAre("window.months", "window.year_start_month", "lag_months", "decimals", "base"));
  EXPECT_THAT(FieldsOf(Validate({.window = {.kind = static_cast<Window::Kind>(9)},
                                 .transform = static_cast<Transform>(0),
                                 .derivation = static_cast<Derivation>(7),
                                 .composition = static_cast<Composition>(0)})),
              ElementsAre("window.kind", "transform", "derivation", "composition"));
  ExpectRefused(Validate({.transform = Transform::kAnnualisedGrowth, .lag_months = 5}), "must divide 12");
  ExpectRefused(
      Validate({.window = {.kind = Window::Kind::kYear}, .transform = Transform::kGrowth, .lag_months = 1}),
      "multiple of 12");
  ExpectRefused(Validate({.transform = Transform::kIndex}), "base: is needed");
  ExpectRefused(Validate({.transform = Transform::kIndex, .base = P("2024-01/P1Y")}), "compare means");
  ExpectRefused(Validate({.transform = Transform::kRunRate}), "year to date");
}

}  // namespace
}  // namespace tidewaiter
