// Random logs, and their changes against what histories and reads say of the same: two other ways to the same
// truth, written by the definitions. To run a failure again: TIDEWAITER_TEST_SEED=... with the seed it
// printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/engine/release_changes.h"
#include "daemon/engine/release_preview.h"
#include "daemon/engine/scope_horizon.h"
#include "domain/statement.h"
#include "tests/daemon/engine/random_releases.h"
#include "tests/daemon/engine/testing.h"
#include "tests/support/store_text.h"

namespace tidewaiter::engine {
namespace {

constexpr int kLogs = 60;
constexpr int kEntries = 25;

using CellName = std::tuple<std::string, std::string, Period>;  // dataset, series, period
using CellMap = std::map<CellName, CellState>;

const Datum kWithdrawn = Datum::Absent(Absence::kWithdrawn);

std::vector<storage::SeriesEntry> AllSeries(const storage::Store& store, const std::string& dataset) {
  return store.ListSeries(dataset, Selector(), "", 1000).value();
}

// All that is known at a vintage.
CellMap Known(const storage::Store& store, const Vintage& vintage) {
  CellMap known;
  for (const std::string& dataset : RandomReleases::Datasets()) {
    for (const storage::SeriesEntry& series : AllSeries(store, dataset)) {
      SeriesFold fold;
      EXPECT_TRUE(store.ReadCells(series.id, vintage, {}, &fold).ok());
      for (const CellState& cell : fold.cells()) known[{dataset, series.key, cell.period}] = cell;
    }
  }
  return known;
}

// All changes of an entry by cell; a cell must not occur twice.
std::map<CellName, SeriesChanges::Cell> ChangesByCell(const storage::Store& store, Sequence sequence,
                                                      const ChangesHints& hints) {
  std::map<CellName, SeriesChanges::Cell> cells;
  for (std::uint32_t part = 0;; ++part) {
    const auto changes = ComputeChanges(store, sequence, part, hints);
    EXPECT_TRUE(changes.ok()) << changes.status();
    if (!changes.ok()) return cells;
    for (const SeriesChanges& series : (*changes)->series) {
      for (const SeriesChanges::Cell& cell : series.cells) {
        EXPECT_TRUE(cells.emplace(CellName{series.dataset, series.key, cell.state.period}, cell).second)
            << "twice in " << sequence << ": " << ToText(series, cell);
      }
    }
    if ((*changes)->last) return cells;
  }
}

std::string Name(const CellName& name) {
  return absl::StrCat(std::get<0>(name), " ", std::get<1>(name), " ", std::get<2>(name).ToString());
}

std::string Text(const std::optional<Datum>& datum) { return datum ? datum->ToString() : "none"; }

// What the history of every cell says that a release changed. A scope that moved nothing is not a change.
struct Expected {
  HistoryEntry entry;
  bool stated = false;
};
std::map<CellName, Expected> ExpectedOf(const storage::Store& store, Sequence sequence) {
  std::map<CellName, Expected> expected;
  for (const std::string& dataset : RandomReleases::Datasets()) {
    for (const storage::SeriesEntry& series : AllSeries(store, dataset)) {
      const auto statements = store.ReadStatements(series.id, sequence, {}).value();
      const auto history = BuildHistory(statements, {Instant::Max(), sequence}, HistoryType::kAll);
      for (const HistoryEntry& entry : history) {
        if (entry.sequence != sequence) continue;
        bool stated = false;
        for (const SeriesStatement& s : statements) {
          stated = stated || (s.sequence == sequence && !s.is_scope && s.period == entry.period);
        }
        const ChangeClass change = entry.event_change.change;
        if (!stated && (change == ChangeClass::kConfirmed || change == ChangeClass::kBackfilled ||
                        change == ChangeClass::kNew)) {
          continue;
        }
        expected[{dataset, series.key, entry.period}] = {entry, stated};
      }
    }
  }
  return expected;
}

void CheckRelease(const storage::Store& store, Sequence sequence,
                  const std::map<CellName, SeriesChanges::Cell>& changes, const CellMap& before) {
  const CellMap after = Known(store, {Instant::Max(), sequence});
  const std::map<CellName, Expected> expected = ExpectedOf(store, sequence);
  for (const auto& [name, want] : expected) {
    const auto it = changes.find(name);
    ASSERT_NE(it, changes.end()) << "not told: " << Name(name);
    const SeriesChanges::Cell& got = it->second;
    // Nobody knew the cell, and still the statement is not what is known now: it lies under a newer scope.
    const auto held = before.find(name);
    const bool is_under_scope = held == before.end() && after.at(name).sequence != sequence;
    EXPECT_EQ(ChangeText(got.change), is_under_scope ? "BACKFILLED" : ChangeText(want.entry.event_change))
        << Name(name);
    EXPECT_EQ(got.state.datum, want.entry.datum) << Name(name);
    EXPECT_EQ(got.state.attributes, want.entry.attributes) << Name(name);
    EXPECT_EQ(got.state.note, want.entry.note) << Name(name);
    EXPECT_EQ(got.state.sequence, sequence) << Name(name);
    EXPECT_EQ(got.state.published_at, want.entry.published_at) << Name(name);
    EXPECT_EQ(got.state.value_since, want.entry.value_since) << Name(name);
    std::optional<Datum> want_before;
    if (held != before.end()) want_before = held->second.datum;
    if (is_under_scope) want_before = after.at(name).datum;
    EXPECT_EQ(Text(got.before), Text(want_before)) << Name(name);
  }
  for (const auto& [name, cell] : changes) {
    EXPECT_TRUE(expected.contains(name))
        << "told, but not so: " << Name(name) << " " << ChangeText(cell.change);
  }
}

// The latest state, kept by someone who has only the changes.
void Apply(const std::map<CellName, SeriesChanges::Cell>& changes, CellMap& mirror) {
  for (const auto& [name, cell] : changes) {
    if (cell.change.change != ChangeClass::kBackfilled) mirror[name] = cell.state;
  }
}

// Withdrawn and never known are the same to a mirror.
void CheckMirror(const CellMap& known, const CellMap& mirror) {
  for (const auto& [name, cell] : known) {
    const auto it = mirror.find(name);
    if (it == mirror.end() && SameValue(cell.datum, kWithdrawn)) continue;
    ASSERT_NE(it, mirror.end()) << Name(name);
    EXPECT_EQ(it->second.datum.ToString(), cell.datum.ToString()) << Name(name);
    if (SameValue(cell.datum, kWithdrawn)) continue;
    EXPECT_EQ(it->second.attributes, cell.attributes) << Name(name);
    EXPECT_EQ(it->second.sequence, cell.sequence) << Name(name);
    EXPECT_EQ(it->second.note, cell.note) << Name(name);
  }
  for (const auto& [name, cell] : mirror) {
    EXPECT_TRUE(known.contains(name) || SameValue(cell.datum, kWithdrawn)) << Name(name);
  }
}

// What a preview says, and what then happened.
void CheckPreview(const storage::Store& store, const PreviewedChanges& preview,
                  const std::map<CellName, SeriesChanges::Cell>& changes) {
  std::size_t cells = 0;
  for (const SeriesChanges& series : preview.series) {
    for (const SeriesChanges::Cell& cell : series.cells) {
      ++cells;
      const auto it = changes.find({series.dataset, series.key, cell.state.period});
      ASSERT_NE(it, changes.end()) << "previewed, but did not happen: " << ToText(series, cell);
      EXPECT_EQ(ToText(series, cell), ToText(series, it->second));
      EXPECT_EQ(Text(cell.before), Text(it->second.before)) << ToText(series, cell);
      EXPECT_EQ(cell.state.value_since, it->second.state.value_since) << ToText(series, cell);
      EXPECT_EQ(cell.state.published_at, it->second.state.published_at);
      EXPECT_EQ(cell.state.sequence, 0u);
    }
  }
  EXPECT_EQ(cells, changes.size());
  EXPECT_EQ(preview.omitted_withdrawals, 0u);
}

// Without scopes what was held is read by period.
void RunLog(std::uint32_t seed, bool scopes) {
  RandomReleases random(seed, scopes);
  ChangesHints hints;
  if (!scopes) hints.newest_scope = ScopeHorizon::kNever;
  if (!scopes) hints.least_series_by_period = 1;
  const auto store = storage::NewMemoryStore({1});
  for (const std::string& dataset : RandomReleases::Datasets()) {
    ASSERT_TRUE(store->PutDataset(support::MakeDataset(dataset, "reporter flow")).ok());
  }
  CellMap mirror;
  std::vector<std::vector<std::string>> told;
  std::vector<std::string> releases;
  for (int i = 0; i < kEntries && !::testing::Test::HasFailure(); ++i) {
    const Sequence head = store->head();
    const CellMap before = Known(*store, {Instant::Max(), head});
    std::optional<PreviewedChanges> preview;
    if (!releases.empty() && random.Chance(20)) {
      const int which = random.Pick(static_cast<int>(releases.size()));
      SCOPED_TRACE(absl::StrCat("entry ", head + 1, ": retract ", releases[which]));
      ASSERT_TRUE(store->Retract("A", releases[which], "", Instant()).ok());
      releases.erase(releases.begin() + which);
    } else {
      const std::string text = random.Next(absl::StrCat("r", i));
      SCOPED_TRACE(absl::StrCat("entry ", head + 1, ":\n", text));
      const Release release = support::MakeRelease(*store, text);
      preview = PreviewChanges(*store, release, head).value();
      ASSERT_TRUE(store->Push(release, Instant()).ok());
      releases.push_back(absl::StrCat("r", i));
    }
    const Sequence sequence = store->head();
    SCOPED_TRACE(support::ToText(store->GetEntry(sequence).value()));
    const auto changes = ChangesByCell(*store, sequence, hints);
    if (preview) CheckRelease(*store, sequence, changes, before);
    if (preview) CheckPreview(*store, *preview, changes);
    Apply(changes, mirror);
    CheckMirror(Known(*store, {Instant::Max(), sequence}), mirror);
    told.push_back(ChangesOf(*store, sequence));
  }
  for (Sequence sequence = 1; sequence <= store->head(); ++sequence) {
    EXPECT_EQ(ChangesOf(*store, sequence), told[sequence - 1]) << "the same for ever: " << sequence;
  }
}

TEST(ChangesModelTest, ChangesAgreeWithHistoriesReadsAndPreviews) {
  const std::uint32_t seed = TestSeed();
  for (int i = 0; i < kLogs && !HasFailure(); ++i) {
    SCOPED_TRACE(absl::StrCat("TIDEWAITER_TEST_SEED=", seed, ", log ", i));
    RunLog(seed + i, /*scopes=*/i % 2 == 0);
  }
}

}  // namespace
}  // namespace tidewaiter::engine
