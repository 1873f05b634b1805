// Releases for subscribers: however many follow whatever, made for one or cut for many, each gets just its
// changes.
#include "daemon/rpc/release_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/bytes.h"
#include "daemon/rpc/store_lookup.h"
#include "storage/memory/memory_store.h"
#include "tests/daemon/rpc/testing.h"
#include "tests/support/release_text.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::rpc {
namespace {

constexpr int kReporters = 12;
constexpr int kFlows = 5;

class ReleaseEncoderTest : public ::testing::Test {
 protected:
  ReleaseEncoderTest() {
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("T", "reporter flow")).ok());
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("U", "one")).ok());
    for (const char* value : {"1.5", "2.5"}) {
      std::string text = absl::StrCat("release A r", value, " 2025-01-01\nmerge T\n");
      for (int r = 0; r < kReporters; ++r) {
        for (int f = 0; f < kFlows; ++f) {
          absl::StrAppend(&text, "R", r, ".F", f, " 2025-01 ", f == 0 ? "1.5" : value, " note=n", r, "\n");
        }
      }
      absl::StrAppend(&text, "merge U\nA 2025-01 ", value);
      EXPECT_TRUE(support::Push(*store_, text).ok());
    }
  }

  // All changes of release 2 as one following sees them; checks how the messages hang together.
  std::vector<std::string> Changes(ReleaseEncoder& encoder,
                                   const std::shared_ptr<const Following>& following) {
    std::vector<std::string> changes;
    ChangesCursor cursor{.sequence = 2};
    bool last = false;
    for (std::uint32_t number = 0; !last;) {
      const auto step = encoder.Get(following, cursor);
      if (!step.ok()) {
        ADD_FAILURE() << step.status();
        return {};
      }
      last = step->complete;
      cursor = step->next;
      if (!step->message) continue;
      v1::SubscribeResponse response;
      EXPECT_TRUE(Parse(*step->message, {10'000, 100'000}, &response).ok());
      const auto& part = response.release();
      EXPECT_EQ(part.sequence(), 2u);
      EXPECT_EQ(part.part(), number++);
      EXPECT_EQ(part.has_release(), part.part() == 0);
      EXPECT_EQ(part.last(), last);
      EXPECT_EQ(part.resume_token(), last ? storage::EncodeToken(*store_->PointAt(2)) : "");
      for (const v1::ChangeBlock& block : part.changes()) {
        for (const std::string& line : ChangesOf(block)) changes.push_back(line);
      }
    }
    return changes;
  }

  const std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore(storage::LogId{7});
  engine::UpdateFeed feed_{store_.get()};
  const StoreLookup lookup_{store_.get()};
};

TEST_F(ReleaseEncoderTest, EveryFollowingGetsJustItsChanges) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (const std::size_t message_bytes : {std::size_t{1}, std::size_t{2'000}, std::size_t{256} << 10}) {
    ReleaseEncoder encoder(&feed_, &lookup_, store_->log_id(), message_bytes, /*cache_bytes=*/20'000);
    std::vector<std::shared_ptr<const Following>> kept;  // so that some share what is encoded
    for (int round = 0; round < 60; ++round) {
      std::vector<Selection::Item> items;
      for (std::uint64_t n = random() % 3; n > 0; --n) {
        const std::string reporter = random() % 3 == 0 ? "" : absl::StrCat("R", random() % kReporters);
        const std::string flow =
            random() % 3 == 0 ? "" : absl::StrCat("F", random() % kFlows, "+F", random() % kFlows);
        items.push_back({"T", *Selector::Parse(absl::StrCat(reporter, ".", flow))});
      }
      const bool omit_confirmed = random() % 2 == 0;
      std::vector<std::string> expected;
      for (int r : {0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9}) {  // as texts sort
        for (int f = 0; f < kFlows; ++f) {
          const std::string key = absl::StrCat("R", r, ".F", f);
          bool wanted = items.empty();
          for (const Selection::Item& item : items) wanted = wanted || item.selector.MatchesText(key);
          if (!wanted || (f == 0 && omit_confirmed)) continue;
          expected.push_back(f == 0 ? absl::StrCat("CONFIRMED ", key, " 2025-01 1.5")
                                    : absl::StrCat("REVISED ", key, " 2025-01 2.5"));
        }
      }
      if (items.empty()) expected.push_back("REVISED A 2025-01 2.5");
      const auto following = encoder.Intern(items, omit_confirmed);
      if (random() % 2 == 0) kept.push_back(following);
      ASSERT_EQ(Changes(encoder, following), expected)
          << following->selection.canonical() << " round " << round;
    }
  }
}

TEST_F(ReleaseEncoderTest, EqualFollowingsAreOne) {
  ReleaseEncoder encoder(&feed_, &lookup_, store_->log_id(), 1000, 1000);
  const Selection::Item a{"T", *Selector::Parse("R1.")};
  const Selection::Item b{"U", Selector()};
  const auto first = encoder.Intern({a, b}, false);
  EXPECT_EQ(encoder.Intern({b, a}, false), first);
  EXPECT_NE(encoder.Intern({a, b}, true), first);
  EXPECT_NE(encoder.Intern({a}, false), first);
}

}  // namespace
}  // namespace tidewaiter::rpc
