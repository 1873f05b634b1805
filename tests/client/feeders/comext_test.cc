#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/formats.h"
#include "client/feeders/trade/comext_bulk.h"
#include "client/feeders/trade/comext_codes.h"
#include "client/feeders/trade/comext_flags.h"
#include "client/feeders/trade/comext_sdmx_csv.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ComextSdmxCsvFeeder kSdmx;
const ComextBulkFeeder kBulk;

FeedOptions Named(const std::string& file) {
  FeedOptions options;
  options.file = file;
  return options;
}

FeedOptions Published(const std::string& day = "2025-09-15") {
  FeedOptions options = Named("full_202507.dat");
  options.published = ParsePublication(day).value();
  return options;
}

Collected Read(const Feeder& feeder, const std::string& text, const FeedOptions& options) {
  Collected sink;
  const absl::Status status = ParseText(feeder, text, options, sink);
  EXPECT_TRUE(status.ok()) << status;
  return sink;
}

std::string ErrorOf(const Feeder& feeder, const std::string& text, const FeedOptions& options) {
  Collected sink;
  return std::string(ParseText(feeder, text, options, sink).message());
}

constexpr char kHeader[] =
    "DATAFLOW,LAST "
    "UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE,OBS_FLAG,CONF_STATUS\n";

// A row of DS-045409 under kHeader.
std::string Row(const std::string& codes, const std::string& rest) {
  return absl::StrCat("ESTAT:DS-045409(1.0),17/02/25 11:00:00,", codes, ",", rest, "\n");
}

constexpr char kLabels[] =
    "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE\r\n"
    "ESTAT:DS-045409(1.0),17/02/25 11:00:00,Monthly,\"European Union (AT-01/1995, BE-01/1958)\","
    "Extra-EU (= 'WORLD' - 'EU_INTRA'),\"Widgets, of tin\",IMPORT,QUANTITY_IN_100KG,2015-01,84.10,\r\n"
    "ESTAT:DS-045409(1.0),17/02/25 11:00:00,Annual,\"Germany (incl. 'DD' from 1991)\",\"United States\","
    "\"Widgets, of tin\",EXPORT,VALUE_IN_EUROS,2015,77,\r\n";

TEST(ComextSdmx, RowsBecomeCells) {
  const std::string rows =
      Row("M,AT,US,7204,1,VALUE_IN_EUROS", "2025-05,204548,,") +
      Row("M,AT,US,7204,1,QUANTITY_IN_100KG", "2025-05,1772.90,p,") +
      Row("A,EL,WORLD,TOTAL,2,VALUE_IN_EUROS", "2024,0,e,F") +
      Row("M,XS,EXT_EU27_2020,72042110,2,SUP_QUANTITY", "2016-12,,c,") +
      Row("M,FR,QR,99SSS999,1,VALUE_IN_EUROS", "2025-05,:,,") +
      Row("Q,EU27_2020,EU_EXTRA,72,2,VALUE_IN_EUROS", "2025-Q2,5.0,bp,") +
      Row("M,FR,CN,7204,1,VALUE_IN_EUROS", "2025-05,,z,") +
      Row("M: Monthly,DE: Germany (incl.),CN:China,01: Live animals,1: IMPORT,VALUE_IN_EUROS: Value",
          "  2025-05,7,r,N");
  ExpectGolden("comext_sdmx.txt", Read(kSdmx, kHeader + rows, Named("x.csv")).ToText(true));
}

TEST(ComextSdmx, TheDataflowIsTheDatasetAndItsOwnDimensionsAreKept) {
  const Collected sink = Read(
      kSdmx,
      "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,trans_mode,indicators,TIME_PERIOD,OBS_VALUE\n"
      "ESTAT:DS-057380(1.0),15/09/26,A,AT,US,Wheat,1,3,VALUE_IN_EUROS,2025,12,\n",
      Named("x.csv"));
  EXPECT_EQ(sink.datasets.at(0).id, "DS-057380");
  EXPECT_THAT(sink.Problems(),
              ElementsAre(HasSubstr("column product: \"Wheat\" is no code that is known here")));
  EXPECT_EQ(sink.releases.at(0).published.ToString(), "2026-09-15");
  const Collected other = Read(
      kSdmx,
      "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,trans_mode,indicators,TIME_PERIOD,OBS_VALUE\n"
      "ESTAT:DS-057380(1.0),15/09/26,A,AT,US,CPA_A,1,3,VALUE_IN_EUROS,2025,12,\n",
      Named("x.csv"));
  EXPECT_THAT(other.Cells(), ElementsAre("AT.US.M.CPA_A.3.VALUE.EUR.1 2025-01/P12M 12"));
}

TEST(ComextSdmx, LabelsAreMappedAndTheRestIsToldHowToBe) {
  const Collected sink = Read(kSdmx, kLabels, Named("x.csv"));
  EXPECT_THAT(sink.Problems(), SizeIs(2));
  EXPECT_EQ(
      sink.Problems()[0],
      "line 2, column product: \"Widgets, of tin\" is no code that is known here; expected the code of a "
      "product; "
      "download the file with the labels \"Codes\" or \"Both\", or say the code with --set product=CODE");
  FeedOptions options = Named("x.csv");
  options.constants["product"] = "8001";
  EXPECT_THAT(Read(kSdmx, kLabels, options).Cells(),
              ElementsAre("EU.EXT_EU.M.HS2012-8001.NETWGT._Z.100KG 2015-01 84.10",
                          "DE.US.X.HS2012-8001.VALUE.EUR.1 2015-01/P12M 77"));
}

TEST(ComextSdmx, ASetCodeStandsForOneLabelOnly) {
  FeedOptions options = Named("x.csv");
  options.constants["product"] = "8001";
  std::string text = kLabels;
  text.replace(text.rfind("Widgets, of tin"), 15, "Gadgets, of tin");
  EXPECT_THAT(
      Read(kSdmx, text, options).Problems(),
      ElementsAre("line 3, column product: \"Gadgets, of tin\" is another than \"Widgets, of tin\", for "
                  "which the code \"8001\" was set"));
  options.constants["colour"] = "RED";
  EXPECT_THAT(ErrorOf(kSdmx, kLabels, options),
              HasSubstr("--set: \"colour\" is no column of codes of this file"));
}

TEST(ComextSdmx, PublicationIsTheLastUpdateInLuxembourg) {
  const Collected sink = Read(kSdmx, kLabels, Named("x.csv"));
  EXPECT_EQ(sink.releases.at(0).published.ToString(), "2025-02-17T11:00:00 local time");
  EXPECT_EQ(sink.datasets.at(0).time_zone, "Europe/Luxembourg");
  FeedOptions options = Named("x.csv");
  options.published = ParsePublication("2025-02-18").value();
  EXPECT_THAT(ErrorOf(kSdmx, kLabels, options), HasSubstr("column LAST UPDATE says 2025-02-17T11:00:00"));
  EXPECT_THAT(
      ErrorOf(kSdmx,
              std::string(kHeader) + "ESTAT:DS-1(1.0),17/13/25,M,AT,US,01,1,VALUE_IN_EUROS,2025-01,1,,\n",
              Named("x")),
      HasSubstr("line 2, column LAST UPDATE: \"17/13/25\" is no time"));
}

TEST(ComextSdmx, EverythingWrongInARowIsTold) {
  const std::string good = Row("M,AT,US,7204,1,VALUE_IN_EUROS", "2025-05,1,,");
  const std::string bad = "ESTAT:DS-1(1.0),18/02/25 11:00:00,W,Atlantis,ZZ,scrap,9,PRICE,2025-13,1e3,q,CC\n";
  EXPECT_THAT(
      Read(kSdmx, kHeader + good + bad + "a,b\n", Named("x.csv")).Problems(),
      ElementsAre(
          HasSubstr("line 3, column DATAFLOW: \"ESTAT:DS-1(1.0)\" is another than \"ESTAT:DS-045409(1.0)\""),
          HasSubstr("line 3, column LAST UPDATE: \"18/02/25 11:00:00\" is another"),
          HasSubstr("line 3, column freq: \"W\" is none of A, Q and M"),
          HasSubstr("line 3, column reporter: \"Atlantis\""), HasSubstr("line 3, column partner: \"ZZ\""),
          HasSubstr("line 3, column flow: \"9\""), HasSubstr("line 3, column product: \"scrap\""),
          HasSubstr("line 3, column indicators: \"PRICE\""), HasSubstr("line 3, column OBS_FLAG: \"q\""),
          HasSubstr("line 3, column CONF_STATUS: \"CC\""), HasSubstr("line 3, column OBS_VALUE: \"1e3\""),
          "line 4: the row has 2 fields, the header 12"));
  EXPECT_THAT(
      Read(kSdmx, kHeader + Row("M,AT,US,7204,1,VALUE_IN_EUROS", "2025,1,,"), Named("x.csv")).Problems(),
      ElementsAre(
          "line 2, column TIME_PERIOD: \"2025\" is no period of the frequency \"M\"; expected 2015-01"));
}

TEST(ComextSdmx, HeadersAreChecked) {
  EXPECT_THAT(ErrorOf(kSdmx, "", Named("x")), HasSubstr("line 1: the file is empty"));
  EXPECT_THAT(ErrorOf(kSdmx, "DATAFLOW,LAST UPDATE,freq,freq,Colour\n", Named("x")),
              AllOf(HasSubstr("has the column \"freq\" twice"), HasSubstr("and 6 more")));
  // No column may pass for a dimension of the dataset.
  EXPECT_THAT(ErrorOf(kSdmx, "unit," + std::string(kHeader), Named("x")),
              HasSubstr("has the column \"unit\""));
  EXPECT_THAT(ErrorOf(kSdmx, std::string(kHeader) + "x,y,z,,,,,,,,,\n", Named("x")),
              HasSubstr("line 2, column DATAFLOW: \"x\" is no dataflow of Comext"));
}

TEST(ComextFlags, AbsencesStayApart) {
  const auto text = [](std::string_view value, std::string_view flags, std::string_view conf = "") {
    const auto v = ParseFlagged(value, flags, conf);
    return v.ok() ? absl::StrCat(v->datum.ToString(), " ", std::string(1, v->attributes.status),
                                 std::string(1, v->attributes.conf), " ", v->note)
                  : std::string(v.status().message());
  };
  EXPECT_EQ(text("0", ""), "0 AF ");
  EXPECT_EQ(text("", ""), "(MISSING) OF ");
  EXPECT_EQ(text(":", "u"), "(MISSING) OF OBS_FLAG u");
  EXPECT_EQ(text("", "c"), "(SUPPRESSED) QC ");
  EXPECT_EQ(text("", "", "N"), "(SUPPRESSED) QN ");
  EXPECT_EQ(text("", "z"), "(NIL) MF ");
  EXPECT_EQ(text("1.50", "p"), "1.50 PF ");
  EXPECT_EQ(text("1.50", "bp"), "1.50 BF OBS_FLAG bp");
  EXPECT_EQ(text("1.50", "r"), "1.50 AF OBS_FLAG r");
}

// 120 months of the EU's imports of plastic waste; the file has labels without codes.
TEST(ComextSdmxRealFile, NeedsTheCodeOfItsProduct) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not here";
  const auto path = *data / "eurostat-comext-sdmx-csv/plastic-waste-imports.csv";
  Collected refused;
  ASSERT_TRUE(ParseFile(kSdmx, path, {}, refused).ok());
  EXPECT_THAT(refused.Problems(), SizeIs(120));
  EXPECT_THAT(refused.Problems()[0],
              HasSubstr("line 2, column product: \"Waste, parings and scrap, of plastics\""));
  FeedOptions options;
  options.constants["product"] = "3915";
  Collected sink;
  ASSERT_TRUE(ParseFile(kSdmx, path, options, sink).ok());
  EXPECT_THAT(sink.Problems(), IsEmpty());
  ASSERT_THAT(sink.Cells(), SizeIs(120));
  EXPECT_EQ(sink.Cells()[0], "EU.EXT_EU.M.HS2012-3915.NETWGT._Z.100KG 2015-01 302984.81");
  EXPECT_TRUE(absl::StartsWith(sink.Cells()[119], "EU.EXT_EU.M.HS2022-3915.NETWGT._Z.100KG 2024-12 "))
      << sink.Cells()[119];
}

constexpr char kNew[] =
    "REPORTER,PARTNER,TRADE_TYPE,PRODUCT_NC,PRODUCT_SITC,PRODUCT_CPA21,PRODUCT_CPA22,PRODUCT_BEC,PRODUCT_"
    "BEC5,"
    "PRODUCT_SECTION,FLOW,STAT_PROCEDURE,SUPPL_UNIT,PERIOD,VALUE_EUR,VALUE_NAC,QUANTITY_KG,QUANTITY_SUPPL_"
    "UNIT\n"
    "AT,AD,E,35069190,59229,2052,2059,220,311210,06,2,1,NO_SU,202402,65,65.5,3,0\n"
    "PL,XS,E,85423111,77641,2611,2611,420,211120,16,1,2,NAR,202402,91500,388912,,61000\n"
    "DE,QR,E,39XXXXXX,582XX,XXXX,XXXX,700,31XXXX,07,2,1,NO_SU,202452,0,0,0,0\n"
    "FR,GB,E,TOTAL,TOTAL,TOTAL,TOTAL,TOTAL,TOTAL,TOTAL,1,1,NO_SU,202012,7,7,7,4\n";
constexpr char kMiddle[] =
    "DECLARANT,DECLARANT_ISO,PARTNER,PARTNER_ISO,TRADE_TYPE,PRODUCT_NC,PRODUCT_SITC,PRODUCT_cpa2002,PRODUCT_"
    "cpa2008,"
    "PRODUCT_CPA2_1,PRODUCT_BEC,PRODUCT_SECTION,FLOW,STAT_REGIME,SUPP_UNIT,PERIOD,VALUE_IN_EUROS,QUANTITY_IN_"
    "KG,SUP_QUANTITY\n"
    "001,FR,0003,NL,I,99SSS100,00151,0122,0143,.....,111,01,1,1,A,200101,2580,600,1\n";
constexpr char kOld[] =
    "DECLARANT,PARTNER,PRODUCT_NC,FLOW,STAT_REGIME,PERIOD,VALUE_1000ECU,QUANTITY_TON,SUP_QUANTITY\n"
    "001,0400,01,1,4,199501,6191.13,1947.9,00\n"
    "EU,1000,01011010,1,4,200201,20.66,2.3,6\n";

TEST(ComextBulk, EachGenerationBecomesCells) {
  ExpectGolden("comext_bulk.txt", absl::StrCat(Read(kBulk, kNew, Published()).ToText(true),
                                               Read(kBulk, kMiddle, Published()).ToText(),
                                               Read(kBulk, kOld, Published()).ToText()));
}

TEST(ComextBulk, WithoutRegimesItGivesTotals) {
  EXPECT_THAT(Read(kBulk,
                   "DECLARANT,PARTNER,PRODUCT_NC,FLOW,PERIOD,VALUE_IN_EUROS,QUANTITY_IN_KG\nDE,400,7204,1,"
                   "202507,5,2\n",
                   Published())
                  .Cells(),
              ElementsAre("DE.US.M.HS2022-7204._T.VALUE.EUR.1 2025-07 5",
                          "DE.US.M.HS2022-7204._T.NETWGT._Z.KG 2025-07 2"));
}

TEST(ComextBulk, EverythingWrongInARowIsTold) {
  EXPECT_THAT(
      Read(kBulk,
           "REPORTER,PARTNER,PRODUCT_NC,FLOW,STAT_PROCEDURE,SUPPL_UNIT,PERIOD,VALUE_EUR,QUANTITY_KG\n"
           "ZZ,0999,X1,7,a,N U,202513,1 000,c\nAT,US\n",
           Published())
          .Problems(),
      ElementsAre(
          "line 2, column PERIOD: \"202513\" is no period; expected a month, as 202507, or a year, as 202552",
          HasSubstr("line 2, column REPORTER: \"ZZ\" is no country or zone"),
          HasSubstr("line 2, column PARTNER: \"0999\""), HasSubstr("line 2, column FLOW: \"7\""),
          HasSubstr("line 2, column PRODUCT_NC: \"X1\""), HasSubstr("line 2, column STAT_PROCEDURE: \"a\""),
          HasSubstr("line 2, column SUPPL_UNIT: \"N U\""), HasSubstr("line 2, column VALUE_EUR: \"1 000\""),
          HasSubstr("line 2, column QUANTITY_KG: \"c\""), "line 3: the row has 2 fields, the header 9"));
}

TEST(ComextBulk, HeadersAndPublicationAreChecked) {
  EXPECT_THAT(ErrorOf(kBulk, "", Published()), HasSubstr("line 1: the file is empty"));
  EXPECT_THAT(ErrorOf(kBulk, "REPORTER,PARTNER,PRODUCT_NC,FLOW,PERIOD\n", Published()),
              HasSubstr("has no column of values"));
  EXPECT_THAT(ErrorOf(kBulk, "REPORTER,PRODUCT_NC,FLOW,PERIOD,VALUE_EUR\n", Published()),
              HasSubstr("lacks the column PARTNER"));
  EXPECT_THAT(ErrorOf(kBulk, "REPORTER,PARTNER,PRODUCT_NC,FLOW,PERIOD,VALUE_EUR,PRICE\n", Published()),
              HasSubstr("has the column \"PRICE\", which Eurostat's bulk files do not have"));
  EXPECT_THAT(ErrorOf(kBulk, kNew, Named("full_202507.dat")), HasSubstr("--published-at: is needed"));
}

TEST(ComextFormats, ExamplesAreTheirOwn) {
  for (const Feeder* feeder : {static_cast<const Feeder*>(&kSdmx), static_cast<const Feeder*>(&kBulk)}) {
    const std::string example(feeder->info().example);
    const auto format = FormatOfContent(example, "x");
    ASSERT_TRUE(format.ok()) << format.status();
    EXPECT_EQ((*format)->info().name, feeder->info().name);
    const Collected sink = Read(*feeder, example, feeder == &kBulk ? Published() : Named("x.csv"));
    EXPECT_THAT(sink.Problems(), IsEmpty());
    EXPECT_GT(sink.Cells().size(), 2u);
  }
}

TEST(ComextCodes, LabelsOfZonesAndCountries) {
  EXPECT_EQ(ComextAreaOfLabel("Austria"), "AT");
  EXPECT_EQ(ComextAreaOfLabel("Intra-EU (= ...)"), "INT_EU");
  EXPECT_EQ(ComextAreaOfLabel("European Union - 27 countries (from 2020)"), "EU27_2020");
  EXPECT_EQ(ComextAreaOfLabel("France (incl. Saint Barthélemy 'BL' -> 2012)"), "FR");
  EXPECT_EQ(ComextAreaOfLabel("Atlantis (sunk)"), std::nullopt);
  EXPECT_EQ(ComextArea("World"), std::nullopt);
  EXPECT_EQ(ComextArea("WORLD"), "W00");
  EXPECT_EQ(ComextAreaOfNumber(732), "JP");
  EXPECT_EQ(ComextAreaOfNumber(5000), std::nullopt);
}

TEST(ComextSdmx, SurvivesTorment) {
  Torment(kSdmx,
          {std::string(kSdmx.info().example), kLabels,
           std::string(kHeader) + Row("A,EL,WORLD,TOTAL,2,VALUE_IN_EUROS", "2024,0,e,F")},
          Named("x"));
  FeedOptions options = Named("x.csv");
  options.constants = {{"product", "8001"}, {"indicators", "XYZ"}};
  Torment(kSdmx, {kLabels}, options);
}
TEST(ComextBulk, SurvivesTorment) { Torment(kBulk, {kNew, kMiddle, kOld}, Published()); }

}  // namespace
}  // namespace tidewaiter::feeders
