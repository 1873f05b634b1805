// Cells as columns are the cells, and what is not plain is refused.
#include "domain/plain_cells.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidewaiter {
namespace {

CellState Cell(int month, std::int64_t coefficient, Sequence sequence, std::int64_t age = 0) {
  CellState cell;
  cell.period = Period::FromValid(Month::FromIndex(2024 * 12 + month), 1);
  cell.datum = Datum::Value(Decimal::FromValidParts(coefficient, 2));
  cell.sequence = sequence;
  cell.published_at = Instant::FromMicros(1'700'000'000'000'000 + sequence);
  cell.value_since = Instant::FromMicros(cell.published_at.micros() - age);
  return cell;
}

std::vector<CellState> Back(const PlainCells& plain) {
  std::vector<CellState> cells = {Cell(11, 1, 1)};
  plain.CopyTo(&cells);
  return cells;
}

TEST(PlainCellsTest, GiveBackTheCellsTheyWereMadeOf) {
  PlainCells plain;
  for (const std::vector<CellState>& cells :
       {std::vector<CellState>{Cell(1, 5, 1), Cell(2, -6, 2, 77), Cell(9, 0, 1)},
        std::vector<CellState>{Cell(3, 5, 4)}, std::vector<CellState>{}}) {
    ASSERT_TRUE(plain.Take(cells, /*omit_texts=*/false));
    EXPECT_EQ(plain.size(), cells.size());
    EXPECT_EQ(Back(plain), cells);
  }
}

TEST(PlainCellsTest, RefuseWhatIsNotPlain) {
  const auto with = [](auto change) {
    std::vector<CellState> cells = {Cell(1, 5, 1), Cell(2, 6, 2), Cell(3, 7, 2)};
    change(cells[1]);
    return cells;
  };
  const std::vector<std::vector<CellState>> others = {
      with([](CellState& cell) { cell.period = Period::FromValid(cell.period.start(), 2); }),
      with([](CellState& cell) { cell.datum = Datum::Absent(Absence::kNil); }),
      with([](CellState& cell) { cell.datum = Datum::Value(Decimal::FromValidParts(5, 3)); }),
      with([](CellState& cell) { cell.datum = *Datum::ValueWithStep(Decimal::FromValidParts(50, 2), -1); }),
      with([](CellState& cell) {
        cell.datum = Datum::Value(Decimal::FromValidParts(absl::MakeInt128(1, 0), 2));
      }),
      with([](CellState& cell) { cell.attributes.status = 'P'; }),
      with([](CellState& cell) { cell.attributes.conf = 'C'; }),
      with([](CellState& cell) { cell.source = 3; }),
      with([](CellState& cell) { cell.note = 3; }),
  };
  PlainCells plain;
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_FALSE(plain.Take(others[i], /*omit_texts=*/false)) << i;
    // Alone: all of one form, which is not the plain one, unless only its scale was another.
    const bool plain_alone = others[i][1].datum == Datum::Value(Decimal::FromValidParts(5, 3));
    EXPECT_EQ(plain.Take({others[i][1]}, /*omit_texts=*/false), plain_alone) << i;
  }
}

TEST(PlainCellsTest, TextsThatAreOmittedAreNoHindrance) {
  std::vector<CellState> cells = {Cell(1, 5, 1)};
  cells[0].source = 3;
  PlainCells plain;
  ASSERT_TRUE(plain.Take(cells, /*omit_texts=*/true));
  EXPECT_EQ(Back(plain), (std::vector<CellState>{Cell(1, 5, 1)}));
}

}  // namespace
}  // namespace tidewaiter
