// Decoded series in memory: what is kept, what goes, and that nothing old is ever handed out.
#include "storage/rocks/series_memory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/storage/stores_under_test.h"
#include "tests/support/release_text.h"
#include "tests/support/store_text.h"

namespace tidewaiter::storage {
namespace {

struct Ref {
  std::uint32_t series;
};

// A series without statements takes next to nothing, and a place.
std::shared_ptr<const DecodedSeries> Empty() {
  const ReleaseTable releases;
  DecodedSeries::Builder builder(&releases, 0);
  EXPECT_EQ(builder.Read(""), DecodedSeries::Builder::Outcome::kDone);
  return std::make_shared<const DecodedSeries>(builder.Build());
}

TEST(SeriesMemoryTest, RemembersWhatIsAskedForWhileThereIsRoom) {
  SeriesMemory memory(1 << 20);
  EXPECT_FALSE(memory.Find(7, /*asked=*/false).worth_decoding);
  EXPECT_TRUE(memory.Find(7).worth_decoding);
}

// Room for a series or two in each shard, and never for one of the usual size.
constexpr std::uint64_t kCramped = 16 << 10;

TEST(SeriesMemoryTest, WithoutRoomRemembersWhatIsMissedTwice) {
  SeriesMemory memory(kCramped);
  EXPECT_FALSE(memory.Find(7).worth_decoding);
  EXPECT_TRUE(memory.Find(7).worth_decoding);
  const auto series = Empty();
  memory.Put(7, memory.Mark(), series);
  EXPECT_EQ(memory.Find(7).series, series);
  EXPECT_FALSE(memory.Find(8).known);
  EXPECT_EQ(memory.Status().series, 1u);
  EXPECT_EQ(memory.Status().hits, 1u);
  EXPECT_EQ(memory.Status().misses, 3u);
}

TEST(SeriesMemoryTest, MissesOfThoseWhoWereNotAskedCountForNothing) {
  SeriesMemory memory(kCramped);
  EXPECT_FALSE(memory.Find(7, /*asked=*/false).worth_decoding);
  EXPECT_FALSE(memory.Find(7, /*asked=*/false).worth_decoding);
  EXPECT_FALSE(memory.Find(7).worth_decoding);
  EXPECT_FALSE(memory.Find(7, /*asked=*/false).worth_decoding);
  EXPECT_TRUE(memory.Find(7).worth_decoding);
}

TEST(SeriesMemoryTest, RemembersThatASeriesIsToBeFolded) {
  SeriesMemory memory(1 << 20);
  memory.Put(7, memory.Mark(), nullptr);
  const SeriesMemory::Found found = memory.Find(7);
  EXPECT_TRUE(found.known);
  EXPECT_EQ(found.series, nullptr);
  EXPECT_FALSE(found.worth_decoding);
}

TEST(SeriesMemoryTest, ForgetsWhatWasWritten) {
  SeriesMemory memory(1 << 20);
  for (std::uint32_t series : {7u, 8u}) memory.Put(series, memory.Mark(), Empty());
  memory.Forget(std::vector<Ref>{{7}});
  EXPECT_FALSE(memory.Find(7).known);
  EXPECT_TRUE(memory.Find(8).known);
  memory.ForgetAll();
  EXPECT_FALSE(memory.Find(8).known);
  EXPECT_EQ(memory.Status().series, 0u);
  EXPECT_EQ(memory.Status().bytes, 0u);
}

// It may have been read before the write that came in between.
TEST(SeriesMemoryTest, RefusesWhatWasReadBeforeAWrite) {
  SeriesMemory memory(1 << 20);
  const SeriesMemory::MarkValue mark = memory.Mark();
  memory.Forget(std::vector<Ref>{{7}});
  memory.Put(7, mark, Empty());
  EXPECT_FALSE(memory.Find(7).known);
  memory.Put(7, memory.Mark(), Empty());
  EXPECT_TRUE(memory.Find(7).known);
}

TEST(SeriesMemoryTest, StaysWithinItsBytesAndKeepsWhatIsAskedFor) {
  constexpr std::uint32_t kSeries = 20'000;
  SeriesMemory memory(256 << 10);
  memory.Put(0, memory.Mark(), Empty());
  for (std::uint32_t series = 1; series < kSeries; ++series) {
    memory.Put(series, memory.Mark(), Empty());
    EXPECT_TRUE(memory.Find(0).known) << series;
    ASSERT_LE(memory.Status().bytes, 256u << 10);
  }
  const SeriesMemoryStatus status = memory.Status();
  EXPECT_GT(status.series, 100u);
  EXPECT_EQ(status.series + status.evicted, kSeries);
}

TEST(SeriesMemoryTest, OfNoBytesRemembersNothing) {
  SeriesMemory memory(0);
  memory.Find(7);
  EXPECT_FALSE(memory.Find(7).worth_decoding);
  memory.Put(7, memory.Mark(), Empty());
  memory.Forget(std::vector<Ref>{{7}});
  memory.ForgetAll();
  EXPECT_FALSE(memory.Find(7).known);
}

// Who reads at the head while it moves sees the release of that very head, remembered or not. Release n says
// n, of one series by a push, of two by an upload that spills.
TEST(SeriesMemoryTest, IsNeverOlderThanTheHead) {
  constexpr Sequence kReleases = 200;
  RocksStoreUnderTest under_test(/*threshold_bytes=*/1);
  Store& store = under_test.store();
  ASSERT_TRUE(store.PutDataset(support::MakeDataset("T", "reporter flow")).ok());
  const auto text = [](Sequence n) {
    return absl::StrCat("release A r", n, " 2025-03-01\nmerge T\nCN.M 2024-11 ", n, "\nCN.X 2024-11 ", n);
  };
  const Release first = support::MakeRelease(store, text(1));
  ASSERT_TRUE(store.Push(first, Instant()).ok());
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> reads{0}, wrong{0};
  std::vector<std::thread> readers;
  for (const char* key : {"CN.M", "CN.X"}) {
    readers.emplace_back([&, id = store.FindSeries("T", key)->id] {
      SeriesFold fold;
      while (!over) {
        const Sequence head = store.head();
        const absl::Status status = store.ReadAskedCells(id, {Instant::Max(), head}, {}, &fold);
        const bool right = status.ok() && fold.cells().size() == 1 && fold.cells()[0].sequence == head &&
                           fold.cells()[0].datum.value() == Decimal::FromValidParts(head, 0);
        wrong += right ? 0 : 1;
        ++reads;
      }
    });
  }
  for (Sequence n = 2; n <= kReleases; ++n) {
    const Release release = support::MakeRelease(store, text(n));
    const auto outcome = n % 2 == 0 ? store.Push(release, Instant()) : support::UploadRelease(store, release);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    // So that something has been remembered before the next one comes.
    for (const std::uint64_t until = reads + 6; reads < until;) std::this_thread::yield();
  }
  over = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0u) << "of " << reads << " reads";
  EXPECT_GT(store.Status().series_memory.hits, 100u);
}

}  // namespace
}  // namespace tidewaiter::storage
