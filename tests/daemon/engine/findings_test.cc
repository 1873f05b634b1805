// Findings: what is kept of the checks of a log, whatever order its releases come in.
#include "daemon/engine/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/strings.h"
#include "storage/memory/memory_store.h"
#include "tests/daemon/engine/forwarding_store.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kLevel[] = "CN.RU.T.VALUE.USD.BN";
constexpr char kRate[] = "CN.RU.T.YOY.USD.PCT";

// "IMPLIED_REVISION 2025-01/P7M #2 by 2 OPEN 0.089"; a number after the status says who settled it.
std::string ToText(const PlacedFinding& placed) {
  const Finding& f = placed.finding;
  return absl::StrCat(ToAbsl(FindingKindName(f.kind)), " ", f.period.ToString(), " #", f.sequence, " by ",
                      placed.place.found_by, " ", ToAbsl(FindingStatusName(f.status)),
                      f.settled_by == 0 ? "" : absl::StrCat("@", f.settled_by), " ",
                      f.amount ? f.amount->ToString() : "-");
}

class FindingsTest : public ::testing::Test {
 protected:
  FindingsTest() : store_(storage::NewMemoryStore({})) {
    EXPECT_TRUE(
        store_->PutDataset(support::MakeDataset("P", "reporter partner flow measure currency unit")).ok());
    Start(store_.get());
  }
  void Start(storage::Store* store) {
    findings_.reset();
    feed_.reset();
    feed_ = std::make_unique<UpdateFeed>(store);
    findings_ = std::make_unique<Findings>(store, feed_.get(), CheckingRules{},
                                           [this](Sequence sequence, const absl::Status&) {
                                             absl::MutexLock lock(&mutex_);
                                             failed_.push_back(sequence);
                                           });
    findings_->Start();
  }
  // `day` is also the release's name.
  Sequence Push(std::string_view day, const std::vector<std::string>& cells,
                std::string_view kind = "regular") {
    std::string text =
        absl::StrCat("release GACC r-", ToAbsl(day), " ", ToAbsl(day), " kind=", ToAbsl(kind), "\nmerge P\n");
    for (const std::string& cell : cells) absl::StrAppend(&text, cell, "\n");
    const auto outcome = support::Push(*store_, text);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? outcome->entry.sequence : 0;
  }
  static std::string Level(std::string_view period, std::string_view value) {
    return absl::StrCat(kLevel, " ", ToAbsl(period), " ", ToAbsl(value));
  }
  static std::string Rate(std::string_view period, std::string_view value) {
    return absl::StrCat(kRate, " ", ToAbsl(period), " ", ToAbsl(value));
  }
  std::vector<std::string> All(FindingFilter filter = {}, std::size_t page = 1000) {
    EXPECT_TRUE(findings_->WaitFor(store_->head()));
    std::vector<std::string> lines;
    std::optional<FindingPlace> after;
    do {
      const auto listed = findings_->List(filter, after, page);
      EXPECT_TRUE(listed.ok()) << listed.status();
      if (!listed.ok()) break;
      for (const PlacedFinding& placed : listed->findings) lines.push_back(ToText(placed));
      after = listed->after;
    } while (after);
    return lines;
  }

  absl::Mutex mutex_;
  std::vector<Sequence> failed_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<UpdateFeed> feed_;
  std::unique_ptr<Findings> findings_;
};

TEST_F(FindingsTest, ARateThatCannotFollowFromTheHeldBase) {
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 OPEN 0.089"));
}

TEST_F(FindingsTest, AfterARestartTheSameAndNothingTwice) {
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  const std::vector<std::string> before = All();
  Start(store_.get());
  EXPECT_EQ(findings_->state().position, 2u);
  EXPECT_EQ(All(), before);
  findings_.reset();
  Push("2025-09-08", {Level("2025-01/P8M", "143.0")});  // while nobody looks
  Start(store_.get());
  EXPECT_EQ(All(), before);
  EXPECT_EQ(findings_->state().position, 3u);
  EXPECT_EQ(findings_->state().findings, 1u);
}

TEST_F(FindingsTest, ARevisionOfTheBaseIntoTheIntervalConfirms) {
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  Push("2025-08-29", {Level("2024-01/P7M", "136.80")}, "correction");
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 CONFIRMED@3 0.089"));
  Push("2025-08-30", {Level("2024-01/P7M", "136.67")}, "correction");
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 CONFIRMED@3 0.089"));
}

TEST_F(FindingsTest, AnotherLevelSupersedes) {
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  Push("2025-08-29", {Level("2025-01/P7M", "125.6")}, "correction");
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 SUPERSEDED@3 0.089"));
}

TEST_F(FindingsTest, ABackfilledBaseIsTheBaseOfWhatCameBefore) {
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  EXPECT_THAT(All(), IsEmpty());
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")}, "backfill");
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #1 by 2 OPEN 0.089"));
  // A second one, between the two, makes the first look wrong and a new one right.
  Push("2024-09-07", {Level("2024-01/P7M", "136.60")}, "backfill");
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #1 by 2 SUPERSEDED@3 0.089",
                                 "IMPLIED_REVISION 2025-01/P7M #1 by 3 OPEN 0.159"));
}

TEST_F(FindingsTest, ABackfillThatChangesNothingForTheRestFindsNothingTwice) {
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  Push("2024-07-07", {Level("2024-01/P6M", "116.87")}, "backfill");
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 OPEN 0.089"));
}

TEST_F(FindingsTest, WhatIsRetractedIsNoBase) {
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  ASSERT_TRUE(store_->Retract("GACC", "r-2024-08-07", "wrong file", Instant()).ok());
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 SUPERSEDED@3 0.089"));
}

TEST_F(FindingsTest, ABaseThatComesLateSupersedesWhatWasConfirmed) {
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  Push("2025-08-29", {Level("2024-01/P7M", "136.80")}, "correction");
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 CONFIRMED@3 0.089"));
  EXPECT_EQ(findings_->state().settled, 1u);
  // The base had been revised before the rate was printed: there was nothing silent about it.
  Push("2024-09-07", {Level("2024-01/P7M", "136.80")}, "correction");
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 SUPERSEDED@4 0.089"));
  EXPECT_EQ(findings_->state().settled, 1u) << "it had left OPEN before";
  const auto confirmed = findings_->OfEntry(3);
  ASSERT_TRUE(confirmed.ok());
  EXPECT_THAT(*confirmed, IsEmpty());
}

TEST_F(FindingsTest, WhatWasFoundAboutARetractedReleaseIsSuperseded) {
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2025-08-07",
       {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1"), Level("2024-01/P7M", "136.67")});
  Push("2025-09-07", {Level("2025-01/P7M", "125.9"), Level("2025-01/P8M", "143.8")});
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 SUPERSEDED@3 0.089",
                                 "UNANNOUNCED_REVISION 2025-01/P7M #3 by 3 OPEN 0.1"));
  ASSERT_TRUE(store_->Retract("GACC", "r-2025-09-07", "wrong file", Instant()).ok());
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 OPEN 0.089",
                                 "UNANNOUNCED_REVISION 2025-01/P7M #3 by 3 SUPERSEDED@4 0.1"));
}

TEST_F(FindingsTest, WhatARetractedReleaseHadSettledIsOpenAgain) {
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  Push("2025-08-29", {Level("2024-01/P7M", "136.80")}, "correction");
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 CONFIRMED@3 0.089"));
  ASSERT_TRUE(store_->Retract("GACC", "r-2025-08-29", "wrong file", Instant()).ok());
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 OPEN 0.089"));
  EXPECT_EQ(findings_->state().settled, 0u);
  const auto told = findings_->OfEntry(4);
  ASSERT_TRUE(told.ok());
  EXPECT_THAT(*told, testing::SizeIs(1));
  // It can be settled like any other.
  Push("2025-09-29", {Level("2024-01/P7M", "136.90")}, "correction");
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 CONFIRMED@5 0.089"));
  EXPECT_EQ(findings_->state().settled, 1u);
}

TEST_F(FindingsTest, ALateBaseThatIsRetractedLeavesTheFindingOpen) {
  Push("2023-05-09", {Level("2024-01/P7M", "136.67")});
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  Push("2024-09-07", {Level("2024-01/P7M", "136.80")}, "correction");
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 SUPERSEDED@3 0.089"));
  ASSERT_TRUE(store_->Retract("GACC", "r-2024-09-07", "wrong file", Instant()).ok());
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 OPEN 0.089"));
}

TEST_F(FindingsTest, ABaseThatIsRetractedAndComesBackBringsTheFindingBack) {
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  ASSERT_TRUE(store_->Retract("GACC", "r-2024-08-07", "wrong file", Instant()).ok());
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 SUPERSEDED@3 0.089"));
  Push("2024-08-08", {Level("2024-01/P7M", "136.67")});
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 SUPERSEDED@3 0.089",
                                 "IMPLIED_REVISION 2025-01/P7M #2 by 4 OPEN 0.089"));
}

TEST_F(FindingsTest, ARetractedReleaseLeavesItsPredecessorAsTheBase) {
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2024-09-07", {Level("2024-01/P7M", "136.80")}, "correction");
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  EXPECT_THAT(All(), IsEmpty());
  ASSERT_TRUE(store_->Retract("GACC", "r-2024-09-07", "wrong file", Instant()).ok());
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #3 by 4 OPEN 0.089"));
}

TEST_F(FindingsTest, BrokenSumsAndUnannouncedRevisions) {
  const std::string x = "CN.RU.X.VALUE.USD.BN 2025-06 ";
  Push("2025-07-07",
       {absl::StrCat(x, "8.13"), "CN.RU.M.VALUE.USD.BN 2025-06 10.93", Level("2025-06", "19.16")});
  Push("2025-08-07", {absl::StrCat(x, "8.33"), Level("2025-07", "19.14")});
  EXPECT_THAT(All(), ElementsAre("BROKEN_IDENTITY 2025-06 #1 by 1 OPEN -0.10",
                                 "BROKEN_IDENTITY 2025-06 #2 by 2 OPEN 0.10",
                                 "UNANNOUNCED_REVISION 2025-06 #2 by 2 OPEN 0.20"));
  FindingFilter filter;
  filter.kinds = {FindingKind::kUnannouncedRevision};
  EXPECT_EQ(All(filter).size(), 1u);
  filter.selectors = {Selector::Parse("..M...").value()};
  EXPECT_THAT(All(filter), IsEmpty());
  EXPECT_EQ(All({.after = 1}).size(), 2u);
  EXPECT_EQ(All({.until = 1}).size(), 1u);
  EXPECT_EQ(All({}, 1), All());
}

TEST_F(FindingsTest, ALateReleaseIsJudgedByItsOwnMonth) {
  Push("2025-02-07", {Level("2025-01", "10.0")});
  Push("2025-05-07", {Level("2025-04", "11.0")});
  Push("2025-02-18", {Level("2025-01", "10.5")});  // the bulletin after the flash, pushed late
  EXPECT_THAT(All(), IsEmpty());
  Push("2025-05-18", {Level("2025-04", "11.5"), Level("2025-01", "10.6")});
  EXPECT_THAT(All(), ElementsAre("UNANNOUNCED_REVISION 2025-01 #4 by 4 OPEN 0.1"));
}

// Fails to read the content of one release.
class DamagedStore final : public ForwardingStore {
 public:
  DamagedStore(storage::Store* store, Sequence damaged) : ForwardingStore(store), damaged_(damaged) {}
  absl::StatusOr<storage::ReleasePart> ReadPart(Sequence sequence, std::uint32_t part) const override {
    if (sequence == damaged_) return absl::DataLossError("this release cannot be read");
    return ForwardingStore::ReadPart(sequence, part);
  }

 private:
  const Sequence damaged_;
};

TEST_F(FindingsTest, OneReleaseThatCannotBeCheckedStopsNothing) {
  DamagedStore damaged(store_.get(), 2);
  Start(&damaged);
  Push("2024-08-07", {Level("2024-01/P7M", "136.67")});
  Push("2025-07-07", {Level("2025-06", "18.0")});
  Push("2025-08-07", {Level("2025-01/P7M", "125.8"), Rate("2025-01/P7M", "-8.1")});
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #3 by 3 OPEN 0.089"));
  EXPECT_EQ(findings_->state().errors, 1u);
  absl::MutexLock lock(&mutex_);
  EXPECT_THAT(failed_, ElementsAre(2));
  findings_.reset();
  feed_.reset();
}

TEST_F(FindingsTest, StoppingWakesThoseWhoWait) {
  bool woken = false;
  findings_->Wait(5, [&] { woken = true; });
  findings_->Stop();
  EXPECT_TRUE(woken);
  EXPECT_FALSE(findings_->WaitFor(5));
}

TEST(FindingsGiveWayTest, ACheckAsksWhetherOthersAreServedAndDoesNotWaitForEver) {
  const std::unique_ptr<storage::Store> store = storage::NewMemoryStore({});
  ASSERT_TRUE(store->PutDataset(support::MakeDataset("T", "reporter")).ok());
  ASSERT_TRUE(support::Push(*store, "release A r 2025-01-01\nmerge T\nX 2025-01 1").ok());
  UpdateFeed feed(store.get());
  for (const int busy_for : {3, 1'000'000'000}) {
    std::atomic<int> asked{0};
    Findings findings(store.get(), &feed, {}, nullptr, [&] { return ++asked <= busy_for; });
    findings.Start();
    ASSERT_TRUE(support::Push(*store, absl::StrCat("release A s", busy_for,
                                                   " 2025-01-02\nmerge T\nX 2025-02 ", busy_for))
                    .ok());
    EXPECT_TRUE(findings.WaitFor(store->head()));
    EXPECT_GT(asked.load(), 0);
  }
}

}  // namespace
}  // namespace tidewaiter::engine
