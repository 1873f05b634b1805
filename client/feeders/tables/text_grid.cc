#include "client/feeders/tables/text_grid.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/feeders/gacc/printed_number.h"
#include "client/feeders/limits.h"
#include "domain/errors.h"

namespace tidewaiter::feeders {
namespace {

absl::Status TooLarge(std::string_view limit, std::size_t count, std::string_view what) {
  return MakeError(
      absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
      absl::StrCat("a table of more than ", count, " ", std::string(what), "; is this the right file?"),
      {{"limit", std::string(limit)}});
}

}  // namespace

absl::Status TextGrid::Add(Cell cell) {
  cells_.push_back(std::move(cell));
  const Cell& added = cells_.back();
  return Cover(cells_.size() - 1, added.row, added.column, added.rows, added.columns);
}

absl::Status TextGrid::Merge(std::size_t row, std::size_t column, std::size_t rows, std::size_t columns) {
  const Cell* const at = At(row, column);
  if (at == nullptr || at->row != row || at->column != column) return absl::OkStatus();
  const auto index = static_cast<std::size_t>(at - cells_.data());
  for (std::size_t r = row; r < std::min(row + rows, covered_.size()); ++r) {
    std::vector<std::uint32_t>& places = covered_[r];
    for (std::size_t c = column; c < std::min(column + columns, places.size()); ++c) {
      if (places[c] != 0 && cells_[places[c] - 1].text.empty()) places[c] = 0;
    }
  }
  cells_[index].rows = rows;
  cells_[index].columns = columns;
  return Cover(index, row, column, rows, columns);
}

absl::Status TextGrid::Cover(std::size_t cell, std::size_t row, std::size_t column, std::size_t rows,
                             std::size_t columns) {
  if (rows > kMaxGridRows || row + rows > kMaxGridRows) return TooLarge("max_rows", kMaxGridRows, "rows");
  if (columns > kMaxGridColumns || column + columns > kMaxGridColumns) {
    return TooLarge("max_columns", kMaxGridColumns, "columns");
  }
  total_ += rows * columns;
  if (total_ > kMaxGridCells) return TooLarge("max_cells", kMaxGridCells, "cells");
  if (covered_.size() < row + rows) covered_.resize(row + rows);
  columns_ = std::max(columns_, column + columns);
  for (std::size_t r = row; r < row + rows; ++r) {
    std::vector<std::uint32_t>& places = covered_[r];
    if (places.size() < column + columns) places.resize(column + columns, 0);
    for (std::size_t c = column; c < column + columns; ++c) {
      if (places[c] == 0) places[c] = static_cast<std::uint32_t>(cell + 1);
    }
  }
  return absl::OkStatus();
}

const TextGrid::Cell* TextGrid::At(std::size_t row, std::size_t column) const {
  if (row >= covered_.size() || column >= covered_[row].size() || covered_[row][column] == 0) return nullptr;
  return &cells_[covered_[row][column] - 1];
}

std::string_view TextGrid::Text(std::size_t row, std::size_t column) const {
  const Cell* const cell = At(row, column);
  return cell == nullptr ? std::string_view() : std::string_view(cell->text);
}

std::size_t TextGrid::FreeColumn(std::size_t row, std::size_t column) const {
  while (At(row, column) != nullptr) ++column;
  return column;
}

std::string CellName(std::size_t row, std::size_t column) {
  std::string letters;
  for (std::size_t rest = column + 1; rest > 0; rest = (rest - 1) / 26) {
    letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
  }
  return absl::StrCat(letters, row + 1);
}

std::string OneLineOf(std::string_view text) {
  std::string line;
  for (std::string_view rest = TrimBlanks(text); !rest.empty();) {
    const std::string_view trimmed = TrimBlanks(rest.substr(0, 1));
    const std::string_view wide = rest.substr(0, 2) == "\xC2\xA0" ? rest.substr(0, 2) : rest.substr(0, 3);
    const bool blank = trimmed.empty() || wide == "\xC2\xA0" || wide == "\xE3\x80\x80";
    if (!blank) {
      line += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    if (line.empty() || line.back() != ' ') line += ' ';
    rest.remove_prefix(trimmed.empty() ? 1 : wide.size());
  }
  return line;
}

}  // namespace tidewaiter::feeders
