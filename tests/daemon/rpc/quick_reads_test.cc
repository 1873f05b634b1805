#include "daemon/rpc/quick_reads.h"

#include <thread>

#include "gtest/gtest.h"

namespace tidewaiter::rpc {
namespace {

TEST(QuickReadsTest, ASlowReadClosesThemForAWhile) {
  QuickReads quick;
  absl::Time now = absl::FromUnixSeconds(1'000'000);
  EXPECT_TRUE(quick.Open(now));
  quick.Report(now, absl::Microseconds(20), true);
  EXPECT_TRUE(quick.Open(now));
  quick.Report(now, absl::Milliseconds(5), false);
  EXPECT_TRUE(quick.Open(now)) << "it did not wait: the processor was busy";
  quick.Report(now, absl::Milliseconds(5), true);
  EXPECT_FALSE(quick.Open(now + absl::Milliseconds(9)));
  now += absl::Milliseconds(10);
  EXPECT_TRUE(quick.Open(now));
  quick.Report(now, absl::Milliseconds(5), true);
  EXPECT_FALSE(quick.Open(now + absl::Milliseconds(19))) << "twice as long";
  for (int i = 0; i < 20; ++i) quick.Report(now, absl::Milliseconds(5), true);
  EXPECT_TRUE(quick.Open(now + absl::Seconds(1))) << "and no longer than that";
  now += absl::Seconds(1);
  quick.Report(now, absl::Microseconds(20), true);
  quick.Report(now, absl::Milliseconds(5), true);
  EXPECT_TRUE(quick.Open(now + absl::Milliseconds(10))) << "a fast one forgives";
}

TEST(QuickReadsTest, AfterASlowReadTheNextOnesAreWatched) {
  QuickReads quick;
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  const auto watched_of = [&quick, now](int reads) {
    int watched = 0;
    for (int i = 0; i < reads; ++i) {
      watched += quick.WatchNext() ? 1 : 0;
      quick.Report(now, absl::Microseconds(20), std::nullopt);
    }
    return watched;
  };
  EXPECT_EQ(watched_of(160), 10);
  quick.Report(now, absl::Milliseconds(5), std::nullopt);
  EXPECT_TRUE(quick.Open(now)) << "nobody knows whether it waited";
  EXPECT_EQ(watched_of(64), 64);
  EXPECT_EQ(watched_of(160), 10);
}

TEST(WaitWatchTest, SeesThatItsThreadSlept) {
  const WaitWatch watch;
  EXPECT_FALSE(watch.Waited());
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(watch.Waited());
}

}  // namespace
}  // namespace tidewaiter::rpc
