#include "client/feeders/tidy_csv.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kHeader[] =
    "published_on,period,partner,flow,value,step,status,conf,release,date_basis,source,note\n";

TidyOptions OptionsOf(std::string dataset = "T") {
  TidyOptions options;
  options.file = "input.csv";
  options.dataset = std::move(dataset);
  return options;
}

absl::StatusOr<TidyFile> Parse(std::string_view text, const TidyOptions& options = OptionsOf()) {
  return ParseTidyCsv(text, options);
}

// Every violation, one a line.
std::string ErrorsOf(std::string_view text, const TidyOptions& options = OptionsOf()) {
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
  const TidyCell& cell = file->releases[0].cells[0];
  return absl::StrCat(cell.datum.ToString(), " ", std::string(1, cell.attributes.status));
}

TEST(TidyCsv, RowsOfOnePublicationAreOneRelease) {
  const auto file = Parse(
      "published_on,period_start,period_months,partner,flow,value,step,source\n"
      "2025-08-07,2025-01,7,RU,T,125.8,0.1,a\n"
      "2025-07-14,2025-01,6,RU,T,106.48,,b\n"
      "2025-08-07,2025-01,7,RU,M,69.57,,a\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->dimensions, ElementsAre("partner", "flow"));
  EXPECT_EQ(file->rows, 3u);
  ASSERT_THAT(file->releases, SizeIs(2));
  EXPECT_EQ(file->releases[0].release_id, "T:2025-07-14");  // in published order
  EXPECT_EQ(file->releases[1].release_id, "T:2025-08-07");
  ASSERT_THAT(file->releases[1].cells, SizeIs(2));
  const Observation first = file->ObservationOf(file->releases[1].cells[0]);
  EXPECT_EQ(first.series.text(), "RU.M");  // in canonical order
  EXPECT_EQ(first.period.ToString(), "2025-01/P7M");
  EXPECT_EQ(first.datum.ToString(), "69.57");
  EXPECT_EQ(first.source, "a");
  EXPECT_EQ(file->releases[1].cells[0].line, 4u);
}

TEST(TidyCsv, ADayEndsInTheZoneOfTheDataset) {
  TidyOptions options = OptionsOf();
  ASSERT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &options.zone));
  const auto file = Parse("published_on,period,partner,value\n2025-08-07,2025-07,RU,1\n", options);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->releases[0].published_at.instant.ToString(), "2025-08-07T15:59:59.999999Z");
}

TEST(TidyCsv, ReleaseIdsSplitADay) {
  const auto file = Parse(
      "published_at,release,period,partner,value\n"
      "2025-08-07T11:00:00+08:00,flash,2025-07,RU,1\n"
      "2025-08-07T11:00:00+08:00,,2025-07,RU,2\n");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_THAT(file->releases, SizeIs(2));
  EXPECT_EQ(file->releases[0].release_id, "flash");
  EXPECT_EQ(file->releases[1].release_id, "T:2025-08-07T03:00:00Z");
}

TEST(TidyCsv, SixThingsStayApart) {
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

TEST(TidyCsv, ThePrintedStepMayBeCoarserThanTheLastDigit) {
  const auto file = Parse("published_on,period,partner,value,step\n2026-01-14,2025-01/P12M,W00,6480,10\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->releases[0].cells[0].datum.StepText(), "10");
}

TEST(TidyCsv, DateBasisGoesToTheTitleOrToTheNotes) {
  const auto file = Parse(
      "published_on,period,partner,value,date_basis,note\n"
      "2025-01-10,2024-12,CN,1,official,\n"
      "2025-02-10,2025-01,CN,1,article,recalled\n"
      "2025-02-10,2025-02,CN,1,official,\n"
      "2025-02-10,2025-03,CN,1,,as printed\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->releases[0].title, "date_basis=official");
  EXPECT_EQ(file->ObservationOf(file->releases[0].cells[0]).note, "");
  EXPECT_EQ(file->releases[1].title, "");
  EXPECT_EQ(file->ObservationOf(file->releases[1].cells[0]).note, "date_basis=article; recalled");
  EXPECT_EQ(file->ObservationOf(file->releases[1].cells[1]).note, "date_basis=official");
  EXPECT_EQ(file->ObservationOf(file->releases[1].cells[2]).note, "as printed");
}

TEST(TidyCsv, OnePrintOfTwoSourcesIsOneObservation) {
  const auto file = Parse(
      "published_on,period,partner,value,source,note\n"
      "2025-01-10,2024-12,CN,14.8,one,recalled\n"
      "2025-01-10,2024-12,CN,14.8,two,\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->rows, 2u);
  EXPECT_EQ(file->merged, 1u);
  ASSERT_THAT(file->releases[0].cells, SizeIs(1));
  EXPECT_EQ(file->ObservationOf(file->releases[0].cells[0]).source, "one ; two");
  EXPECT_EQ(file->ObservationOf(file->releases[0].cells[0]).note, "recalled");
}

TEST(TidyCsv, DuplicateCellsAreRefused) {
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

TEST(TidyCsv, LineBreaksInFreeTextsBecomeSpaces) {
  const auto file = Parse("published_on,period,partner,value,note\n2025-01-10,2024-12,CN,1,\"one\r\ntwo\"\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->ObservationOf(file->releases[0].cells[0]).note, "one two");
}

TEST(TidyCsv, ErrorsNameFileLineColumnAndWhatWasFound) {
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
  EXPECT_THAT(RowErrors("2025-01-10,2024-12,CN,X,\"1,187.5\",,,,,,,"),
              HasSubstr("line 2, column value: \"1,187.5\""));
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

TEST(TidyCsv, EverythingThatIsWrongIsToldAtOnce) {
  const std::string errors = ErrorsOf(absl::StrCat(kHeader,
                                                   "2025-01-10,2024-13,CN,X,1.2.3,,,,,,,\n"
                                                   "2025-01-10,2024-12,CN,X,1,,,,,,,\n"
                                                   "2025-01-10,2024-12,CN,\xc3(,1,,,,,,,\n"));
  EXPECT_THAT(errors, AllOf(HasSubstr("line 2, column period"), HasSubstr("line 2, column value"),
                            HasSubstr("line 4, column flow")));
}

TEST(TidyCsv, MoreErrorsThanAreListedAreCounted) {
  std::string text = kHeader;
  for (int i = 0; i < 250; ++i) absl::StrAppend(&text, "2025-01-10,2024-12,CN,X,?,,,,,,,\n");
  const auto file = Parse(text);
  EXPECT_LE(DetailsOf(file.status()).violations.size(), 100u);
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("250"));
}

TEST(TidyCsv, HeadersThatCannotBe) {
  const std::string row = "2025-01-10,2024-12,CN,1\n";
  EXPECT_THAT(ErrorsOf(""), HasSubstr("the file is empty"));
  EXPECT_THAT(ErrorsOf(kHeader), HasSubstr("no rows"));
  EXPECT_THAT(ErrorsOf("published_on,period,partner\n"),
              HasSubstr("input.csv line 1: the column value is missing"));
  EXPECT_THAT(ErrorsOf("period,partner,value\n"), HasSubstr("published_on"));
  EXPECT_THAT(ErrorsOf("published_on,published_at,period,partner,value\n"), HasSubstr("exclude each other"));
  EXPECT_THAT(ErrorsOf("published_on,partner,value\n"), HasSubstr("period_start"));
  EXPECT_THAT(ErrorsOf("published_on,period_start,partner,value\n"), HasSubstr("period_months is missing"));
  EXPECT_THAT(ErrorsOf("published_on,period,value\n"), HasSubstr("no column is a dimension"));
  EXPECT_THAT(ErrorsOf("published_on,period,partner,partner,value\n"),
              HasSubstr("column partner: stands twice"));
  EXPECT_THAT(ErrorsOf("published_on,period,partner,Value\n"), HasSubstr("did you mean \"value\"?"));
  EXPECT_THAT(ErrorsOf("published_on,period,partner,value,\n"), HasSubstr("line 1, column \"\""));
  EXPECT_THAT(ErrorsOf("\xFF\xFEp\0u\0"), HasSubstr("UTF-16"));
}

TEST(TidyCsv, ColumnsMustBeTheDatasets) {
  DatasetDefinition definition;
  definition.id = "T";
  definition.dimensions = {{"partner", Role::kPartner}, {"flow", Role::kFlow}};
  TidyOptions options = OptionsOf();
  options.definition = &definition;
  const auto file = Parse("flow,partner,published_on,period,value\nX,CN,2025-01-10,2024-12,1\n", options);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->series[0].text(), "CN.X");  // by name, in the dataset's order
  EXPECT_THAT(ErrorsOf("partner,published_on,period,value\n", options),
              HasSubstr("the column flow is missing"));
  EXPECT_THAT(ErrorsOf("partner,flow,colour,published_on,period,value\n", options),
              HasSubstr("input.csv line 1, column colour: is unknown"));
}

TEST(TidyCsv, ReleasesOfTheFutureAndTwoDaysOfOneRelease) {
  TidyOptions options = OptionsOf();
  options.latest = *Instant::Parse("2025-06-01T00:00:00Z");
  EXPECT_THAT(ErrorsOf("published_on,period,partner,value\n2025-06-02,2025-01,CN,1\n", options),
              HasSubstr("line 2, column published_on: \"2025-06-02\" lies in the future"));
  EXPECT_THAT(
      ErrorsOf("release,published_on,period,partner,value\nr,2025-01-01,2025-01,CN,1\nr,2025-01-02,2025-02,"
               "CN,1\n"),
      AllOf(HasSubstr("line 3, column published_on"), HasSubstr("by line 2")));
}

// The shared data folder, or nothing after a line that says so.
std::optional<std::filesystem::path> SharedData(std::string_view file) {
  const char* named = std::getenv("TIDEWAITER_SHARED");
  const std::filesystem::path folder = named != nullptr ? named : "../shared";
  const std::filesystem::path path = folder / "data" / file;
  if (std::filesystem::exists(path)) return path;
  std::printf("not run: %s is absent; set TIDEWAITER_SHARED to where data/ lies\n", path.c_str());
  return std::nullopt;
}

std::string ContentOf(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(TidyCsv, ReadsThePressPrints) {
  const auto path = SharedData("gacc-china-russia/prints.csv");
  if (!path) return;
  TidyOptions options = OptionsOf("GACC_PRESS");
  ASSERT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &options.zone));
  const auto file = Parse(ContentOf(*path), options);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->rows, 835u);
  EXPECT_EQ(file->merged, 1u);  // March 2023, year on year: one print, two sources
  EXPECT_THAT(file->releases, SizeIs(96));
  EXPECT_THAT(file->dimensions, ElementsAre("reporter", "partner", "flow", "measure", "currency", "unit"));
  EXPECT_EQ(file->releases.front().release_id, "GACC_PRESS:2018-05-08");
  const TidyRelease& january = file->releases[94];
  EXPECT_EQ(january.release_id, "GACC_PRESS:2026-01-14");
  const auto turnover = std::find_if(january.cells.begin(), january.cells.end(), [&](const TidyCell& cell) {
    return file->series[cell.series].text() == "CN.RU.T.VALUE.USD.BN" &&
           cell.period.ToString() == "2025-01/P12M";
  });
  ASSERT_NE(turnover, january.cells.end());
  EXPECT_EQ(turnover->datum.ToString(), "228.105");
}

TEST(TidyCsv, ReadsTheSnapshotsOfUsTrade) {
  const auto path = SharedData("us-ft900-vintages/snapshots-2016.csv");
  if (!path) return;
  const auto file = Parse(ContentOf(*path), OptionsOf("FT900"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->rows, 7004u);
  EXPECT_EQ(file->merged, 0u);
  EXPECT_THAT(file->releases, SizeIs(45));
}

TEST(TidyCsv, EndsOnAnyBytes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::string good =
      absl::StrCat(kHeader, "2025-01-10,2024-12,CN,X,1.5,0.1,A,F,r1,official,\"a, b\",n\n",
                   "2025-01-10,2025-01,CN,M,(NIL),,,,r1,official,,n\n");
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (std::size_t n = 1 + random() % 4; n > 0; --n) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, random() % 5);
          break;
        default:
          text.insert(at, 1, ",\"\n\r;."[random() % 6]);
      }
      if (text.empty()) break;
    }
    const auto file = Parse(text);
    if (!file.ok()) {
      ASSERT_FALSE(file.status().message().empty());
    }
  }
}

}  // namespace
}  // namespace tidewaiter::feeders
