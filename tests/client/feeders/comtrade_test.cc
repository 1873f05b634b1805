#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/feeders/formats.h"
#include "client/feeders/limits.h"
#include "client/feeders/text/json_objects.h"
#include "client/feeders/trade/comtrade_csv.h"
#include "client/feeders/trade/comtrade_json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"
#include "tests/client/feeders/sorted.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const ComtradeCsvFeeder kCsv;
const ComtradeJsonFeeder kJson;

FeedOptions Options() {
  FeedOptions options;
  options.file = "trade.csv";
  options.published = ParsePublication("2025-05-01").value();
  return options;
}

constexpr char kHeader[] =
    "typeCode,freqCode,refYear,refMonth,period,reporterCode,flowCode,partnerCode,partnerDesc,partner2Code,"
    "classificationCode,isOriginalClassification,cmdCode,customsCode,mosCode,motCode,qtyUnitCode,qty,"
    "isQtyEstimated,netWgt,isNetWgtEstimated,grossWgt,cifvalue,fobvalue,primaryValue,legacyEstimationFlag\n";
constexpr char kRow[] =
    "C,A,2023,52,2023,764,M,156,China,0,H6,true,8542,C00,0 "
    ",0,5,61000,false,7320.50,true,,803000,,803000,0,\n";

// A row, with one text in place of another.
std::string Row(const std::string& old_text = "", const std::string& new_text = "") {
  std::string row = kRow;
  if (old_text.empty()) return row;
  const std::size_t at = row.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  return row.replace(at, old_text.size(), new_text);
}

Collected ParseRows(const std::string& rows, const FeedOptions& options = Options()) {
  Collected sink;
  const absl::Status status = ParseText(kCsv, kHeader + rows, options, sink);
  EXPECT_TRUE(status.ok()) << status;
  return sink;
}

std::string ErrorOf(const Feeder& feeder, const std::string& text) {
  Collected sink;
  return std::string(ParseText(feeder, text, Options(), sink).message());
}

constexpr char kMixed[] =
    // total, breakdown by procedure and by transport, second partner; month; export; converted; nes
    "C,A,2023,52,2023,764,M,0,World,0,H6,true,TOTAL,C00,0,0,-1,0,false,,false,0,9680795326.10,,9680795326.10,"
    "0,\n"
    "C,A,2023,52,2023,764,M,0,World,0,H6,true,TOTAL,C01,0,0,-1,,false,,false,,5,,5,0,\n"
    "C,A,2023,52,2023,764,M,0,World,156,H6,true,TOTAL,C00,0,2100,-1,0,false,12,false,0,5,,5,4,\n"
    "C,M,2023,7,202307,842,X,490,\"Other Asia, "
    "nes\",0,H6,false,8542,C00,0,0,8,0,true,0,false,,,1.00,1.00,6,\n"
    "S,A,2023,52,2023,251,X,757,Switzerland,0,EB10,true,SC,C00,3,0,14,7,false,,false,,,2,2,0,\n";

TEST(Comtrade, RowsBecomeCells) {
  ExpectGolden("comtrade.txt", ParseRows(std::string(kRow) + kMixed).ToText(true));
}

TEST(Comtrade, TotalsAndBreakdownsAreSeriesOfTheirOwn) {
  const auto cells = ParseRows(kMixed).Cells();
  EXPECT_THAT(cells, Contains("TH.W00.M.TOTAL.W00.C00.0.0.VALUE.USD.1 2023-01/P12M 9680795326.10"));
  EXPECT_THAT(cells, Contains("TH.W00.M.TOTAL.W00.C01.0.0.VALUE.USD.1 2023-01/P12M 5"));
  EXPECT_THAT(cells, Contains("TH.W00.M.TOTAL.CN.C00.2100.0.VALUE.USD.1 2023-01/P12M 5"));
}

TEST(Comtrade, MissingIsNotZero) {
  const auto cells = ParseRows(Row("61000", "") + Row("61000", "0") + Row("7320.50", "")).Cells();
  const std::string key = "TH.CN.M.HS2022-8542.W00.C00.0.0.";
  EXPECT_THAT(cells, Contains(key + "QTY._Z.U 2023-01/P12M (MISSING) status O"));
  EXPECT_THAT(cells, Contains(key + "QTY._Z.U 2023-01/P12M 0"));
  EXPECT_THAT(cells, Contains(key + "NETWGT._Z.KG 2023-01/P12M (MISSING) status O"));
  // What has no unit is no quantity, and what nobody owes is not missing.
  const auto none = ParseRows(Row("5,61000", "-1,0")).Cells();
  EXPECT_THAT(none,
              ElementsAre(key + "VALUE.USD.1 2023-01/P12M 803000", key + "CIF.USD.1 2023-01/P12M 803000",
                          key + "NETWGT._Z.KG 2023-01/P12M 7320.50 status E"));
  EXPECT_THAT(ParseRows(Row("5,61000", "-1,3")).Cells(), Contains(key + "QTY._Z._U 2023-01/P12M 3"));
}

TEST(Comtrade, ColumnsStandInAnyOrder) {
  Collected sink;
  ASSERT_TRUE(ParseText(kCsv,
                        "primaryValue,cmdCode,cmdDesc,classificationCode,partnerCode,flowCode,reporterCode,"
                        "period,freqCode\n"
                        "12,01,Live animals,H6,0,RX,156,202501,M\n",
                        Options(), sink)
                  .ok());
  EXPECT_THAT(sink.Cells(), Contains("CN.W00.RX.HS2022-01.W00.C00.0.0.VALUE.USD.1 2025-01 12"));
  EXPECT_THAT(sink.Problems(), IsEmpty());
}

TEST(Comtrade, EverythingWrongInARowIsTold) {
  const Collected sink = ParseRows(
      "C,Q,2023,52,2023,999,M!,156,China,0,H9,maybe,8542,C00,0,0,kg,61000,yes,7320.50t,true,,803000,,8.0E5,9,"
      "\n" +
      Row());
  EXPECT_THAT(sink.Problems(),
              ElementsAre("line 2, column freqCode: \"Q\" is neither A, of years, nor M, of months",
                          HasSubstr("line 2, column reporterCode: \"999\" is no code of an area"),
                          HasSubstr("line 2, column flowCode: the code \"M!\" has \"!\" at byte 2"),
                          HasSubstr("line 2, column classificationCode: \"H9\" is no classification"),
                          "line 2, column isOriginalClassification: \"maybe\" is neither true nor false",
                          "line 2, column legacyEstimationFlag: \"9\" is none of 0, 2, 4 and 6",
                          HasSubstr("line 2, column qtyUnitCode: \"kg\" is no number"),
                          HasSubstr("line 2, column primaryValue: \"8.0E5\""),
                          HasSubstr("line 2, column netWgt: \"7320.50t\""),
                          "line 2, column isQtyEstimated: \"yes\" is neither true nor false"));
}

TEST(Comtrade, PeriodsMustAgree) {
  EXPECT_THAT(ParseRows(Row("2023,52,2023", "2022,52,2023")).Problems(),
              ElementsAre("line 2, column refYear: \"2022\" is not the year of the period \"2023\""));
  EXPECT_THAT(ParseRows(Row("2023,52,2023", "2023,1,2023")).Problems(),
              ElementsAre("line 2, column refMonth: \"1\" does not fit the period \"2023\"; expected 52"));
  EXPECT_THAT(ParseRows(Row("A,2023,52,2023", "M,2023,13,202313")).Problems(),
              ElementsAre(HasSubstr("line 2, column period: \"202313\"")));
  EXPECT_THAT(ParseRows(Row("A,2023,52,2023", "M,2023,52,2023")).Problems(),
              ElementsAre("line 2, column period: \"2023\" is no month, as 201407"));
}

TEST(Comtrade, UnknownAreasAreNamed) {
  EXPECT_THAT(
      ParseRows(Row("156,China", "555,Atlantis")).Problems(),
      ElementsAre("line 2, column partnerCode: \"555\" (\"Atlantis\") is no code of an area that is known "
                  "here; expected one of UN Comtrade's numbers, as 156 for China"));
}

TEST(Comtrade, HeadersAreChecked) {
  EXPECT_THAT(ErrorOf(kCsv, ""), HasSubstr("line 1: the file is empty"));
  EXPECT_THAT(ErrorOf(kCsv, std::string("colour,") + kHeader),
              HasSubstr("\"colour\" is no column of UN Comtrade's"));
  EXPECT_THAT(ErrorOf(kCsv, std::string("period,") + kHeader), HasSubstr("has the column \"period\" twice"));
  EXPECT_THAT(ErrorOf(kCsv, "freqCode,period,reporterCode,flowCode,partnerCode,cmdCode,classificationCode\n"),
              HasSubstr("line 1: lacks the column primaryValue"));
  EXPECT_THAT(ParseRows("C,A,2023\n").Problems(), ElementsAre("line 2: the row has 3 fields, the header 26"));
}

TEST(Comtrade, PublicationIsNeverGuessed) {
  FeedOptions options = Options();
  options.published.reset();
  Collected sink;
  EXPECT_THAT(ParseText(kCsv, kHeader, options, sink).message(), HasSubstr("--published-at: is needed"));
  options.file = "thailand_2025-06-01.csv";
  ASSERT_TRUE(ParseText(kCsv, kHeader, options, sink).ok());
  EXPECT_EQ(sink.releases.at(0).published.ToString(), "2025-06-01");
}

TEST(Comtrade, OptionsStandInPlaceOfTheProfile) {
  FeedOptions options = Options();
  options.dataset = "MINE";
  options.publisher = "ME";
  options.time_zone = "UTC";
  const Collected sink = ParseRows(kRow, options);
  EXPECT_EQ(sink.datasets[0].id, "MINE");
  EXPECT_EQ(sink.datasets[0].publisher, "ME");
  EXPECT_EQ(sink.datasets[0].time_zone, "UTC");
}

// One object with the names of kHeader and the texts of a row.
std::string Object(const std::string& change = "", const std::string& into = "") {
  std::string object =
      R"({"typeCode":"C","freqCode":"A","refPeriodId":20230101,"refYear":2023,"refMonth":52,"period":"2023",)"
      R"("reporterCode":764,"reporterISO":null,"flowCode":"M","partnerCode":156,"partnerDesc":"China","partner2Code":0,)"
      R"("classificationCode":"H6","isOriginalClassification":true,"cmdCode":"8542","customsCode":"C00","mosCode":"0",)"
      R"("motCode":0,"qtyUnitCode":5,"qty":61000,"isQtyEstimated":false,"netWgt":7320.50,"isNetWgtEstimated":true,)"
      R"("grossWgt":null,"cifvalue":803000,"fobvalue":null,"primaryValue":803000 ,"legacyEstimationFlag":0})";
  return change.empty() ? object : absl::StrReplaceAll(object, {{change, into}});
}

Collected ParseJson(const std::string& text) {
  Collected sink;
  const absl::Status status = ParseText(kJson, text, Options(), sink, 7);
  EXPECT_TRUE(status.ok()) << status;
  return sink;
}

TEST(ComtradeJson, GivesTheSameAsCsv) {
  const std::string csv = ParseRows(kRow).ToText();
  EXPECT_EQ(
      ParseJson(absl::StrCat(R"({"elapsedTime":"0.2 secs","count":1,"data":[)", Object(), R"(],"error":""})"))
          .ToText(),
      csv);
  EXPECT_EQ(ParseJson(absl::StrCat("[\n", Object(), "\n]\n")).ToText(), csv);
  EXPECT_EQ(ParseJson(R"({"data":[]})").Cells().size(), 0u);
}

TEST(ComtradeJson, ProblemsHaveLinesAndPaths) {
  const Collected sink = ParseJson(
      absl::StrCat("{\"data\": [\n", Object(), ",\n", Object("\"period\":\"2023\"", "\"period\":\"20x3\""),
                   ",\n", Object("803000", "[1]"), ",\n", Object("\"typeCode\"", "\"colour\""), ",\n",
                   Object(",\"period\":\"2023\"", ""), ",\n", Object("764", "764a"), ",\n",
                   Object("\"count\"", ""), "]}"));
  EXPECT_EQ(sink.rows(), 7u);
  EXPECT_THAT(sink.Problems(),
              ElementsAre("line 3, column data[1].period: \"20x3\" is no year, as 2014",
                          HasSubstr("line 4, column data[2].cifvalue: is an object or an array"),
                          HasSubstr("line 4, column data[2].primaryValue: is an object or an array"),
                          HasSubstr("line 5, column data[3]: \"colour\" is no column of UN Comtrade's"),
                          "line 6, column data[4].period: is missing",
                          HasSubstr("line 7, column data[5].reporterCode: \"764a\"")));
}

TEST(ComtradeJson, AnAnswerThatSaysItIsNotWholeIsRefused) {
  const auto error = [](const std::string& before, const std::string& behind) {
    return ErrorOf(kJson, absl::StrCat("{", before, "\"data\":[", Object(), "]", behind, "}"));
  };
  EXPECT_EQ(error("\"count\":1,", ",\"error\":\"\""), "");
  EXPECT_EQ(error("", ",\"error\":null,\"statusCode\":200"), "");
  EXPECT_THAT(error("\"count\":500,", ""), HasSubstr("count: is 500, and the file has 1 record: it was cut"));
  EXPECT_THAT(error("", ",\"count\":2"), HasSubstr("count: is 2"));
  EXPECT_THAT(error("", ",\"error\":\"quota exceeded\""), HasSubstr("error: is \"quota exceeded\""));
  EXPECT_THAT(error("\"statusCode\":403,\"message\":\"Out of call volume\",", ""),
              HasSubstr("statusCode: is \"403\", with the message \"Out of call volume\""));
  EXPECT_THAT(ErrorOf(kJson, R"({"statusCode":429,"message":"Rate limit is exceeded"})"),
              HasSubstr("Rate limit is exceeded"));
}

TEST(ComtradeJson, ACellThatIsStatedTwiceInOneLineIsFoundByItsRecord) {
  SorterOptions plain;
  plain.resolve = [](const DatasetDefinition& profile) { return profile; };
  const auto sorted =
      Sort(kJson, absl::StrCat("[", Object(), ",", Object("\"qty\":61000", "\"qty\":62000"), "]"), Options(),
           plain);
  EXPECT_THAT(std::string(sorted.status().message()),
              AllOf(HasSubstr("record 2 states 62000 for TH.CN.M.HS2022-8542"),
                    HasSubstr("2023-01/P12M; record 1 states 61000 for the same")));
}

TEST(ComtradeJson, DocumentsAreChecked) {
  const auto error = [](const std::string& text) { return ErrorOf(kJson, text); };
  EXPECT_THAT(error(""), HasSubstr("line 1: the file is empty"));
  EXPECT_THAT(error("x"), HasSubstr("line 1: the file does not begin with"));
  EXPECT_THAT(error("{\"count\":1}"), HasSubstr("has no member \"data\""));
  EXPECT_THAT(error("{\"data\":7}"), HasSubstr("the member \"data\" is no array"));
  EXPECT_THAT(error("{\"data\":[\n" + Object()), HasSubstr("line 2: the file ends within the array"));
  EXPECT_THAT(error("{\"data\":[\n{\"a\":\"}"), HasSubstr("line 2: the file ends within an object"));
  EXPECT_THAT(error("{\"data\":[" + Object() + ",]}"), HasSubstr("a comma stands before the end"));
  EXPECT_THAT(error("{\"data\":[" + Object() + " " + Object() + "]}"),
              HasSubstr("stands between two objects"));
  EXPECT_THAT(error("{\"data\":[1]}"), HasSubstr("\"1\" stands where an object begins"));
  EXPECT_THAT(error("{\"data\":[]} x"), HasSubstr("something follows the document"));
  EXPECT_THAT(error("{\"data\":[{]"), HasSubstr("']' closes what was not opened by it"));
  EXPECT_THAT(error("{\"data\":[" + std::string(40, '{')), HasSubstr("more than 32 deep"));
  EXPECT_THAT(error("{\"data\":[{\"a\":\"" + std::string(kMaxJsonObjectBytes, 'x') + "\"}]}"),
              HasSubstr("an object of more than 1048576 bytes"));
}

TEST(ComtradeFormats, ExamplesAreTheirOwn) {
  for (const Feeder* feeder : {static_cast<const Feeder*>(&kCsv), static_cast<const Feeder*>(&kJson)}) {
    const std::string_view example = feeder->info().example;
    const auto format = FormatOfContent(example, "x");
    ASSERT_TRUE(format.ok()) << format.status();
    EXPECT_EQ((*format)->info().name, feeder->info().name);
    Collected sink;
    EXPECT_TRUE(ParseText(*feeder, example, Options(), sink).ok());
    EXPECT_THAT(sink.Problems(), IsEmpty());
    EXPECT_GT(sink.Cells().size(), 3u);
  }
}

// Thailand's imports of HS 8542: 1178 rows; the partners add to the world within 3 dollars.
TEST(ComtradeRealFile, PartnersAddToTheWorld) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not here";
  Collected sink;
  ASSERT_TRUE(ParseFile(kCsv, *data / "comtrade-v1-csv/thailand-8542-annual.csv", Options(), sink).ok());
  EXPECT_THAT(sink.Problems(), IsEmpty());
  EXPECT_EQ(sink.rows(), 1178u);
  std::map<Period, Decimal> world, partners;
  std::map<char, int> weights;
  int missing = 0;
  for (const auto& cell : sink.sections.at(0).cells) {
    if (absl::StrContains(cell.key, ".NETWGT.")) {
      ++weights[cell.observation.attributes.status];
      missing += !cell.observation.datum.has_value();
    }
    if (!absl::StrContains(cell.key, ".VALUE.")) continue;
    auto& sums = absl::StartsWith(cell.key, "TH.W00.") ? world : partners;
    Decimal& sum = sums[cell.observation.period];
    sum = Decimal::Add(sum, cell.observation.datum.value()).value();
  }
  ASSERT_EQ(world.size(), 11u);
  for (const auto& [period, total] : world) {
    const Decimal gap = Decimal::Subtract(total, partners[period]).value();
    const Decimal size = gap.is_negative() ? gap.Negated() : gap;
    EXPECT_TRUE(Decimal::Compare(size, Decimal::Parse("3").value()) <= 0)
        << period.ToString() << " " << gap.ToString();
  }
  // 715 rows have an estimated weight, of which some give none.
  EXPECT_EQ(missing, 128);
  EXPECT_EQ(weights['A'] + weights['E'] + weights['O'], 1178);
  EXPECT_THAT(sink.Cells(), Contains("TH.W00.M.HS2012-8542.W00.C00.0.0.VALUE.USD.1 2014-01/P12M 9680795326"));
  EXPECT_THAT(sink.Cells(),
              Contains("TH.AD.M.HS2012-8542.W00.C00.0.0.NETWGT._Z.KG 2014-01/P12M 74 status E"));
}

TEST(Comtrade, SurvivesTorment) {
  Torment(kCsv, {std::string(kCsv.info().example), std::string(kHeader) + kRow + kMixed}, Options());
}
TEST(ComtradeJson, SurvivesTorment) {
  Torment(kJson, {std::string(kJson.info().example), absl::StrCat("[", Object(), ",", Object(), "]")},
          Options());
}

}  // namespace
}  // namespace tidewaiter::feeders
