// A table as people see it: texts in rows and columns, some of them across several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace tidewaiter::feeders {

// What pages and workbooks are turned into, so that one reader serves all. Bounded by kMaxGridRows,
// kMaxGridColumns and kMaxGridCells. Not thread-safe.
//
//   +---------------+-----------------+
//   |               |     Export      |     At(0, 1) and At(0, 2) are the same cell
//   | Destination   +--------+--------+
//   |               |   3    | 1-to-3 |     At(1, 0) is At(0, 0)
//   +---------------+--------+--------+
class TextGrid {
 public:
  struct Cell {
    std::string text;
    std::size_t row = 0, column = 0;    // its upper left corner, from 0
    std::size_t rows = 1, columns = 1;  // that it covers
    std::uint64_t line = 0;             // of the file, from 1; 0 where files have no lines
  };

  // RESOURCE_EXHAUSTED beyond the limits. What another cell covers already stays that cell's.
  absl::Status Add(Cell cell);
  // Lets the cell at this corner cover more, as a workbook's merged cells do, whose other cells are empty.
  absl::Status Merge(std::size_t row, std::size_t column, std::size_t rows, std::size_t columns);

  std::size_t rows() const { return covered_.size(); }
  std::size_t columns() const { return columns_; }
  std::size_t places() const { return total_; }  // that its cells cover
  // None if nothing is there.
  const Cell* At(std::size_t row, std::size_t column) const;
  // The text there, "" if nothing is.
  std::string_view Text(std::size_t row, std::size_t column) const;
  // The first column of `row`, from `column` on, that no cell covers.
  std::size_t FreeColumn(std::size_t row, std::size_t column) const;

 private:
  absl::Status Cover(std::size_t cell, std::size_t row, std::size_t column, std::size_t rows,
                     std::size_t columns);

  std::vector<Cell> cells_;
  std::vector<std::vector<std::uint32_t>> covered_;  // index into cells_ + 1; 0: none
  std::size_t columns_ = 0;
  std::size_t total_ = 0;
};

// "C7": as a spreadsheet names the cell in row 6 and column 2, counted from 0.
std::string CellName(std::size_t row, std::size_t column);

// The text in one line: every run of blanks, line ends among them, is one space; none at the ends.
std::string OneLineOf(std::string_view text);

}  // namespace tidewaiter::feeders
