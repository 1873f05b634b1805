// Who is woken when, and what is computed how often.
#include "daemon/engine/update_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "domain/errors.h"
#include "tests/daemon/engine/forwarding_store.h"
#include "tests/daemon/engine/testing.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {
namespace {

using ::testing::ElementsAre;

// Counts, and holds up whoever reads an entry while it is shut.
class WatchedStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  absl::StatusOr<storage::LogEntry> GetEntry(Sequence sequence) const override {
    ++entries_read;
    if (shut) open.WaitForNotification();
    return ForwardingStore::GetEntry(sequence);
  }
  absl::Status ReadCells(storage::SeriesId series, const Vintage& vintage, const PeriodRange& range,
                         SeriesFold* fold) const override {
    ++series_read;
    return ForwardingStore::ReadCells(series, vintage, range, fold);
  }
  void SetHeadListener(std::function<void(Sequence)> listener) override {
    if (listener) announce = listener;
    ForwardingStore::SetHeadListener(std::move(listener));
  }

  mutable std::atomic<int> entries_read = 0;
  mutable std::atomic<int> series_read = 0;
  std::atomic<bool> shut = false;
  absl::Notification open;
  std::function<void(Sequence)> announce;  // what a commit calls
};

class UpdateFeedTest : public ::testing::Test {
 protected:
  UpdateFeedTest() { EXPECT_TRUE(memory_->PutDataset(support::MakeDataset("T", "flow")).ok()); }

  void Push(std::string_view section = "merge T\nX 2024-01 1.0") {
    const std::string text = absl::StrCat("release A r", ++releases_, " 2025-01-01\n", ToAbsl(section));
    const auto outcome = support::Push(*memory_, text);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
  }

  std::unique_ptr<storage::Store> memory_ = storage::NewMemoryStore({1});
  WatchedStore store_{memory_.get()};
  int releases_ = 0;
};

// ---- Waiting

TEST_F(UpdateFeedTest, WakesOnceWhenTheHeadMoves) {
  UpdateFeed feed(&store_);
  int woken = 0;
  EXPECT_NE(feed.Wait(0, [&] { ++woken; }), 0u);
  EXPECT_EQ(woken, 0);
  Push();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(feed.head(), 1u);
  Push();
  EXPECT_EQ(woken, 1);
}

TEST_F(UpdateFeedTest, WakesAtOnceWhenThereIsSomething) {
  Push();
  UpdateFeed feed(&store_);  // a head from before its time
  EXPECT_EQ(feed.head(), 1u);
  int woken = 0;
  EXPECT_EQ(feed.Wait(0, [&] { ++woken; }), 0u);
  EXPECT_EQ(woken, 1);
}

TEST_F(UpdateFeedTest, WakesThoseWhoWaitForThisOnly) {
  UpdateFeed feed(&store_);
  std::vector<Sequence> woken;
  for (const Sequence after : {2u, 0u, 1u}) feed.Wait(after, [&woken, after] { woken.push_back(after); });
  Push();
  EXPECT_THAT(woken, ElementsAre(0));
  Push();
  EXPECT_THAT(woken, ElementsAre(0, 1));
  Push();
  EXPECT_THAT(woken, ElementsAre(0, 1, 2));
}

TEST_F(UpdateFeedTest, OneCommitWakesAThousand) {
  UpdateFeed feed(&store_);
  std::vector<int> woken(1000, 0);
  for (int& each : woken) feed.Wait(0, [&each] { ++each; });
  Push();
  Push();
  EXPECT_EQ(woken, std::vector<int>(1000, 1));
}

TEST_F(UpdateFeedTest, WhoIsCancelledIsNotWoken) {
  UpdateFeed feed(&store_);
  int woken = 0;
  const auto id = feed.Wait(0, [&] { ++woken; });
  const auto other = feed.Wait(0, [&] { woken += 10; });
  EXPECT_TRUE(feed.Cancel(id));
  EXPECT_FALSE(feed.Cancel(id)) << "cancelled already";
  Push();
  EXPECT_EQ(woken, 10);
  EXPECT_FALSE(feed.Cancel(other)) << "woken already";
  EXPECT_FALSE(feed.Cancel(0)) << "woken at once";
}

TEST_F(UpdateFeedTest, CloseWakesEveryoneNowAndLater) {
  UpdateFeed feed(&store_);
  int woken = 0;
  feed.Wait(0, [&] { ++woken; });
  feed.Wait(7, [&] { ++woken; });
  const auto cancelled = feed.Wait(0, [&] { ++woken; });
  feed.Cancel(cancelled);
  feed.Close();
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(feed.Wait(7, [&] { ++woken; }), 0u);
  EXPECT_EQ(woken, 3);
  feed.Close();
  Push();
  EXPECT_EQ(woken, 3);
  EXPECT_TRUE(feed.Changes(1, 0).ok()) << "what is under way can be finished";
}

TEST_F(UpdateFeedTest, ItsEndIsAClose) {
  int woken = 0;
  {
    UpdateFeed feed(&store_);
    feed.Wait(0, [&] { ++woken; });
  }
  EXPECT_EQ(woken, 1);
  Push();  // nobody listens
}

TEST_F(UpdateFeedTest, WhoIsWokenMayUseTheFeed) {
  UpdateFeed feed(&store_);
  std::vector<UpdateFeed::WaiterId> ids;
  std::vector<int> woken(3, 0);
  int again = 0;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(feed.Wait(0, [&, i] {
      ++woken[i];
      EXPECT_EQ(feed.head(), 1u);
      for (int other = 0; other < 3; ++other) {
        EXPECT_EQ(feed.Cancel(ids[other]), other != i && woken[other] == 0 && again == 0);
      }
      feed.Wait(1, [&] { ++again; });
    }));
  }
  Push();
  EXPECT_EQ(woken[0] + woken[1] + woken[2], 1) << "the first to be woken cancelled the others";
  Push();
  EXPECT_EQ(again, 1);
}

// Waiters come, go and are woken from many threads. Each is either cancelled and never called, or called
// exactly once; and none is called after a successful Cancel. Each thread has many that wait, so that a
// commit has many to wake while they are cancelled.
TEST_F(UpdateFeedTest, CancelAndWakeAgreeUnderRace) {
  constexpr int kThreads = 4, kRounds = 20000, kWaiting = 50;
  struct Waiter {
    UpdateFeed::WaiterId id = 0;
    std::atomic<int> calls = 0;
    std::atomic<bool> cancelled = false;
  };
  UpdateFeed feed(&store_);
  std::atomic<int> late = 0, cancels = 0, running = kThreads;
  std::vector<std::vector<std::shared_ptr<Waiter>>> all(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int round = 0; round < kRounds; ++round) {
        auto waiter = std::make_shared<Waiter>();
        waiter->id = feed.Wait(feed.head() + random() % 2, [waiter, &late] {
          if (waiter->cancelled) ++late;
          ++waiter->calls;
        });
        all[t].push_back(std::move(waiter));
        Waiter& some = *all[t][all[t].size() - 1 - random() % std::min<std::size_t>(all[t].size(), kWaiting)];
        if (!some.cancelled && feed.Cancel(some.id)) {
          if (some.calls != 0) ++late;
          some.cancelled = true;
          ++cancels;
        }
      }
      --running;
    });
  }
  for (Sequence head = 1; running > 0; ++head) {
    store_.announce(head);
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  for (std::thread& thread : threads) thread.join();
  feed.Close();
  EXPECT_EQ(late, 0);
  EXPECT_GT(cancels, 0);
  for (const auto& waiters : all) {
    for (const auto& waiter : waiters) ASSERT_EQ(waiter->calls, waiter->cancelled ? 0 : 1);
  }
}

// ---- Changes

TEST_F(UpdateFeedTest, ComputesOnceForAllWhoAsk) {
  Push();
  UpdateFeed feed(&store_);
  store_.shut = true;
  constexpr int kThreads = 8;
  std::vector<std::shared_ptr<const ChangesPart>> parts(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { parts[i] = feed.Changes(1, 0).value(); });
  }
  while (store_.entries_read == 0) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // more would come now, if they did
  EXPECT_EQ(store_.entries_read, 1);
  store_.shut = false;
  store_.open.Notify();
  for (std::thread& thread : threads) thread.join();
  for (const auto& part : parts) EXPECT_EQ(part, parts[0]);
  EXPECT_EQ(feed.Changes(1, 0).value(), parts[0]);
  EXPECT_EQ(store_.entries_read, 1);
}

TEST_F(UpdateFeedTest, OnePartIsNoObstacleToAnother) {
  Push();
  Push();
  UpdateFeed feed(&store_);
  ASSERT_TRUE(feed.Changes(2, 0).ok());
  store_.shut = true;
  std::thread slow([&] { EXPECT_TRUE(feed.Changes(1, 0).ok()); });
  while (store_.entries_read < 2) std::this_thread::yield();
  EXPECT_TRUE(feed.Changes(2, 0).ok()) << "from the cache, while the other is being computed";
  store_.open.Notify();
  slow.join();
}

TEST_F(UpdateFeedTest, ErrorsAreNotKept) {
  UpdateFeed feed(&store_);
  EXPECT_EQ(DetailsOf(feed.Changes(1, 0).status()).reason, Reason::kSequenceAhead);
  EXPECT_FALSE(feed.Changes(0, 0).ok());
  Push();
  EXPECT_TRUE(feed.Changes(1, 0).ok());
  EXPECT_EQ(feed.Changes(1, 1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(feed.Changes(1, 1).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(UpdateFeedTest, KeepsWhatWasUsedLastWithinItsBytes) {
  for (int i = 0; i < 4; ++i) Push();
  const std::size_t bytes = ComputeChanges(*memory_, 2, 0).value()->ApproximateBytes();
  UpdateFeed feed(&store_, 3 * bytes);
  for (const Sequence sequence : {1, 2, 3}) ASSERT_TRUE(feed.Changes(sequence, 0).ok());
  ASSERT_TRUE(feed.Changes(1, 0).ok());  // used again
  ASSERT_TRUE(feed.Changes(4, 0).ok());  // 2 goes
  store_.entries_read = 0;
  for (const Sequence sequence : {1, 3, 4}) ASSERT_TRUE(feed.Changes(sequence, 0).ok());
  EXPECT_EQ(store_.entries_read, 0);
  ASSERT_TRUE(feed.Changes(2, 0).ok());
  EXPECT_EQ(store_.entries_read, 1);
}

TEST_F(UpdateFeedTest, WithoutBytesItComputesEachTime) {
  Push();
  UpdateFeed feed(&store_, 0);
  EXPECT_TRUE(feed.Changes(1, 0).ok());
  EXPECT_TRUE(feed.Changes(1, 0).ok());
  EXPECT_EQ(store_.entries_read, 2);
}

TEST_F(UpdateFeedTest, AReleaseUnderNoScopeCostsOneReadASeries) {
  Push("merge T\nX 2024-01 1.0\nM 2024-01 1.0");
  UpdateFeed feed(&store_);
  ASSERT_TRUE(feed.Changes(1, 0).ok());
  EXPECT_EQ(store_.series_read, 2);
  // A scope of the same moment: the release that comes after it lies not under it.
  Push("delete T B");
  Push("merge T\nX 2024-02 1.0\nM 2024-02 1.0");
  store_.series_read = 0;
  ASSERT_TRUE(feed.Changes(3, 0).ok());
  EXPECT_EQ(store_.series_read, 2);
}

TEST_F(UpdateFeedTest, PartsOfAScopeAreNotWalkedAgain) {
  std::string lines = "merge T\n";
  const int series = 3 * static_cast<int>(kMaxScopeSeriesPerPart);
  for (int i = 0; i < series; ++i) absl::StrAppend(&lines, "S", 100'000 + i, " 2024-01 1\n");
  Push(lines);
  Push("delete T *");
  UpdateFeed feed(&store_, /*cache_bytes=*/0);  // where parts begin is remembered all the same
  for (std::uint32_t part = 0; part < 3; ++part) {
    store_.series_read = 0;
    const auto changes = feed.Changes(2, part).value();
    EXPECT_EQ(changes->series.size(), kMaxScopeSeriesPerPart);
    EXPECT_EQ(changes->last, part == 2);
    EXPECT_LE(store_.series_read, 2 * static_cast<int>(kMaxScopeSeriesPerPart) + 1);
  }
  EXPECT_FALSE(feed.Changes(2, 3).ok());
}

TEST(ScopeHorizonTest, TellsTheNewestScopeBeforeEachEntry) {
  const auto store = storage::NewMemoryStore({1});
  ASSERT_TRUE(store->PutDataset(support::MakeDataset("T", "flow")).ok());
  const auto push = [&](int day, std::string_view section) {
    const std::string text =
        absl::StrCat("release A r", store->head(), " 2025-01-0", day, "\n", ToAbsl(section));
    ASSERT_TRUE(support::Push(*store, text).ok());
  };
  push(8, "merge T\nX 2024-01 1");
  push(3, "delete T X");
  push(9, "merge T\nX 2024-02 1");
  push(2, "delete T X");
  push(7, "merge T\nX 2024-03 1\ndelete T M");
  const auto day = [&](Sequence of) { return store->GetEntry(of)->header.published_at.instant; };
  ScopeHorizon horizon(store.get());
  EXPECT_EQ(horizon.NewestBefore(5).value(), day(2));
  EXPECT_LT(horizon.NewestBefore(1).value(), day(4));
  EXPECT_LT(horizon.NewestBefore(2).value(), day(4));
  EXPECT_EQ(horizon.NewestBefore(3).value(), day(2));
  EXPECT_EQ(horizon.NewestBefore(6).value(), day(5));
  EXPECT_EQ(horizon.NewestBefore(4).value(), day(2));
}

}  // namespace
}  // namespace tidewaiter::engine
