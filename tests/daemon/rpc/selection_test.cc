// Finding what subscribers follow: the index, the scan and the plain definition agree.
#include "daemon/rpc/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/rpc/following.h"

namespace tidewaiter::rpc {
namespace {

using Item = Selection::Item;

Item Select(const std::string& dataset, const std::string& key) { return {dataset, *Selector::Parse(key)}; }

std::shared_ptr<const engine::ChangesPart> RandomPart(std::mt19937_64& random, std::size_t series) {
  auto part = std::make_shared<engine::ChangesPart>();
  for (std::size_t i = 0; i < series; ++i) {
    engine::SeriesChanges changes;
    changes.dataset.assign(1, random() % 4 == 0 ? 'U' : 'T');
    changes.key = absl::StrCat("R", random() % 12, ".P", random() % 12, ".F", random() % 3);
    if (changes.dataset == "U") changes.key = absl::StrCat("R", random() % 12);
    part->series.push_back(std::move(changes));
  }
  return part;
}

std::string RandomPlace(std::mt19937_64& random, const std::string& letter, std::uint64_t codes) {
  std::vector<std::string> place;
  for (std::uint64_t n = random() % 3; n > 0; --n) place.push_back(absl::StrCat(letter, random() % codes));
  return absl::StrJoin(place, "+");
}

std::vector<std::uint32_t> ByDefinition(const std::vector<Item>& items, const engine::ChangesPart& part) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < part.series.size(); ++i) {
    bool matches = items.empty();
    for (const Item& item : items) {
      matches = matches ||
                (item.dataset == part.series[i].dataset && item.selector.MatchesText(part.series[i].key));
    }
    if (matches) found.push_back(i);
  }
  return found;
}

std::vector<std::uint32_t> SeriesOf(const std::vector<SeriesRun>& runs) {
  std::vector<std::uint32_t> found;
  std::uint32_t end = 0;
  for (const SeriesRun& run : runs) {
    EXPECT_LT(run.begin, run.end);
    EXPECT_TRUE(end == 0 || run.begin > end) << "runs touch at " << end;
    end = run.end;
    for (std::uint32_t i = run.begin; i < run.end; ++i) found.push_back(i);
  }
  return found;
}

TEST(SelectionTest, FindsWhatTheSelectorsSay) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20; ++round) {
    const IndexedPart part(RandomPart(random, random() % 300));
    for (int selection = 0; selection < 60; ++selection) {  // at first by scan, then by index
      std::vector<Item> items;
      for (std::uint64_t n = random() % 5; n > 0; --n) {
        if (random() % 4 == 0) {
          items.push_back(Select("U", RandomPlace(random, "R", 12)));
        } else {
          items.push_back(
              Select("T", absl::StrCat(RandomPlace(random, "R", 14), ".", RandomPlace(random, "P", 14), ".",
                                       RandomPlace(random, "F", 3))));
        }
      }
      part.Ask();
      ASSERT_EQ(SeriesOf(Selection(items).Match(part)), ByDefinition(items, part.part()));
    }
  }
}

// Releases of the same series, one series more, one that is another, in another order: what a subscriber
// remembers of one is right for the next, or is not used.
TEST(FollowingTest, RemembersWhatMatchedForPartsOfTheSameSeries) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  std::vector<Item> items[6];
  std::vector<std::unique_ptr<const Following>> followings;
  for (std::vector<Item>& wanted : items) {
    wanted.push_back(
        Select("T", absl::StrCat(RandomPlace(random, "R", 12), ".", RandomPlace(random, "P", 12), ".")));
    followings.push_back(std::make_unique<const Following>(Selection(wanted), false, followings.size()));
  }
  std::shared_ptr<const engine::ChangesPart> changes = RandomPart(random, 200);
  std::shared_ptr<const SeriesIndex> index;
  int shared = 0;
  for (int release = 0; release < 60; ++release) {
    if (release % 3 == 2) {
      auto next = std::make_shared<engine::ChangesPart>(*changes);
      switch (random() % 3) {
        case 0:
          next->series.push_back(next->series[random() % next->series.size()]);
          break;
        case 1:
          next->series[random() % next->series.size()] = RandomPart(random, 1)->series[0];
          break;
        default:
          std::swap(next->series[random() % next->series.size()],
                    next->series[random() % next->series.size()]);
      }
      changes = next;
    }
    const bool same = index != nullptr && index->IsOf(changes->series);
    shared += same ? 1 : 0;
    const IndexedPart part(changes, /*many_ask=*/true, same ? index : nullptr);
    part.Ask();
    for (std::size_t i = 0; i < followings.size(); ++i) {
      ASSERT_EQ(SeriesOf(*followings[i]->Match(part)), ByDefinition(items[i], *changes))
          << "release " << release;
    }
    index = part.SharedIndex();
    ASSERT_NE(index, nullptr);
  }
  EXPECT_GE(shared, 30) << "most releases here are of the series of the one before";
}

TEST(SelectionTest, TheSameWordsInAnotherOrderAreTheSame) {
  const Selection a({Select("T", "A+B."), Select("U", "X"), Select("T", "A+B.")});
  const Selection b({Select("U", "X"), Select("T", "B+A.")});
  EXPECT_EQ(a.canonical(), b.canonical());
  EXPECT_NE(a.canonical(), Selection({Select("T", "A+B.")}).canonical());
  EXPECT_TRUE(Selection({}).everything());
  EXPECT_TRUE(a.Touches("U"));
  EXPECT_FALSE(a.Touches("V"));
}

}  // namespace
}  // namespace tidewaiter::rpc
