#include "client/feeders/trade/areas.h"

#include <fstream>
#include <set>

#include "client/feeders/text/csv_reader.h"
#include "client/feeders/trade/comtrade_codes.h"
#include "domain/series_key.h"
#include "domain/text.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"

namespace tidewaiter::feeders {
namespace {

// The columns of a CSV file, by name, row by row.
std::vector<std::map<std::string, std::string>> Rows(const std::filesystem::path& path) {
  std::vector<std::map<std::string, std::string>> rows;
  const auto input = FileInput::Open(path.string());
  EXPECT_TRUE(input.ok()) << input.status();
  if (!input.ok()) return rows;
  CsvReader reader(input->get());
  std::vector<std::string> names;
  for (auto more = reader.Next(); more.ok() && *more; more = reader.Next()) {
    if (names.empty()) {
      names.assign(reader.fields().begin(), reader.fields().end());
      continue;
    }
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < names.size() && i < reader.fields().size(); ++i) {
      row[names[i]] = reader.fields()[i];
    }
  }
  return rows;
}

TEST(Areas, AreFoundByEachOfTheirCodes) {
  const Area* germany = AreaOfCode("DE");
  ASSERT_NE(germany, nullptr);
  EXPECT_EQ(germany, AreaOfAlpha3("DEU"));
  EXPECT_EQ(germany, AreaOfM49(276));
  EXPECT_EQ(germany, AreaOfName("germany"));
  EXPECT_EQ(AreaOfCode("W00")->name, "World");
  EXPECT_EQ(AreaOfM49(810)->code, "SUHH");
  EXPECT_EQ(AreaOfCode("XX"), nullptr);
  EXPECT_EQ(AreaOfAlpha3(""), nullptr);
  EXPECT_EQ(AreaOfM49(-1), nullptr);
  EXPECT_TRUE(IsIsoAlpha2("ZW"));
  EXPECT_FALSE(IsIsoAlpha2("XK"));
  EXPECT_FALSE(IsIsoAlpha2("W00"));
}

TEST(Areas, HaveCodesOfTheirOwn) {
  std::set<std::string_view> codes, alpha3, names;
  std::set<int> numbers;
  for (const Area& area : Areas()) {
    EXPECT_TRUE(ValidateCode(area.code).ok()) << area.code;
    EXPECT_TRUE(codes.insert(area.code).second) << area.code;
    EXPECT_TRUE(names.insert(area.name).second) << area.name;
    EXPECT_TRUE(area.alpha3.empty() || alpha3.insert(area.alpha3).second) << area.alpha3;
    EXPECT_TRUE(area.m49 < 0 || numbers.insert(area.m49).second) << area.m49;
  }
}

TEST(Areas, AreThoseOfIso3166) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not here";
  std::size_t countries = 0;
  for (auto& row : Rows(*data / "codes/country-codes.csv")) {
    if (row["ISO3166-1-Alpha-2"].empty()) continue;
    const Area* area = AreaOfCode(row["ISO3166-1-Alpha-2"]);
    ASSERT_NE(area, nullptr) << row["ISO3166-1-Alpha-2"];
    EXPECT_TRUE(IsIsoAlpha2(area->code));
    EXPECT_EQ(area->alpha3, row["ISO3166-1-Alpha-3"]);
    EXPECT_EQ(area->m49, ParseDigits(row["ISO3166-1-numeric"])) << area->code;
    ++countries;
  }
  EXPECT_EQ(countries, 249u);
}

TEST(ComtradeAreas, KnowsEveryCodeOfTheReferenceTablesAndMixesNone) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not here";
  std::map<std::string, int> taken;
  for (const auto* file : {"codes/comtrade/partner.csv", "codes/comtrade/reporter.csv"}) {
    for (auto& row : Rows(*data / file)) {
      const int number = ParseDigits(row["id"]).value_or(-1);
      const auto area = ComtradeArea(number);
      ASSERT_TRUE(area.has_value()) << number << " " << row["text"];
      EXPECT_TRUE(ValidateCode(*area).ok());
      EXPECT_EQ(taken.emplace(*area, number).first->second, number) << *area << " " << row["text"];
      // Where Comtrade names a country by ISO's letters, the code begins with them, the former ones aside.
      const std::string& iso = row[file[16] == 'p' ? "PartnerCodeIsoAlpha2" : "reporterCodeIsoAlpha2"];
      if (iso.size() != 2 || !IsIsoAlpha2(iso)) continue;
      const bool own = number == 58 || number == 80 || number == 492;  // Comtrade's letters are of others
      EXPECT_TRUE(own || area->substr(0, 2) == iso) << number << " " << *area << " " << iso;
    }
  }
  EXPECT_GT(taken.size(), 300u);
}

TEST(ComtradeAreas, KeepsComtradesOwn) {
  EXPECT_EQ(ComtradeArea(0), "W00");
  EXPECT_EQ(ComtradeArea(842), "US");
  EXPECT_EQ(ComtradeArea(840), "US_840");
  EXPECT_EQ(ComtradeArea(699), "IN");
  EXPECT_EQ(ComtradeArea(251), "FR");
  EXPECT_EQ(ComtradeArea(757), "CH");
  EXPECT_EQ(ComtradeArea(579), "NO");
  EXPECT_EQ(ComtradeArea(490), "S19");
  EXPECT_EQ(ComtradeArea(156), "CN");
  EXPECT_EQ(ComtradeArea(999), std::nullopt);
}

}  // namespace
}  // namespace tidewaiter::feeders
