#include "client/feeders/gacc/gacc_query.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/feeders/formats.h"
#include "client/feeders/gacc/gacc_query_facts.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"
#include "tests/client/feeders/gb18030.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kHeader =
    "\"数据年月\",\"贸易伙伴编码\",\"贸易伙伴名称\",\"商品编码\",\"商品名称\",\"第一数量\",\"第一计量单位\","
    "\"第二数量\",\"第二计量单位\",\"人民币\",\n";

FeedOptions Options(std::string file = "2025import.csv") {
  FeedOptions options;
  options.file = std::move(file);
  options.published = ParsePublication("2025-08-20").value();
  return options;
}

// What is wrong with a file as a whole.
std::string FileError(std::string_view text, const FeedOptions& options = Options()) {
  Collected sink;
  const absl::Status status = ParseText(GaccQuery(), text, options, sink);
  if (status.ok()) return "none";
  return absl::StrJoin(DetailsOf(status).violations, "\n", [](std::string* out, const FieldViolation& v) {
    absl::StrAppend(out, v.field, ": ", v.description);
  });
}

// What is wrong with one row under kHeader.
std::string RowErrors(std::string_view row) {
  Collected sink;
  const absl::Status status =
      ParseText(GaccQuery(), ToGb18030(absl::StrCat(ToAbsl(kHeader), ToAbsl(row), "\n")), Options(), sink);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(sink.Cells(), IsEmpty());
  return absl::StrJoin(sink.Problems(), "\n");
}

std::string Golden() {
  return absl::StrCat(ToAbsl(kHeader),
                      "\"202506\",\"344\",\"俄罗斯\",\"44071120\",\"板材\",\"61,204\",\"立方米\","
                      "\"30602000\",\"千克\",\"88,901,234\",\n"
                      "\"202507\",\"402\",\"阿根廷\",\"12019019\",\"黄大豆，种用除外\",\"29\",\"千克\",\"0\","
                      "\"?\",\"7,770\",\n"
                      "\"202507\",\"207\",\"加那利群岛\",\"87032342\",\"小轿车\",\"3\",\"辆\",\"4500\","
                      "\"千克\",\"410,005\",\n"
                      "\"202112\",\"699\",\"大洋洲其他国家(地区)\",\"12011000\",\"种用大豆\",\"0\",\"千克\","
                      "\"0\",\"?\",\"0\",\n");
}

TEST(GaccQuery, MonthsPartnersGoodsQuantitiesAndValues) {
  Collected sink;
  ASSERT_TRUE(ParseText(GaccQuery(), ToGb18030(Golden()), Options(), sink).ok());
  ExpectGolden("gacc_query.txt", sink.ToText(true));
  Collected utf8;
  ASSERT_TRUE(ParseText(GaccQuery(), Golden(), Options(), utf8, 7).ok());
  EXPECT_EQ(utf8.ToText(true), sink.ToText(true));
}

TEST(GaccQuery, EnglishHeadersWithRegimeAndLocationInDollars) {
  Collected sink;
  ASSERT_TRUE(
      ParseText(GaccQuery(),
                "\"Date of data\",\"Commodity code\",\"Commodity\",\"Trading partner code\",\"Trading "
                "partner\",\"Customs Regime code\",\"Customs Regime\",\"Locations of importers and "
                "exporters code\",\"Locations of importers and exporters\",\"Quantity\",\"Unit\","
                "\"Supplimentary Quantity\",\"Supplimentary Unit\",\"US dollar\",\n"
                "\"202608\",\"72091691\",\"Steel\",\"410\",\"Brazil\",\"10\",\"Ordinary Trade\",\"13\","
                "\"Hebei Province\",\"5454600\",\"Kilogram\",\"0\",\"?\",\"2,706,248\",\n",
                Options("export 2026.csv"), sink)
          .ok());
  EXPECT_THAT(sink.Problems(), IsEmpty());
  EXPECT_THAT(sink.Cells(), ElementsAre("CN.BR.X.HS2022-72091691.10.13.QTY._Z.KG 2026-08 5454600",
                                        "CN.BR.X.HS2022-72091691.10.13.VALUE.USD.1 2026-08 2706248"));
}

TEST(GaccQuery, ColumnsThatWereNotAskedForAreTotals) {
  FeedOptions options = Options();
  options.constants = {{"flow", "T"}, {"period", "2024-01/P12M"}, {"regime", "10"}};
  options.file = "download.csv";
  Collected sink;
  ASSERT_TRUE(
      ParseText(GaccQuery(), "贸易伙伴名称,美元,人民币\n中国香港,\"1,000\",7000\n", options, sink).ok());
  EXPECT_THAT(sink.Cells(), ElementsAre("CN.HK.T.TOTAL.10.TOTAL.VALUE.CNY.1 2024-01/P12M 7000",
                                        "CN.HK.T.TOTAL.10.TOTAL.VALUE.USD.1 2024-01/P12M 1000"));
  Collected goods;
  options.constants = {{"flow", "M"}};
  ASSERT_TRUE(ParseText(GaccQuery(), "数据年月,商品编码,人民币\n202401,27,5\n", options, goods).ok());
  EXPECT_THAT(goods.Cells(), ElementsAre("CN.W00.M.HS2022-27.TOTAL.TOTAL.VALUE.CNY.1 2024-01 5"));
}

TEST(GaccQuery, TheFlowIsInTheNameOrSaid) {
  EXPECT_EQ(FlowInName("2024in.csv"), "M");
  EXPECT_EQ(FlowInName("2024out.csv"), "X");
  EXPECT_EQ(FlowInName("OUT.csv"), "X");
  EXPECT_EQ(FlowInName("soy_Imports_2024.csv"), "M");
  EXPECT_EQ(FlowInName("大豆出口2024.csv"), "X");
  EXPECT_EQ(FlowInName("大豆进出口.csv"), "T");
  for (const std::string_view silent : {"2023.csv", "trade in goods.csv", "print out.csv",
                                        "import export.csv", "进口 export.csv", "inland.csv", ""}) {
    EXPECT_EQ(FlowInName(silent), std::nullopt) << silent;
  }
  EXPECT_THAT(FileError(kHeader, Options("2023.csv")),
              HasSubstr("--set flow: is needed: a download of the online query does not say"));
  FeedOptions options = Options("2024out.csv");
  options.constants = {{"flow", "M"}};
  EXPECT_THAT(FileError(kHeader, options), HasSubstr("says M, and the file's name \"2024out.csv\" says X"));
  options.constants = {{"flow", "B"}};
  EXPECT_THAT(FileError(kHeader, options), HasSubstr("\"B\" is no flow"));
  options.constants = {{"flow", "X"}};
  EXPECT_EQ(FileError(kHeader, options), "none");
}

TEST(GaccQuery, WhatIsSaidMustMeanSomething) {
  FeedOptions options = Options();
  options.constants = {{"period", "2024-01"}, {"partner", "RU"}, {"color", "red"}, {"complete", "maybe"}};
  const std::string error = FileError(kHeader, options);
  EXPECT_THAT(error, HasSubstr("--set color: means nothing"));
  EXPECT_THAT(error, HasSubstr("--set period: stands beside a column of months"));
  EXPECT_THAT(error, HasSubstr("--set partner: stands beside a column"));
  EXPECT_THAT(error, HasSubstr("--set complete: \"maybe\" is not \"yes\""));
  options.constants = {{"location", "a b"}};
  EXPECT_THAT(FileError("商品编码,人民币\n", options), HasSubstr("--set period: is needed"));
  EXPECT_THAT(FileError("商品编码,人民币\n", options), HasSubstr("--set location: the code \"a b\""));
  options.published.reset();
  options.constants.clear();
  EXPECT_THAT(FileError(kHeader, options), HasSubstr("--published-at: is needed"));
}

TEST(GaccQuery, HeadersAreRefusedByName) {
  EXPECT_THAT(FileError("数据年月,顔色,人民币,Colour,\n"),
              HasSubstr("line 1, column 2: \"顔色\" is no column of GACC's online query"));
  EXPECT_THAT(FileError("数据年月,顔色,人民币,Colour,\n"), HasSubstr("line 1, column 4: \"Colour\""));
  EXPECT_THAT(FileError("数据年月,人民币,数据年月\n"),
              HasSubstr("column 3: \"数据年月\" stands in column 1 too"));
  EXPECT_THAT(FileError("数据年月,商品编码\n"), HasSubstr("no column of values"));
  EXPECT_THAT(FileError("数据年月,第一数量,人民币\n"), HasSubstr("\"第一数量\" stands alone"));
  EXPECT_THAT(FileError("数据年月,商品名称,人民币\n"),
              HasSubstr("\"商品名称\" stands without its column of codes"));
  EXPECT_THAT(FileError(""), HasSubstr("the file is empty"));
}

TEST(GaccQuery, RowsAreRefusedWithAllThatIsWrong) {
  const std::string errors = RowErrors("202513,998,火星,1201901,豆,1.5E+09,斗,5,?,\"1,23\",");
  EXPECT_THAT(errors, HasSubstr("line 2, column 数据年月: "));
  EXPECT_THAT(errors, HasSubstr("line 2, column 贸易伙伴编码: \"998\" \"火星\" is not in GACC's list"));
  EXPECT_THAT(errors, HasSubstr("line 2, column 第一数量: \"1.5E+09\" is not a number: it has an exponent"));
  EXPECT_THAT(errors, HasSubstr("line 2, column 第一计量单位: \"斗\" is no unit"));
  EXPECT_THAT(errors, HasSubstr("line 2, column 第二计量单位: is \"?\", no unit, beside the quantity 5"));
  EXPECT_THAT(errors, HasSubstr("line 2, column 人民币: \"1,23\" is not a number"));
  EXPECT_THAT(RowErrors("202507,402,阿根廷,1012100,马,1,千克,0,?,5,"),
              HasSubstr("column 商品编码: \"1012100\" is no code of goods"));
  EXPECT_THAT(RowErrors("202507,402,阿根廷,01012100,马,1,千克,0,?,,"), HasSubstr("column 人民币: is empty"));
  EXPECT_THAT(RowErrors("199107,402,阿根廷,01012100,马,1,千克,0,?,1,"), HasSubstr("of no one edition"));
  EXPECT_THAT(RowErrors("202507,402,阿根廷"), HasSubstr("line 2: the row has 3 fields, and line 1 names 10"));
  EXPECT_THAT(RowErrors("202507,402,阿根廷,01012100,马,1,千克,0,?,1,,"), HasSubstr("the row has 12 fields"));
}

TEST(GaccQuery, ARefusedRowIsShownDecoded) {
  Collected sink;
  ASSERT_TRUE(ParseText(GaccQuery(), ToGb18030("数据年月,贸易伙伴编码,人民币\n202501,999x,1\n202501,344,5\n"),
                        Options(), sink)
                  .ok());
  ASSERT_THAT(sink.refused, SizeIs(1));
  EXPECT_EQ(sink.refused[0].row, "202501,999x,1");
  EXPECT_EQ(sink.rows(), 2u);
  EXPECT_THAT(sink.Cells(), SizeIs(1));
}

TEST(GaccQuery, ADownloadThatWasCutIsRefused) {
  std::string text = "数据年月,商品编码,人民币\n";
  for (int i = 0; i < 10'000; ++i) absl::StrAppend(&text, "202401,", 10000000 + i, ",1\n");
  Collected sink;
  ASSERT_TRUE(ParseText(GaccQuery(), text, Options(), sink).ok());
  EXPECT_THAT(sink.Problems(), ElementsAre(HasSubstr("the file has exactly 10000 rows, at which")));
  FeedOptions options = Options();
  options.constants = {{"complete", "yes"}};
  Collected complete;
  ASSERT_TRUE(ParseText(GaccQuery(), text, options, complete).ok());
  EXPECT_THAT(complete.Problems(), IsEmpty());
  EXPECT_THAT(complete.Cells(), SizeIs(10'000));
}

TEST(GaccQuery, OptionsNameTheDataset) {
  FeedOptions options = Options();
  options.dataset = "MINE";
  options.publisher = "ME";
  options.time_zone = "UTC";
  Collected sink;
  ASSERT_TRUE(ParseText(GaccQuery(), Golden(), options, sink).ok());
  ASSERT_THAT(sink.datasets, SizeIs(1));
  EXPECT_EQ(sink.datasets[0].id, "MINE");
  EXPECT_EQ(sink.datasets[0].publisher, "ME");
  EXPECT_EQ(sink.datasets[0].time_zone, "UTC");
  EXPECT_EQ(sink.releases[0].release_id, "MINE:2025-08-20:2025import");
}

TEST(GaccQuery, ItsExampleIsItsOwn) {
  const std::string example(GaccQuery().info().example);
  const auto format = FormatOfContent(example, "a.csv");
  ASSERT_TRUE(format.ok()) << format.status();
  EXPECT_EQ((*format)->info().name, "gacc-query");
  Collected sink;
  ASSERT_TRUE(ParseText(GaccQuery(), example, Options(), sink).ok());
  EXPECT_THAT(sink.Problems(), IsEmpty());
  EXPECT_THAT(sink.Cells(), SizeIs(5));
  EXPECT_TRUE(GaccQuery().Recognises(ToGb18030(Golden()), "x"));
  for (const std::string_view other : {"", "a,b\n1,2\n", "Unit\n", "Quantity,Unit\n1,2\n",
                                       "published_on,value\n", "<html>", "Commodity,US dollar,x\n"}) {
    EXPECT_FALSE(GaccQuery().Recognises(other, "x.csv")) << other;
  }
}

TEST(GaccQuery, SurvivesTorment) {
  Torment(GaccQuery(), {ToGb18030(Golden()), Golden(), std::string(GaccQuery().info().example)}, Options(),
          1500);
}

// The sum of all cells of a measure.
Decimal Sum(const Collected& sink, std::string_view part) {
  Decimal sum;
  for (const auto& cell : sink.sections[0].cells) {
    if (cell.key.find(part) != std::string::npos)
      sum = Decimal::Add(sum, cell.observation.datum.value()).value();
  }
  return sum;
}

TEST(GaccQuery, RealFiles) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  struct Expected {
    std::string_view file, flow, value;
    std::size_t rows;
  };
  // Sums: awk over the columns of the decoded files.
  for (const auto& [file, flow, value, rows] :
       {Expected{"2023.csv", "M", "402526956940", 40}, Expected{"2024in.csv", "M", "359701179444", 36},
        Expected{"2024out.csv", "X", "5409809", 29}}) {
    FeedOptions options = Options(std::string(file));
    if (file == "2023.csv") options.constants = {{"flow", "M"}};
    Collected sink;
    const auto path = *data / "gacc-online-query-gbk-csv" / std::string(file);
    ASSERT_TRUE(ParseFile(GaccQuery(), path, options, sink).ok()) << file;
    EXPECT_THAT(sink.Problems(), IsEmpty()) << file;
    EXPECT_EQ(sink.rows(), rows) << file;
    EXPECT_EQ(sink.Cells().size(), 2 * rows) << file;  // a weight and a value
    EXPECT_EQ(Sum(sink, "VALUE").ToString(), value) << file;
    for (const std::string& cell : sink.Cells()) {
      EXPECT_THAT(cell, HasSubstr(absl::StrCat(".", ToAbsl(flow), ".HS2022-1201")));
    }
  }
}

}  // namespace
}  // namespace tidewaiter::feeders
