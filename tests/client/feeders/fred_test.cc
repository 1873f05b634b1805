#include "client/feeders/fred/fred.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/feeders/formats.h"
#include "client/feeders/fred/fred_names.h"
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
using ::testing::SizeIs;

const FredFeeder kFred;

FeedOptions Named(const std::string& file) {
  FeedOptions options;
  options.file = file;
  return options;
}

Collected Read(const std::string& text, const FeedOptions& options) {
  Collected sink;
  const absl::Status status = ParseText(kFred, text, options, sink, 13);
  EXPECT_TRUE(status.ok()) << status;
  return sink;
}

std::string ErrorOf(const std::string& text, const FeedOptions& options) {
  Collected sink;
  return std::string(ParseText(kFred, text, options, sink).message());
}

constexpr char kOne[] =
    "observation_date,BAL\n2025-07-01,-77154.0\n2025-08-01,.\n2025-09-01,0\n2025-10-01,\n";
constexpr char kVintages[] =
    "observation_date\tBAL_20260107\tBAL_20260108\tBAL_20260201\n"
    "2025-08-01\t.\t.\t-55000.5\n2025-09-01\t-52828\t-48137\t-48137\n2025-10-01\t.\t-29350\t.\n2025-11-01\t."
    "\t.\t-56825\n";
constexpr char kRows[] =
    "realtime_start,realtime_end,date,value\n"
    "2026-01-07,2026-01-07,2025-09-01,-52828\n"
    "2026-01-08,9999-12-31,2025-09-01,-48137\n"
    "2026-01-08,2026-01-31,2025-10-01,-29350\n"
    "2026-02-01,2026-02-10,2025-11-01,-56825\n"
    "2026-02-01,9999-12-31,2025-10-01,-29206.0\n";
constexpr char kJson[] =
    R"({"realtime_start":"2026-01-07","realtime_end":"9999-12-31","units":"lin","output_type":1,"count":3,
"observations":[
{"realtime_start":"2026-01-07","realtime_end":"2026-01-07","date":"2025-09-01","value":"-52828.0"},
{"realtime_start":"2026-01-08","realtime_end":"9999-12-31","date":"2025-09-01","value":"-48137.0"},
{"realtime_start":"2026-01-08","realtime_end":"9999-12-31","date":"2025-10-01","value":"."}]})";

TEST(Fred, OneVintageAFile) { ExpectGolden("fred.txt", Read(kOne, Named("BAL_20260107.csv")).ToText(true)); }

TEST(Fred, AColumnAVintage) {
  ExpectGolden("fred_vintages.txt", Read(kVintages, Named("all.txt")).ToText(true));
}

TEST(Fred, ARowAValueAndItsDays) {
  FeedOptions options = Named("BAL.csv");
  ExpectGolden("fred_rows.txt", Read(kRows, options).ToText(true));
}

TEST(Fred, ObservationsByRealTimePeriodAreTheSameRows) {
  const std::string rows =
      "2025-09-01,-52828,2026-01-07,2026-01-07\n2025-09-01,-48137,2026-01-08,.\n"
      "2025-10-01,-29350,2026-01-08,2026-01-31\n2025-11-01,-56825,2026-02-01,2026-02-10\n"
      "2025-10-01,-29206.0,2026-02-01,\n";
  const std::vector<std::string> cells = Read(kRows, Named("BAL.csv")).Cells();
  for (const std::string header :
       {"period_start_date,BAL,realtime_start_date,realtime_end_date\n",
        "observation_date,BAL,realtime_start_date,realtime_end_date\n",
        "\"period_start_date\",\"BAL\",\"realtime_start_date\",\"realtime_end_date\"\n"}) {
    EXPECT_TRUE(kFred.Recognises(header + rows, "obs._by_real-time_period.csv")) << header;
    const Collected sink = Read(header + rows, Named("obs._by_real-time_period.csv"));
    EXPECT_EQ(sink.Cells(), cells) << header;
    EXPECT_THAT(sink.releases, SizeIs(4));
    EXPECT_EQ(sink.releases[3].release_id, "FRED:2026-02-11:BAL");  // where -56825 is withdrawn
  }
  EXPECT_TRUE(kFred.Recognises("observation_date,value,realtime_start_date,realtime_end_date\n", "x.csv"));
  EXPECT_FALSE(kFred.Recognises("date,realtime_start,value,remark\n", "x.csv"));
}

TEST(Fred, AVintageThatIsNoDayIsRefused) {
  EXPECT_THAT(
      ErrorOf("observation_date,BAL_20261307\n2025-09-01,1\n2025-10-01,1\n", Named("x_20260107.csv")),
      HasSubstr("line 1: the column \"BAL_20261307\" ends in 20261307, which is no day; the vintage of a "
                "column is the year, month and day of its publication, as in BAL_20260107"));
  EXPECT_THAT(ErrorOf(R"({"observations":[{"date":"2025-09-01","BAL_20260230":"1"}]})", Named("x.json")),
              HasSubstr("ends in 20260230, which is no day"));
  EXPECT_EQ(FredColumnOf("BAL_2026")->series, "BAL_2026");
}

TEST(Fred, AValueThatIsStatedTwiceInOneLineIsFoundByItsRecord) {
  SorterOptions plain;
  plain.resolve = [](const DatasetDefinition& profile) { return profile; };
  const auto sorted =
      Sort(kFred,
           R"({"observations":[{"date":"2025-09-01","value":"1"},{"date":"2025-10-01","value":"1"},)"
           R"({"date":"2025-09-01","value":"2"}]})",
           Named("BAL_20260107.json"), plain);
  EXPECT_THAT(
      std::string(sorted.status().message()),
      HasSubstr("line 1, column value: record 3 states 2 for BAL 2025-09; record 1 states 1 for the same"));
}

TEST(Fred, JsonGivesTheSameAsCsv) {
  ExpectGolden("fred_json.txt", Read(kJson, Named("BAL.json")).ToText(true));
  // All vintages as members of one object, and only the new and revised ones.
  const Collected sink =
      Read(R"({"units":"pc1","observations":[{"date":"2025-09-01","BAL_20260107":"1.5","BAL_20260108":"."},)"
           R"({"date":"2025-10-01","BAL_20260108":2.50}]})",
           Named("x.json"));
  EXPECT_THAT(sink.releases, SizeIs(2));
  EXPECT_THAT(sink.Cells(), ElementsAre("BAL_PC1 2025-09 1.5", "BAL_PC1 2025-10 2.50"));
}

TEST(Fred, APageOfAnAnswerIsRefused) {
  const auto error = [](const std::string& before, const std::string& behind = "") {
    return ErrorOf(absl::StrCat("{", before, R"("observations":[
{"realtime_start":"2026-01-07","realtime_end":"2026-01-07","date":"2025-09-01","value":"1"},
{"realtime_start":"2026-01-08","realtime_end":"9999-12-31","date":"2025-10-01","value":"2"}])",
                                behind, "}"),
                   Named("BAL.json"));
  };
  EXPECT_EQ(error(R"("count":2,"offset":0,"limit":100000,)"), "");
  EXPECT_THAT(error(R"("count":4,"offset":2,"limit":2,)"),
              AllOf(HasSubstr("offset: is 2: the file is a later page"),
                    HasSubstr("with offset=0 and a limit of at least 4")));
  EXPECT_THAT(error(R"("count":3,"offset":0,"limit":2,)"),
              AllOf(HasSubstr("count: is 3, and the file has 2 observations: the answer was cut"),
                    HasSubstr("with offset=0 and a limit of at least 3")));
  EXPECT_THAT(error("", R"(,"count":3)"), HasSubstr("count: is 3"));
  // A vintage a member: cut only if the limit says so.
  const auto members = [](const std::string& before) {
    return ErrorOf(absl::StrCat("{", before, R"("observations":[{"date":"2025-09-01","BAL_20260107":"1"},
{"date":"2025-10-01","BAL_20260107":"1","BAL_20260108":"2"}]})"),
                   Named("BAL.json"));
  };
  EXPECT_EQ(members(R"("count":3,"offset":0,"limit":100000,)"), "");
  EXPECT_THAT(members(R"("count":3,"offset":0,"limit":2,)"), HasSubstr("count: is 3"));
  EXPECT_THAT(ErrorOf(R"({"error_code":400,"error_message":"Bad Request."})", Named("x.json")),
              HasSubstr("error_message: is \"Bad Request.\""));
}

TEST(Fred, SeriesAreNamedByTheColumnTheFileOrTheUser) {
  FeedOptions options = Named("2026-01-07.csv");
  const std::string text = "date,value\n2025-07-01,1\n2025-08-01,2\n";
  EXPECT_THAT(ErrorOf(text, options), HasSubstr("--set: series_id is needed"));
  options.constants["series_id"] = "BOPGSTB";
  EXPECT_THAT(Read(text, options).Cells(), ElementsAre("BOPGSTB 2025-07 1", "BOPGSTB 2025-08 2"));
  EXPECT_THAT(Read(text, Named("IMPCH-2026-01-07.csv")).Cells(), Contains("IMPCH 2025-07 1"));
  EXPECT_EQ(Read(text, options).releases[0].release_id, "FRED:2026-01-07:BOPGSTB");
  EXPECT_EQ(FredSeriesInName("fredgraph.csv"), std::nullopt);
  EXPECT_EQ(FredSeriesInName("2026-01-07.csv"), std::nullopt);
}

TEST(Fred, TheDatesTellTheFrequency) {
  const auto cells = [](const std::string& rows, const std::string& freq = "") {
    FeedOptions options = Named("X_20260107.csv");
    if (!freq.empty()) options.constants["freq"] = freq;
    return Read("DATE,X\n" + rows, options).Cells();
  };
  EXPECT_THAT(cells("2025-01-01,1\n2025-04-01,2\n2025-10-01,3\n"), Contains("X 2025-04/P3M 2"));
  EXPECT_THAT(cells("2023-01-01,1\n2025-01-01,2\n2024-01-01,2\n"), Contains("X 2023-01/P12M 1"));
  EXPECT_THAT(cells("2025-01-01,1\n2025-07-01,2\n"), Contains("X 2025-07/P6M 2"));
  EXPECT_THAT(cells("2025-01-01,1\n2025-12-01,2\n2025-11-01,2\n"), Contains("X 2025-12 2"));
  EXPECT_THAT(cells("2025-01-01,1\n", "A"), ElementsAre("X 2025-01/P12M 1"));
  // Values of quarters in a table of months.
  EXPECT_THAT(ErrorOf("DATE,X,Y\n2025-01-01,1,1\n2025-02-01,,2\n2025-04-01,2,2\n2025-07-01,2,2\n",
                      Named("x_20260107.csv")),
              HasSubstr("freq is needed: the dates of \"X\""));
  EXPECT_THAT(ErrorOf("DATE,X\n2025-01-01,1\n", Named("X_20260107.csv")),
              HasSubstr("--set: freq is needed: the dates of \"X\""));
  FeedOptions options = Named("X_20260107.csv");
  options.constants["freq"] = "W";
  EXPECT_THAT(ErrorOf("DATE,X\n2025-01-01,1\n", options), HasSubstr("freq: \"W\" is none of M, Q, S and A"));
}

TEST(Fred, WhatIsMissingWithinASeriesIsMissingAndBeyondItNothing) {
  EXPECT_THAT(
      Read("observation_date,A,B\n2025-01-01,1,\n2025-02-01,,2\n2025-03-01,3,.\n", Named("x_20260107.csv"))
          .Cells(),
      ElementsAre("A 2025-01 1", "A 2025-02 (MISSING) status O", "A 2025-03 3", "B 2025-02 2"));
}

TEST(Fred, PublicationComesFromTheVintageOrTheNameOrTheUser) {
  EXPECT_THAT(ErrorOf(kOne, Named("BAL.csv")), HasSubstr("--published-at: is needed"));
  FeedOptions options = Named("all.txt");
  options.published = ParsePublication("2026-03-01").value();
  EXPECT_THAT(ErrorOf(kVintages, options), HasSubstr("the vintage in it says 2026-01-07"));
}

TEST(Fred, DimensionsAreAddedByTheUser) {
  FeedOptions options = Named("IMPCH_20190501.csv");
  options.constants = {{"reporter", "US"},   {"partner", "CN"},   {"flow", "M"},
                       {"measure", "VALUE"}, {"currency", "USD"}, {"unit", "MN"}};
  const std::string text = "DATE,IMPCH\n2019-01-01,41603.830547\n2019-02-01,1\n";
  EXPECT_THAT(ErrorOf(text, options), HasSubstr("--dataset: is needed"));
  options.dataset = "US_BILATERAL";
  const Collected sink = Read(text, options);
  EXPECT_THAT(sink.Cells(), Contains("US.CN.M.IMPCH.VALUE.USD.MN 2019-01 41603.830547"));
  EXPECT_EQ(sink.datasets[0].dimensions[3].id, "series_id");
  EXPECT_EQ(sink.datasets[0].dimensions[3].role, Role::kOther);
  EXPECT_EQ(sink.datasets[0].dimensions[0].role, Role::kReporter);
  options.constants["unit"] = "M N";
  EXPECT_THAT(ErrorOf(text, options), HasSubstr("--set: unit: "));
}

TEST(Fred, EverythingWrongInARowIsTold) {
  EXPECT_THAT(Read("realtime_start,realtime_end,date,value\n2026-01-07,2026-13-01,2025-09-02,1e5\n2026-01-07,"
                   "2026-01-06,2025-09,1\na,b\n"
                   "2026-01-07,2026-01-08,2025-09-01,1\n2026-01-07,2026-01-08,2025-10-01,1\n",
                   Named("X.csv"))
                  .Problems(),
              ElementsAre(HasSubstr("line 2, column date: \"2025-09-02\" is not the first day of a month"),
                          HasSubstr("line 2, column realtime_end: \"2026-13-01\" is no day"),
                          HasSubstr("line 2, column value: \"1e5\""),
                          HasSubstr("line 3, column date: \"2025-09\" is no date"),
                          "line 3, column realtime_end: \"2026-01-06\" lies before realtime_start",
                          "line 4: the row has 2 fields, the header 4"));
  const std::string json =
      R"({"observations":[{"date":"x","value":"1,5"},{"date":"2025-01-01"},{"date":"2025-01-01","value":[1]},{"date"}]})";
  EXPECT_THAT(Read(json, Named("X_20260107.json")).Problems(),
              ElementsAre("line 1, column observations[0].date: \"x\" is no date, as 2025-09-01",
                          HasSubstr("line 1, column observations[0].value: \"1,5\""),
                          "line 1, column observations[1].value: is missing",
                          "line 1, column observations[2]: the member \"value\" is no value of a series",
                          HasSubstr("line 1, column observations[3]: is no JSON")));
}

TEST(Fred, HeadersAreChecked) {
  const FeedOptions options = Named("X_20260107.csv");
  EXPECT_THAT(ErrorOf("", options), HasSubstr("line 1: the file is empty"));
  EXPECT_THAT(ErrorOf("X,Y\n", options), HasSubstr("line 1: lacks the column observation_date"));
  EXPECT_THAT(ErrorOf("date\n", options), HasSubstr("line 1: has no column of values"));
  EXPECT_THAT(ErrorOf("date,DATE,X\n", options), HasSubstr("has the column \"DATE\" twice"));
  EXPECT_THAT(ErrorOf("date,X,X\n", options), HasSubstr("has the column \"X\" twice"));
  EXPECT_THAT(ErrorOf("date,a b\n", options), HasSubstr("the column \"a b\" is no series"));
  EXPECT_THAT(ErrorOf("date,realtime_end,X\n", options),
              HasSubstr("has realtime_end without realtime_start"));
  EXPECT_THAT(ErrorOf("date,realtime_start,X_20260107\n", options), HasSubstr("has a vintage of its own"));
  EXPECT_THAT(ErrorOf(R"({"units":"xyz","observations":[{}]})", options),
              HasSubstr("units: \"xyz\" is none of FRED's units"));
}

TEST(Fred, ExampleIsItsOwn) {
  const std::string example(kFred.info().example);
  for (const std::string& text :
       {example, std::string(kOne), std::string(kRows), std::string(kJson), std::string(kVintages)}) {
    const auto format = FormatOfContent(text, "x");
    ASSERT_TRUE(format.ok()) << format.status();
    EXPECT_EQ((*format)->info().name, "fred");
  }
  const Collected sink = Read(example, Named("x.csv"));
  EXPECT_THAT(sink.Problems(), IsEmpty());
  EXPECT_THAT(sink.Cells(), SizeIs(5));
}

// The US balance, a file a vintage, named after its day.
TEST(FredRealFiles, TheBalanceIsRevised) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not here";
  FeedOptions options;
  options.constants["series_id"] = "BOPGSTB";
  std::vector<std::string> september;
  for (const char* day :
       {"2026-01-07", "2026-01-08", "2026-02-01", "2026-02-22", "2026-03-15", "2026-04-05"}) {
    Collected sink;
    ASSERT_TRUE(
        ParseFile(kFred, *data / "us-bopgstb-vintages" / absl::StrCat(day, ".csv"), options, sink).ok());
    EXPECT_THAT(sink.Problems(), IsEmpty());
    ASSERT_THAT(sink.releases, SizeIs(1));
    EXPECT_EQ(sink.releases[0].published.ToString(), day);
    EXPECT_THAT(sink.Cells(), Contains("BOPGSTB 1992-01 -2026"));
    for (const std::string& cell : sink.Cells()) {
      if (cell.find(" 2025-09 ") != std::string::npos) september.push_back(cell.substr(cell.rfind(' ') + 1));
    }
  }
  ASSERT_THAT(september, SizeIs(6));
  EXPECT_EQ(september[0], "-52828.0");
  EXPECT_EQ(september[1], "-48137.0");
  EXPECT_EQ(september[2], "-48137.0");
}

TEST(FredRealFiles, BilateralTrade) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not here";
  FeedOptions options;
  options.published = ParsePublication("2017-03-07").value();
  for (const char* series : {"EXPCH", "EXPGE", "EXPMX", "IMPCH", "IMPGE", "IMPMX"}) {
    Collected sink;
    ASSERT_TRUE(ParseFile(kFred, *data / "us-bilateral-vintages/2017-03" / absl::StrCat(series, ".csv"),
                          options, sink)
                    .ok());
    EXPECT_THAT(sink.Problems(), IsEmpty());
    EXPECT_THAT(sink.Cells(), SizeIs(sink.rows()));
    EXPECT_EQ(sink.sections[0].cells[0].observation.period.ToString(), "2006-12");
  }
  options.published = ParsePublication("2019-05-09").value();
  Collected sink;
  ASSERT_TRUE(ParseFile(kFred, *data / "us-bilateral-vintages/2019-05/IMPCH.csv", options, sink).ok());
  EXPECT_THAT(sink.Cells(), Contains("IMPCH 2019-01 41603.830547"));
}

TEST(Fred, SurvivesTorment) {
  FeedOptions options = Named("BAL_20260107.csv");
  Torment(kFred, {kOne, kVintages, kRows, kJson}, options);
  options.constants = {{"series_id", "X"}, {"reporter", "US"}, {"freq", "M"}};
  options.dataset = "D";
  Torment(kFred, {kOne, kVintages, kRows, kJson}, options);
}

}  // namespace
}  // namespace tidewaiter::feeders
