#include "client/feeders/straight_pass.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/feeders/release_sorter.h"
#include "gtest/gtest.h"

namespace tidewaiter::feeders {
namespace {

// Writes down what it is given.
class Scribe : public ReleaseVisitor {
 public:
  absl::Status BeginSection(const SectionHeader& header) override {
    lines.push_back(absl::StrCat("section ", header.dataset, header.scope ? " scoped" : ""));
    return absl::OkStatus();
  }
  absl::Status BeginSeries(std::string_view key) override {
    lines.push_back(absl::StrCat("series ", std::string(key)));
    return absl::OkStatus();
  }
  absl::Status Add(const StatedCell& cell) override {
    lines.push_back(absl::StrCat(cell.period.ToString(), " ", cell.datum.ToString(), " ", at_));
    return absl::OkStatus();
  }
  void At(std::string_view file, std::uint64_t line) override {
    at_ = absl::StrCat(std::string(file), " ", line);
  }
  std::vector<std::string> lines;

 private:
  std::string at_;
};

struct Row {
  int release = 0;
  int section = 0;
  std::string key = {};  // CN.X
  std::string period = {};
  std::string basis = {};
  bool refused = false;
};

// A file: one section for each `scoped` in each of the releases, then its rows.
struct Script {
  int releases = 1;
  std::vector<bool> scoped = {false};
  std::vector<Row> rows;
  std::string day = "2025-08-07";
};

DraftOptions Options() {
  DraftOptions options;
  options.resolve = [](const DatasetDefinition& profile) { return profile; };
  options.latest = ParsePublication("2025-12-01T00:00:00Z")->at;
  return options;
}

absl::Status TellRow(const Row& row, std::size_t section, std::uint64_t line, ReleaseDrafts& sink) {
  sink.CountRows(1);
  if (row.refused) {
    sink.Refuse({{line, "value", "is no number"}}, "");
    return absl::OkStatus();
  }
  const std::vector<std::string> owned = absl::StrSplit(row.key, '.');
  const std::vector<std::string_view> codes(owned.begin(), owned.end());
  const Datum datum = Datum::Value(*Decimal::Parse(absl::StrCat(line)));
  return sink.AddCell(section, {codes, {*Period::Parse(row.period), datum, {}, "", ""}, row.basis, line});
}

// As a feeder would: ends at the sink's first error.
absl::Status Tell(const Script& script, ReleaseDrafts& sink) {
  sink.BeginFile("x.csv");
  DatasetDefinition profile;
  profile.id = profile.publisher = "T";
  for (const char* id : {"partner", "flow"}) profile.dimensions.push_back({id, RoleOfName(id)});
  TW_ASSIGN_OR_RETURN(const std::size_t dataset, sink.AddDataset(profile));
  std::vector<std::vector<std::size_t>> sections;
  for (int i = 0; i < script.releases; ++i) {
    SourceRelease about;
    about.published = *ParsePublication(script.day);
    about.release_id = absl::StrCat("R", i);
    TW_ASSIGN_OR_RETURN(const std::size_t release, sink.AddRelease(about));
    sections.emplace_back();
    for (const bool scoped : script.scoped) {
      std::optional<Scope> scope;
      if (scoped) scope.emplace();
      TW_ASSIGN_OR_RETURN(
          sections.back().emplace_back(),
          sink.AddSection(release, dataset, scoped ? Action::kReplace : Action::kMerge, scope));
    }
  }
  std::uint64_t line = 1;
  for (const Row& row : script.rows) {
    ++line;
    const auto place = static_cast<std::size_t>(row.section);
    TW_RETURN_IF_ERROR(TellRow(row, sections[static_cast<std::size_t>(row.release)][place], line, sink));
  }
  return absl::OkStatus();
}

struct Passed {
  bool straight = false;
  std::vector<std::string> lines;
  std::string release;
};

std::string AboutOf(const FedRelease& release) {
  std::string text = absl::StrCat(release.release_id, " ", release.title, " ", release.cells);
  for (const auto& section : release.sections) absl::StrAppend(&text, " ", section.cells);
  return text;
}

Passed Straight(const Script& script) {
  Scribe scribe;
  int begun = 0;
  StraightPass pass(Options(), [&](const FedRelease&) -> absl::StatusOr<ReleaseVisitor*> {
    ++begun;
    return &scribe;
  });
  absl::Status status = Tell(script, pass);
  if (status.ok()) status = pass.Finish();
  EXPECT_EQ(status.ok(), pass.straight());
  EXPECT_LE(begun, 1);
  if (!status.ok()) return {};
  return {true, scribe.lines, AboutOf(pass.release())};
}

Passed ThroughSorter(const Script& script) {
  SorterOptions options{Options()};
  options.temporary_folder = testing::TempDir();
  options.memory_bytes = 2'000;
  ReleaseSorter sorter(std::move(options));
  EXPECT_TRUE(Tell(script, sorter).ok());
  if (!sorter.Finish().ok() || sorter.releases().size() != 1) return {};
  Scribe scribe;
  EXPECT_TRUE(sorter.Visit(0, scribe).ok());
  return {true, scribe.lines, AboutOf(sorter.releases()[0])};
}

Script InOrder(int series, int months, std::vector<bool> scoped = {false}) {
  Script script;
  script.scoped = std::move(scoped);
  for (int section = 0; section < static_cast<int>(script.scoped.size()); ++section) {
    for (int s = 0; s < series; ++s) {
      for (int month = 1; month <= months; ++month) {
        script.rows.push_back({0, section, absl::StrCat("P", 100 + s, ".X"), absl::StrCat("2025-0", month)});
      }
    }
  }
  return script;
}

TEST(StraightPass, PassesOnWhatTheSorterWouldHave) {
  for (const Script& script :
       {InOrder(1, 1), InOrder(40, 9), InOrder(3, 2, {true, false}), InOrder(3, 2, {true, true, false})}) {
    const Passed straight = Straight(script);
    const Passed sorted = ThroughSorter(script);
    ASSERT_TRUE(straight.straight);
    EXPECT_EQ(straight.lines, sorted.lines);
    EXPECT_EQ(straight.release, sorted.release);
  }
}

// A replacement that states nothing deletes what it covers: it must arrive, wherever it stands.
TEST(StraightPass, PassesOnReplacementsWithoutACell) {
  for (const int with_cells : {0, 1, 2}) {
    Script script;
    script.scoped = {true, true, true};
    script.rows = {{0, with_cells, "CN.X", "2025-07"}};
    const Passed straight = Straight(script);
    ASSERT_TRUE(straight.straight);
    EXPECT_EQ(straight.lines, ThroughSorter(script).lines);
    EXPECT_EQ(std::count(straight.lines.begin(), straight.lines.end(), "section T scoped"), 3);
  }
}

TEST(StraightPass, LeavesToTheSorterWhatNeedsIt) {
  const auto changed = [](const auto& change) {
    Script script = InOrder(40, 9);
    change(script);
    return Straight(script).straight;
  };
  EXPECT_TRUE(changed([](Script&) {}));
  EXPECT_FALSE(changed([](Script& s) { std::swap(s.rows[200], s.rows[201]); })) << "months out of order";
  EXPECT_FALSE(changed([](Script& s) { s.rows[200].key = "A.X"; })) << "series out of order";
  EXPECT_FALSE(changed([](Script& s) { s.rows.insert(s.rows.begin() + 200, s.rows[200]); })) << "twice";
  EXPECT_FALSE(changed([](Script& s) { s.rows[200].refused = true; })) << "a row refused";
  EXPECT_FALSE(changed([](Script& s) { s.rows.back().refused = true; })) << "the last row refused";
  EXPECT_FALSE(changed([](Script& s) { s.rows.back().key = "P 9.X"; })) << "a code that is none";
  EXPECT_FALSE(changed([](Script& s) { s.rows[200].basis = "official"; })) << "two bases of the day";
  EXPECT_FALSE(changed([](Script& s) { s.releases = 2; })) << "two releases";
  EXPECT_FALSE(changed([](Script& s) { s.day = "2025-12-24"; })) << "not yet published";
  EXPECT_FALSE(changed([](Script& s) { s.rows.clear(); })) << "no row";
  EXPECT_TRUE(changed([](Script& s) {
    for (Row& row : s.rows) row.basis = "official";
  }));
}

// Files that are nearly in order: whatever passes straight is what the sorter makes of it.
TEST(StraightPass, NeverDiffersFromTheSorter) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  int straight_files = 0;
  for (int round = 0; round < 300; ++round) {
    Script script = InOrder(1 + static_cast<int>(below(6)), 1 + static_cast<int>(below(9)),
                            std::vector<bool>(1 + below(3), below(2) == 0));
    for (std::size_t changes = below(3); changes > 0; --changes) {
      Row& row = script.rows[below(script.rows.size())];
      switch (below(4)) {
        case 0:
          row.period = absl::StrCat("2025-0", 1 + below(9));
          break;
        case 1:
          row.key = absl::StrCat("P", 98 + below(9), ".X");
          break;
        case 2:
          row.section = static_cast<int>(below(script.scoped.size()));
          break;
        default:
          row = script.rows[below(script.rows.size())];
          break;
      }
    }
    const Passed straight = Straight(script);
    if (!straight.straight) continue;
    ++straight_files;
    const Passed sorted = ThroughSorter(script);
    ASSERT_EQ(straight.lines, sorted.lines);
    ASSERT_EQ(straight.release, sorted.release);
  }
  EXPECT_GT(straight_files, 60);
}

}  // namespace
}  // namespace tidewaiter::feeders
