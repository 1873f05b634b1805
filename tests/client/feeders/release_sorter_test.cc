#include "client/feeders/release_sorter.h"

#include <map>
#include <random>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/sorted.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

DatasetDefinition Profile(std::vector<std::string> dimensions = {"partner", "flow"}) {
  DatasetDefinition profile;
  profile.id = profile.publisher = "T";
  for (std::string& id : dimensions) profile.dimensions.push_back({id, RoleOfName(id)});
  return profile;
}

SorterOptions Plain() {
  SorterOptions options;
  options.resolve = [](const DatasetDefinition& profile) { return profile; };
  options.temporary_folder = testing::TempDir();
  return options;
}

SourceRelease Of(std::string_view day, std::string id = "") {
  SourceRelease release;
  release.published = *ParsePublication(day);
  release.release_id = std::move(id);
  return release;
}

// One cell, "CN.X 2025-07 1.5", into a section.
absl::Status Add(ReleaseSorter& sorter, std::size_t section, std::string_view text, std::uint64_t line = 1,
                 std::string_view source = "", std::string_view note = "") {
  const std::vector<std::string> parts = absl::StrSplit(std::string(text), ' ');
  const std::vector<std::string> owned = absl::StrSplit(parts[0], '.');
  const std::vector<std::string_view> codes(owned.begin(), owned.end());
  const Datum datum = Datum::Value(*Decimal::Parse(parts[2]));
  return sorter.AddCell(section, {codes, {*Period::Parse(parts[1]), datum, {}, source, note}, "", line});
}

std::string ErrorOf(const absl::Status& status) { return std::string(status.message()); }

// Random cells of many series and some releases, in any order, through a sorter whose memory is far too
// small, against a map.
TEST(ReleaseSorter, PutsAnyFileInOrderInLittleMemory) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&random](unsigned n) { return static_cast<unsigned>(random() % n); };
  for (const std::size_t memory : {std::size_t{2'000}, std::size_t{60'000}, std::size_t{64u << 20}}) {
    SorterOptions options = Plain();
    options.memory_bytes = memory;
    ReleaseSorter sorter(std::move(options));
    sorter.BeginFile("x.csv");
    const std::size_t dataset = *sorter.AddDataset(Profile());
    // By day of publication (the releases are added in another order), series code by code, and period.
    std::map<std::tuple<unsigned, std::string, std::string, Period>, Observation> model;
    std::vector<std::size_t> sections;
    const std::vector<unsigned> days = {7, 3, 9, 1};
    for (const unsigned day : days) {
      const std::size_t release = *sorter.AddRelease(Of(absl::StrCat("2025-08-0", day)));
      sections.push_back(*sorter.AddSection(release, dataset, Action::kMerge, std::nullopt));
    }
    for (int i = 0; i < 5000; ++i) {
      const unsigned which = below(4);
      const std::string partner = absl::StrCat("P", std::string(below(3), '-'), below(40));
      const std::string flow(1, "XMT"[below(3)]);
      Observation o;
      o.series = *SeriesKey::Parse(absl::StrCat(partner, ".", flow));
      o.period = *Period::Create(Month::FromIndex(static_cast<int>(24000 + below(40))),
                                 1 + static_cast<int>(below(3)));
      const auto coefficient = absl::int128(static_cast<std::int64_t>(below(2'000'000'000))) *
                               (below(4) == 0 ? -1 : 1) *
                               (below(9) == 0 ? absl::int128(1'000'000'000'000'000) : 1);
      const int scale = static_cast<int>(below(5));
      o.datum = below(10) == 0 ? Datum::Absent(static_cast<Absence>(1 + below(5)))
                               : Datum::Value(*Decimal::FromParts(coefficient, scale));
      if (below(5) == 0) o.attributes = {'E', 'N'};
      if (below(3) == 0) o.source = absl::StrCat("source ", below(20));
      if (below(7) == 0) o.note = std::string(below(300), 'n');
      if (!model.try_emplace({days[which], partner, flow, o.period}, o).second) continue;
      const std::vector<std::string_view> codes = {partner, flow};
      ASSERT_TRUE(sorter
                      .AddCell(sections[which], {codes,
                                                 {o.period, o.datum, o.attributes, o.source, o.note},
                                                 "",
                                                 static_cast<std::uint64_t>(i)})
                      .ok());
    }
    sorter.CountRows(1);
    ASSERT_TRUE(sorter.Finish().ok());
    std::vector<Observation> expected, found;
    for (const auto& [key, observation] : model) expected.push_back(observation);
    const Sorted sorted = Visited(sorter);
    for (const Sorted::Release& release : sorted.releases) {
      found.insert(found.end(), release.cells.begin(), release.cells.end());
    }
    EXPECT_TRUE(found == expected) << "memory " << memory;
    EXPECT_THAT(sorted.releases[0].about.release_id, "T:2025-08-01");
  }
}

// Files that are in order go another way; one cell out of its place, or stated twice, far behind, is found
// all the same.
TEST(ReleaseSorter, FindsTheOneCellThatIsOutOfOrder) {
  enum class Last { kInOrder, kOutOfOrder, kTwice };
  for (const Last last : {Last::kInOrder, Last::kOutOfOrder, Last::kTwice}) {
    SorterOptions options = Plain();
    options.memory_bytes = 5'000;
    ReleaseSorter sorter(std::move(options));
    sorter.BeginFile("x.csv");
    sorter.CountRows(1);
    const std::size_t section = *sorter.AddSection(
        *sorter.AddRelease(Of("2025-08-07")), *sorter.AddDataset(Profile()), Action::kMerge, std::nullopt);
    std::vector<std::string> expected;
    for (int series = 1000; series < 1100; ++series) {
      for (int month = 1; month <= 9; ++month)
        expected.push_back(absl::StrCat("P", series, ".X 2025-0", month, " ", series));
    }
    for (const std::string& cell : expected) ASSERT_TRUE(Add(sorter, section, cell).ok());
    if (last == Last::kOutOfOrder) {
      ASSERT_TRUE(Add(sorter, section, "P1050.X 2025-10 7").ok());
      expected.insert(expected.begin() + 51 * 9, "P1050.X 2025-10 7");
    }
    if (last == Last::kTwice) {
      ASSERT_TRUE(Add(sorter, section, "P1050.X 2025-05 7", 99).ok());
      EXPECT_THAT(ErrorOf(sorter.Finish()), HasSubstr("line 99, column value: states 7 for P1050.X 2025-05"));
      continue;
    }
    ASSERT_TRUE(sorter.Finish().ok());
    EXPECT_EQ(TextsOf(Visited(sorter).releases[0]), expected);
  }
}

TEST(ReleaseSorter, OrdersDimensionsAsTheDatasetHasThem) {
  SorterOptions options = Plain();
  options.resolve = [](const DatasetDefinition&) { return Profile({"flow", "partner"}); };
  ReleaseSorter sorter(std::move(options));
  sorter.BeginFile("x.csv");
  const std::size_t dataset = *sorter.AddDataset(Profile({"partner", "flow"}));
  Scope scope;
  scope.selector = *Selector::Parse("CN+RU.");
  const std::size_t release = *sorter.AddRelease(Of("2025-08-07"));
  const std::size_t section = *sorter.AddSection(release, dataset, Action::kReplace, scope);
  sorter.CountRows(1);
  ASSERT_TRUE(Add(sorter, section, "CN.X 2025-07 1").ok());
  ASSERT_TRUE(sorter.Finish().ok());
  EXPECT_EQ(sorter.releases()[0].sections[0].header.scope->selector.ToString(), ".CN+RU");
  EXPECT_THAT(TextsOf(Visited(sorter).releases[0]), ElementsAre("X.CN 2025-07 1"));
}

TEST(ReleaseSorter, SaysWhichDimensionsDiffer) {
  SorterOptions options = Plain();
  options.resolve = [](const DatasetDefinition&) { return Profile({"partner", "flow"}); };
  ReleaseSorter sorter(std::move(options));
  sorter.BeginFile("x.csv");
  const auto refused = sorter.AddDataset(Profile({"partner", "colour"}));
  EXPECT_THAT(ErrorOf(refused.status()),
              AllOf(HasSubstr("the column flow is missing"), HasSubstr("partner.flow"),
                    HasSubstr("the column colour is unknown")));
}

// Two files of one publication are one release; a cell that both state is not.
TEST(ReleaseSorter, JoinsFilesThatStateOneRelease) {
  ReleaseSorter sorter(Plain());
  for (const std::string name : {"a.csv", "b.csv"}) {
    sorter.BeginFile(name);
    sorter.CountRows(2);
    const std::size_t dataset = *sorter.AddDataset(Profile());
    const std::size_t section =
        *sorter.AddSection(*sorter.AddRelease(Of("2025-08-07")), dataset, Action::kMerge, std::nullopt);
    ASSERT_TRUE(Add(sorter, section, absl::StrCat(name == "a.csv" ? "CN" : "RU", ".X 2025-07 1"), 2).ok());
    ASSERT_TRUE(Add(sorter, section, absl::StrCat("US.X 2025-07 ", name == "a.csv" ? 1 : 2), 3).ok());
  }
  EXPECT_THAT(ErrorOf(sorter.Finish()),
              HasSubstr("b.csv line 3, column value: states 2 for US.X 2025-07; a.csv line 3"));
}

TEST(ReleaseSorter, KeepsGoingIfToldTo) {
  SorterOptions options = Plain();
  options.keep_going = true;
  std::vector<std::string> rows;
  options.on_refused = [&rows](const RefusedRow& row) { rows.emplace_back(row.row); };
  ReleaseSorter sorter(std::move(options));
  sorter.BeginFile("x.csv");
  sorter.CountRows(2);
  const std::size_t section = *sorter.AddSection(*sorter.AddRelease(Of("2025-08-07")),
                                                 *sorter.AddDataset(Profile()), Action::kMerge, std::nullopt);
  sorter.Refuse({{2, "value", "is wrong"}}, "the row");
  ASSERT_TRUE(Add(sorter, section, "CN.X 2025-07 1").ok());
  ASSERT_TRUE(sorter.Finish().ok());
  EXPECT_EQ(sorter.releases()[0].cells, 1u);
  EXPECT_EQ(sorter.files()[0].refused, 1u);
  EXPECT_THAT(rows, ElementsAre("the row"));
}

TEST(ReleaseSorter, RefusesCodesThatAreNone) {
  ReleaseSorter sorter(Plain());
  sorter.BeginFile("x.csv");
  sorter.CountRows(1);
  const std::size_t section = *sorter.AddSection(*sorter.AddRelease(Of("2025-08-07")),
                                                 *sorter.AddDataset(Profile()), Action::kMerge, std::nullopt);
  ASSERT_TRUE(Add(sorter, section, "C/N.X 2025-07 1", 7).ok());
  EXPECT_THAT(ErrorOf(sorter.Finish()), HasSubstr("x.csv line 7, column partner: the code \"C/N\""));
}

TEST(ReleaseSorter, APublicationIsOfOneTime) {
  ReleaseSorter sorter(Plain());
  sorter.BeginFile("x.csv");
  sorter.CountRows(2);
  const std::size_t dataset = *sorter.AddDataset(Profile());
  for (const std::string day : {"2025-08-07", "2025-08-08"}) {
    const std::size_t section =
        *sorter.AddSection(*sorter.AddRelease(Of(day, "same")), dataset, Action::kMerge, std::nullopt);
    ASSERT_TRUE(Add(sorter, section, "CN.X 2025-07 1").ok());
  }
  EXPECT_THAT(ErrorOf(sorter.Finish()), HasSubstr("release \"same\" is published 2025-08-07 and 2025-08-08"));
}

TEST(ReleaseSorter, SaysWhatToDoWhenTheDiskIsNotThere) {
  SorterOptions options = Plain();
  options.memory_bytes = 1;
  options.temporary_folder = "/nonexistent";
  ReleaseSorter sorter(std::move(options));
  sorter.BeginFile("x.csv");
  const std::size_t section = *sorter.AddSection(*sorter.AddRelease(Of("2025-08-07")),
                                                 *sorter.AddDataset(Profile()), Action::kMerge, std::nullopt);
  const absl::Status status = Add(sorter, section, "CN.X 2025-07 1");
  EXPECT_THAT(ErrorOf(status), HasSubstr("set TMPDIR to a folder with room"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);  // the file is not at fault
}

TEST(ReleaseSorter, KeepsTheOrderOfSections) {
  ReleaseSorter sorter(Plain());
  sorter.BeginFile("x.csv");
  sorter.CountRows(3);
  const std::size_t dataset = *sorter.AddDataset(Profile());
  const std::size_t release = *sorter.AddRelease(Of("2025-08-07"));
  Scope scope;
  scope.selector = *Selector::Parse("US.");
  const std::size_t first = *sorter.AddSection(release, dataset, Action::kMerge, std::nullopt);
  *sorter.AddSection(release, dataset, Action::kDelete, scope);
  const std::size_t last = *sorter.AddSection(release, dataset, Action::kMerge, std::nullopt);
  ASSERT_TRUE(Add(sorter, last, "AA.X 2025-07 3").ok());
  ASSERT_TRUE(Add(sorter, first, "ZZ.X 2025-07 1").ok());
  ASSERT_TRUE(sorter.Finish().ok());
  ASSERT_EQ(sorter.releases()[0].sections.size(), 3u);
  EXPECT_EQ(sorter.releases()[0].sections[1].header.action, Action::kDelete);
  EXPECT_THAT(TextsOf(Visited(sorter).releases[0]), ElementsAre("ZZ.X 2025-07 1", "AA.X 2025-07 3"));
}

}  // namespace
}  // namespace tidewaiter::feeders
