#include "domain/conventions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/conventions_text.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

DatasetDefinition Trade() {
  DatasetDefinition dataset;
  dataset.id = "TRADE";
  dataset.dimensions = {{"reporter", Role::kReporter}, {"partner", Role::kPartner}, {"flow", Role::kFlow}};
  dataset.publisher = "X";
  return dataset;
}

Conventions Parsed(std::string_view text) { return Must(ParseConventions(text, Trade())); }

// "line 3, column 8: what is wrong"
std::vector<std::string> Wrong(std::string_view text, const HasCodeAt& has_code = nullptr) {
  std::vector<std::string> lines;
  for (const FieldViolation& violation :
       DetailsOf(ParseConventions(text, Trade(), has_code).status()).violations) {
    lines.push_back(absl::StrCat(violation.field, ": ", violation.description));
  }
  return lines;
}

constexpr char kUnion[] =
    "rounding,truncated\n"
    "group,EU,partner,AT+BE+DE,1995-01..\n"
    "group,EU,partner,GB,1973-01..2020-01\n"
    "group,EU,partner,HR,2013-07..\n"
    "group,ALWAYS,partner,US\n"
    "total,partner,W00,*,except=EU27+ASEAN\n"
    "total,partner,EU27,group:EU,from=2020-02\n"
    "total,partner,EU27,AT+DE,to=2020-01\n";

TEST(ConventionsTest, TextAndBack) {
  const Conventions conventions = Parsed(absl::StrCat("# kept by hand\r\n\r\n", kUnion));
  EXPECT_EQ(ConventionsToText(conventions), kUnion);
  EXPECT_EQ(Parsed(kUnion), conventions);
  EXPECT_EQ(conventions.rounding, PrintRounding::kTruncated);
  ASSERT_EQ(conventions.groups.size(), 2u);
  EXPECT_EQ(conventions.groups[0].members.size(), 5u);
  EXPECT_TRUE(conventions.groups[0].kept);
  EXPECT_EQ(conventions.totals[0].codes, (std::vector<std::string>{"EU27", "ASEAN"}));
}

TEST(ConventionsTest, NothingIsSaidByNothing) {
  EXPECT_EQ(Parsed(""), Conventions());
  EXPECT_EQ(Parsed("rounding,nearest\n# that is all"), Conventions());
  EXPECT_EQ(ConventionsToText(Conventions()), "");
}

TEST(ConventionsTest, MembersByMonth) {
  const CodeGroup group = *FindGroup(Parsed(kUnion), "EU");
  EXPECT_THAT(MembersThroughout(group, P("2013-06")), Optional(ElementsAre("AT", "BE", "DE", "GB")));
  EXPECT_THAT(MembersThroughout(group, P("2019-12")), Optional(ElementsAre("AT", "BE", "DE", "GB", "HR")));
  EXPECT_THAT(MembersThroughout(group, P("2020-02")), Optional(ElementsAre("AT", "BE", "DE", "HR")));
  EXPECT_EQ(MembersThroughout(group, P("2020-01/P2M")), std::nullopt) << "GB left in between";
  EXPECT_THAT(MembersThroughout(group, P("2020-01")), Optional(ElementsAre("AT", "BE", "DE", "GB", "HR")));
}

TEST(ConventionsTest, EveryWrongLineIsTold) {
  EXPECT_THAT(
      Wrong("grupo,EU\n"
            "group,EU,partners,DE\n"
            "group,EU,partner,DE+F R\n"
            "group,EU,partner,DE,2020\n"
            "group,EU,partner,DE,2020-02..2020-01\n"
            "group,partner,partner,DE\n"
            "rounding,up\n"
            "total,partner,W00\n"
            "total,partner,W00,*,but=EU\n"
            "total,partner,W00,DE+W00\n"),
      ElementsAre(
          HasSubstr("line 1, column 1: \"grupo\" does not begin a line"),
          HasSubstr("line 2, column 10: TRADE has no dimension \"partners\"; it has reporter, partner, flow"),
          HasSubstr("line 3, column 21: "), HasSubstr("line 4, column 21: \"2020\" is no range of months"),
          HasSubstr("line 5, column 21: the first month comes first"),
          HasSubstr("line 6, column 7: is a dimension"),
          HasSubstr("line 7, column 10: \"up\" is no rounding; use nearest or truncated"),
          HasSubstr("line 8, column 18: what is summed"),
          HasSubstr("line 9, column 21: \"but\" is not an option of a total"),
          HasSubstr("line 10, column 22: is the total itself")));
}

TEST(ConventionsTest, MonthsOfOneCodeDoNotOverlap) {
  EXPECT_THAT(
      Wrong("group,EU,partner,GB,1973-01..2020-01\ngroup,EU,partner,DE+GB,2020-01..\n"),
      ElementsAre(
          "line 2, column 21: \"GB\" belongs to EU in 1973-01..2020-01 already; months of one code do "
          "not overlap"));
  EXPECT_THAT(Wrong("group,EU,partner,GB\ngroup,EU,partner,GB,2020-01..\n"),
              ElementsAre(HasSubstr("EU always already")));
  EXPECT_THAT(Wrong("group,EU,partner,GB,1973-01..2020-01\ngroup,EU,partner,GB,2030-01..\n"), ElementsAre());
  EXPECT_THAT(Wrong("total,partner,W00,*\ntotal,partner,W00,DE\n"),
              ElementsAre(HasSubstr("line 2, column 15: ")));
  EXPECT_THAT(Wrong("rounding,nearest\nrounding,truncated\n"),
              ElementsAre("line 2, column 1: rounding stands twice"));
}

TEST(ConventionsTest, UnknownGroupsAndCodes) {
  EXPECT_THAT(Wrong("total,partner,W00,group:EU\ngroup,BRICS,partner,RU\ntotal,flow,T,group:BRICS\n"),
              ElementsAre("line 1, column 25: there is no group \"EU\"; there are BRICS",
                          "line 3, column 20: \"BRICS\" is a group of partner, not of flow"));
  const HasCodeAt only_de = [](std::string_view dimension, std::string_view code) {
    return dimension == "partner" && code == "DE";
  };
  EXPECT_THAT(Wrong("group,EU,partner,DE+FR\ntotal,partner,W00,*\n", only_de),
              ElementsAre(HasSubstr("line 1, column 21: no series of TRADE has the partner \"FR\""),
                          HasSubstr("line 2, column 15: no series of TRADE has the partner \"W00\"")));
}

TEST(ConventionsTest, TheEuropeanUnionByMonth) {
  std::ifstream file("deploy/demo-data/european-union.conventions");
  std::stringstream text;
  text << file.rdbuf();
  const Conventions conventions = Parsed(text.str());
  ASSERT_NE(FindGroup(conventions, "EU"), nullptr);
  const auto members = [&](std::string_view period) {
    return MembersThroughout(*FindGroup(conventions, "EU"), P(period))
        .value_or(std::vector<std::string>())
        .size();
  };
  EXPECT_EQ(members("1957-12"), 0u);
  EXPECT_EQ(members("1972-12"), 6u);
  EXPECT_EQ(members("1980-12"), 9u);
  EXPECT_EQ(members("1985-12"), 10u);
  EXPECT_EQ(members("1994-12"), 12u);
  EXPECT_EQ(members("2004-04"), 15u);
  EXPECT_EQ(members("2006-12"), 25u);
  EXPECT_EQ(members("2013-06"), 27u);
  EXPECT_EQ(members("2020-01"), 28u);
  EXPECT_EQ(members("2020-02/P12M"), 27u);
}

TEST(ConventionsTest, AreBounded) {
  EXPECT_THAT(Wrong(std::string(limits::kMaxConventionsBytes + 1, '#')),
              ElementsAre(HasSubstr("line 1, column 1")));
  std::string totals;
  for (std::size_t i = 0; i <= limits::kMaxTotals; ++i)
    absl::StrAppend(&totals, "total,partner,C", i, ",*\n");
  EXPECT_THAT(Wrong(totals),
              ElementsAre(HasSubstr(absl::StrCat("line ", limits::kMaxTotals + 1, ", column 15"))));
}

}  // namespace
}  // namespace tidewaiter
