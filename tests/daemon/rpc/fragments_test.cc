// Messages out of fragments: whatever runs of series are taken, their bytes are those of the series one by
// one, and no message keeps more memory than it may.
#include "daemon/rpc/fragments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/series_bits.h"

namespace tidewaiter::rpc {
namespace {

class NoLookup final : public convert::Lookup {
 public:
  absl::StatusOr<std::string> Text(TextId) const override { return std::string(); }
  absl::StatusOr<std::optional<absl::CivilDay>> PublishedDay(Sequence) const override { return std::nullopt; }
};

// One month of each series; every fifth states again what was held.
engine::ChangesPart MakePart(int series) {
  engine::ChangesPart part;
  for (int i = 0; i < series; ++i) {
    engine::SeriesChanges changes;
    changes.dataset = "T";
    changes.key = absl::StrCat("R", i, ".F");
    engine::SeriesChanges::Cell cell;
    cell.state.period = Period::FromValid(Month::FromIndex(2000 * 12), 1);
    cell.state.datum = Datum::Value(Decimal::FromValidParts(15, 1));
    cell.state.sequence = 1;
    cell.change.change = i % 5 == 0 ? ChangeClass::kConfirmed : ChangeClass::kNew;
    changes.cells.push_back(cell);
    part.series.push_back(std::move(changes));
  }
  return part;
}

std::string TextOf(const std::vector<grpc::Slice>& slices) {
  std::string text;
  for (const grpc::Slice& slice : slices)
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

std::string Taken(const Fragments& fragments, const std::vector<SeriesRun>& runs) {
  std::vector<grpc::Slice> slices;
  fragments.Append(runs, &slices);
  return TextOf(slices);
}

// Whether two messages of these runs lie in the same memory.
bool IsShared(const Fragments& fragments, const std::vector<SeriesRun>& runs) {
  std::vector<grpc::Slice> one, other;
  fragments.Append(runs, &one);
  fragments.Append(runs, &other);
  return one.front().begin() == other.front().begin();
}

class FragmentsTest : public ::testing::TestWithParam<bool> {};

TEST_P(FragmentsTest, RunsAreTheirSeries) {
  const bool omit_confirmed = GetParam();
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  constexpr std::uint32_t kSeries = 6000;  // some blocks of memory
  const auto fragments = Fragments::Encode(MakePart(kSeries), NoLookup(), omit_confirmed);
  ASSERT_TRUE(fragments.ok()) << fragments.status();
  std::vector<std::string> each;
  for (std::uint32_t i = 0; i < kSeries; ++i) {
    each.push_back(Taken(*fragments, {{i, i + 1}}));
    EXPECT_EQ(each.back().size(), fragments->BytesOf({i, i + 1}));
    EXPECT_EQ(each.back().empty(), omit_confirmed && i % 5 == 0);
  }
  for (int round = 0; round < 50; ++round) {
    SeriesBits bits(kSeries);
    const auto most = static_cast<std::uint32_t>(2 + random() % 2000);  // with 1 nothing would move
    std::string expected;
    for (std::uint32_t at = 0; at < kSeries;) {
      at += random() % most;
      for (std::uint64_t n = random() % most; n > 0 && at < kSeries; --n, ++at) {
        bits.Add(at);
        expected += each[at];
      }
    }
    EXPECT_EQ(Taken(*fragments, bits.Runs()), expected) << "runs of up to " << most;
  }
}

TEST_P(FragmentsTest, ARunEndsWhereTheMessageIsFull) {
  const auto fragments = Fragments::Encode(MakePart(100), NoLookup(), GetParam());
  ASSERT_TRUE(fragments.ok()) << fragments.status();
  for (const std::size_t bytes : {1, 50, 51, 500, 1'000'000}) {
    const std::uint32_t end = fragments->EndWithin({10, 90}, bytes);
    EXPECT_GT(end, 10u);
    EXPECT_TRUE(end == 90 || fragments->BytesOf({10, end}) >= bytes);
    EXPECT_TRUE(end == 11 || fragments->BytesOf({10, end - 1}) < bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(AllAndWithoutConfirmed, FragmentsTest, ::testing::Bool());

TEST(FragmentsMemoryTest, MuchOfABlockIsSharedAndLittleOfItIsCopied) {
  const auto fragments = Fragments::Encode(MakePart(1000), NoLookup(), false);
  ASSERT_TRUE(fragments.ok()) << fragments.status();
  EXPECT_TRUE(IsShared(*fragments, {{0, 1000}}));
  EXPECT_TRUE(IsShared(*fragments, {{100, 200}, {300, 600}}));
  EXPECT_FALSE(IsShared(*fragments, {{100, 200}})) << "a tenth of the block would keep all of it";
  std::vector<SeriesRun> every_other;
  for (std::uint32_t i = 0; i < 1000; i += 2) every_other.push_back({i, i + 1});
  EXPECT_FALSE(IsShared(*fragments, every_other)) << "five hundred references cost more than a copy";
}

TEST(SeriesBitsTest, RunsCrossWords) {
  using ::testing::ElementsAre;
  using ::testing::IsEmpty;
  EXPECT_THAT(SeriesBits(0).Runs(), IsEmpty());
  EXPECT_THAT(SeriesBits(200).Runs(), IsEmpty());
  SeriesBits bits(130);
  for (std::uint32_t i = 60; i < 130; ++i) bits.Add(i);
  bits.Add(3);
  EXPECT_THAT(bits.Runs(), ElementsAre(SeriesRun{3, 4}, SeriesRun{60, 130}));
  SeriesBits some(130);
  for (const std::uint32_t i : {3, 64, 128}) some.Add(i);
  bits.KeepOnly(some);
  EXPECT_EQ(bits.Runs(), some.Runs());
  bits.Add(some);
  EXPECT_THAT(bits.Runs(), ElementsAre(SeriesRun{3, 4}, SeriesRun{64, 65}, SeriesRun{128, 129}));
}

}  // namespace
}  // namespace tidewaiter::rpc
