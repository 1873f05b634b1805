// Many threads push, retract and subscribe; every subscriber's log is held against the six guarantees. A
// failure prints its seed: run it again with TIDEWAITER_TEST_SEED. Threads interleave anew each time, so
// repeat it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "daemon/engine/update_feed.h"
#include "tests/daemon/engine/random_releases.h"
#include "tests/daemon/engine/stream_guarantees.h"
#include "tests/daemon/engine/testing.h"

namespace tidewaiter::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kPushers = 3;
constexpr int kReleasesPerPusher = 80;
constexpr int kSubscribers = 8;

std::vector<std::string> Matching(const std::vector<SeriesChanges>& all, const Selector& selector) {
  std::vector<std::string> lines;
  for (const SeriesChanges& series : all) {
    if (!selector.MatchesText(series.key)) continue;
    for (const SeriesChanges::Cell& cell : series.cells) {
      lines.push_back(absl::StrCat(series.dataset, " ", ToText(series, cell)));
    }
  }
  return lines;
}

using AllChanges = std::map<Sequence, std::vector<SeriesChanges>>;

// Computed anew, apart from the feed.
AllChanges ChangesOfLog(const storage::Store& store) {
  AllChanges all;
  for (Sequence sequence = 1; sequence <= store.head(); ++sequence) {
    bool last = false;
    for (std::uint32_t part = 0; !last; ++part) {
      const auto changes = ComputeChanges(store, sequence, part).value();
      all[sequence].insert(all[sequence].end(), changes->series.begin(), changes->series.end());
      last = changes->last;
    }
  }
  return all;
}

StreamTruth TruthOf(const AllChanges& all, const Selector& selector) {
  StreamTruth truth;
  for (const auto& [sequence, changes] : all) {
    std::vector<std::string> lines = Matching(changes, selector);
    if (!lines.empty()) truth[sequence] = std::move(lines);
  }
  return truth;
}

// A release of several parts: 1,200 cells, or the withdrawal of many of them.
std::string BigRelease(RandomReleases& random, std::string_view id) {
  std::string text = absl::StrCat("release A ", std::string(id), " 2025-01-1", random.Pick(10), "\n");
  absl::StrAppend(&text, random.Chance(50) ? "merge B\n" : "replace B *\n");
  const int series = random.Chance(60) ? 40 : 7;
  for (int i = 0; i < series; ++i) {
    for (int month = 0; month < 30; ++month) {
      const Period period = Period::FromValid(Month::FromIndex(2020 * 12 + month), 1);
      absl::StrAppend(&text, i % 2 == 0 ? "CN" : "RU", ".S", i, " ", period.ToString(), " ", random.Pick(3),
                      "\n");
    }
  }
  return text;
}

// Pushes and retracts, and now and then pushes something again.
void RunPusher(storage::Store& store, int number, std::uint32_t seed) {
  RandomReleases random(seed);
  std::vector<std::pair<std::string, std::string>> pushed;  // id, text
  for (int i = 0; i < kReleasesPerPusher; ++i) {
    if (!pushed.empty() && random.Chance(10)) {
      const auto& [id, text] = pushed[random.Pick(static_cast<int>(pushed.size()))];
      const auto replay = support::Push(store, text);
      ASSERT_TRUE(replay.ok() && replay->replayed) << replay.status();
    }
    if (!pushed.empty() && random.Chance(15)) {
      const std::string id = pushed[random.Pick(static_cast<int>(pushed.size()))].first;
      store.Retract("A", id, "", Instant()).status().IgnoreError();  // some a second time: refused
    }
    const std::string id = absl::StrCat("p", number, "-", i);
    pushed.emplace_back(id, random.Chance(12) ? BigRelease(random, id) : random.Next(id));
    const auto outcome = support::Push(store, pushed.back().second);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    if (random.Chance(50)) std::this_thread::sleep_for(std::chrono::microseconds(random.Pick(2000)));
  }
}

// A subscriber as the daemon has them: a cursor that waits, reads parts, and may be cut off anywhere.
class Subscriber {
 public:
  Subscriber(UpdateFeed* feed, Sequence start, std::string_view selector, int slow_micros, std::uint32_t seed)
      : feed_(*feed),
        selector_(Selector::Parse(selector).value()),
        slow_micros_(slow_micros),
        random_(seed),
        cursor_(start) {
    log_.push_back({StreamEvent::kResume, start, 0, false, {}});
  }

  // Until everything up to `end` is read; 0: not known yet.
  void Run(const std::atomic<Sequence>& end) {
    while (end == 0 || cursor_ < end) {
      if (!WaitForMore(end)) continue;
      const Sequence head = feed_.head();
      while (cursor_ < head) {
        if (!Deliver(cursor_ + 1)) log_.push_back({StreamEvent::kResume, Resume(), 0, false, {}});
      }
      if (random_() % 4 == 0) Progress();
    }
    Progress();
  }

  const StreamLog& log() const { return log_; }
  const Selector& selector() const { return selector_; }
  Sequence cursor() const { return cursor_; }
  int cut_off() const { return cut_off_; }

 private:
  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

  // False: gave up, or there is nothing more to come.
  bool WaitForMore(const std::atomic<Sequence>& end) {
    const auto woken = std::make_shared<absl::Notification>();
    const auto id = feed_.Wait(cursor_, [woken] { woken->Notify(); });
    if (Chance(10) && feed_.Cancel(id)) return false;
    while (!woken->WaitForNotificationWithTimeout(absl::Milliseconds(20))) {
      if (end != 0 && cursor_ >= end) {
        // Woken in the meantime or not: it is over.
        feed_.Cancel(id);
        return false;
      }
    }
    return true;
  }

  // False: cut off before the end of the release.
  bool Deliver(Sequence sequence) {
    std::uint32_t sent = 0;
    for (std::uint32_t part = 0;; ++part) {
      if (Chance(3)) return false;
      const auto changes = feed_.Changes(sequence, part).value();
      EXPECT_EQ(changes->entry.sequence, sequence);
      std::vector<std::string> cells = Matching(changes->series, selector_);
      // Empty parts are left out, but the end of what has begun.
      if (!cells.empty() || (changes->last && sent > 0)) {
        log_.push_back({StreamEvent::kPart, sequence, sent++, changes->last, std::move(cells)});
      }
      if (slow_micros_ > 0) std::this_thread::sleep_for(std::chrono::microseconds(random_() % slow_micros_));
      if (changes->last) break;
    }
    cursor_ = sequence;
    if (sent > 0) reached_ = sequence;
    if (sent == 0 && Chance(20)) Progress();
    return true;
  }

  void Progress() {
    log_.push_back({StreamEvent::kProgress, cursor_, 0, false, {}});
    reached_ = cursor_;
  }

  // A client goes on where its last token stood, which may be before what was skipped for it.
  Sequence Resume() {
    ++cut_off_;
    if (reached_ < log_.front().sequence) reached_ = log_.front().sequence;
    return cursor_ = reached_;
  }

  UpdateFeed& feed_;
  const Selector selector_;
  const int slow_micros_;
  std::mt19937 random_;
  Sequence cursor_;       // everything up to here has been considered
  Sequence reached_ = 0;  // where the last token stood
  int cut_off_ = 0;
  StreamLog log_;
};

TEST(StreamTest, SixGuaranteesUnderManyThreads) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("TIDEWAITER_TEST_SEED=", seed));
  const auto store = storage::NewMemoryStore({1});
  for (const std::string dataset : {"T", "U", "B"}) {
    ASSERT_TRUE(store->PutDataset(support::MakeDataset(dataset, "reporter flow")).ok());
  }
  UpdateFeed feed(store.get(), 1u << 20);  // small: parts are forgotten and computed again
  for (int i = 0; i < 5; ++i) {
    RandomReleases random(seed + 100 + i);
    ASSERT_TRUE(support::Push(*store, random.Next(absl::StrCat("early-", i))).ok());
  }

  std::atomic<Sequence> end = 0;
  std::vector<std::unique_ptr<Subscriber>> subscribers;
  std::vector<std::thread> threads;
  const std::vector<std::string> selectors = {"*", "CN.", ".X", "RU.M", "*", ".S3", "JP.", "*"};
  for (int i = 0; i < kSubscribers; ++i) {
    subscribers.push_back(std::make_unique<Subscriber>(&feed, i % 3 == 2 ? 5 : i % 2, selectors[i],
                                                       i % 4 == 3 ? 3000 : 0, seed + 200 + i));
    threads.emplace_back([&, i] { subscribers[i]->Run(end); });
  }
  std::vector<std::thread> pushers;
  for (int i = 0; i < kPushers; ++i) {
    pushers.emplace_back([&, i] { RunPusher(*store, i, seed + i); });
  }
  for (std::thread& pusher : pushers) pusher.join();
  end = store->head();
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(feed.head(), store->head());
  const AllChanges all = ChangesOfLog(*store);
  int cut_off = 0, later_parts = 0;
  for (const auto& subscriber : subscribers) {
    SCOPED_TRACE(absl::StrCat("selector '", subscriber->selector().ToString(), "'"));
    EXPECT_EQ(subscriber->cursor(), store->head());
    const StreamTruth truth = TruthOf(all, subscriber->selector());
    EXPECT_EQ(CheckGuarantees(subscriber->log(), truth, store->head()), "");
    cut_off += subscriber->cut_off();
    for (const StreamEvent& event : subscriber->log()) {
      later_parts += event.kind == StreamEvent::kPart && event.part > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(cut_off, 0) << "nobody was cut off: nothing was resumed";
  EXPECT_GT(later_parts, 0) << "no release came in parts";
  RecordProperty("cut_off", cut_off);
  RecordProperty("later_parts", later_parts);
}

// A subscriber that waits when the daemon drains is woken, and so is one that comes after.
TEST(StreamTest, DrainingWakesSubscribers) {
  const auto store = storage::NewMemoryStore({1});
  UpdateFeed feed(store.get());
  std::atomic<int> woken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto done = std::make_shared<absl::Notification>();
      feed.Wait(0, [done] { done->Notify(); });
      done->WaitForNotification();
      ++woken;
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  feed.Close();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(woken, 4);
}

// ---- The alarm works: each broken log sets off its checker.

class GuaranteesTest : public ::testing::Test {
 protected:
  static StreamEvent Part(Sequence sequence, std::uint32_t part, bool last, std::string cell) {
    return {StreamEvent::kPart, sequence, part, last, {std::move(cell)}};
  }
  static StreamEvent Resume(Sequence sequence) { return {StreamEvent::kResume, sequence, 0, false, {}}; }
  static StreamEvent Progress(Sequence sequence) { return {StreamEvent::kProgress, sequence, 0, false, {}}; }

  std::string Check() const { return CheckGuarantees(log_, truth_, 6); }

  const StreamTruth truth_ = {{1, {"a"}}, {2, {"b"}}, {4, {"c", "d"}}, {6, {"e"}}};
  StreamLog log_ = {Resume(1),  Part(2, 0, true, "b"),  Progress(3),           Part(4, 0, false, "c"),
                    Resume(3),  Part(4, 0, false, "c"), Part(4, 1, true, "d"), Part(6, 0, true, "e"),
                    Progress(6)};
};

TEST_F(GuaranteesTest, AGoodLogPasses) { EXPECT_EQ(Check(), ""); }

TEST_F(GuaranteesTest, OrderedNoticesWhatGoesBack) {
  std::swap(log_[1], log_[7]);
  EXPECT_THAT(Check(), HasSubstr("ordered: "));
  EXPECT_THAT(CheckOrdered({Resume(0), Part(4, 1, true, "d")}), StartsWith("part 1"));
}

TEST_F(GuaranteesTest, UniqueNoticesARepetition) {
  log_.push_back(log_[7]);
  EXPECT_THAT(Check(), HasSubstr("unique: 6 again"));
}

TEST_F(GuaranteesTest, AtomicNoticesAPartOfARelease) {
  log_.erase(log_.begin() + 6);
  EXPECT_THAT(Check(), HasSubstr("atomic: 4 in part"));
  log_[5].last = true;
  EXPECT_THAT(Check(), HasSubstr("atomic: 4 with other cells"));
}

TEST_F(GuaranteesTest, ReliableNoticesAGap) {
  log_.erase(log_.begin() + 7);
  EXPECT_THAT(Check(), HasSubstr("reliable: 6 is missing"));
}

TEST_F(GuaranteesTest, ResumableNoticesAWrongPlace) {
  log_[4] = Resume(2);
  EXPECT_THAT(Check(), HasSubstr("resumable: resumed at 2, not 3"));
}

TEST_F(GuaranteesTest, BookmarkableNoticesProgressThatIsTooEarly) {
  log_[2] = Progress(4);
  EXPECT_THAT(Check(), HasSubstr("bookmarkable: progress 4 before 4"));
}

}  // namespace
}  // namespace tidewaiter::engine
