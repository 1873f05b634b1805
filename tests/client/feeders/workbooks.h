// Small workbooks, written by hand for tests.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace tidewaiter::feeders {

// A table for both of Excel's formats. A cell is empty, a text, or a number with the number format of its
// style.
struct TestSheet {
  struct Number {
    double value = 0;
    int style = 0;  // of TestBook::formats, from 1; 0: General
  };
  using Cell = std::variant<std::monostate, std::string, Number>;
  struct Merge {
    int row = 0, column = 0, rows = 1, columns = 1;
  };
  std::string name = "Sheet1";
  std::vector<std::vector<Cell>> rows;
  std::vector<Merge> merges;
};

struct TestBook {
  std::vector<std::string> formats;  // "#,##0.0"
  std::vector<TestSheet> sheets;
};

std::string WriteXlsx(const TestBook& book);
// BIFF8 in a compound file. `string_part`: bytes of texts after which the list of texts is continued in
// another record.
std::string WriteXls(const TestBook& book, std::size_t string_part = 8000);
// A zip of these parts.
std::string WriteZip(const std::vector<std::pair<std::string, std::string>>& parts);

}  // namespace tidewaiter::feeders
