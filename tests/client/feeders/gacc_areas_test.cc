#include "client/feeders/gacc/gacc_areas.h"

#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "client/feeders/gacc/gacc_area_table.h"
#include "client/feeders/text/csv_reader.h"
#include "domain/series_key.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"

namespace tidewaiter::feeders {
namespace {

std::string ByCode(std::string_view digits) { return std::string(AreaOfGaccCode(digits).value_or("none")); }
std::string ByName(std::string_view name) { return std::string(AreaOfGaccName(name).value_or("none")); }

TEST(GaccAreas, Numbers) {
  EXPECT_EQ(ByCode("344"), "RU");
  EXPECT_EQ(ByCode("110"), "HK");
  EXPECT_EQ(ByCode("143"), "TW");
  EXPECT_EQ(ByCode("502"), "US");
  EXPECT_EQ(ByCode("207"), "ES-CN");
  EXPECT_EQ(ByCode("699"), "GACC-699");
  for (const std::string_view unknown : {"", "44", "0344", "317", "000", "998", "RUS"}) {
    EXPECT_EQ(ByCode(unknown), "none") << unknown;
  }
}

TEST(GaccAreas, NamesHoweverTheyArePrinted) {
  EXPECT_EQ(ByName("Russian Federation"), "RU");
  EXPECT_EQ(ByName("  United States (US) "), "US");
  EXPECT_EQ(ByName("of which: Germany"), "DE");
  EXPECT_EQ(ByName("of which: United Kingdom (UK)"), "GB");
  EXPECT_EQ(ByName("R. O. Korea"), "KR");
  EXPECT_EQ(ByName("Korea,DPR"), "KP");
  EXPECT_EQ(ByName("Congo,DR"), "CD");
  EXPECT_EQ(ByName("Hong Kong, China"), "HK");
  EXPECT_EQ(ByName("ANTIGUA & BARBUDA"), "AG");
  EXPECT_EQ(ByName("Côte d’Ivoire"), "CI");
  EXPECT_EQ(ByName("俄罗斯"), "RU");
  EXPECT_EQ(ByName("其中：德国"), "DE");
  EXPECT_EQ(ByName("国(地)别不详"), "GACC-701");
  EXPECT_EQ(ByName("Freedonia"), "none");
  EXPECT_EQ(ByName(""), "none");
  EXPECT_EQ(ByName("of which:"), "none");
  EXPECT_EQ(ByName("Korea"), "none");  // which one?
}

TEST(GaccAreas, GroupsHaveCodesOfTheirOwn) {
  EXPECT_EQ(ByName("Total"), "W00");
  EXPECT_EQ(ByName("European Union"), "EU");
  EXPECT_EQ(ByName("ASEAN"), "ASEAN");
  EXPECT_EQ(ByName("Latin America"), "LATAM");
  EXPECT_EQ(ByName("Africa"), "AFRICA");
  EXPECT_EQ(ByName("South Africa"), "ZA");
  EXPECT_EQ(ByName("Regional Comprehensive Economic Partnership (RCEP)"), "RCEP");
  EXPECT_EQ(ByName("Jointly build the countries along Belt and Road Routes"), "BRI");
  EXPECT_EQ(ByName("Countries along the Belt and Road"), "BRI");
}

TEST(GaccAreas, EveryNameLeadsToItsArea) {
  std::set<int> numbers;
  std::set<std::string_view> codes;
  for (const GaccArea& area : kGaccAreaTable) {
    EXPECT_TRUE(numbers.insert(area.number).second) << area.number << " stands twice";
    EXPECT_TRUE(codes.insert(area.code).second) << area.code << " stands twice";
    EXPECT_TRUE(ValidateCode(area.code).ok()) << area.code;
    EXPECT_EQ(ByCode(absl::StrCat(area.number)), area.code);
    for (std::string names : {std::string(area.english), std::string(area.chinese)}) {
      std::istringstream list(names);
      for (std::string name; std::getline(list, name, '|');) EXPECT_EQ(ByName(name), area.code) << name;
    }
  }
  for (const GaccGroup& group : kGaccGroupTable) {
    EXPECT_TRUE(codes.insert(group.code).second) << group.code << " stands twice";
    std::istringstream list{std::string(group.names)};
    for (std::string name; std::getline(list, name, '|');) EXPECT_EQ(ByName(name), group.code) << name;
  }
}

// Codes of two letters that are no group's are ISO's, and their English names ISO's or Comtrade's where those
// are known here.
TEST(GaccAreas, CodesAreIsos) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  std::ifstream file(*data / "codes/country-codes.csv");
  std::stringstream text;
  text << file.rdbuf();
  const std::string content = text.str();
  TextInput input(content);
  CsvReader csv(&input);
  std::set<std::string> iso;
  std::size_t column = 0;
  while (csv.Next().value()) {
    const auto& fields = csv.fields();
    if (csv.line() == 1) {
      while (fields[column] != "ISO3166-1-Alpha-2") ++column;
    }
    iso.insert(std::string(fields[column]));
  }
  ASSERT_GT(iso.size(), 240u);
  for (const GaccArea& area : kGaccAreaTable) {
    const std::string code(area.code);
    if (code.size() != 2 || code == "AN" || code == "CS") continue;  // withdrawn by ISO
    EXPECT_TRUE(iso.count(code)) << code;
  }
}

}  // namespace
}  // namespace tidewaiter::feeders
