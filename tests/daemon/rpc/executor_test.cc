#include "daemon/rpc/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace tidewaiter::rpc {
namespace {

TEST(ExecutorTest, RunsAsManyAtATimeAsItHasThreads) {
  Executor executor(5);
  for (int round = 0; round < 100; ++round) {
    auto* const all_are_here = new absl::Barrier(6);  // or they wait for ever
    const auto meet = [all_are_here] {
      if (all_are_here->Block()) delete all_are_here;
    };
    for (int i = 0; i < 5; ++i) executor.Run(meet);
    meet();
  }
}

TEST(ExecutorTest, RunsInOrderWhatOneThreadIsGiven) {
  absl::Mutex mutex;
  std::vector<int> ran;
  {
    Executor executor(1);
    for (int i = 0; i < 1000; ++i) {
      executor.Run([&, i] {
        absl::MutexLock lock(&mutex);
        ran.push_back(i);
      });
    }
  }
  ASSERT_EQ(ran.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

// One task after the other: they run where the last one has, not on a cold thread each.
TEST(ExecutorTest, TheThreadThatWasIdleLastGoesOn) {
  Executor executor(16);
  std::set<std::thread::id> threads;
  for (int i = 0; i < 50; ++i) {
    absl::Notification done;
    executor.Run([&] {
      threads.insert(std::this_thread::get_id());
      done.Notify();
    });
    done.WaitForNotification();
    absl::SleepFor(absl::Milliseconds(2));  // it is idle again, some time
  }
  EXPECT_LE(threads.size(), 8u) << "16 threads by turns would be 16";
}

// From many threads, from tasks, and while it is being destroyed.
TEST(ExecutorTest, RunsWhateverWasSubmitted) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> ran{0};
    std::function<void(int)> submit;
    {
      Executor executor(3);
      submit = [&](int more) {
        executor.Run([&, more] {
          ++ran;
          if (more > 0) submit(more - 1);
        });
      };
      std::thread other([&] {
        for (int i = 0; i < 20; ++i) submit(3);
      });
      for (int i = 0; i < 20; ++i) submit(3);
      other.join();
    }
    ASSERT_EQ(ran, 160) << "round " << round;
  }
}

}  // namespace
}  // namespace tidewaiter::rpc
