// What the three SDMX formats share: periods, structure references, values, kinds of components.
#include <array>
#include <utility>

#include "client/feeders/sdmx/sdmx_components.h"
#include "client/feeders/sdmx/sdmx_groups.h"
#include "client/feeders/sdmx/sdmx_structure.h"
#include "client/feeders/sdmx/sdmx_time.h"
#include "client/feeders/sdmx/sdmx_value.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Months(std::string_view text, int year_start = 1, std::string_view frequency = "") {
  const auto period = ParseSdmxPeriod(text, year_start, frequency);
  return period.ok() ? period->ToString() : std::string(period.status().message());
}

TEST(SdmxTime, ReadsEveryPeriodOfWholeMonths) {
  EXPECT_EQ(Months("2025"), "2025-01/P12M");
  EXPECT_EQ(Months("2025-07"), "2025-07");
  EXPECT_EQ(Months("2025-A1"), "2025-01/P12M");
  EXPECT_EQ(Months("2025-S2"), "2025-07/P6M");
  EXPECT_EQ(Months("2025-T3"), "2025-09/P4M");
  EXPECT_EQ(Months("2025-Q4"), "2025-10/P3M");
  EXPECT_EQ(Months("2025-M07"), "2025-07");
  EXPECT_EQ(Months("2025-01-01/P7M"), "2025-01/P7M");
  EXPECT_EQ(Months("2025-01-01T00:00:00/P1Y"), "2025-01/P12M");
  EXPECT_EQ(Months("2025-01-01T00:00:00.000+08:00/P1Y6M"), "2025-01/P18M");
  EXPECT_EQ(Months("2025-01/P7M"), "2025-01/P7M");
}

TEST(SdmxTime, CountsReportingPeriodsFromTheReportingYear) {
  EXPECT_EQ(Months("2010-Q2", 7), "2010-10/P3M");
  EXPECT_EQ(Months("2025-A1", 4), "2025-04/P12M");
  EXPECT_EQ(Months("2025-M12", 4), "2026-03");
  EXPECT_EQ(Months("2025-03", 4), "2025-03") << "a Gregorian month is no reporting period";
  EXPECT_EQ(ParseReportingYearStart("--04-01").value_or(0), 4);
  EXPECT_THAT(ToStd(ParseReportingYearStart("--04-06").status().message()),
              HasSubstr("first day of a month"));
  EXPECT_FALSE(ParseReportingYearStart("--13-01").ok());
  EXPECT_FALSE(ParseReportingYearStart("04-01").ok());
}

TEST(SdmxTime, TakesADayForThePeriodOfItsFrequency) {
  EXPECT_EQ(Months("2014-12-31", 1, "M"), "2014-12");
  EXPECT_EQ(Months("2014-12-31", 1, "Q"), "2014-10/P3M");
  EXPECT_EQ(Months("2014-05-15T12:00:00", 1, "A"), "2014-01/P12M");
  EXPECT_THAT(Months("2014-12-31", 1, "D"), HasSubstr("is a day"));
  EXPECT_THAT(Months("2014-12-31"), HasSubstr("is a day"));
}

TEST(SdmxTime, RefusesWhatIsNoRunOfWholeMonths) {
  EXPECT_THAT(Months("2025-W05"), HasSubstr("\"2025-W05\" is a week"));
  EXPECT_THAT(Months("2025-D031"), HasSubstr("is a day"));
  EXPECT_THAT(Months("2025-01-15/P1M"), HasSubstr("first of a month"));
  EXPECT_THAT(Months("2025-01-01/P30D"), HasSubstr("length"));
  EXPECT_THAT(Months("2025-01-01T06:00:00/P1M"), HasSubstr("no period"));
  for (const std::string_view text :
       {"",           "2025-",    "2025-1",      "2025-13",      "2025-Q5",  "2025-Q0",
        "2025-Q",     "2025-H1",  "2025-M1",     "2025-X1",      "20250701", "25",
        "2025-02-30", "Jan 2025", "2025-01-01/", "2025-01-01/P", "/P1M",     "2025-Q1/P1M",
        "9999",       "0001"}) {
    EXPECT_FALSE(ParseSdmxPeriod(text).ok()) << text;
  }
}

TEST(SdmxStructure, ReadsReferencesAndNames) {
  std::string name;
  const auto ref = ParseStructureRef("ECB.DISS:EXR(1.0): Exchange rates: all", &name);
  ASSERT_TRUE(ref.ok()) << ref.status();
  EXPECT_EQ(ref->agency, "ECB.DISS");
  EXPECT_EQ(ref->id, "EXR");
  EXPECT_EQ(ref->version, "1.0");
  EXPECT_EQ(ref->Publisher(), "ECB_DISS");
  EXPECT_EQ(name, "Exchange rates: all");
  EXPECT_EQ(ParseStructureRef("MD:DF")->ToString(), "MD:DF") << "the version may be missing";
  EXPECT_EQ(ParseStructureRef("MD:DF(2.1.0-draft)")->version, "2.1.0-draft");
}

TEST(SdmxStructure, ReadsUrns) {
  const auto ref = ParseStructureUrn("urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=ECB:EXR(1.0)");
  ASSERT_TRUE(ref.ok()) << ref.status();
  EXPECT_EQ(ref->ToString(), "dataflow ECB:EXR(1.0)");
  EXPECT_EQ(ParseStructureUrn("urn:sdmx:org.sdmx.infomodel.registry.ProvisionAgreement=E:P(1.0)")->kind,
            "dataprovision");
  EXPECT_FALSE(ParseStructureUrn("urn:sdmx:org.sdmx.infomodel.codelist.Codelist=ECB:CL(1.0)").ok());
  EXPECT_FALSE(ParseStructureUrn("ECB:EXR(1.0)").ok());
}

TEST(SdmxStructure, RefusesWhatNamesNone) {
  for (const std::string_view text : {"", ":", "ECB", "ECB:", ":EXR", "ECB:EXR(1.0", "ECB:EXR()",
                                      "ECB:EX R(1.0)", ".ECB:EXR", "ECB:EXR(1.0)x", "ECB:EXR(1 0)"}) {
    const auto ref = ParseStructureRef(text);
    EXPECT_FALSE(ref.ok()) << text;
    EXPECT_THAT(ToStd(ref.status().message()), HasSubstr("AGENCY:ID(VERSION)"));
  }
}

TEST(SdmxStructure, KnowsItsKindsInAnyCase) {
  EXPECT_EQ(ParseStructureKind("DataStructure").value_or(""), "datastructure");
  EXPECT_FALSE(ParseStructureKind("dataTESTERROR").ok());
}

std::string Value(const SdmxValueTexts& texts) {
  const auto value = ParseSdmxValue(texts);
  if (!value.ok()) {
    std::string all;
    for (const FieldViolation& v : DetailsOf(value.status()).violations)
      all += v.field + ": " + v.description + "\n";
    return all;
  }
  return value->datum.ToString() + " " + value->attributes.status + value->attributes.conf;
}

TEST(SdmxValue, KeepsTheDigitsAsTheyStand) {
  EXPECT_EQ(Value({"1234.50", "E", "C"}), "1234.50 EC");
  EXPECT_EQ(Value({"-0.10", "", ""}), "-0.10 AF");
  EXPECT_EQ(Value({"0", "", ""}), "0 AF");
  EXPECT_EQ(Value({"14206.490766", "A", "F"}), "14206.490766 AF");
  EXPECT_EQ(Value({"12,4", "", "", true}), "12.4 AF");
}

TEST(SdmxValue, MultipliesExponentsOutExactly) {
  EXPECT_EQ(Value({"1.5E3", "", ""}), "1500 AF");
  EXPECT_EQ(Value({"1.25e-2", "", ""}), "0.0125 AF");
  EXPECT_EQ(Value({"-1.0E7", "", ""}), "-10000000 AF");
  EXPECT_EQ(Value({".5", "", ""}), "0.5 AF");
  EXPECT_EQ(Value({"-.5", "", ""}), "-0.5 AF");
  EXPECT_EQ(Value({"5.", "", ""}), "5 AF");
  EXPECT_EQ(Value({"0E99", "", ""}), "0 AF");
  for (const std::string_view text :
       {"1E27", "1E-19", "1E999", "1E9999", "1E", "E5", "1E+-5", ".", "-", "1.5.2E3"}) {
    EXPECT_THAT(Value({text, "", ""}), HasSubstr("value: ")) << text;
  }
}

TEST(SdmxValue, TellsTheAbsencesApart) {
  EXPECT_EQ(Value({"", "O", ""}), "(MISSING) OF");
  EXPECT_EQ(Value({"", "L", ""}), "(MISSING) LF");
  EXPECT_EQ(Value({"", "K", ""}), "(MISSING) KF");
  EXPECT_EQ(Value({"nan", "M", "F"}), "(NIL) MF");
  EXPECT_EQ(Value({"", "Q", ""}), "(SUPPRESSED) QF");
  EXPECT_EQ(Value({"", "", "C"}), "(SUPPRESSED) QC");
  EXPECT_EQ(Value({"NaN", "P", "N"}), "(SUPPRESSED) PN");
  EXPECT_EQ(Value({"NaN", "", ""}), "(MISSING) OF");
  EXPECT_EQ(Value({"#N/A", "#N/A", ""}), "(MISSING) OF");
  EXPECT_EQ(Value({"", "", ""}), "(MISSING) OF");
  EXPECT_EQ(Value({"0", "M", ""}), "0 MF") << "zero is a value";
}

TEST(SdmxValue, AMergeWithoutAValueSaysNothingOfIt) {
  const SdmxEmpty merge = SdmxEmpty::kUnchanged;
  EXPECT_THAT(Value({"", "A", "F", false, merge}), HasSubstr("value: is empty, which in a merge"));
  EXPECT_EQ(Value({"", "M", "", false, merge}), "(NIL) MF");
  EXPECT_EQ(Value({"NaN", "", "", false, merge}), "(MISSING) OF");
}

TEST(SdmxValue, TellsAllThatIsWrong) {
  const std::string all = Value({"1,234", "AA", "Z"});
  EXPECT_THAT(all, HasSubstr("value: \"1,234\""));
  EXPECT_THAT(all, HasSubstr("status: \"AA\" is not one letter"));
  EXPECT_THAT(all, HasSubstr("conf: \"Z\""));
  EXPECT_THAT(Value({"1", "p", ""}), HasSubstr("status: \"p\""));
  EXPECT_THAT(Value({"1.5", "", "", true}), HasSubstr("decimal comma"));
}

TEST(SdmxComponents, AreKnownByTheirIds) {
  constexpr std::array<std::pair<std::string_view, SdmxPart>, 13> kParts = {{
      {"TIME_PERIOD", SdmxPart::kTime},
      {"OBS_VALUE", SdmxPart::kMeasure},
      {"OBS_STATUS", SdmxPart::kStatus},
      {"OBS_CONF", SdmxPart::kConf},
      {"CONF_STATUS", SdmxPart::kConf},
      {"REPORTING_YEAR_START_DAY", SdmxPart::kYearStart},
      {"UNIT_MULT", SdmxPart::kUnit},
      {"FREQ", SdmxPart::kDimension},
      {"freq", SdmxPart::kDimension},
      {"COUNTERPART_AREA", SdmxPart::kDimension},
      {"DECIMALS", SdmxPart::kAttribute},
      {"CONTACT[].NAME[]", SdmxPart::kAttribute},
      {"DIM_1", SdmxPart::kUnknown},
  }};
  for (const auto& [id, part] : kParts) EXPECT_EQ(PartOfComponent(id), part) << id;
}

TEST(SdmxComponents, UnitsKeepOneOrder) {
  SdmxPlan plan;
  plan.ids = {"UNIT_MULT", "CURRENCY", "UNIT_MEASURE"};
  for (std::size_t i = 0; i < plan.ids.size(); ++i) AddByPart(plan, i);
  EXPECT_THAT(plan.units, ElementsAre(1, 2, 0));
}

TEST(SdmxGroups, FillFromTheFinestKeyThatAgrees) {
  SdmxGroups groups({0, 1});
  ASSERT_TRUE(groups.Add({"", "", "all", "3"}).ok());
  ASSERT_TRUE(groups.Add({"CN", "", "of CN", ""}).ok());
  ASSERT_TRUE(groups.Add({"CN", "RU", "", "4"}).ok());
  std::vector<std::string_view> texts = {"CN", "RU", "", ""};
  groups.Fill(texts);
  EXPECT_THAT(texts, ElementsAre("CN", "RU", "of CN", "4"));
  texts = {"DE", "RU", "own", ""};
  groups.Fill(texts);
  EXPECT_THAT(texts, ElementsAre("DE", "RU", "own", "3"));
}

TEST(SdmxGroups, AreBounded) {
  SdmxGroups groups({0});
  absl::Status status;
  for (int i = 0; status.ok() && i < 1'000'000; ++i) {
    const std::string code = std::to_string(i);
    status = groups.Add({code, "x"});
  }
  EXPECT_EQ(DetailsOf(status).reason, Reason::kLimitExceeded);
}

}  // namespace
}  // namespace tidewaiter::feeders
