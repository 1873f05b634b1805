#include "client/feeders/sdmx/sdmx_json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/feeders/formats.h"
#include "client/feeders/limits.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

FeedOptions Options() {
  FeedOptions options;
  options.file = "trade_2025-08-07.json";
  return options;
}

Collected Read(std::string_view text, const FeedOptions& options = Options()) {
  Collected sink;
  const absl::Status status = ParseText(SdmxJsonFeeder(), text, options, sink);
  EXPECT_TRUE(status.ok()) << status;
  return sink;
}

std::string Error(std::string_view text, const FeedOptions& options = Options()) {
  Collected sink;
  return std::string(ParseText(SdmxJsonFeeder(), text, options, sink).message());
}

// Dimensions at every level, key positions that are not the order of the levels, attributes at every level,
// coded and free, a default, annotations. DATA_SETS is where the data sets go.
constexpr std::string_view kMessage = R"json({
 "$schema": "https://json.sdmx.org/2.0.0/sdmx-json-data-schema.json",
 "meta": {"id": "x", "prepared": "2025-08-07T03:00:00Z", "sender": {"id": "XX"}},
 "data": {
  "dataSets": [DATA_SETS],
  "structures": [{
   "name": "Trade of XX",
   "links": [{"href": "https://example.org"},
             {"urn": "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=XX:TRADE(1.0)", "rel": "dataflow"}],
   "dimensions": {
    "dataSet": [{"id": "FREQ", "keyPosition": 0, "values": [{"id": "M", "name": "Monthly"}]}],
    "series": [{"id": "FLOW", "keyPosition": 3, "values": [{"id": "X"}, {"id": "M"}]},
               {"id": "REPORTER", "keyPosition": 1, "values": [{"id": "XA"}, {"id": "XC"}]}],
    "observation": [{"id": "TIME_PERIOD", "keyPosition": 4, "roles": ["TIME_PERIOD"],
                     "values": [{"id": "2025-06"}, {"value": "2025-07"}, {"id": "2025-W05"}]}]},
   "measures": {"observation": [{"id": "OBS_VALUE"}]},
   "attributes": {
    "dataSet": [{"id": "UNIT_MULT", "values": [{"id": "6"}]}],
    "dimensionGroup": [{"id": "COVERAGE", "values": [{"id": "all"}, {"id": "some"}]}],
    "series": [{"id": "TITLE", "values": [{"name": "Exports"}, {"value": "Caf\u00e9 \"imports\""}]}],
    "observation": [{"id": "OBS_STATUS", "default": "A", "values": [{"id": "A"}, {"id": "P"}, {"id": "Q"}]},
                    {"id": "REMARK"}, {"id": "TAGS", "values": [{"id": "T1"}, {"id": "T2"}]}]},
   "annotations": [{"id": "N1", "text": "First note"}, {"id": "N2", "title": "Second"}]
  }]}})json";

std::string Message(std::string_view sets) {
  return absl::StrReplaceAll(ToAbsl(kMessage), {{"DATA_SETS", ToAbsl(sets)}});
}

constexpr std::string_view kSeries = R"json({"structure": 0, "action": "Replace", "attributes": [0],
   "dimensionGroupAttributes": {"0:1::": [1]},
   "series": {
    "0:0": {"attributes": [0], "observations": {"0": [1234.50], "1": [1.5E3, 1, "seen\nlate", [0, 1], 0, 1]}},
    "1:1": {"attributes": [1], "annotations": [1], "observations": {"0": [null, 2], "1": ["NaN"], "2": [1]}}
   }})json";

TEST(SdmxJson, ReadsSeries) { ExpectGolden("sdmx_json_series.txt", Read(Message(kSeries)).ToText()); }

TEST(SdmxJson, ReadsFlatObservations) {
  // Everything at the level of observations, and no "measures": there is one, OBS_VALUE.
  const Collected sink = Read(R"json({"data":{"structures":[{
    "links":[{"urn":"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=XX.SUB:T(2.1)"}],
    "dimensions":{"observation":[{"id":"REF_AREA","values":[{"id":"CN"},{"id":"RU"}]},
                                 {"id":"TIME_PERIOD","values":[{"id":"2025-Q1"}]}]},
    "attributes":{"observation":[{"id":"OBS_CONF","values":[{"id":"F"},{"id":"C"}]}]}}],
   "dataSets":[{"observations":{"0:0":[0.10,0],"1:0":[12345678901234567890.123456]}}]}})json");
  EXPECT_EQ(sink.datasets[0].publisher, "XX_SUB");
  EXPECT_THAT(sink.Cells(), ElementsAre("CN 2025-01/P3M 0.10", "RU 2025-01/P3M 12345678901234567890.123456"));
}

TEST(SdmxJson, DataSetsAreSectionsInOrder) {
  const Collected sink = Read(Message(
      R"json({"structure":0,"action":"Delete","series":{"0:":{}}},
             {"structure":0,"action":"Delete","series":{":1":{"observations":{"0":[]}}}},
             {"structure":0,"action":"Merge","attributes":[0],"series":{"0:0":{"observations":{"0":[1]}}}},
             {"structure":0,"action":"Append","attributes":[0],"series":{"0:1":{"observations":{"0":[2]}}}},
             {"structure":0,"action":"Delete"})json"));
  EXPECT_THAT(sink.Problems(), IsEmpty());
  ASSERT_THAT(sink.sections, SizeIs(4));
  EXPECT_EQ(sink.sections[0].scope->selector.ToString(), "M..X.");
  EXPECT_EQ(sink.sections[1].scope->selector.ToString(), "M.XC..");
  EXPECT_EQ(sink.sections[1].scope->periods.from->ToString(), "2025-06");
  EXPECT_EQ(sink.sections[2].action, Action::kMerge);
  EXPECT_THAT(sink.sections[2].cells, SizeIs(2));
  EXPECT_EQ(sink.sections[3].action, Action::kDelete);
  EXPECT_EQ(sink.sections[3].scope->selector.ToString(), "M...");
}

TEST(SdmxJson, AMergeWithoutAValueIsRefused) {
  const Collected sink = Read(
      Message(R"json({"action":"Merge","series":{"0:0":{"observations":{"0":[null,0],"1":[null,2]}}}})json"));
  EXPECT_THAT(sink.Cells(), ElementsAre("M.XA.X._X 2025-07 (SUPPRESSED) status Q"));
  EXPECT_THAT(
      sink.Problems(),
      ElementsAre(HasSubstr("column dataSets[0].series[0:0].observations[0].OBS_VALUE: is empty, which")));
}

TEST(SdmxJson, SeveralMeasuresMakeADimension) {
  constexpr std::string_view kText = R"json({"data":{"structures":[{
    "links":[{"urn":"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=XX:T(1.0)"}],
    "dimensions":{"observation":[{"id":"REF_AREA","values":[{"id":"CN"}]},
                                 {"id":"TIME_PERIOD","values":[{"id":"2025-07"}]}]},
    "measures":{"observation":[{"id":"VALUE"},{"id":"WEIGHT"}]}}],
   "dataSets":[{"observations":{"0:0":[1.0,20]}}]}})json";
  EXPECT_THAT(Read(kText).Cells(), ElementsAre("CN.VALUE 2025-07 1.0", "CN.WEIGHT 2025-07 20"));
  FeedOptions options = Options();
  options.columns["measures"] = "WEIGHT";
  EXPECT_THAT(Read(kText, options).Cells(), ElementsAre("CN 2025-07 20 note VALUE=1.0"));
}

TEST(SdmxJson, ValidFromCanTellThePublication) {
  FeedOptions options;
  options.file = "history.json";
  options.columns["published"] = "validFrom";
  const Collected sink = Read(
      Message(R"json({"validFrom":"2025-07-07T10:00:00+02:00","series":{"0:0":{"observations":{"0":[1]}}}},
                     {"validFrom":"2025-08-07","series":{"0:0":{"observations":{"0":[2]}}}})json"),
      options);
  ASSERT_THAT(sink.releases, SizeIs(2));
  EXPECT_EQ(sink.releases[0].published.ToString(), "2025-07-07T08:00:00Z");
  EXPECT_EQ(sink.releases[1].published.ToString(), "2025-08-07");
  EXPECT_THAT(Error(Message(R"json({"series":{"0:0":{"observations":{"0":[1]}}}})json"), options),
              HasSubstr("validFrom"));
}

TEST(SdmxJson, ItsExampleIsRightAndItsOwn) {
  const Collected sink = Read(SdmxJsonFeeder().info().example);
  EXPECT_THAT(sink.Problems(), IsEmpty());
  EXPECT_THAT(sink.Cells(), ElementsAre("XA.X 2025-07 1234.50", "XA.M 2025-07 987.00"));
  const auto format = FormatOfContent(SdmxJsonFeeder().info().example, "x.json");
  ASSERT_TRUE(format.ok()) << format.status();
  EXPECT_EQ((*format)->info().name, "sdmx-json");
  EXPECT_FALSE(SdmxJsonFeeder().Recognises(R"({"elapsedTime":"1","count":1,"data":[{"dataSets":1}]})", "x"));
  EXPECT_FALSE(SdmxJsonFeeder().Recognises(R"({"realtime_start":"2025-01-01","observations":[]})", "x"));
}

TEST(SdmxJson, RefusesVersionOne) {
  for (const std::string_view text :
       {R"json({"header":{"id":"x","sender":{"id":"ECB"}},"dataSets":[],"structure":{"dimensions":{}}})json",
        R"json({"meta":{"sender":{"id":"E"}},"data":{"dataSets":[],"structure":{"dimensions":{}}}})json"}) {
    EXPECT_TRUE(SdmxJsonFeeder().Recognises(text, "x"));
    EXPECT_THAT(Error(text), HasSubstr("this is SDMX-JSON 1.0"));
  }
}

TEST(SdmxJson, RefusesWhatDoesNotFitTogether) {
  EXPECT_THAT(Error(Message(R"json({"structure":3})json")),
              HasSubstr("dataSets[0].structure: there is no structure 3"));
  EXPECT_THAT(Error(Message(R"json({"series":{"0:9":{"observations":{"0":[1]}}}})json")),
              AllOf(HasSubstr("dataSets[0].series[0:9]"),
                    HasSubstr("\"9\" is no index into the 2 values of REPORTER")));
  EXPECT_THAT(Error(Message(R"json({"series":{"0":{"observations":{"0":[1]}}}})json")),
              HasSubstr("\"0\" has 1 places; there are 2"));
  EXPECT_THAT(Error(Message(R"json({"series":{"0:0":{"observations":{"0:0":[1]}}}})json")),
              HasSubstr("more places"));
  EXPECT_THAT(Error(Message(R"json({"series":{"0:":{"observations":{"0":[1]}}}})json")),
              HasSubstr("no index"));
  EXPECT_THAT(Error(Message(R"json({"series":{"0:0":{"observations":{"0":[1,7]}}}})json")),
              HasSubstr("OBS_STATUS: \"7\" is no index into the 3 values"));
  EXPECT_THAT(Error(Message(R"json({"series":{"0:0":{"observations":{"0":[1,0,null,null,9]}}}})json")),
              HasSubstr("2 annotations"));
  EXPECT_THAT(Read(Message(R"json({"action":"Erase"})json")).Problems(),
              ElementsAre(HasSubstr("\"Erase\" is no action")));
  EXPECT_THAT(
      Read(Message(R"json({"series":{"0:0":{"observations":{"0":["much"],"1":[true]}}}})json")).Problems(),
      ElementsAre(HasSubstr("\"much\""), HasSubstr("\"true\"")));
  EXPECT_THAT(Error(absl::StrReplaceAll(Message(kSeries), {{"\"urn\"", "\"uri\""}})),
              HasSubstr("no link has a urn"));
  EXPECT_THAT(Error("{}"), HasSubstr("no \"data\""));
  for (const std::string_view text :
       {"", "[]", "{\"data\":", "{\"data\":[]}", "{\"data\":{\"dataSets\":7}}", "nonsense"}) {
    EXPECT_FALSE(Error(text).empty()) << text;
  }
}

TEST(SdmxJson, RefusesAFileBeyondItsLimit) {
  std::string text = Message(kSeries);
  text.append(kMaxSdmxJsonBytes, ' ');
  EXPECT_THAT(Error(text), HasSubstr("the most that a file of this format may have"));
}

TEST(SdmxJson, Torment) {
  Torment(SdmxJsonFeeder(),
          {Message(kSeries), std::string(SdmxJsonFeeder().info().example),
           Message(R"json({"action":"Delete","series":{"0:":{}}},{"action":"Delete"})json")},
          Options());
}

}  // namespace
}  // namespace tidewaiter::feeders
