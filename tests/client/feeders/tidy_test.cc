#include "client/feeders/tidy/tidy.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/sorted.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kHeader[] =
    "published_on,period,partner,flow,value,step,status,conf,release,date_basis,source,note\n";

struct Held {
  FeedOptions options;
  std::optional<DatasetDefinition> definition;  // of the dataset, if it exists
  std::optional<Instant> latest;
  std::string zone;
};

Held OptionsOf(std::string dataset = "T") {
  Held held;
  held.options.file = "input.csv";
  held.options.dataset = std::move(dataset);
  return held;
}

absl::StatusOr<Sorted> Parse(std::string_view text, const Held& held = OptionsOf()) {
  SorterOptions options;
  options.latest = held.latest;
  options.resolve = [&held](const DatasetDefinition& profile) {
    return held.definition ? *held.definition : profile;
  };
  return Sort(TidyFeeder(), text, held.options, options);
}

// Every violation, one a line.
std::string ErrorsOf(std::string_view text, const Held& options = OptionsOf()) {
  const auto file = Parse(text, options);
  if (file.ok()) return "none";
  EXPECT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument);
  return absl::StrJoin(
      DetailsOf(file.status()).violations, "\n",
      [](std::string* out, const FieldViolation& v) { absl::StrAppend(out, v.field, ": ", v.description); });
}

// The errors of one row on line 2 under kHeader.
std::string RowErrors(std::string_view row) {
  return ErrorsOf(absl::StrCat(kHeader, std::string(row), "\n"));
}

// The datum of a row with this value, step and status.
std::string DatumText(std::string_view value, std::string_view step, std::string_view status) {
  const auto file = Parse(absl::StrCat(kHeader, "2025-01-10,2024-12,CN,X,", std::string(value), ",",
                                       std::string(step), ",", std::string(status), ",,,,,\n"));
  if (!file.ok()) return std::string(file.status().message());
  const Observation& cell = file->releases[0].cells[0];
  return absl::StrCat(cell.datum.ToString(), " ", std::string(1, cell.attributes.status));
}

TEST(Tidy, RowsOfOnePublicationAreOneRelease) {
  const auto file = Parse(
      "published_on,period_start,period_months,partner,flow,value,step,source\n"
      "2025-08-07,2025-01,7,RU,T,125.8,0.1,a\n"
      "2025-07-14,2025-01,6,RU,T,106.48,,b\n"
      "2025-08-07,2025-01,7,RU,M,69.57,,a\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->dimensions, ElementsAre("partner", "flow"));
  EXPECT_EQ(file->tally.rows, 3u);
  ASSERT_THAT(file->releases, SizeIs(2));
  EXPECT_EQ(file->releases[0].about.release_id, "T:2025-07-14");  // in published order
  EXPECT_EQ(file->releases[1].about.release_id, "T:2025-08-07");
  ASSERT_THAT(file->releases[1].cells, SizeIs(2));
  const Observation& first = file->releases[1].cells[0];
  EXPECT_EQ(first.series.text(), "RU.M");  // in canonical order
  EXPECT_EQ(first.period.ToString(), "2025-01/P7M");
  EXPECT_EQ(first.datum.ToString(), "69.57");
  EXPECT_EQ(first.source, "a");
  EXPECT_EQ(file->releases[1].lines[0], "input.csv 4");
}

TEST(Tidy, ADayEndsInTheZoneOfTheDataset) {
  Held options = OptionsOf();
  options.options.time_zone = "Asia/Shanghai";
  const auto file = Parse("published_on,period,partner,value\n2025-08-07,2025-07,RU,1\n", options);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->releases[0].about.published_at.instant.ToString(), "2025-08-07T15:59:59.999999Z");
}

TEST(Tidy, ReleaseIdsSplitADay) {
  const auto file = Parse(
      "published_at,release,period,partner,value\n"
      "2025-08-07T11:00:00+08:00,flash,2025-07,RU,1\n"
      "2025-08-07T11:00:00+08:00,,2025-07,RU,2\n");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_THAT(file->releases, SizeIs(2));
  EXPECT_EQ(file->releases[0].about.release_id, "flash");
  EXPECT_EQ(file->releases[1].about.release_id, "T:2025-08-07T03:00:00Z");
}

TEST(Tidy, SixThingsStayApart) {
  EXPECT_EQ(DatumText("0", "", ""), "0 A");
  EXPECT_EQ(DatumText("(MISSING)", "", ""), "(MISSING) O");
  EXPECT_EQ(DatumText("missing", "", ""), "(MISSING) O");
  EXPECT_EQ(DatumText("(NIL)", "", ""), "(NIL) A");
  EXPECT_EQ(DatumText("(SUPPRESSED)", "", ""), "(SUPPRESSED) Q");
  EXPECT_EQ(DatumText("(WITHDRAWN)", "", ""), "(WITHDRAWN) A");
  EXPECT_EQ(DatumText("NOT_YET_DUE", "", ""), "(NOT_YET_DUE) A");
  EXPECT_EQ(DatumText("(MISSING)", "", "L"), "(MISSING) L");
  EXPECT_EQ(DatumText("", "", "O"), "(MISSING) O");
  EXPECT_EQ(DatumText("", "", "L"), "(MISSING) L");
  EXPECT_EQ(DatumText("", "", "M"), "(NIL) M");
  EXPECT_EQ(DatumText("", "", "Q"), "(SUPPRESSED) Q");
  EXPECT_THAT(DatumText("", "", ""), HasSubstr("column value: is empty"));
  EXPECT_THAT(DatumText("(MISSING)", "0.1", ""), HasSubstr("column step: \"0.1\" stands beside an absence"));
}

TEST(Tidy, ThePrintedStepMayBeCoarserThanTheLastDigit) {
  const auto file = Parse("published_on,period,partner,value,step\n2026-01-14,2025-01/P12M,W00,6480,10\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->releases[0].cells[0].datum.StepText(), "10");
}

TEST(Tidy, DateBasisGoesToTheTitleOrToTheNotes) {
  const auto file = Parse(
      "published_on,period,partner,value,date_basis,note\n"
      "2025-01-10,2024-12,CN,1,official,\n"
      "2025-02-10,2025-01,CN,1,article,recalled\n"
      "2025-02-10,2025-02,CN,1,official,\n"
      "2025-02-10,2025-03,CN,1,,as printed\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->releases[0].about.title, "date_basis=official");
  EXPECT_EQ(file->releases[0].cells[0].note, "");
  EXPECT_EQ(file->releases[1].about.title, "");
  EXPECT_EQ(file->releases[1].cells[0].note, "date_basis=article; recalled");
  EXPECT_EQ(file->releases[1].cells[1].note, "date_basis=official");
  EXPECT_EQ(file->releases[1].cells[2].note, "as printed");
}

TEST(Tidy, OnePrintOfTwoSourcesIsOneObservation) {
  const auto file = Parse(
      "published_on,period,partner,value,source,note\n"
      "2025-01-10,2024-12,CN,14.8,one,recalled\n"
      "2025-01-10,2024-12,CN,14.8,two,\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->tally.rows, 2u);
  EXPECT_EQ(file->tally.joined, 1u);
  ASSERT_THAT(file->releases[0].cells, SizeIs(1));
  EXPECT_EQ(file->releases[0].cells[0].source, "one ; two");
  EXPECT_EQ(file->releases[0].cells[0].note, "recalled");
}

TEST(Tidy, DuplicateCellsAreRefused) {
  const std::string header = "published_on,period,partner,value,source\n";
  const auto refused = [&header](std::string_view second) {
    return ErrorsOf(absl::StrCat(header, "2025-01-10,2024-12,CN,14.8,one\n", std::string(second), "\n"));
  };
  const auto names_both = AllOf(HasSubstr("input.csv line 3, column value: states"), HasSubstr("CN 2024-12"),
                                HasSubstr("line 2 states 14.8"));
  EXPECT_THAT(refused("2025-01-10,2024-12,CN,14.9,two"), names_both);   // another number
  EXPECT_THAT(refused("2025-01-10,2024-12,CN,14.80,two"), names_both);  // another print of it
  EXPECT_THAT(refused("2025-01-10,2024-12,CN,14.8,one"), names_both);   // the same row
  EXPECT_THAT(refused("2025-01-10,2024-12,CN,14.8,"), names_both);      // no source
  EXPECT_EQ(refused("2025-01-11,2024-12,CN,14.8,one"), "none");         // another release
  const auto file = Parse(absl::StrCat(header, "2025-01-10,2024-12,CN,1,a\n2025-01-10,2024-12,CN,2,b\n"));
  EXPECT_EQ(DetailsOf(file.status()).reason, Reason::kDuplicateCell);
}

TEST(Tidy, LineBreaksInFreeTextsBecomeSpaces) {
  const auto file = Parse("published_on,period,partner,value,note\n2025-01-10,2024-12,CN,1,\"one\r\ntwo\"\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->releases[0].cells[0].note, "one two");
}

TEST(Tidy, ErrorsNameFileLineColumnAndWhatWasFound) {
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,CN,X,1.2.3,,,,,,,"),
              AllOf(HasSubstr("input.csv line 2, column value: \"1.2.3\""), HasSubstr("two points")));
  EXPECT_THAT(RowErrors("2025-01-10,2024-13,CN,X,1,,,,,,,"), HasSubstr("line 2, column period: \"2024-13\""));
  EXPECT_THAT(RowErrors("2025-02-30,2024-12,CN,X,1,,,,,,,"),
              HasSubstr("line 2, column published_on: \"2025-02-30\""));
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,C N,X,1,,,,,,,"),
              HasSubstr("line 2, column partner: the code \"C N\""));
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,CN,,1,,,,,,,"),
              HasSubstr("line 2, column flow: the code is empty"));
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,CN,X,1.5,0.3,,,,,,"), HasSubstr("line 2, column step: \"0.3\""));
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,CN,X,1.5,1,,,,,,"), HasSubstr("line 2, column step: "));
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,CN,X,1.5,,?,,,,,"), HasSubstr("line 2, column status: \"?\""));
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,CN,X,1.5,,,FF,,,,"), HasSubstr("line 2, column conf: \"FF\""));
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,CN,X,nan,,,,,,,"), HasSubstr("line 2, column value: \"nan\""));
  EXPECT_THAT(
      RowErrors("2025-01-10,2024-12,CN,X,\"1,187\",,,,,,,"),
      HasSubstr("line 2, column value: \"1,187\" is no number: its comma could part thousands or decimals"));
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,CN,X,1,,,,,,\xff\xfe,"), HasSubstr("line 2, column source: "));
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,CN,X,1,,,,,,,a\tb\x01"), HasSubstr("line 2, column note: "));
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,CN,X,1"),
              HasSubstr("line 2: the row has 5 fields, the header 12"));
  EXPECT_THAT(ErrorsOf("published_on,period_start,period_months,partner,value\n2025-01-10,2025-1,0,CN,1\n"),
              HasSubstr("line 2, column period_start: \"2025-1\""));
  EXPECT_THAT(ErrorsOf("published_on,period_start,period_months,partner,value\n2025-01-10,2025-01,x,CN,1\n"),
              HasSubstr("line 2, column period_months: \"x\""));
  EXPECT_THAT(ErrorsOf("published_at,period,partner,value\n2025-01-10,2025-01,CN,1\n"),
              HasSubstr("line 2, column published_at: \"2025-01-10\""));
}

// What was read before is remembered by its text, all of it.
TEST(Tidy, AMonthIsNoOtherThatBeginsTheSame) {
  using namespace std::string_view_literals;
  for (const std::string_view like : {"2024-12\0"sv, "2024-1\0"sv, "2024-1"sv, "\0"sv}) {
    const std::string text = absl::StrCat(kHeader, "2025-01-10,2024-12,CN,X,1,,,,,,,\n2025-01-10,",
                                          std::string(like), ",CN,M,1,,,,,,,\n");
    EXPECT_THAT(ErrorsOf(text), HasSubstr("line 3, column period"));
  }
}

TEST(Tidy, EverythingThatIsWrongIsToldAtOnce) {
  const std::string errors = ErrorsOf(absl::StrCat(kHeader,
                                                   "2025-01-10,2024-13,CN,X,1.2.3,,,,,,,\n"
                                                   "2025-01-10,2024-12,CN,X,1,,,,,,,\n"
                                                   "2025-01-10,2024-12,CN,\xc3(,1,,,,,,,\n"));
  EXPECT_THAT(errors, AllOf(HasSubstr("line 2, column period"), HasSubstr("line 2, column value"),
                            HasSubstr("line 4, column flow")));
}

TEST(Tidy, MoreErrorsThanAreListedAreCounted) {
  std::string text = kHeader;
  for (int i = 0; i < 250; ++i) absl::StrAppend(&text, "2025-01-10,2024-12,CN,X,?,,,,,,,\n");
  const auto file = Parse(text);
  EXPECT_LE(DetailsOf(file.status()).violations.size(), 100u);
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("250"));
}

TEST(Tidy, HeadersThatCannotBe) {
  const std::string row = "2025-01-10,2024-12,CN,1\n";
  EXPECT_THAT(ErrorsOf(""), HasSubstr("the file is empty"));
  EXPECT_THAT(ErrorsOf(kHeader), HasSubstr("holds no row of data"));
  EXPECT_THAT(
      ErrorsOf("published_on,period,partner\n"),
      HasSubstr("input.csv line 1: the column value is missing; say which one holds the figures: --column"));
  EXPECT_THAT(ErrorsOf("published_on,partner,value\n"), HasSubstr("--column period=Month"));
  EXPECT_THAT(ErrorsOf("period,partner,value\n"), HasSubstr("--column published_on=Date"));
  EXPECT_THAT(ErrorsOf("period,partner,value\n"), HasSubstr("published_on"));
  EXPECT_THAT(ErrorsOf("published_on,published_at,period,partner,value\n"), HasSubstr("exclude each other"));
  EXPECT_THAT(ErrorsOf("published_on,partner,value\n"), HasSubstr("period_start"));
  EXPECT_THAT(ErrorsOf("published_on,period_start,partner,value\n"), HasSubstr("period_months is missing"));
  EXPECT_THAT(ErrorsOf("published_on,period,value\n"), HasSubstr("no column is a dimension"));
  EXPECT_THAT(ErrorsOf("published_on,period,partner,partner,value\n"),
              HasSubstr("column partner: stands twice"));
  EXPECT_THAT(ErrorsOf("published_on,period,partner,Value\n"), HasSubstr("did you mean \"value\"?"));
  EXPECT_THAT(ErrorsOf("published_on,period,partner,value,\n"),
              HasSubstr("input.csv line 1, column \"\": cannot name a dimension"));
  EXPECT_THAT(ErrorsOf("\xFF\xFEp\0u\0"), HasSubstr("UTF-16"));
}

TEST(Tidy, NamesThatMeanSomethingAreNoDimensions) {
  const std::string file = "published_on,period,partner,value\n2025-01-10,2024-12,CN,1\n";
  for (const std::string name : {"status", "Status", "value", "published_at", "step", "note", "PERIOD"}) {
    Held options = OptionsOf();
    options.options.constants = {{name, "E"}};
    EXPECT_THAT(ErrorsOf(file, options),
                AllOf(HasSubstr("--set: " + name + ": the name is taken by the column"),
                      HasSubstr("it cannot be a dimension")))
        << name;
  }
  Held wide = OptionsOf();
  wide.options.columns = {{"value", "source:X=value"}};
  EXPECT_THAT(ErrorsOf(file, wide), HasSubstr("--column: source: the name is taken"));
  // Another column is the value: the one of that name is left over.
  Held mapped = OptionsOf();
  mapped.options.columns = {{"value", "Amount"}};
  const std::string two = "published_on,period,partner,value,Amount\n2025-01-10,2024-12,CN,a,1\n";
  EXPECT_THAT(ErrorsOf(two, mapped), HasSubstr("line 1, column value: value: the name is taken"));
  mapped.options.columns["dimensions"] = "partner";
  EXPECT_EQ(ErrorsOf(two, mapped), "none");
}

TEST(Tidy, AColumnWithoutCodesIsToldOnce) {
  std::string rows, late;
  for (int i = 10; i < 30; ++i) {
    absl::StrAppend(&rows, "2025-01-", i, ",2024-12,CN,1,a text ", i, "\n");
    absl::StrAppend(&late, "2025-01-", i, ",2024-12,CN,1,", i == 10 ? "A" : "a text", "\n");
  }
  const std::string header = "published_on,period,partner,value,remark\n";
  const auto once = Parse(header + rows);
  EXPECT_THAT(ErrorsOf(header + rows), HasSubstr("line 1, column remark: is taken for a dimension"));
  EXPECT_THAT(DetailsOf(once.status()).violations, SizeIs(4));
  // A column that has codes has wrong rows.
  EXPECT_THAT(DetailsOf(Parse(header + late).status()).violations, SizeIs(19));
}

TEST(Tidy, DimensionsDifferInMoreThanCase) {
  const std::string rest = ",published_on,period,value\nCN,CN,2025-01-10,2024-12,1\n";
  EXPECT_THAT(
      ErrorsOf("partner,Partner" + rest),
      HasSubstr("line 1, column Partner: the dimensions \"partner\" and \"Partner\" differ in upper and "
                "lower case alone"));
  Held options = OptionsOf();
  options.options.constants = {{"Flow", "X"}};
  EXPECT_THAT(ErrorsOf("partner,flow" + rest, options),
              HasSubstr("--set: the dimensions \"flow\" and \"Flow\""));
  options.options.constants.clear();
  options.options.columns = {{"dimensions", "partner"}};
  EXPECT_EQ(ErrorsOf("partner,Partner" + rest, options), "none");
}

TEST(Tidy, ColumnsMustBeTheDatasets) {
  DatasetDefinition definition;
  definition.id = "T";
  definition.dimensions = {{"partner", Role::kPartner}, {"flow", Role::kFlow}};
  Held options = OptionsOf();
  options.definition = definition;
  const auto file = Parse("flow,partner,published_on,period,value\nX,CN,2025-01-10,2024-12,1\n", options);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->releases[0].cells[0].series.text(), "CN.X");  // by name, in the dataset's order
  EXPECT_THAT(ErrorsOf("partner,published_on,period,value\n", options),
              HasSubstr("the column flow is missing"));
  EXPECT_THAT(ErrorsOf("partner,flow,colour,published_on,period,value\n", options),
              HasSubstr("input.csv: the column colour is unknown"));
}

TEST(Tidy, ReleasesOfTheFutureAndTwoDaysOfOneRelease) {
  Held options = OptionsOf();
  options.latest = *Instant::Parse("2025-06-01T00:00:00Z");
  EXPECT_THAT(ErrorsOf("published_on,period,partner,value\n2025-06-02,2025-01,CN,1\n", options),
              HasSubstr("release \"T:2025-06-02\" is published 2025-06-02, which lies in the future"));
  options.options.latest = *Instant::Parse("2025-06-01T12:00:00Z");
  const std::string_view rows =
      "published_on,period,partner,value\n2025-05-01,2025-01,CN,1\n2025-06-02,2025-01,CN,1\n2099-06-02,2025-"
      "01,CN,1\n";
  EXPECT_THAT(ErrorsOf(rows, options), AllOf(HasSubstr("line 4, column published_on"),
                                             HasSubstr("lies in the future"), Not(HasSubstr("line 3"))))
      << "somewhere it is June 2 by then, for all that the row says";
  EXPECT_THAT(
      ErrorsOf("release,published_on,period,partner,value\nr,2025-01-01,2025-01,CN,1\nr,2025-01-02,2025-02,"
               "CN,1\n"),
      AllOf(HasSubstr("line 3, column published_on"), HasSubstr("by line 2")));
}

TEST(Tidy, ReadsThePressPrints) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  Held options = OptionsOf("GACC_PRESS");
  options.options.time_zone = "Asia/Shanghai";
  const auto file = Parse(ContentOf(*data / "gacc-china-russia/prints.csv"), options);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->tally.rows, 835u);
  EXPECT_EQ(file->tally.joined, 1u);  // March 2023, year on year: one print, two sources
  EXPECT_THAT(file->releases, SizeIs(96));
  EXPECT_THAT(file->dimensions, ElementsAre("reporter", "partner", "flow", "measure", "currency", "unit"));
  EXPECT_EQ(file->releases.front().about.release_id, "GACC_PRESS:2018-05-08");
  const Sorted::Release& january = file->releases[94];
  EXPECT_EQ(january.about.release_id, "GACC_PRESS:2026-01-14");
  const auto turnover =
      std::find_if(january.cells.begin(), january.cells.end(), [&](const Observation& cell) {
        return cell.series.text() == "CN.RU.T.VALUE.USD.BN" && cell.period.ToString() == "2025-01/P12M";
      });
  ASSERT_NE(turnover, january.cells.end());
  EXPECT_EQ(turnover->datum.ToString(), "228.105");
}

TEST(Tidy, ReadsTheSnapshotsOfUsTrade) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  const auto file = Parse(ContentOf(*data / "us-ft900-vintages/snapshots-2016.csv"), OptionsOf("FT900"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->tally.rows, 7004u);
  EXPECT_EQ(file->tally.joined, 0u);
  EXPECT_THAT(file->releases, SizeIs(45));
}

// A file as a spreadsheet of another country writes it: semicolons, months by name, a column for each flow.
TEST(Tidy, TakesColumnsByOtherNames) {
  Held options = OptionsOf();
  options.options.columns = {{"period", "Month"}, {"value", "flow:X=Exports,M=Imports,B=Balance"}};
  options.options.constants = {{"reporter", "US"}, {"partner", "CN"}};
  options.options.published = *ParsePublication("2020-02-05");
  const auto file = Parse("Month;Exports;Imports;Balance\nJanuary 2001;1,187.5;8,427.5;-7,240.0\n", options);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->dimensions, ElementsAre("flow", "partner", "reporter"));
  EXPECT_THAT(TextsOf(file->releases[0]),
              ElementsAre("B.CN.US 2001-01 -7240.0", "M.CN.US 2001-01 8427.5", "X.CN.US 2001-01 1187.5"));
  EXPECT_EQ(file->releases[0].about.release_id, "T:2020-02-05");

  options.options.columns["dimensions"] = "reporter+partner+flow";
  const auto ordered = Parse("Month;Exports;Imports;Balance\n2001.01;1;2;-1\n2001.02;;3;\n", options);
  ASSERT_TRUE(ordered.ok()) << ordered.status();
  EXPECT_THAT(TextsOf(ordered->releases[0]), ElementsAre("US.CN.B 2001-01 -1", "US.CN.M 2001-01 2",
                                                         "US.CN.M 2001-02 3", "US.CN.X 2001-01 1"));
  EXPECT_EQ(ordered->tally.PassedOver(), 2u);
}

TEST(Tidy, TakesDecimalCommas) {
  Held options = OptionsOf();
  options.options.decimal_mark = ',';
  const auto file = Parse("published_on;period;partner;value\n2025-01-10;12.2024;CN;1.234,50\n", options);
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("\"12.2024\" is no month"));
  const auto good = Parse("published_on;period;partner;value\n2025-01-10;2024/12;CN;1.234,50\n", options);
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_THAT(TextsOf(good->releases[0]), ElementsAre("CN 2024-12 1234.50"));
}

TEST(Tidy, SaysWhichMappingCannotBe) {
  Held options = OptionsOf();
  options.options.columns = {{"period", "When"}, {"dimensions", "partner+colour"}, {"value", "flow:X=Out"}};
  options.options.constants = {{"partner", "C N"}};
  EXPECT_THAT(ErrorsOf("published_on,Month,partner,value\n", options),
              AllOf(HasSubstr("--column: period=When: the file has no column \"When\""),
                    HasSubstr("--column: value=Out: the file has no column \"Out\""),
                    HasSubstr("--set: partner=C N: the file has a column partner"),
                    HasSubstr("--column: dimensions=partner+colour: the file has no column \"colour\"")));
}

TEST(Tidy, LeavesColumnsThatTheUserDoesNotList) {
  Held options = OptionsOf();
  options.options.columns = {{"dimensions", "partner"}};
  const auto file =
      Parse("published_on,period,partner,Remarks here,value\n2025-01-10,2024-12,CN,x,1\n", options);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(TextsOf(file->releases[0]), ElementsAre("CN 2024-12 1"));
}

TEST(Tidy, ThePublicationMayBeTheFilesOrTheUsers) {
  Held options = OptionsOf();
  options.options.file = "prints_20250807.csv";
  EXPECT_EQ(Parse("period,partner,value\n2025-07,RU,1\n", options)->releases[0].about.release_id,
            "T:2025-08-07");
  options.options.file = "prints.csv";
  EXPECT_THAT(ErrorsOf("period,partner,value\n2025-07,RU,1\n", options),
              HasSubstr("line 1: the column published_on"));
  options.options.published = *ParsePublication("2025-08-08");
  EXPECT_EQ(Parse("period,partner,value\n2025-07,RU,1\n", options)->releases[0].about.release_id,
            "T:2025-08-08");
  EXPECT_THAT(ErrorsOf("published_on,period,partner,value\n2025-08-07,2025-07,RU,1\n", options),
              HasSubstr("--published-at: the file has a column"));
}

TEST(Tidy, EndsOnAnyBytes) {
  FeedOptions options;
  options.file = "input.csv";
  options.dataset = "T";
  Torment(TidyFeeder(),
          {absl::StrCat(kHeader, "2025-01-10,2024-12,CN,X,1.5,0.1,A,F,r1,official,\"a, b\",n\n",
                        "2025-01-10,2025-01,CN,M,(NIL),,,,r1,official,,n\n")},
          options, 3000);
}

}  // namespace
}  // namespace tidewaiter::feeders
