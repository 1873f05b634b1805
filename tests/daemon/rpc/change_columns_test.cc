// Messages cut out of columns: whatever runs of series are taken, they say what a block made of just these
// series says.
#include "daemon/rpc/change_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/change_blocks.h"
#include "domain/limits.h"
#include "proto/convert/block.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::rpc {
namespace {

// Texts of every length: some fill the dictionary of a block alone.
class MadeTexts final : public convert::Lookup {
 public:
  absl::StatusOr<std::string> Text(TextId id) const override {
    return absl::StrCat("text ", id, std::string(id * 37 % 300, '.'));
  }
  absl::StatusOr<std::optional<absl::CivilDay>> PublishedDay(Sequence sequence) const override {
    if (sequence % 2 == 0) return std::nullopt;
    return absl::CivilDay(2025, 1, static_cast<int>(1 + sequence % 28));
  }
};

// What makes columns differ from one another, in how many of a hundred cells.
struct Mix {
  int odd = 0;
};

class PartMaker {
 public:
  PartMaker(std::mt19937_64* random, Mix mix) : random_(*random), mix_(mix) {}

  engine::ChangesPart Make(int series) {
    engine::ChangesPart part;
    for (int i = 0; i < series; ++i) {
      engine::SeriesChanges changes;
      changes.dataset = i < series / 3 ? "T" : "U";
      changes.key = absl::StrCat("R", i / 7, ".F", i % 7);
      if (i > 0 && Odd()) changes.key = part.series.back().key;  // of two sections
      const std::uint64_t cells = Odd() ? random_() % 20 : 1;
      for (std::uint64_t c = 0; c < cells; ++c) changes.cells.push_back(MakeCell(static_cast<int>(c)));
      part.series.push_back(std::move(changes));
    }
    return part;
  }

 private:
  bool Odd() { return random_() % 100 < static_cast<std::uint64_t>(mix_.odd); }

  Datum MakeDatum() {
    if (Odd()) return Datum::Absent(static_cast<Absence>(1 + random_() % 3));
    const int scale = Odd() ? static_cast<int>(random_() % 6) : 2;
    absl::int128 coefficient = static_cast<std::int64_t>(random_() % 2'000'000) - 1'000'000;
    if (Odd() && Odd()) coefficient *= absl::int128(1) << 60;
    if (Odd()) return Datum::ValueUnchecked(Decimal::FromValidParts(10 * coefficient, scale), 1 - scale);
    return Datum::Value(Decimal::FromValidParts(coefficient, scale));
  }

  engine::SeriesChanges::Cell MakeCell(int number) {
    engine::SeriesChanges::Cell cell;
    const int month = Odd() ? static_cast<int>(random_() % 600) : 0;
    cell.state.period = Period::FromValid(Month::FromIndex(1990 * 12 + 601 * number + month), Odd() ? 12 : 1);
    cell.state.datum = MakeDatum();
    if (Odd()) cell.state.attributes.status = 'P';
    if (Odd()) cell.state.attributes.conf = 'C';
    if (Odd()) cell.state.source = static_cast<TextId>(1 + random_() % 40);
    if (Odd()) cell.state.note = static_cast<TextId>(1 + random_() % 40);
    cell.state.sequence = static_cast<Sequence>(Odd() ? 1 + random_() % 30 : 31);
    cell.state.published_at = Instant::FromMicros(static_cast<std::int64_t>(cell.state.sequence) * 1'000'000);
    cell.state.value_since = Instant::FromMicros(cell.state.published_at.micros() - (Odd() ? 700 : 0));
    if (!Odd()) {
      cell.change.change = ChangeClass::kRevised;
      cell.change.within_rounding = Odd();
      cell.before = MakeDatum();
    } else if (Odd()) {
      cell.change.change = ChangeClass::kConfirmed;
      cell.before = cell.state.datum;
    }
    return cell;
  }

  std::mt19937_64& random_;
  const Mix mix_;
};

std::string Described(const convert::DecodedChanges& changes, const convert::DecodedBlock::Series& series,
                      std::size_t i) {
  const StatedCell& cell = changes.block.cells[i];
  const convert::DecodedBlock::Origin& origin = changes.block.origins[i];
  const convert::DecodedBlock::Release& release = changes.block.releases[origin.release];
  const Change& change = changes.changes[i];
  std::string line =
      absl::StrCat(std::string(changes.dataset), "/", std::string(series.key), " ",
                   std::string(ChangeClassName(change.change)), change.within_rounding ? " within" : "",
                   change.status_only ? " status" : "");
  absl::StrAppend(&line, " ", cell.period.start().index(), "+", cell.period.months(), " ",
                  cell.datum.ToString(), " step ", cell.datum.has_value() ? cell.datum.StepText() : "none");
  absl::StrAppend(&line, " ", std::string(1, cell.attributes.status), std::string(1, cell.attributes.conf),
                  " '", std::string(cell.source), "' '", std::string(cell.note), "' from ", release.sequence,
                  " at ", release.published_at.instant.micros(), release.published_at.day ? " a day" : "",
                  " since ", origin.value_since.micros());
  if (change.change != ChangeClass::kNew) absl::StrAppend(&line, " before ", changes.before[i].ToString());
  return line;
}

template <typename Blocks>
std::vector<std::string> CellsOf(const Blocks& blocks) {
  std::vector<std::string> lines;
  for (const v1::ChangeBlock& block : blocks) {
    convert::DecodedChanges changes;
    const absl::Status status = convert::DecodeChangeBlock(block, &changes);
    if (!status.ok()) {
      ADD_FAILURE() << status;
      return lines;
    }
    for (const convert::DecodedBlock::Series& series : changes.block.series) {
      for (std::size_t i = series.begin; i < series.end; ++i) lines.push_back(Described(changes, series, i));
    }
  }
  return lines;
}

v1::SubscribeResponse::ReleasePart Cut(const ChangeColumns& columns, const std::vector<SeriesRun>& runs) {
  const ColumnCut cut(columns, runs);
  std::string bytes(cut.bytes() + 1, '!');
  auto* const begin = reinterpret_cast<std::uint8_t*>(bytes.data());
  EXPECT_EQ(cut.WriteTo(begin), begin + cut.bytes());
  EXPECT_EQ(bytes.back(), '!');
  bytes.pop_back();
  v1::SubscribeResponse::ReleasePart message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

std::vector<SeriesRun> RandomRuns(std::mt19937_64& random, std::uint32_t series) {
  SeriesBits bits(series);
  const std::uint64_t most = 2 + random() % 60;  // with 1 nothing would move
  for (std::uint64_t at = 0; at < series;) {
    at += random() % most;
    for (std::uint64_t n = random() % most; n > 0 && at < series; --n, ++at)
      bits.Add(static_cast<std::uint32_t>(at));
  }
  return bits.Runs();
}

class ChangeColumnsTest : public ::testing::TestWithParam<std::tuple<int, bool>> {};

TEST_P(ChangeColumnsTest, ACutSaysWhatABlockOfTheseSeriesSays) {
  const auto [odd, omit_confirmed] = GetParam();
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  const MadeTexts texts;
  for (int round = 0; round < 20; ++round) {
    const auto series = static_cast<std::uint32_t>(1 + random() % 400);
    const engine::ChangesPart part = PartMaker(&random, {odd}).Make(static_cast<int>(series));
    const auto columns = ChangeColumns::Encode(part, texts, omit_confirmed);
    ASSERT_TRUE(columns.ok()) << columns.status();
    for (int cut = 0; cut < 10; ++cut) {
      const std::vector<SeriesRun> runs = RandomRuns(random, series);
      ChangeBlocks blocks(&texts);
      std::size_t bytes = 0;
      for (const SeriesRun& run : runs) {
        bytes += columns->BytesOf(run);
        for (std::uint32_t i = run.begin; i < run.end; ++i)
          ASSERT_TRUE(blocks.Add(part.series[i], omit_confirmed).ok());
      }
      const auto expected = blocks.Finish();
      ASSERT_TRUE(expected.ok()) << expected.status();
      const v1::SubscribeResponse::ReleasePart message = Cut(*columns, runs);
      ASSERT_EQ(CellsOf(message.changes()), CellsOf(*expected));
      ASSERT_LE(message.ByteSizeLong(), 8 * bytes);
      ASSERT_EQ(bytes == 0, expected->empty());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AlikeAndNot, ChangeColumnsTest,
                         ::testing::Combine(::testing::Values(0, 3, 40), ::testing::Bool()));

TEST(ChangeColumnsSizeTest, ARunEndsWhereTheMessageIsFull) {
  std::mt19937_64 random(1);
  const auto columns = ChangeColumns::Encode(PartMaker(&random, {0}).Make(100), MadeTexts(), false);
  ASSERT_TRUE(columns.ok()) << columns.status();
  for (const std::size_t bytes : {1, 20, 21, 500, 1'000'000}) {
    const std::uint32_t end = columns->EndWithin({10, 90}, bytes);
    EXPECT_GT(end, 10u);
    EXPECT_TRUE(end == 90 || columns->BytesOf({10, end}) >= bytes);
    EXPECT_TRUE(end == 11 || columns->BytesOf({10, end - 1}) < bytes);
  }
}

// Alike, as most months are, a change of such a key takes some twenty bytes, and no text nor key of another.
TEST(ChangeColumnsSizeTest, ACutIsSmall) {
  std::mt19937_64 random(1);
  const auto columns = ChangeColumns::Encode(PartMaker(&random, {0}).Make(1000), MadeTexts(), false);
  ASSERT_TRUE(columns.ok()) << columns.status();
  const std::vector<SeriesRun> runs = {{100, 200}, {300, 301}, {900, 1000}};
  const v1::SubscribeResponse::ReleasePart message = Cut(*columns, runs);
  EXPECT_EQ(message.changes_size(), 2) << "a block a dataset";
  EXPECT_LT(message.ByteSizeLong(), 201u * 22);
}

// One series has more changes than a block may.
TEST(ChangeColumnsSizeTest, ASeriesMayBeLongerThanABlock) {
  engine::ChangesPart part;
  for (int s = 0; s < 3; ++s) {
    engine::SeriesChanges changes;
    changes.dataset = "T";
    changes.key = absl::StrCat("R", s);
    for (std::size_t i = 0; i < (s == 1 ? 2 * limits::kMaxChunkObservations + 5 : 3); ++i) {
      engine::SeriesChanges::Cell cell;
      cell.state.period = Period::FromValid(Month::FromIndex(2000 * 12 + static_cast<int>(i / 200)),
                                            static_cast<int>(1 + i % 200));
      cell.state.datum = Datum::Value(Decimal::FromValidParts(static_cast<std::int64_t>(i), 1));
      cell.state.sequence = 1;
      changes.cells.push_back(cell);
    }
    part.series.push_back(std::move(changes));
  }
  const auto columns = ChangeColumns::Encode(part, MadeTexts(), false);
  ASSERT_TRUE(columns.ok()) << columns.status();
  EXPECT_EQ(CellsOf(Cut(*columns, {{0, 1}}).changes()).size(), 3u);
  EXPECT_EQ(CellsOf(Cut(*columns, {{1, 2}}).changes()).size(), 2 * limits::kMaxChunkObservations + 5);
  EXPECT_EQ(CellsOf(Cut(*columns, {{1, 3}}).changes()).size(), 2 * limits::kMaxChunkObservations + 8);
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
