#include "client/feeders/sdmx/sdmx_ml.h"

#include "absl/strings/str_cat.h"
#include "client/feeders/formats.h"
#include "client/feeders/limits.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"
#include "tests/client/feeders/sorted.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

FeedOptions Options() {
  FeedOptions options;
  options.file = "trade_2025-08-07.xml";
  return options;
}

Collected Read(std::string_view text, const FeedOptions& options = Options(), std::size_t piece = 1u << 16) {
  Collected sink;
  const absl::Status status = ParseText(SdmxMlFeeder(), text, options, sink, piece);
  EXPECT_TRUE(status.ok()) << status;
  return sink;
}

std::string Error(std::string_view text, const FeedOptions& options = Options()) {
  Collected sink;
  return std::string(ParseText(SdmxMlFeeder(), text, options, sink).message());
}

constexpr std::string_view kOpen3 = R"xml(<?xml version="1.0" encoding="UTF-8"?>
<m:StructureSpecificData xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/message"
    xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/common"
    xmlns:s="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/data/structurespecific"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <m:Header><m:ID>1</m:ID><m:Prepared>2025-08-07T03:00:00Z</m:Prepared><m:Sender id="XX"/>
    <m:Structure structureID="T" dimensionAtObservation="TIME_PERIOD">
      <c:StructureUsage>urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=XX:TRADE(1.0)</c:StructureUsage>
    </m:Structure>
    <m:DataSetAction>Replace</m:DataSetAction>
  </m:Header>
)xml";
constexpr std::string_view kClose = "</m:StructureSpecificData>\n";

std::string Message3(std::string_view sets) {
  return absl::StrCat(ToAbsl(kOpen3), ToAbsl(sets), ToAbsl(kClose));
}

constexpr std::string_view kSeries =
    R"xml(  <m:DataSet s:structureRef="T" xsi:type="T:DataSetType" UNIT_MULT="6">
    <Group type="Sibling" REPORTER="XA" FLOW="M" TITLE="Imports of XA" DECIMALS="2"/>
    <Atts COVERAGE="all"/>
    <Series FREQ="M" REPORTER="XA" FLOW="X" COLLECTION="S" EXTRA="e">
      <Comp id="TITLE"><Value><c:Text xml:lang="en">Exports &amp; more</c:Text><c:Text xml:lang="fr">Exportations</c:Text></Value></Comp>
      <Obs TIME_PERIOD="2025-06" OBS_VALUE="1234.50" OBS_STATUS="A"/>
      <Obs TIME_PERIOD="2025-07" OBS_VALUE="1.5E3"><Comp id="OBS_STATUS"><Value>P</Value></Comp>
        <Comp id="TAGS"><Value>T1</Value><Value>T2</Value></Comp></Obs>
    </Series>
    <Series FREQ="M" REPORTER="XA" FLOW="M">
      <Obs TIME_PERIOD="2025-06" OBS_STATUS="Q" OBS_CONF="C"/>
      <Obs TIME_PERIOD="2025-07" OBS_VALUE="NaN" LATE="yes"/>
      <Obs TIME_PERIOD="2025-W05" OBS_VALUE="x"/>
    </Series>
  </m:DataSet>
)xml";

TEST(SdmxMl, AnObservationThatIsStatedTwiceInOneLineIsFoundByItsNumber) {
  SorterOptions plain;
  plain.resolve = [](const DatasetDefinition& profile) { return profile; };
  const auto sorted =
      Sort(SdmxMlFeeder(), Message3(R"xml(<m:DataSet s:structureRef="T" xsi:type="T:DataSetType">
    <Series FREQ="M" REPORTER="XA" FLOW="X"><Obs TIME_PERIOD="2025-06" OBS_VALUE="1"/><Obs TIME_PERIOD="2025-06" OBS_VALUE="2"/></Series>
  </m:DataSet>)xml"),
           Options(), plain);
  EXPECT_THAT(std::string(sorted.status().message()),
              AllOf(HasSubstr("record 2 states 2 for M.XA.X"), HasSubstr("2025-06; record 1 states 1")));
}

TEST(SdmxMl, ReadsSeries) {
  const std::string whole = Read(Message3(kSeries)).ToText(true);
  ExpectGolden("sdmx_ml_series.txt", whole);
  EXPECT_EQ(Read(Message3(kSeries), Options(), 3).ToText(true), whole);
}

TEST(SdmxMl, ReadsVersionTwoPointOne) {
  const Collected sink = Read(R"xml(<?xml version="1.0"?>
<mes:StructureSpecificTimeSeriesData xmlns:mes="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
    xmlns:com="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"
    xmlns:d="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/structurespecific">
 <mes:Header><mes:ID>1</mes:ID>
  <mes:Structure structureID="S1" dimensionAtObservation="TIME_PERIOD">
   <com:Structure><Ref agencyID="ECB" id="ECB_EXR1" version="1.0" class="DataStructure"/></com:Structure></mes:Structure>
  <mes:Structure structureID="S2" dimensionAtObservation="AllDimensions">
   <com:ProvisionAgreement><URN>urn:sdmx:org.sdmx.infomodel.registry.ProvisionAgreement=XX:PA(1.0)</URN></com:ProvisionAgreement>
  </mes:Structure>
 </mes:Header>
 <mes:DataSet d:action="Append" d:structureRef="S1" d:dataScope="DataStructure">
  <Group CURRENCY="USD" UNIT="USD" UNIT_MULT="0"/>
  <Series FREQ="M" CURRENCY="USD" TIME_FORMAT="P1M" COLLECTION="A"><Obs TIME_PERIOD="2025-07" OBS_VALUE="1.0950"/></Series>
 </mes:DataSet>
 <mes:DataSet d:action="Information" d:structureRef="S2">
  <Obs AREA="CN" GOODS="TOTAL" TIME_PERIOD="2025-Q2" OBS_VALUE="7" CONF_STATUS="F"/>
  <Obs AREA="RU" GOODS="TOTAL" TIME_PERIOD="2025-Q2" OBS_VALUE="8" CONF_STATUS="F"/>
 </mes:DataSet>
</mes:StructureSpecificTimeSeriesData>)xml");
  ASSERT_THAT(sink.datasets, SizeIs(2));
  EXPECT_EQ(sink.datasets[0].id, "ECB_EXR1");
  EXPECT_EQ(sink.datasets[1].description, "SDMX dataprovision XX:PA(1.0)");
  EXPECT_THAT(sink.Cells(), ElementsAre("M.USD.USD.0 2025-07 1.0950 note TIME_FORMAT=P1M; COLLECTION=A",
                                        "CN.TOTAL 2025-04/P3M 7", "RU.TOTAL 2025-04/P3M 8"));
}

TEST(SdmxMl, TheDimensionAtObservationMayBeAnother) {
  std::string text = Message3(
      "<m:DataSet s:structureRef=\"T\"><Series FREQ=\"M\" TIME_PERIOD=\"2025-07\"><Obs CARRIER=\"SEA\" "
      "OBS_VALUE=\"1\"/>"
      "<Obs CARRIER=\"AIR\" OBS_VALUE=\"2\"/></Series></m:DataSet>");
  text.replace(text.find("\"TIME_PERIOD\""), 13, "\"CARRIER\"");
  EXPECT_THAT(Read(text).Cells(), ElementsAre("M.SEA 2025-07 1", "M.AIR 2025-07 2"));
}

TEST(SdmxMl, DataSetsAreSectionsInOrder) {
  const Collected sink = Read(Message3(
      R"xml(<m:DataSet s:structureRef="T" s:action="Delete"><Series FREQ="M" REPORTER="XA"/></m:DataSet>
<m:DataSet s:structureRef="T" s:action="Merge"><Series FREQ="M" REPORTER="XA" FLOW="X"><Obs TIME_PERIOD="2025-07" OBS_VALUE="1"/></Series></m:DataSet>
<m:DataSet s:structureRef="T" s:action="Delete"><Series FREQ="M" REPORTER="XA" FLOW="X"><Obs TIME_PERIOD="2025-06"/></Series></m:DataSet>
<m:DataSet s:structureRef="T" s:action="Delete"/>)xml"));
  EXPECT_THAT(sink.Problems(), IsEmpty());
  ASSERT_THAT(sink.sections, SizeIs(4));
  EXPECT_EQ(sink.sections[0].action, Action::kDelete);
  EXPECT_EQ(sink.sections[0].scope->selector.ToString(), "M.XA.");
  EXPECT_THAT(sink.sections[1].cells, SizeIs(1));
  EXPECT_THAT(sink.sections[2].cells, SizeIs(1));
  EXPECT_EQ(sink.sections[2].cells[0].observation.datum, Datum::Absent(Absence::kWithdrawn));
  EXPECT_EQ(sink.sections[3].scope->selector.ToString(), "");
}

TEST(SdmxMl, DimensionsCanBeNamed) {
  FeedOptions options = Options();
  options.columns["dimensions"] = "FLOW+EXTRA";
  const Collected sink = Read(Message3("<m:DataSet s:structureRef=\"T\"><Series A=\"1\" FLOW=\"X\" "
                                       "EXTRA=\"e\"><Obs TIME_PERIOD=\"2025-07\" "
                                       "OBS_VALUE=\"1\"/></Series><Series A=\"1\" FLOW=\"X\"><Obs "
                                       "TIME_PERIOD=\"2025-07\" OBS_VALUE=\"1\"/>"
                                       "</Series></m:DataSet>"),
                              options);
  EXPECT_THAT(sink.Cells(), ElementsAre("X.e 2025-07 1 note A=1"));
  EXPECT_THAT(sink.Problems(), ElementsAre(HasSubstr("column EXTRA: is empty")));
}

TEST(SdmxMl, ValidFromCanTellThePublication) {
  FeedOptions options;
  options.file = "history.xml";
  options.columns["published"] = "validFromDate";
  const Collected sink = Read(
      Message3(
          R"xml(<m:DataSet s:structureRef="T" s:validFromDate="2025-07-07T10:00:00+02:00"><Obs A="1" TIME_PERIOD="2025-06" OBS_VALUE="1"/></m:DataSet>
<m:DataSet s:structureRef="T" s:validFromDate="2025-08-07"><Obs A="1" TIME_PERIOD="2025-06" OBS_VALUE="2"/></m:DataSet>)xml"),
      options);
  ASSERT_THAT(sink.releases, SizeIs(2));
  EXPECT_EQ(sink.releases[0].published.ToString(), "2025-07-07T08:00:00Z");
  EXPECT_EQ(sink.sections[1].release, 1u);
}

TEST(SdmxMl, ItsExampleIsRightAndItsOwn) {
  const Collected sink = Read(SdmxMlFeeder().info().example);
  EXPECT_THAT(sink.Problems(), IsEmpty());
  EXPECT_THAT(sink.Cells(), ElementsAre("M.XA.XB.X.6 2025-07 1234.50 status P"));
  const auto format = FormatOfContent(SdmxMlFeeder().info().example, "x.xml");
  ASSERT_TRUE(format.ok()) << format.status();
  EXPECT_EQ((*format)->info().name, "sdmx-ml");
  EXPECT_FALSE(SdmxMlFeeder().Recognises("<html><body>StructureSpecificData</body></html>", "x"));
}

TEST(SdmxMl, RefusesOtherMessages) {
  for (const std::string_view name : {"GenericData", "Structure", "Error", "CompactData"}) {
    const std::string text = absl::StrCat(
        "<m:", ToAbsl(name), " xmlns:m=\"http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message\"/>");
    EXPECT_THAT(Error(text), AllOf(HasSubstr(absl::StrCat("line 1: the message is \"", ToAbsl(name))),
                                   HasSubstr("StructureSpecificData of SDMX-ML 2.1 or 3.0 is read")));
  }
}

TEST(SdmxMl, RefusesWhatIsMeantToHurt) {
  EXPECT_THAT(
      Error("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><x>&b;</x>"),
      HasSubstr("document type declaration"));
  std::string deep(kOpen3);
  for (std::size_t i = 0; i <= kMaxNesting; ++i) deep += "<a>";
  EXPECT_THAT(Error(deep), HasSubstr("nest deeper"));
  std::string text(kOpen3);
  EXPECT_THAT(Error(absl::StrCat(text, "<m:DataSet x=\"", std::string(3u << 20, 'x'), "\"/>")),
              HasSubstr("a tag of more than"));
  EXPECT_THAT(Error(absl::StrCat(text, "<m:Other>", std::string(3u << 20, 'x'))),
              HasSubstr("a text of more than"));
  text = "<m:DataSet s:structureRef=\"T\">";
  for (int i = 0; i < 1200; ++i) absl::StrAppend(&text, "<Group A", i, "=\"1\"/>");
  EXPECT_THAT(Error(Message3(text)), HasSubstr("more than 1000"));
}

TEST(SdmxMl, RefusesWhatDoesNotFitTogether) {
  EXPECT_THAT(Error(Message3("<m:DataSet s:structureRef=\"U\"/>")),
              HasSubstr("\"U\", which the header does not tell of"));
  EXPECT_THAT(Error(Message3("<m:DataSet s:structureRef=\"T\" s:action=\"Erase\"/>")),
              HasSubstr("\"Erase\" is no action"));
  EXPECT_THAT(Error(Message3(
                  "<m:DataSet s:structureRef=\"T\"><Obs TIME_PERIOD=\"2025\" OBS_VALUE=\"1\"/></m:DataSet>")),
              HasSubstr("which attributes are dimensions cannot be told"));
  EXPECT_THAT(Error(Message3("<m:Other>")), HasSubstr("no well-formed XML"));
  EXPECT_FALSE(Error("").empty());
  const Collected sink =
      Read(Message3("<m:DataSet s:structureRef=\"T\">\n<Obs FREQ=\"M\" A=\"a b\" TIME_PERIOD=\"2025-13\" "
                    "OBS_VALUE=\"1,5\"/>\n"
                    "<Obs FREQ=\"M\" TIME_PERIOD=\"2025-07\" OBS_VALUE=\"1\"/></m:DataSet>"));
  EXPECT_THAT(
      sink.Problems(),
      ElementsAre(HasSubstr("line 13, column A: "), HasSubstr("line 13, column TIME_PERIOD: \"2025-13\""),
                  HasSubstr("line 13, column OBS_VALUE: \"1,5\""), HasSubstr("line 14, column A: is empty")));
}

TEST(SdmxMl, Torment) {
  Torment(SdmxMlFeeder(), {Message3(kSeries), std::string(SdmxMlFeeder().info().example)}, Options());
}

}  // namespace
}  // namespace tidewaiter::feeders
