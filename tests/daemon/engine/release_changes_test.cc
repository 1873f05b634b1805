// What each kind of entry changes: tables of releases, scopes, backfills and retractions; parts and their
// order.
#include "daemon/engine/release_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "daemon/engine/scope_horizon.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "tests/daemon/engine/forwarding_store.h"
#include "tests/daemon/engine/testing.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReleaseChangesTest : public ::testing::Test {
 protected:
  ReleaseChangesTest() {
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("T", "flow")).ok());
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("U", "flow")).ok());
  }

  // Pushes a release published on that day of 2025-01; its lines follow. Gives its changes.
  std::vector<std::string> Release(int day, const std::string& lines) {
    const std::string text =
        absl::StrCat("release A r", ++releases_, " 2025-01-", day < 10 ? "0" : "", day, "\n", lines);
    const auto outcome = support::Push(*store_, text);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return ChangesOf(*store_, store_->head());
  }

  std::vector<std::string> Retract(int release) {
    const auto entry = store_->Retract("A", absl::StrCat("r", release), "wrong", Instant());
    EXPECT_TRUE(entry.ok()) << entry.status();
    return ChangesOf(*store_, store_->head());
  }

  std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore({1});
  int releases_ = 0;
};

TEST_F(ReleaseChangesTest, EachClassOfChange) {
  EXPECT_THAT(
      Release(1,
              "merge T\nX 2024-01 6.0\nX 2024-02 7.0\nX 2024-03 8.0\nX 2024-04 (SUPPRESSED)\nX 2024-05 9.1"),
      ElementsAre("X 2024-01: none -> 6.0 NEW", "X 2024-02: none -> 7.0 NEW", "X 2024-03: none -> 8.0 NEW",
                  "X 2024-04: none -> (SUPPRESSED) NEW", "X 2024-05: none -> 9.1 NEW"));
  EXPECT_THAT(
      Release(2,
              "merge T\nX 2024-01 6.00\nX 2024-02 7.5\nX 2024-03 8.0 status=P\nX 2024-04 (WITHDRAWN)\n"
              "X 2024-05 9.12\nX 2024-06 (WITHDRAWN)"),
      ElementsAre("X 2024-01: 6.0 -> 6.00 CONFIRMED", "X 2024-02: 7.0 -> 7.5 REVISED",
                  "X 2024-03: 8.0 -> 8.0 REVISED*", "X 2024-04: (SUPPRESSED) -> (WITHDRAWN) WITHDRAWN",
                  "X 2024-05: 9.1 -> 9.12 REVISED~", "X 2024-06: none -> (WITHDRAWN) NEW"));
  EXPECT_THAT(Release(3, "merge T\nX 2024-04 5.0\nX 2024-06 (WITHDRAWN)"),
              ElementsAre("X 2024-04: (WITHDRAWN) -> 5.0 RESTORED",
                          "X 2024-06: (WITHDRAWN) -> (WITHDRAWN) CONFIRMED"));
}

TEST_F(ReleaseChangesTest, ABackfillMovesNothingThatIsNewer) {
  Release(5, "merge T\nX 2024-01 6.0");
  EXPECT_THAT(Release(3, "merge T\nX 2024-01 5.0\nX 2024-02 7.0"),
              ElementsAre("X 2024-01: 6.0 -> 5.0 BACKFILLED", "X 2024-02: none -> 7.0 NEW"));
  // The same moment: the later sequence counts.
  EXPECT_THAT(Release(5, "merge T\nX 2024-01 6.5"), ElementsAre("X 2024-01: 6.0 -> 6.5 REVISED"));
}

TEST_F(ReleaseChangesTest, TheStateIsWhatTheStatementMakesOfTheCell) {
  Release(2, "merge T\nX 2024-01 6.0\nX 2024-02 7.0");
  Release(4, "merge T\nX 2024-01 6.00 source=page-3\nX 2024-02 8.0");
  const auto confirmed = ComputeChanges(*store_, 2, 0).value();
  const CellState& state = confirmed->series[0].cells[0].state;
  EXPECT_EQ(state.value_since, Instant::Parse("2025-01-02T23:59:59.999999Z").value());
  EXPECT_EQ(state.published_at, Instant::Parse("2025-01-04T23:59:59.999999Z").value());
  EXPECT_EQ(state.sequence, 2u);
  EXPECT_EQ(store_->Text(state.source).value(), "page-3");
  EXPECT_EQ(confirmed->series[0].cells[1].state.value_since, state.published_at);
  // A backfill between the two: since when its value stood then, not now.
  Release(3, "merge T\nX 2024-01 6.000\nX 2024-02 8.0");
  const auto backfilled = ComputeChanges(*store_, 3, 0).value();
  EXPECT_EQ(backfilled->series[0].cells[0].state.value_since,
            Instant::Parse("2025-01-02T23:59:59.999999Z").value());
  EXPECT_EQ(backfilled->series[0].cells[1].state.value_since,
            Instant::Parse("2025-01-03T23:59:59.999999Z").value());
  EXPECT_EQ(backfilled->series[0].cells[1].state.sequence, 3u);
}

TEST_F(ReleaseChangesTest, ReplaceWithdrawsWhatItDoesNotState) {
  Release(1,
          "merge T\nX 2024-01 1.0\nX 2024-02 2.0\nX 2023-12 9.0\nM 2024-01 3.0\nB 2024-01 4.0\nB 2024-02 "
          "(WITHDRAWN)\n"
          "merge U\nX 2024-01 5.0");
  // What is stated comes first; then what is withdrawn, in key order. M is not in the selector, 2023 not in
  // the range, U another dataset, and B's February is withdrawn already.
  EXPECT_THAT(Release(2, "replace T X+B 2024-01..2024-12\nX 2024-02 2.0"),
              ElementsAre("X 2024-02: 2.0 -> 2.0 CONFIRMED", "B 2024-01: 4.0 -> (WITHDRAWN) WITHDRAWN",
                          "X 2024-01: 1.0 -> (WITHDRAWN) WITHDRAWN"));
  EXPECT_THAT(
      Release(3, "replace T X+B 2024-01..2024-12\nX 2024-01 1.1"),
      ElementsAre("X 2024-01: (WITHDRAWN) -> 1.1 RESTORED", "X 2024-02: 2.0 -> (WITHDRAWN) WITHDRAWN"));
}

TEST_F(ReleaseChangesTest, ABackfilledReplaceWithdrawsWhatIsOlderOnly) {
  Release(1, "merge T\nX 2024-01 1.0\nX 2024-02 2.0");
  Release(5, "merge T\nX 2024-02 2.5");
  EXPECT_THAT(Release(3, "replace T X\nX 2024-03 3.0"),
              ElementsAre("X 2024-03: none -> 3.0 NEW", "X 2024-01: 1.0 -> (WITHDRAWN) WITHDRAWN"));
}

TEST_F(ReleaseChangesTest, ACellThatComesUnderANewerScopeIsBackfilled) {
  Release(1, "merge T\nM 2024-01 1.0");
  Release(5, "delete T X ..2024-01");
  EXPECT_THAT(Release(3, "merge T\nX 2024-01 1.0\nX 2024-02 2.0"),
              ElementsAre("X 2024-01: (WITHDRAWN) -> 1.0 BACKFILLED", "X 2024-02: none -> 2.0 NEW"));
  // The hint says that there may be such a scope, or that there is none.
  const Instant day5 = store_->GetEntry(2)->header.published_at.instant;
  EXPECT_EQ(ToLines(ComputeChanges(*store_, 3, 0, {{}, day5}).value()->series), ChangesOf(*store_, 3));
  EXPECT_THAT(Release(5, "merge T\nX 2024-01 1.1"), ElementsAre("X 2024-01: (WITHDRAWN) -> 1.1 RESTORED"));
  EXPECT_THAT(Retract(2), IsEmpty()) << "it holds nothing any more";
}

TEST_F(ReleaseChangesTest, RetractingAScopeShowsWhatCameUnderIt) {
  Release(5, "delete T X");
  Release(3, "merge T\nX 2024-01 1.0");
  EXPECT_THAT(Retract(1), ElementsAre("X 2024-01: (WITHDRAWN) -> 1.0 RESTORED"));
}

TEST_F(ReleaseChangesTest, DeleteWithdrawsItsScopeAndWhatItLists) {
  Release(1, "merge T\nX 2024-01 1.0\nX 2024-02 2.0\nM 2024-01 3.0");
  EXPECT_THAT(Release(2, "delete T X ..2024-01\nX 2024-02 99\nX 2024-03 99"),
              ElementsAre("X 2024-02: 2.0 -> (WITHDRAWN) WITHDRAWN", "X 2024-03: none -> (WITHDRAWN) NEW",
                          "X 2024-01: 1.0 -> (WITHDRAWN) WITHDRAWN"));
  EXPECT_THAT(Release(3, "delete T\nM 2024-01 0"), ElementsAre("M 2024-01: 3.0 -> (WITHDRAWN) WITHDRAWN"));
}

TEST_F(ReleaseChangesTest, WithinTheScopeACellThatIsListedOccursOnce) {
  Release(1, "merge T\nX 2024-01 1.0\nX 2024-02 2.0");
  EXPECT_THAT(Release(2, "delete T X\nX 2024-01 0"), ElementsAre("X 2024-01: 1.0 -> (WITHDRAWN) WITHDRAWN",
                                                                 "X 2024-02: 2.0 -> (WITHDRAWN) WITHDRAWN"));
}

TEST_F(ReleaseChangesTest, ALaterSectionsScopeIsTheLastWord) {
  Release(1, "merge T\nX 2024-01 1.0\nX 2024-02 2.0");
  EXPECT_THAT(
      Release(2, "merge T\nX 2024-01 1.5\nX 2024-03 3.0\nreplace T X 2024-01..2024-02\nX 2024-02 2.5"),
      ElementsAre("X 2024-01: 1.0 -> (WITHDRAWN) WITHDRAWN", "X 2024-03: none -> 3.0 NEW",
                  "X 2024-02: 2.0 -> 2.5 REVISED"));
  // An earlier section's scope is not.
  EXPECT_THAT(Release(3, "replace T X\nX 2024-01 1.5\nmerge T\nX 2024-02 2.7"),
              ElementsAre("X 2024-01: (WITHDRAWN) -> 1.5 RESTORED", "X 2024-02: 2.5 -> 2.7 REVISED",
                          "X 2024-03: 3.0 -> (WITHDRAWN) WITHDRAWN"));
}

TEST_F(ReleaseChangesTest, ScopesGoDatasetByDatasetAndOverlapOnce) {
  Release(1, "merge T\nX 2024-01 1.0\nX 2024-02 2.0\nM 2024-01 3.0\nmerge U\nX 2024-01 4.0\nA 2024-01 5.0");
  EXPECT_THAT(
      Release(2, "delete U X\ndelete T X ..2024-01\ndelete U A\ndelete T X+M 2024-01.."),
      ElementsAre("A 2024-01: 5.0 -> (WITHDRAWN) WITHDRAWN", "X 2024-01: 4.0 -> (WITHDRAWN) WITHDRAWN",
                  "M 2024-01: 3.0 -> (WITHDRAWN) WITHDRAWN", "X 2024-01: 1.0 -> (WITHDRAWN) WITHDRAWN",
                  "X 2024-02: 2.0 -> (WITHDRAWN) WITHDRAWN"));
}

TEST_F(ReleaseChangesTest, RetractionShowsWhatIsKnownNow) {
  Release(1, "merge T\nX 2024-01 4.0\nX 2024-02 4.0\nX 2024-05 4.0");
  Release(2, "merge T\nX 2024-01 5.0\nX 2024-02 5.0\nX 2024-03 5.0\nX 2024-04 (WITHDRAWN)\nX 2024-05 4.0");
  Release(3, "merge T\nX 2024-02 6.0");
  EXPECT_THAT(Retract(2), ElementsAre("X 2024-01: 5.0 -> 4.0 REVISED", "X 2024-02: 6.0 -> 6.0 BACKFILLED",
                                      "X 2024-03: 5.0 -> (WITHDRAWN) WITHDRAWN",
                                      "X 2024-04: (WITHDRAWN) -> (WITHDRAWN) CONFIRMED",
                                      "X 2024-05: 4.0 -> 4.0 CONFIRMED"));
  const auto part = ComputeChanges(*store_, 4, 0).value();
  EXPECT_EQ(part->series[0].cells[0].state.sequence, 1u);
  EXPECT_EQ(part->series[0].cells[1].state.sequence, 3u);
  EXPECT_EQ(part->series[0].cells[2].state.sequence, 4u) << "nothing is known: withdrawn by the retraction";
  EXPECT_EQ(part->entry.retracts, 2u);
}

TEST_F(ReleaseChangesTest, RetractingAReplaceRestoresWhatItWithdrew) {
  Release(1, "merge T\nX 2024-01 1.0\nX 2024-02 2.0\nX 2024-03 3.0\nX 2024-04 4.0\nM 2024-01 (WITHDRAWN)");
  Release(2, "replace T X+M ..2024-03\nX 2024-02 2.5");
  Release(3, "merge T\nX 2024-03 3.3");
  // January is restored; March has been stated since; April was out of range; M was withdrawn before.
  EXPECT_THAT(Retract(2),
              ElementsAre("X 2024-02: 2.5 -> 2.0 REVISED", "X 2024-01: (WITHDRAWN) -> 1.0 RESTORED"));
}

TEST_F(ReleaseChangesTest, RetractingUnderALaterScope) {
  Release(1, "merge T\nX 2024-01 1.0");
  Release(2, "delete T X");
  // The cell was known by the first release alone: with it goes what was withdrawn.
  EXPECT_THAT(Retract(1), ElementsAre("X 2024-01: (WITHDRAWN) -> (WITHDRAWN) CONFIRMED"));
}

TEST_F(ReleaseChangesTest, AnEntryThatSaysNothingHasOneEmptyPart) {
  EXPECT_THAT(Release(1, "merge T"), IsEmpty());
  EXPECT_THAT(Release(2, "delete T X"), IsEmpty());
  EXPECT_THAT(Retract(1), IsEmpty());
  EXPECT_TRUE(ComputeChanges(*store_, 1, 0).value()->last);
  for (const Sequence sequence : {1, 2, 3}) {
    const absl::Status status = ComputeChanges(*store_, sequence, 1).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(DetailsOf(status).violations.at(0).field, "part");
  }
  EXPECT_FALSE(ComputeChanges(*store_, 4, 0).ok());
  EXPECT_FALSE(ComputeChanges(*store_, 0, 0).ok());
}

TEST_F(ReleaseChangesTest, TheEntryIsAsItCame) {
  Release(1, "merge T\nX 2024-01 1.0");
  Retract(1);
  EXPECT_EQ(store_->GetEntry(1)->retracted_by, 2u);
  EXPECT_EQ(ComputeChanges(*store_, 1, 0).value()->entry.retracted_by, 0u);
  EXPECT_THAT(ChangesOf(*store_, 1), ElementsAre("X 2024-01: none -> 1.0 NEW"));
}

// ---- Parts

std::string SeriesName(int i) { return absl::StrCat("S", 100'000 + i); }

// The lines of a section with one cell of each series, first <= i < last.
std::string Cells(int first, int last, std::string_view datum) {
  std::string lines;
  for (int i = first; i < last; ++i) absl::StrAppend(&lines, SeriesName(i), " 2024-01 ", ToAbsl(datum), "\n");
  return lines;
}

struct Parts {
  std::vector<std::vector<std::string>> lines;  // of each part
  std::vector<ScopeCursor> next;
};

// Every part; each knows where it begins from the one before it if `handed_on`.
Parts AllParts(const storage::Store& store, Sequence sequence, bool handed_on) {
  Parts parts;
  std::optional<ScopeCursor> start;
  for (std::uint32_t part = 0;; ++part) {
    const auto changes =
        ComputeChanges(store, sequence, part, {handed_on ? start : std::nullopt, std::nullopt}).value();
    EXPECT_EQ(changes->part, part);
    parts.lines.push_back(ToLines(changes->series));
    parts.next.push_back(changes->next);
    if (changes->last) return parts;
    if (changes->next != ScopeCursor{}) start = changes->next;
  }
}

TEST_F(ReleaseChangesTest, PartsOfScopesAreBoundedInSeriesAndStayAsTheyAre) {
  const int series = static_cast<int>(kMaxScopeSeriesPerPart) + 10;
  Release(1, absl::StrCat("merge T\n", Cells(0, 2 * series, "1")));
  Release(2, absl::StrCat("merge U\n", Cells(90'000, 90'005, "1")));
  // Every tenth series is restated: there, nothing is withdrawn.
  std::string restated;
  for (int i = 0; i < 2 * series; i += 10) absl::StrAppend(&restated, SeriesName(i), " 2024-01 1\n");
  Release(3, absl::StrCat("replace T *\n", restated, "delete U *"));
  const Sequence sequence = store_->head();
  const std::uint32_t stated = store_->GetEntry(sequence)->parts;

  const Parts parts = AllParts(*store_, sequence, /*handed_on=*/true);
  ASSERT_THAT(parts.lines, SizeIs(stated + 3)) << "4,096 series, 4,096 series, 20 and the 5 of U";
  EXPECT_THAT(parts.lines[stated], SizeIs(kMaxScopeSeriesPerPart - 410));
  EXPECT_THAT(parts.lines.back(), SizeIs(18 + 5));
  std::set<std::string> all;
  std::size_t count = 0;
  for (const auto& lines : parts.lines) {
    all.insert(lines.begin(), lines.end());
    count += lines.size();
  }
  EXPECT_EQ(all.size(), 2u * series + 5) << "every series changes: confirmed or withdrawn";
  EXPECT_EQ(count, all.size()) << "each once";

  // The catalogue grows between the series there are.
  std::string between;
  for (int i = 0; i < 500; ++i) absl::StrAppend(&between, SeriesName(i * 7), "_N 2024-01 1\n");
  Release(4, absl::StrCat("merge T\n", between));
  for (const bool handed_on : {true, false}) {
    const Parts again = AllParts(*store_, sequence, handed_on);
    EXPECT_EQ(again.lines, parts.lines) << "handed on: " << handed_on;
    EXPECT_EQ(again.next, parts.next);
  }
}

TEST_F(ReleaseChangesTest, PartsOfScopesAreBoundedInCells) {
  // 1,100 months of each of 60 series are more than one part may hold.
  constexpr int kSeries = 60, kMonths = 1100;
  for (int i = 0; i < kSeries; ++i) {
    std::string lines = "merge T\n";
    for (int month = 0; month < kMonths; ++month) {
      const Period period = Period::FromValid(Month::FromIndex(1900 * 12 + month), 1);
      absl::StrAppend(&lines, SeriesName(i), " ", period.ToString(), " 1\n");
    }
    Release(1, lines);
  }
  Release(2, "delete T *");
  const Parts parts = AllParts(*store_, store_->head(), /*handed_on=*/true);
  ASSERT_THAT(parts.lines, SizeIs(2));
  EXPECT_THAT(parts.lines[0], SizeIs(limits::kMaxChunkObservations / kMonths * kMonths));
  EXPECT_EQ(parts.lines[0].size() + parts.lines[1].size(), std::size_t{kSeries} * kMonths);
}

TEST_F(ReleaseChangesTest, PartsOfWhatIsStatedFollowTheLog) {
  Release(1, absl::StrCat("merge T\n", Cells(0, 2500, "1")));
  ASSERT_EQ(store_->GetEntry(1)->parts, 3u);
  for (std::uint32_t part = 0; part < 3; ++part) {
    const auto changes = ComputeChanges(*store_, 1, part).value();
    EXPECT_EQ(changes->last, part == 2);
    EXPECT_GT(changes->ApproximateBytes(), changes->series.size() * sizeof(SeriesChanges::Cell));
  }
  Retract(1);
  EXPECT_THAT(ChangesOf(*store_, 2), SizeIs(2500));
}

// Counts how series are read.
class CountingStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  absl::Status ReadCells(storage::SeriesId series, const Vintage& vintage, const PeriodRange& range,
                         SeriesFold* fold) const override {
    ++series_read;
    return ForwardingStore::ReadCells(series, vintage, range, fold);
  }
  absl::Status ReadSlices(std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                          absl::FunctionRef<bool(const Period&)> wanted,
                          std::vector<storage::PeriodSlice>* slices) const override {
    ++datasets_read;
    if (broken) return MakeError(absl::StatusCode::kDataLoss, Reason::kCorruption, "damaged");
    return ForwardingStore::ReadSlices(dataset, range, vintage, wanted, slices);
  }
  mutable int series_read = 0;
  mutable int datasets_read = 0;
  bool broken = false;
};

TEST_F(ReleaseChangesTest, ManySeriesOfFewPeriodsAreReadByPeriod) {
  constexpr int kSeries = static_cast<int>(kLeastSeriesByPeriod);
  ChangesHints hints;
  hints.newest_scope = ScopeHorizon::kNever;
  Release(1, absl::StrCat("merge T\n", Cells(0, kSeries, "1 status=P")));
  Release(1, absl::StrCat("merge U\n", Cells(0, kSeries, "7")));
  const std::vector<std::string> revised =
      Release(2, absl::StrCat("merge T\n", Cells(0, 1, "1.0"), Cells(1, kSeries, "2"), SeriesName(kSeries),
                              " 2024-01 5"));
  CountingStore counting(store_.get());
  EXPECT_EQ(ToLines(ComputeChanges(counting, 3, 0, hints).value()->series), revised);
  EXPECT_EQ(counting.datasets_read, 1);
  EXPECT_EQ(counting.series_read, 1) << "the one whose value stands since the first release";
  const std::vector<std::string> backfilled = Release(1, absl::StrCat("merge T\n", Cells(0, kSeries, "3")));
  EXPECT_EQ(ToLines(ComputeChanges(counting, 4, 0, hints).value()->series), backfilled);

  counting.series_read = 0;
  counting.broken = true;
  EXPECT_EQ(ToLines(ComputeChanges(counting, 3, 0, hints).value()->series), revised);
  EXPECT_EQ(counting.series_read, kSeries + 1) << "what cannot be read by period is read by series";
}

TEST_F(ReleaseChangesTest, FewSeriesManyPeriodsOrScopesAreReadBySeries) {
  constexpr int kSeries = static_cast<int>(kLeastSeriesByPeriod);
  ChangesHints hints;
  hints.newest_scope = ScopeHorizon::kNever;
  CountingStore counting(store_.get());
  Release(1, absl::StrCat("merge T\n", Cells(0, kSeries - 1, "1")));
  EXPECT_TRUE(ComputeChanges(counting, 1, 0, hints).ok());
  Release(2, absl::StrCat("merge T\n", Cells(0, kSeries, "2")));
  hints.newest_scope = Instant::FromMicros(0);
  EXPECT_TRUE(ComputeChanges(counting, 2, 0, hints).ok());
  hints.newest_scope.reset();
  EXPECT_TRUE(ComputeChanges(counting, 2, 0, hints).ok());
  hints.newest_scope = ScopeHorizon::kNever;
  // Fifteen periods of a thousand series are more to look at than 64 series.
  Release(3, absl::StrCat("merge U\n", Cells(0, 900, "1")));
  std::string many;
  for (int i = 0; i < kSeries; ++i) {
    for (int month = 0; month < 15; ++month) {
      const Period period = Period::FromValid(Month::FromIndex(2000 * 12 + month), 1);
      absl::StrAppend(&many, SeriesName(i), " ", period.ToString(), " 1\n");
    }
  }
  Release(4, absl::StrCat("merge T\n", many));
  EXPECT_TRUE(ComputeChanges(counting, 4, 0, hints).ok());
  EXPECT_EQ(counting.datasets_read, 0);
}

}  // namespace
}  // namespace tidewaiter::engine
