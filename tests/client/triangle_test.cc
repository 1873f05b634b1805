#include "client/cli/triangle.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidewaiter::cli {
namespace {

using ::testing::ElementsAre;

CellTexts Texts() {
  DatasetDefinition definition;
  definition.id = "T";
  definition.time_zone = "Asia/Shanghai";
  definition.dimensions = {{"partner"}, {"currency", Role::kCurrency}};
  return CellTexts(definition);
}

absl::TimeZone Shanghai() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone));
  return zone;
}

PublishedAt At(std::string_view text) {
  if (const auto day = ParseDay(text); day.ok()) return PublishedAt::OnDay(*day, Shanghai());
  return PublishedAt::At(*Instant::Parse(text));
}

void Add(Triangle& triangle, const char* period, const char* published, const char* value,
         ChangeClass change = ChangeClass::kNew) {
  client::HistoryLine line;
  line.series = triangle.series();
  line.cell.period = *Period::Parse(period);
  const auto number = Decimal::Parse(value);
  line.cell.datum = number.ok() ? Datum::Value(*number) : Datum::Absent(*ParseAbsence(value));
  line.cell.published_at = At(published);
  line.vintage_change.change = change;
  triangle.Add(line);
}

Triangle March() {
  Triangle triangle("CN.W00.X");
  Add(triangle, "2023-03", "2023-04-18", "315.589337");
  Add(triangle, "2023-03", "2023-08-11", "305.04", ChangeClass::kRevised);
  Add(triangle, "2023-04", "2023-05-09", "295.42");
  Add(triangle, "2023-04", "2023-06-18", "WITHDRAWN", ChangeClass::kWithdrawn);
  return triangle;
}

std::string Text(const Triangle& triangle, TriangleTableOptions options) {
  return TableOf(triangle, Texts(), options).text;
}

TEST(Triangle, CarriesWhatIsKnownForward) {
  EXPECT_EQ(Text(March(), {}),
            "period   2023-04-18  2023-05-09    2023-06-18   2023-08-11\n"
            "2023-03  315.589337  315.589337    315.589337      305.04*\n"
            "2023-04              295.42      (WITHDRAWN)*  (WITHDRAWN)\n");
}

TEST(Triangle, ShowsOnlyWhatChanged) {
  EXPECT_EQ(Text(March(), {.changes_only = true}),
            "period   2023-04-18  2023-05-09    2023-06-18  2023-08-11\n"
            "2023-03  315.589337                               305.04*\n"
            "2023-04                  295.42  (WITHDRAWN)*\n");
  // Of April nothing changed in the last vintage.
  EXPECT_EQ(Text(March(), {.last = 1, .changes_only = true}), "period   2023-08-11\n2023-03     305.04*\n");
}

TEST(Triangle, LeavesOutTheOldestVintagesThatDoNotFit) {
  const TriangleTable fits = TableOf(March(), Texts(), {.width = 37});
  EXPECT_EQ(fits.left_out, 2u);
  EXPECT_TRUE(fits.marked);
  EXPECT_EQ(fits.text,
            "period     2023-06-18   2023-08-11\n"
            "2023-03    315.589337      305.04*\n"
            "2023-04  (WITHDRAWN)*  (WITHDRAWN)\n");
  EXPECT_EQ(TableOf(March(), Texts(), {.width = 1}).left_out, 3u) << "the newest is always there";
  EXPECT_EQ(TableOf(March(), Texts(), {.width = 1000}).left_out, 0u);
  EXPECT_EQ(TableOf(March(), Texts(), {.width = 1000, .last = 3}).left_out, 1u);
}

TEST(Triangle, ColourTakesThePlaceOfMarks) {
  const TriangleTable table = TableOf(March(), Texts(), {.last = 1, .colour = true});
  EXPECT_FALSE(table.marked);
  EXPECT_THAT(table.text, ::testing::HasSubstr("\x1b[33m305.04\x1b[0m"));
}

TEST(Triangle, LengthsAreRowsOfTheirOwn) {
  Triangle triangle("CN.W00.X");
  Add(triangle, "2025-01", "2025-02-07", "10");
  Add(triangle, "2025-01/P7M", "2025-08-07", "125.8");
  EXPECT_EQ(Text(triangle, {}),
            "period       2025-02-07  2025-08-07\n"
            "2025-01              10        10\n"
            "2025-01/P7M                   125.8\n");
}

TEST(VintageColumns, AreDaysUnlessThereAreSeveralOnOne) {
  VintageColumns columns;
  columns.Add(At("2025-08-07T03:00:00Z"));  // 11:00 in Shanghai
  columns.Add(At("2025-08-07T20:00:00Z"));  // the next day there
  EXPECT_THAT(columns.Labels(Texts()), ElementsAre("2025-08-07", "2025-08-08"));
  columns.Add(At("2025-08-07T09:30:00Z"));
  columns.Add(At("2025-08-07"));
  columns.Add(At("2025-08-07"));
  EXPECT_THAT(columns.Labels(Texts()),
              ElementsAre("2025-08-07T03:00:00Z", "2025-08-07T09:30:00Z", "2025-08-07", "2025-08-08"));
  columns.KeepLast(2);
  EXPECT_THAT(columns.Labels(Texts()), ElementsAre("2025-08-07", "2025-08-08"));
}

TEST(Triangle, OfOneMomentTheLastStatementCounts) {
  Triangle triangle("CN.W00.X");
  Add(triangle, "2025-01", "2025-02-07", "10");
  Add(triangle, "2025-01", "2025-02-07", "11", ChangeClass::kRevised);
  EXPECT_EQ(Text(triangle, {}), "period   2025-02-07\n2025-01         11*\n");
}

TEST(Triangle, ChangesNameWhatStoodBefore) {
  std::vector<std::string> lines;
  for (const Triangle::Change& change : March().Changes(3)) {
    lines.push_back(absl::StrCat(change.period.ToString(), " ", change.published_at.ToString(), " ",
                                 change.before ? change.before->ToString() : "-", " ",
                                 change.datum.ToString()));
  }
  EXPECT_THAT(lines, ElementsAre("2023-03 2023-08-11 315.589337 305.04", "2023-04 2023-05-09 - 295.42",
                                 "2023-04 2023-06-18 295.42 (WITHDRAWN)"));
}

}  // namespace
}  // namespace tidewaiter::cli
