// Blocks written without a message are the blocks that the message gives.
#include "proto/convert/plain_block.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/convert/block.h"
#include "tidewaiter/v1/observation_service.pb.h"

namespace tidewaiter::convert {
namespace {

constexpr int kField = v1::GetObservationsResponse::kBlocksFieldNumber;

class FakeLookup final : public Lookup {
 public:
  absl::StatusOr<std::string> Text(TextId id) const override { return absl::StrCat("text ", id); }
  absl::StatusOr<std::optional<absl::CivilDay>> PublishedDay(Sequence sequence) const override {
    if (sequence == 4711) return absl::DataLossError("the log is damaged");
    if (sequence % 2 == 0) return std::nullopt;
    return std::optional<absl::CivilDay>(absl::CivilDay(2025, 1, 1) + sequence);
  }
};

CellState Cell(int month, std::int64_t coefficient, Sequence sequence, std::int64_t age = 0) {
  CellState cell;
  cell.period = Period::FromValid(Month::FromIndex(2024 * 12 + month), 1);
  cell.datum = Datum::Value(Decimal::FromValidParts(coefficient, 2));
  cell.sequence = sequence;
  cell.published_at = Instant::FromMicros(1'700'000'000'000'000 + sequence);
  cell.value_since = Instant::FromMicros(cell.published_at.micros() - age);
  return cell;
}

PlainCells Plain(const std::vector<CellState>& cells) {
  PlainCells plain;
  EXPECT_TRUE(plain.Take(cells, /*omit_texts=*/false));
  return plain;
}

std::string ByMessage(const std::vector<std::pair<std::string, std::vector<CellState>>>& series) {
  const FakeLookup lookup;
  BlockEncoder encoder(&lookup);
  for (const auto& [key, cells] : series) {
    encoder.BeginSeries(key);
    for (const CellState& cell : cells) encoder.Add(cell);
  }
  v1::GetObservationsResponse response;
  *response.add_blocks() = *encoder.Finish();
  return response.SerializeAsString();
}

// Series of random plain cells from a few or from very many releases, some with values that stand since long.
TEST(PlainBlockTest, IsWhatTheMessageGives) {
  const FakeLookup lookup;
  PlainBlockEncoder encoder(&lookup);
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&random](std::uint64_t n) { return random() % n; };
    const bool aged = below(2) == 0;
    const std::uint64_t releases = below(2) == 0 ? 20 : 1'000'000;
    std::vector<std::pair<std::string, std::vector<CellState>>> series;
    for (std::uint64_t s = 0, n = 1 + below(6); s < n; ++s) {
      series.emplace_back(absl::StrCat("CN.S", s), std::vector<CellState>());
      int month = static_cast<int>(below(200)) - 100;
      for (std::uint64_t c = 0, cells = 1 + below(90); c < cells; ++c) {
        month += 1 + static_cast<int>(below(3));
        const int bits = static_cast<int>(below(64));
        series.back().second.push_back(Cell(
            month, static_cast<std::int64_t>(random()) >> bits, static_cast<Sequence>(5000 + below(releases)),
            aged && below(3) == 0 ? static_cast<std::int64_t>(below(1'000'000'000'000)) : 0));
      }
      ASSERT_TRUE(encoder.Add(series.back().first, Plain(series.back().second))) << seed;
    }
    std::string bytes;
    ASSERT_TRUE(encoder.FinishField(kField, &bytes).ok());
    ASSERT_EQ(bytes, ByMessage(series)) << "seed " << seed;
    EXPECT_EQ(encoder.cells(), 0u);
  }
}

TEST(PlainBlockTest, RefusesAnotherScaleAndStaysAsItWas) {
  const FakeLookup lookup;
  PlainBlockEncoder encoder(&lookup);
  const std::vector<CellState> good = {Cell(1, 5, 1), Cell(2, 6, 2)};
  PlainCells other = Plain(good);
  other.scale = 3;
  ASSERT_TRUE(encoder.Add("CN.A", Plain(good)));
  EXPECT_FALSE(encoder.Add("CN.B", other));
  std::string bytes;
  ASSERT_TRUE(encoder.FinishField(kField, &bytes).ok());
  EXPECT_EQ(bytes, ByMessage({{"CN.A", good}}));
  EXPECT_TRUE(encoder.Add("CN.B", other));
}

TEST(PlainBlockTest, ALookupThatFailsIsTold) {
  const FakeLookup lookup;
  PlainBlockEncoder encoder(&lookup);
  ASSERT_TRUE(encoder.Add("CN.A", Plain({Cell(1, 5, 4711)})));
  std::string bytes;
  EXPECT_TRUE(absl::IsDataLoss(encoder.FinishField(kField, &bytes)));
  ASSERT_TRUE(encoder.Add("CN.A", Plain({Cell(1, 5, 1)})));
  EXPECT_TRUE(encoder.FinishField(kField, &bytes).ok());
}

}  // namespace
}  // namespace tidewaiter::convert
