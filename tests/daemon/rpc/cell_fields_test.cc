// Cells that come as columns leave as the same bytes as cells that come one by one.
#include "daemon/rpc/cell_fields.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tidewaiter/v1/observation_service.pb.h"

namespace tidewaiter::rpc {
namespace {

constexpr int kField = v1::GetObservationsResponse::kBlocksFieldNumber;

class NoTexts final : public convert::Lookup {
 public:
  absl::StatusOr<std::string> Text(TextId id) const override { return absl::StrCat("text ", id); }
  absl::StatusOr<std::optional<absl::CivilDay>> PublishedDay(Sequence) const override { return std::nullopt; }
};

std::vector<CellState> RandomCells(std::mt19937& random, int scale) {
  std::vector<CellState> cells(1 + random() % 5);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i].period = Period::FromValid(Month::FromIndex(2024 * 12 + static_cast<int>(i)), 1);
    cells[i].datum = Datum::Value(Decimal::FromValidParts(static_cast<std::int64_t>(random()), scale));
    cells[i].sequence = 1 + static_cast<Sequence>(random() % 9);
    cells[i].published_at = Instant::FromMicros(1'700'000'000'000'000 + cells[i].sequence);
    cells[i].value_since = Instant::FromMicros(cells[i].published_at.micros() - random() % 2);
  }
  return cells;
}

// Where the scale changes, or a series is not plain, the rest goes by way of messages, however it comes.
TEST(CellFieldsTest, ColumnsAreTheCells) {
  const NoTexts lookup;
  CellFields one_by_one(&lookup, /*omit_texts=*/false, kField),
      as_columns(&lookup, /*omit_texts=*/false, kField);
  std::size_t mixed = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    std::size_t cells_added = 0;
    for (unsigned s = 0, series = 1 + random() % 6; s < series; ++s) {
      std::vector<CellState> cells = RandomCells(random, random() % 5 == 0 ? 3 : 2);
      if (random() % 9 == 0) cells.front().attributes.status = 'P';
      const std::string key = absl::StrCat("CN.S", s);
      ASSERT_TRUE(one_by_one.Add(key, cells).ok());
      PlainCells plain;
      if (plain.Take(cells, /*omit_texts=*/false)) {
        ASSERT_TRUE(as_columns.Add(key, plain).ok());
      } else {
        ASSERT_TRUE(as_columns.Add(key, cells).ok());
      }
      cells_added += cells.size();
      ASSERT_EQ(as_columns.cells(), cells_added) << "seed " << seed;
    }
    std::vector<std::string> expected, fields;
    ASSERT_TRUE(one_by_one.Finish(&expected).ok());
    ASSERT_TRUE(as_columns.Finish(&fields).ok());
    ASSERT_EQ(fields, expected) << "seed " << seed;
    v1::GetObservationsResponse response;
    for (const std::string& field : fields) ASSERT_TRUE(response.MergeFromString(field));
    std::size_t cells_sent = 0;
    for (const v1::ObservationBlock& block : response.blocks()) {
      cells_sent += static_cast<std::size_t>(block.period_start_deltas_size());
    }
    EXPECT_EQ(cells_sent, cells_added) << "seed " << seed;
    mixed += fields.size() > 1 ? 1 : 0;
  }
  EXPECT_GT(mixed, 30u);
}

}  // namespace
}  // namespace tidewaiter::rpc
