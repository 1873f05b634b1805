#include "daemon/engine/two_threads.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace tidewaiter::engine {
namespace {

TEST(TwoThreadsTest, RunsBothEachTime) {
  for (int i = 0; i < 1000; ++i) {
    int first = 0, second = 0;
    RunBoth([&] { first = i + 1; }, [&] { second = i + 2; });
    ASSERT_EQ(first, i + 1);
    ASSERT_EQ(second, i + 2);
  }
}

TEST(TwoThreadsTest, RunsOneAfterTheOtherWhileTheSecondThreadIsTaken) {
  int inner_first = 0, inner_second = 0, second = 0;
  RunBoth([&] { RunBoth([&] { inner_first = 1; }, [&] { inner_second = 2; }); }, [&] { second = 3; });
  EXPECT_EQ(inner_first, 1);
  EXPECT_EQ(inner_second, 2);
  EXPECT_EQ(second, 3);
}

TEST(TwoThreadsTest, ServesManyCallersAtOnce) {
  std::atomic<int> done{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        int first = 0, second = 0;
        RunBoth([&] { first = 1; }, [&] { second = 1; });
        done += first + second;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(done, 4 * 500 * 2);
}

}  // namespace
}  // namespace tidewaiter::engine
