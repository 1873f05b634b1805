#include "client/feeders/sdmx/sdmx_csv.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/formats.h"
#include "client/feeders/limits.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

FeedOptions Options() {
  FeedOptions options;
  options.file = "trade_2025-08-07.csv";
  return options;
}

Collected Read(std::string_view text, FeedOptions options = Options(), std::size_t piece = 1u << 16) {
  Collected sink;
  const absl::Status status = ParseText(SdmxCsvFeeder(), text, options, sink, piece);
  EXPECT_TRUE(status.ok()) << status;
  return sink;
}

absl::Status Error(std::string_view text, const FeedOptions& options = Options()) {
  Collected sink;
  return ParseText(SdmxCsvFeeder(), text, options, sink);
}

constexpr std::string_view kTrade =
    "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REPORTER,PARTNER,FLOW,TIME_PERIOD,OBS_VALUE,OBS_STATUS,OBS_CONF,UNIT_"
    "MULT,"
    "DECIMALS,OBS_COMMENT\n"
    "dataflow,XX:TRADE(1.0),M,M,XA,XB,X,2025-07,1234.50,A,F,6,2,\n"
    "dataflow,XX:TRADE(1.0),M,M,XA,XB,M,2025-07,,Q,C,6,2,\"withheld, as\nin June\"\n"
    "dataflow,XX:TRADE(1.0),M,A,XA,XB,X,2024,0,E,,6,,\n"
    "dataflow,XX:TRADE(1.0),M,M,XA,XB,X,2025-01-01/P7M,8641.5,,,6,1,\n";

TEST(SdmxCsv, ReadsAMessage) { ExpectGolden("sdmx_csv_trade.txt", Read(kTrade).ToText(true)); }

TEST(SdmxCsv, ReadsTheSameInPiecesAndWithoutALastLineEnd) {
  const std::string whole = Read(kTrade).ToText(true);
  EXPECT_EQ(Read(kTrade, Options(), 7).ToText(true), whole);
  EXPECT_EQ(Read(kTrade.substr(0, kTrade.size() - 1)).ToText(true), whole);
  EXPECT_EQ(Read(absl::StrCat("\xEF\xBB\xBF", ToAbsl(kTrade))).ToText(true), whole);
}

TEST(SdmxCsv, ItsExampleIsRightAndItsOwn) {
  const SdmxCsvFeeder feeder;
  const Collected sink = Read(feeder.info().example);
  EXPECT_THAT(sink.Problems(), IsEmpty());
  EXPECT_THAT(sink.Cells(), SizeIs(2));
  const auto format = FormatOfContent(feeder.info().example, "x.csv");
  ASSERT_TRUE(format.ok()) << format.status();
  EXPECT_EQ((*format)->info().name, "sdmx-csv");
}

TEST(SdmxCsv, RecognisesItsFilesAndNoOthers) {
  const SdmxCsvFeeder feeder;
  EXPECT_TRUE(feeder.Recognises("STRUCTURE,STRUCTURE_ID,A\n", "x"));
  EXPECT_TRUE(feeder.Recognises("\xEF\xBB\xBFSTRUCTURE[|];STRUCTURE_ID;A\n", "x"));
  EXPECT_TRUE(feeder.Recognises("\"STRUCTURE\",\"STRUCTURE_ID\"\n", "x"));
  EXPECT_TRUE(feeder.Recognises("DATAFLOW,FREQ,TIME_PERIOD,OBS_VALUE\nBIS:X(1.0),", "x"));
  EXPECT_TRUE(feeder.Recognises("DATAFLOW,LAST UPDATE,freq\nESTAT:NAMA(1.0),", "x"));
  EXPECT_FALSE(feeder.Recognises("DATAFLOW,LAST UPDATE,freq\nESTAT:DS-045409(1.0),", "x"));
  for (const std::string_view head : {"", "STRUCTURE", "STRUCTURE,X\n", "STRUCTURES,STRUCTURE_ID\n",
                                      "DATAFLOWS,", "freq,TIME_PERIOD\n", "{\"data\":"}) {
    EXPECT_FALSE(feeder.Recognises(head, "x")) << head;
  }
}

// --- which component is what

TEST(SdmxCsv, GuessesDimensionsByPlaceAndName) {
  // REF_AREA is known to be one wherever it stands; COLLECTION and UNIT_MULT are known to be none.
  const Collected sink = Read(
      "DATAFLOW,DIM1,COLLECTION,UNIT_MULT,TIME_PERIOD,REF_AREA,OBS_VALUE,ATT1\n"
      "MD:T(1.0),A,K,3,2025-07,CN,1.0,x\n");
  EXPECT_THAT(sink.Cells(), ElementsAre("A.CN.3 2025-07 1.0 note COLLECTION=K; ATT1=x"));
}

TEST(SdmxCsv, TakesTheDimensionsThatAreNamed) {
  FeedOptions options = Options();
  options.columns["dimensions"] = "ATT1+DIM1";
  const Collected sink = Read(
      "DATAFLOW,DIM1,DIM2,TIME_PERIOD,OBS_VALUE,ATT1\n"
      "MD:T(1.0),A,B,2025-07,1.0,C\n",
      options);
  EXPECT_THAT(sink.Cells(), ElementsAre("C.A 2025-07 1.0 note DIM2=B"));
}

TEST(SdmxCsv, SeriesKeyTellsTheDimensionsAndTheirOrder) {
  const Collected sink = Read(
      "STRUCTURE,STRUCTURE_ID,SERIES_KEY,DIM1,ADJ,DIM2,TIME_PERIOD,OBS_VALUE,ATT1\n"
      "dataflow,MD:T(1.0),B.A.C,A,N,B,2025-07,1.0,C\n"
      "dataflow,MD:T(1.0),B.A.D,A,N,B,2025-07,1.0,D\n"
      "dataflow,MD:T(1.0),B.A.D,A,N,B,2025-08,1.0,E\n");
  EXPECT_THAT(sink.Cells(), ElementsAre("B.A.C 2025-07 1.0 note ADJ=N", "B.A.D 2025-07 1.0 note ADJ=N"));
  EXPECT_THAT(sink.Problems(),
              ElementsAre(AllOf(HasSubstr("line 4, column SERIES_KEY: \"B.A.D\" is not DIM2.DIM1.ATT1"),
                                HasSubstr("dimensions="))));
}

TEST(SdmxCsv, ConstantsAreDimensions) {
  FeedOptions options = Options();
  options.constants = {{"reporter", "XA"}, {"unit_mult", "6"}};
  const Collected sink = Read(
      "DATAFLOW,PARTNER,TIME_PERIOD,OBS_VALUE,UNIT_MULT\n"
      "MD:T(1.0),XB,2025-07,1.0,\n"
      "MD:T(1.0),XC,2025-07,1.0,3\n",
      options);
  ASSERT_THAT(sink.datasets, SizeIs(1));
  EXPECT_EQ(sink.datasets[0].dimensions[1].id, "reporter");
  EXPECT_THAT(sink.Cells(), ElementsAre("XB.XA.6 2025-07 1.0", "XC.XA.3 2025-07 1.0"));
}

TEST(SdmxCsv, AnEmptyUnitIsNotSpecified) {
  EXPECT_THAT(
      Read("DATAFLOW,DIM1,TIME_PERIOD,OBS_VALUE,UNIT_MULT,CURRENCY\nMD:T(1.0),A,2025-07,1.0,,USD\n").Cells(),
      ElementsAre("A.USD._X 2025-07 1.0"));
}

TEST(SdmxCsv, SeveralMeasuresMakeADimension) {
  FeedOptions options = Options();
  options.columns["measures"] = "VALUE+WEIGHT";
  const Collected sink = Read(
      "DATAFLOW,DIM1,TIME_PERIOD,VALUE,WEIGHT\n"
      "MD:T(1.0),A,2025-07,1.0,20\n"
      "MD:T(1.0),A,2025-08,1.1,\n"
      "MD:T(1.0),A,2025-09,x,y\n",
      options);
  EXPECT_THAT(sink.Cells(), ElementsAre("A.VALUE 2025-07 1.0", "A.WEIGHT 2025-07 20", "A.VALUE 2025-08 1.1"));
  EXPECT_THAT(sink.Problems(), SizeIs(2));
}

TEST(SdmxCsv, OptionsOverrideTheProfile) {
  FeedOptions options = Options();
  options.dataset = "OTHER";
  options.publisher = "ME";
  options.time_zone = "Asia/Shanghai";
  const Collected sink = Read(kTrade, options);
  ASSERT_THAT(sink.datasets, SizeIs(1));
  EXPECT_EQ(sink.datasets[0].id, "OTHER");
  EXPECT_EQ(sink.datasets[0].publisher, "ME");
  EXPECT_EQ(sink.datasets[0].time_zone, "Asia/Shanghai");
}

// --- dialects

TEST(SdmxCsv, LabelsAreLeftOutOfCodes) {
  const Collected both = Read(
      "STRUCTURE,STRUCTURE_ID,ACTION,DIM1: Dimension 1,TIME_PERIOD: Time,OBS_VALUE: Value,OBS_STATUS: Status,"
      "TITLE: Title\n"
      "dataflow,MD:T(1.0): Trade: all,I,A: Area A: large,2025-07: July,1.50: one,P: provisional,X: "
      "Exports\n");
  EXPECT_EQ(both.datasets[0].title, "Trade: all");
  EXPECT_THAT(both.Cells(), ElementsAre("A 2025-07 1.50 status P note TITLE=X: Exports"));
  const Collected name = Read(
      "STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,DIM1,Dimension "
      "1,TIME_PERIOD,Time,OBS_VALUE,Value,ATT1,Att 1\n"
      "dataflow,MD:T(1.0),Trade,I,A,Area A,2025-07,July,1.50,,x,Ex\n");
  EXPECT_EQ(name.datasets[0].title, "Trade");
  EXPECT_THAT(name.Cells(), ElementsAre("A 2025-07 1.50 note ATT1=x"));
}

TEST(SdmxCsv, TakesTheSeparatorBehindTheFirstWord) {
  FeedOptions options = Options();
  options.decimal_mark = ',';
  EXPECT_THAT(Read("STRUCTURE[|];STRUCTURE_ID;ACTION;DIM_1;TIME_PERIOD;OBS_VALUE;ATTR_1[];ATTR_2[en|fr]\n"
                   "dataflow;XX:T(1.0);M;A;2014-01;12,40;X|Y;en:One|fr:Un\n",
                   options)
                  .Cells(),
              ElementsAre("A 2014-01 12.40 note ATTR_1=X|Y; ATTR_2=en:One|fr:Un"));
  EXPECT_THAT(
      Read("STRUCTURE\tSTRUCTURE_ID\tDIM_1\tTIME_PERIOD\tOBS_VALUE\ndataflow\tXX:T(1.0)\tA\t2014-01\t12.4\n")
          .Cells(),
      ElementsAre("A 2014-01 12.4"));
  EXPECT_THAT(
      Read("STRUCTURE|STRUCTURE_ID|DIM_1|TIME_PERIOD|OBS_VALUE\ndataflow|XX:T(1.0)|A|2014-01|12.4\n").Cells(),
      ElementsAre("A 2014-01 12.4"));
}

TEST(SdmxCsv, DaysAreNormalizedTimesWhereTheFrequencyIsCoarser) {
  const Collected sink = Read(
      "DATAFLOW,FREQ,TIME_PERIOD,OBS_VALUE\nMD:T(1.0),M,2014-01-31,1\nMD:T(1.0),Q,2014-03-31,3\n"
      "MD:T(1.0),D,2014-01-31,1\nMD:T(1.0),M,2014-W05,1\n");
  EXPECT_THAT(sink.Cells(), ElementsAre("M 2014-01 1", "Q 2014-01/P3M 3"));
  EXPECT_THAT(sink.Problems(), ElementsAre(HasSubstr("line 4, column TIME_PERIOD: \"2014-01-31\" is a day"),
                                           HasSubstr("line 5, column TIME_PERIOD: \"2014-W05\" is a week")));
}

TEST(SdmxCsv, ReportingYearsMayStartInAnotherMonth) {
  EXPECT_THAT(Read("DATAFLOW,DIM1,TIME_PERIOD,OBS_VALUE,REPORTING_YEAR_START_DAY\n"
                   "MD:T(1.0),A,2025-Q1,1,--04-01\nMD:T(1.0),B,2025-Q1,1,\n")
                  .Cells(),
              ElementsAre("A 2025-04/P3M 1", "B 2025-01/P3M 1"));
}

// --- actions

constexpr std::string_view kActions = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,AREA,TIME_PERIOD,OBS_VALUE,ATT1\n";

std::string Sections(const Collected& sink) {
  std::string out;
  for (const auto& section : sink.sections) {
    absl::StrAppend(&out, sink.datasets[section.dataset].id, " ", ToAbsl(ActionName(section.action)), " ",
                    section.cells.size());
    if (section.scope) {
      const PeriodRange& p = section.scope->periods;
      absl::StrAppend(&out, " [", section.scope->selector.ToString(), "] ",
                      p.from ? p.from->ToString() : "any", " ", p.to ? p.to->ToString() : "any");
    }
    absl::StrAppend(&out, "\n");
  }
  return out;
}

TEST(SdmxCsv, ActionsAreSectionsInOrder) {
  const Collected sink = Read(absl::StrCat(ToAbsl(kActions),
                                           "dataflow,MD:T(1.0),D,M,CN,,,\n"
                                           "dataflow,MD:T(1.0),D,M,RU,,,\n"
                                           "dataflow,MD:T(1.0),M,M,CN,2025-07,1,\n"
                                           "dataflow,MD:T(1.0),A,M,CN,2025-08,2,\n"
                                           "dataflow,MD:T(1.0),I,M,CN,2025-09,3,\n"
                                           "dataflow,MD:T(1.0),R,M,RU,2025-07,4,\n"
                                           "dataflow,MD:T(1.0),D,M,BY,2025-07,,\n"
                                           "dataflow,MD:T(1.0),D,M,BY,2025-08,-,\n"
                                           "dataflow,MD:T(1.0),D,,,2024-01,,\n"
                                           "dataflow,MD:T(1.0),M,M,KZ,2025-07,5,\n"));
  EXPECT_THAT(sink.Problems(), IsEmpty());
  EXPECT_EQ(Sections(sink),
            "T DELETE 0 [M.CN+RU] any any\n"
            "T MERGE 4\n"
            "T DELETE 2\n"
            "T DELETE 0 [] 2024-01 2024-01\n"
            "T MERGE 1\n");
  EXPECT_EQ(sink.rows(), 10u);
}

TEST(SdmxCsv, ReplacingAllIsADeletionOfAllAndAMerge) {
  const Collected sink = Read(absl::StrCat(ToAbsl(kActions),
                                           "dataflow,MD:T(1.0),D,,,,,\n"
                                           "dataflow,MD:T(1.0),M,M,CN,2025-07,1,\n"));
  EXPECT_EQ(Sections(sink), "T DELETE 0 [] any any\nT MERGE 1\n");
}

TEST(SdmxCsv, ADeletionDividesWhatIsStatedBeforeAndBehind) {
  const Collected sink = Read(absl::StrCat(ToAbsl(kActions),
                                           "dataflow,MD:T(1.0),M,M,CN,2025-07,1,\n"
                                           "dataflow,MD:T(1.0),D,M,,,,\n"
                                           "dataflow,MD:T(1.0),M,M,RU,2025-07,1,\n"));
  EXPECT_EQ(Sections(sink), "T MERGE 1\nT DELETE 0 [M.] any any\nT MERGE 1\n");
}

TEST(SdmxCsv, ADeletionOfALongPeriodNeedsItsFrequencyOrAWholeKey) {
  const Collected sink = Read(absl::StrCat(ToAbsl(kActions),
                                           "dataflow,MD:T(1.0),D,A,,2024,,\n"
                                           "dataflow,MD:T(1.0),D,Q,CN,2024,,\n"
                                           "dataflow,MD:T(1.0),D,,CN,2024,,\n"));
  EXPECT_EQ(Sections(sink), "T DELETE 1\nT DELETE 0 [A.] 2024-01 2024-12\n");
  EXPECT_THAT(sink.Problems(),
              ElementsAre(HasSubstr("line 4, column TIME_PERIOD: the deletion of 2024-01/P12M")));
}

TEST(SdmxCsv, DeletionsOfAttributesAlonePassOver) {
  const Collected sink = Read(absl::StrCat(ToAbsl(kActions),
                                           "dataflow,MD:T(1.0),M,M,CN,2025-07,1,\n"
                                           "dataflow,MD:T(1.0),D,M,CN,2025-07,,-\n"));
  EXPECT_EQ(Sections(sink), "T MERGE 1\n");
  EXPECT_EQ(sink.passed_over.at("deletes attributes and leaves the observation"), 1u);
}

TEST(SdmxCsv, AFileOfDeletionsNeedsItsDimensionsNamed) {
  constexpr std::string_view kText = "STRUCTURE,STRUCTURE_ID,ACTION,AREA\ndataflow,MD:T(1.0),D,CN\n";
  EXPECT_THAT(Read(kText).Problems(), Each(HasSubstr("there is no such column")));
  FeedOptions options = Options();
  options.columns["dimensions"] = "FREQ+AREA";
  EXPECT_EQ(Sections(Read(kText, options)), "T DELETE 0 [.CN] any any\n");
  EXPECT_EQ(Sections(Read("STRUCTURE,STRUCTURE_ID,ACTION\ndataflow,MD:T(1.0),D\n", options)),
            "T DELETE 0 [] any any\n");
}

TEST(SdmxCsv, TooManySectionsAreRefused) {
  std::string text(kActions);
  for (std::size_t i = 0; i < limits::kMaxSectionsPerRelease; ++i) {
    absl::StrAppend(&text, "dataflow,MD:T(1.0),M,M,A", i, ",2025-07,1,\ndataflow,MD:T(1.0),D,M,B", i,
                    ",2025-07,,\n");
  }
  EXPECT_EQ(DetailsOf(Error(text)).reason, Reason::kLimitExceeded);
}

TEST(SdmxCsv, AttributesOfPartialKeysGoToTheObservationsBehind) {
  const Collected sink = Read(
      "STRUCTURE,STRUCTURE_ID,ACTION,DIM1,DIM2,TIME_PERIOD,OBS_VALUE,ATT1,UNIT_MULT\n"
      "dataflow,MD:T(1.0),I,A,,,,of A,6\n"
      "dataflow,MD:T(1.0),I,A,B,2020,1,,\n"
      "dataflow,MD:T(1.0),I,A,B,2021,2,own,\n"
      "dataflow,MD:T(1.0),I,C,,,,of C,3\n"
      "dataflow,MD:T(1.0),I,C,B,2021,3,,\n"
      "dataflow,MD:T(1.0),I,C,,,,,\n");
  EXPECT_THAT(sink.Cells(),
              ElementsAre("A.B.6 2020-01/P12M 1 note ATT1=of A", "A.B.6 2021-01/P12M 2 note ATT1=own",
                          "C.B.3 2021-01/P12M 3 note ATT1=of C"));
  EXPECT_EQ(sink.passed_over.at("attributes of a partial key, kept for the observations behind"), 2u);
  EXPECT_THAT(sink.Problems(), ElementsAre(HasSubstr("line 7, column OBS_VALUE: the row has neither")));
}

// --- several datasets, several releases

TEST(SdmxCsv, SeveralStructuresAreSectionsOfOneRelease) {
  const Collected sink = Read(
      "STRUCTURE[;],STRUCTURE_ID,ACTION,DIM_A1B1,DIM_A2,DIM_B2,TIME_PERIOD,OBS_VALUE\n"
      "dataflow,ESTAT:DF_A(1.6.0),M,A,2,,2025-07,1\n"
      "datastructure,ESTAT:DSD_B(1.7.0),M,A,,B,2025-07,2\n"
      "dataflow,ESTAT:DF_A(1.6.0),M,B,2,,2025-07,3\n"
      "dataflow,ESTAT:DF_A(1.6.0),M,B,2,X,2025-08,3\n");
  ASSERT_THAT(sink.releases, SizeIs(1));
  EXPECT_EQ(Sections(sink), "DF_A MERGE 2\nDSD_B MERGE 1\n");
  EXPECT_THAT(sink.Cells(), ElementsAre("A.2 2025-07 1", "B.2 2025-07 3", "A.B 2025-07 2"));
  EXPECT_THAT(sink.Problems(),
              ElementsAre(HasSubstr("line 5, column DIM_B2: has \"X\", and was empty in the first")));
  FeedOptions options = Options();
  options.dataset = "ONE";
  EXPECT_THAT(ToStd(Error("STRUCTURE,STRUCTURE_ID,A1,A2,B2,TIME_PERIOD,OBS_VALUE\n"
                          "dataflow,E:A(1),A,2,,2025-07,1\ndataflow,E:B(1),A,,B,2025-07,2\n",
                          options)
                        .message()),
              HasSubstr("two structures of the message are both \"ONE\""));
}

TEST(SdmxCsv, AColumnCanTellThePublication) {
  FeedOptions options;
  options.file = "history.csv";
  options.columns["published"] = "VALID_FROM";
  const Collected sink = Read(
      "DATAFLOW,AREA,TIME_PERIOD,OBS_VALUE,VALID_FROM\n"
      "MD:T(1.0),CN,2025-06,1.0,2025-07-07\n"
      "MD:T(1.0),CN,2025-06,1.1,2025-08-07T11:00:00+08:00\n"
      "MD:T(1.0),CN,2025-07,2.0,2025-08-07T11:00:00+08:00\n"
      "MD:T(1.0),CN,2025-07,2.0,soon\n",
      options);
  EXPECT_THAT(sink.releases, SizeIs(2));
  EXPECT_EQ(sink.releases[1].published.ToString(), "2025-08-07T03:00:00Z");
  EXPECT_THAT(sink.Cells(), ElementsAre("CN 2025-06 1.0", "CN 2025-06 1.1", "CN 2025-07 2.0"));
  EXPECT_THAT(sink.Problems(), ElementsAre(HasSubstr("line 5, column VALID_FROM: \"soon\"")));
  options.columns["published"] = "NOTHING";
  EXPECT_THAT(Read(kTrade, options).Problems(),
              ElementsAre(HasSubstr("column NOTHING: was named as the time")));
}

// --- what is refused

TEST(SdmxCsv, RefusesAllThatIsWrongInARow) {
  const Collected sink = Read(
      "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,AREA,TIME_PERIOD,OBS_VALUE,OBS_STATUS,OBS_CONF,CONF_STATUS,ATT1\n"
      "dataflow,MD:T(1.0),M,M,CN,2025-07,1,A,F,F,\n"
      "dataflow,MD:T(1.0),M,M,C N,2025-13,1.2.3,AB,F,C,\n"
      "dataflow,MD:T(1.0),M,,~,,1,A,F,,\n"
      "dataflow,MD:T(1.0),M,M,CN,2025-08,,A,F,,\n"
      "dataflow,MD:T(1.0),M,M,CN,2025-08,1,A,F,,\"\x01\"\n"
      "dataflow,MD:T(1.0),X,M,CN,2025-08,1,A,F,,\n"
      "dataflaw,MD,M,M,CN,2025-08,1,A,F,,\n"
      "dataflow,MD:T(1.0),M,M,CN,2025-08,1\n");
  EXPECT_THAT(sink.Cells(), SizeIs(1));
  ExpectGolden("sdmx_csv_refused.txt", sink.ToText());
}

TEST(SdmxCsv, RefusesHeadersThatCannotBeUsed) {
  EXPECT_THAT(Read("STRUCTURE,STRUCTURE_ID,TIME_PERIOD,REGION,OBS_VALUE\ndataflow,MD:T(1.0),2025-07,A,1\n")
                  .Problems(),
              ElementsAre(HasSubstr("does not tell which columns are dimensions")));
  EXPECT_THAT(
      Read("STRUCTURE,STRUCTURE_ID,AREA,AREA,TIME_PERIOD,OBS_VALUE\ndataflow,MD:T(1.0),A,A,2025-07,1\n")
          .Problems(),
      ElementsAre(HasSubstr("line 1, column AREA: stands twice")));
  EXPECT_THAT(Read("STRUCTURE,ACTION,AREA,TIME_PERIOD,OBS_VALUE\ndataflow,M,A,2025-07,1\n").Problems(),
              ElementsAre(HasSubstr("must be STRUCTURE_ID"), HasSubstr("STRUCTURE_ID: \"dataflow\"")));
  EXPECT_THAT(ToStd(Error("REF_AREA,TIME_PERIOD,OBS_VALUE\nCN,2025-07,1\n").message()),
              AllOf(HasSubstr("line 1"), HasSubstr("begins with \"REF_AREA,TIME"),
                    HasSubstr("STRUCTURE (2.0, 2.1)")));
  EXPECT_FALSE(Error("").ok());
  EXPECT_FALSE(Error("STRUCTURE").ok());
}

TEST(SdmxCsv, RefusesOptionsThatDoNotFit) {
  FeedOptions options;
  options.file = "trade.csv";
  EXPECT_THAT(ToStd(Error(kTrade, options).message()), HasSubstr("--published-at"));
  options = Options();
  options.columns["value"] = "OBS_VALUE";
  EXPECT_THAT(ToStd(Error(kTrade, options).message()), HasSubstr("columns.value"));
  options = Options();
  options.columns["dimensions"] = "AREA+area";
  EXPECT_THAT(ToStd(Error(kTrade, options).message()), HasSubstr("named twice"));
  options = Options();
  options.constants["reporter"] = "C N";
  EXPECT_THAT(ToStd(Error(kTrade, options).message()), HasSubstr("constants.reporter"));
  options = Options();
  options.columns["measures"] = "NONE";
  EXPECT_THAT(Read(kTrade, options).Problems(),
              ElementsAre(HasSubstr("column NONE: was named as a measure")));
}

TEST(SdmxCsv, RefusesMoreDimensionsThanADatasetHas) {
  std::string header = "DATAFLOW", row = "MD:T(1.0)";
  for (std::size_t i = 0; i <= limits::kMaxDimensions; ++i) {
    absl::StrAppend(&header, ",D", i);
    absl::StrAppend(&row, ",A");
  }
  EXPECT_THAT(ToStd(Error(absl::StrCat(header, ",TIME_PERIOD,OBS_VALUE\n", row, ",2025-07,1\n")).message()),
              AllOf(HasSubstr("at most 16 dimensions"), HasSubstr("dimensions=")));
}

TEST(SdmxCsv, RefusesANoteBeyondItsLimit) {
  const std::string text = absl::StrCat("DATAFLOW,AREA,TIME_PERIOD,OBS_VALUE,TITLE\nMD:T(1.0),CN,2025-07,1,",
                                        std::string(limits::kMaxNoteBytes, 'x'), "\n");
  EXPECT_THAT(Read(text).Problems(), ElementsAre(HasSubstr("column TITLE: with this attribute the note")));
}

// --- the samples of the standard's readers and writers

// What becomes of each, by its name. "accepted" with the number of cells, or the beginning of the first
// reason.
TEST(SdmxCsv, Samples) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*data / "sdmx-csv-samples")) {
    if (entry.path().extension() == ".csv") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  ASSERT_THAT(files, SizeIs(62));
  std::string listing;
  for (const std::filesystem::path& file : files) {
    FeedOptions options;
    options.published = *ParsePublication("2025-08-07");
    Collected sink;
    const absl::Status status = ParseFile(SdmxCsvFeeder(), file, options, sink);
    const std::string name = file.lexically_relative(*data / "sdmx-csv-samples").string();
    if (!status.ok()) {
      absl::StrAppend(&listing, name, ": refused: ", status.message(), "\n");
    } else if (!sink.refused.empty()) {
      absl::StrAppend(&listing, name, ": refused:\n");
      for (const std::string& problem : sink.Problems()) absl::StrAppend(&listing, "    ", problem, "\n");
    } else {
      absl::StrAppend(&listing, name, ": ", sink.Cells().size(), " cells of ", sink.rows(), " rows, ");
      for (const auto& [why, count] : sink.passed_over)
        absl::StrAppend(&listing, count, " passed over (", why, "), ");
      absl::StrAppend(&listing, "first: ", sink.Cells().empty() ? "none" : sink.Cells()[0], "\n");
      EXPECT_FALSE(sink.Cells().empty()) << name;
      EXPECT_EQ(sink.datasets.size(), 1u) << name;
    }
  }
  ExpectGolden("sdmx_csv_samples.txt", listing);
}

TEST(SdmxCsv, TheBisSampleAddsUp) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  FeedOptions options;
  options.published = *ParsePublication("2025-08-07");
  Collected sink;
  ASSERT_TRUE(
      ParseFile(SdmxCsvFeeder(), *data / "sdmx-csv-samples/sdmx10/reader/samples/data_v1.csv", options, sink)
          .ok());
  EXPECT_EQ(sink.rows(), 1000u);
  EXPECT_THAT(sink.refused, IsEmpty());
  std::size_t nil = 0, values = 0;
  for (const auto& cell : sink.sections[0].cells) {
    nil += !cell.observation.datum.has_value() && cell.observation.datum.absence() == Absence::kNil;
    values += cell.observation.datum.has_value();
  }
  EXPECT_EQ(nil, 640u) << "rows K,S,M,F without a value";
  EXPECT_EQ(values, 360u);
}

TEST(SdmxCsv, Torment) {
  Torment(
      SdmxCsvFeeder(),
      {std::string(kTrade), std::string(SdmxCsvFeeder().info().example),
       absl::StrCat(ToAbsl(kActions),
                    "dataflow,MD:T(1.0),D,M,CN,,,\ndataflow,MD:T(1.0),M,M,CN,2025-07,1,x\n"
                    "dataflow,MD:T(1.0),D,,,2024-01,,\ndataflow,MD:T(1.0),I,M,,,,of M\n"),
       "STRUCTURE,STRUCTURE_ID,SERIES_KEY,DIM1,ADJ,DIM2,TIME_PERIOD,OBS_VALUE,ATT1\n"
       "dataflow,MD:T(1.0),B.A.C,A,N,B,2025-07,1.0,C\ndatastructure,MD:U(1.0),B.A.D,A,N,B,2025-07,1.0,D\n",
       "DATAFLOW;DIM1: D;TIME_PERIOD: T;OBS_VALUE: V\nMD:T(1.0): Trade;A: x;2020: y;1.5E3\n"},
      Options());
}

}  // namespace
}  // namespace tidewaiter::feeders
