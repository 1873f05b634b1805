// Tables for people, aligned by what a terminal shows.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidewaiter::cli {

// Columns of a terminal that `text` takes: 俄罗斯 takes six, a combining accent none. Bytes that are no UTF-8
// take one each.
std::size_t DisplayWidth(std::string_view text);
// The first characters of `text` that fit `width` columns; with "…" at the end if any was left out.
std::string Clipped(std::string_view text, std::size_t width);

enum class Align {
  kLeft,
  kRight,
  kPoint,  // numbers, marked with a * or not, one decimal point below the other; anything else to the right
};

enum class Colour { kNone, kGreen, kYellow, kRed, kDim, kBold };
// `text` in colour, or as it is.
std::string Coloured(std::string_view text, Colour colour, bool wanted);

// A table that is laid out when all its rows are there. Not thread-safe.
//
//   period        value  unit
//   2025-01/P7M   125.8  USD BN
//   2024-01/P12M  244.819  USD BN      <- points below one another
class Table {
 public:
  struct Cell {
    std::string text;
    Colour colour = Colour::kNone;
  };
  void AddColumn(std::string_view header, Align align = Align::kLeft);
  // REQUIRES: as many cells as there are columns.
  void AddRow(std::vector<Cell> cells);
  std::size_t rows() const { return rows_.size(); }
  // Columns of a terminal that it takes.
  std::size_t width() const;
  // Lines without spaces at their ends. Without rows, the header alone.
  std::string ToString(bool colour) const;

 private:
  struct Column {
    std::string header;
    Align align;
  };
  struct Widths {
    std::size_t whole = 0;     // of the column
    std::size_t fraction = 0;  // from the point on
  };
  std::vector<Widths> Measure() const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace tidewaiter::cli
