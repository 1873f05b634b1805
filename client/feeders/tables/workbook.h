// The sheets of a workbook as grids of texts, of either of Excel's formats.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/feeders/tables/text_grid.h"

namespace tidewaiter::feeders {

struct Sheet {
  std::string name;
  TextGrid grid;  // numbers as NumberText writes them
};

bool LooksLikeXls(std::string_view head);   // an OLE compound file
bool LooksLikeXlsx(std::string_view head);  // a zip

// .xls of Excel 97 to 2003 (BIFF8). Formulas give the results that they had when the file was saved. Refused:
// encrypted workbooks, and those of Excel 95 and before. The reader is our own as libfreexl gives no number
// formats, of which the printed decimals are known, reads only files on disk, and reserves what a broken file
// asks for.
absl::StatusOr<std::vector<Sheet>> ParseXls(std::string_view bytes);

// .xlsx. No part may have more than kMaxWorkbookPartBytes unpacked.
absl::StatusOr<std::vector<Sheet>> ParseXlsx(std::string_view bytes);

// Keeps a workbook's sheets within limits together: a cell takes few bytes of the file when many show one
// text.
class WorkbookBudget {
 public:
  absl::Status TakeText(std::size_t bytes);      // of one cell
  absl::Status TakeSheet(const TextGrid& grid);  // read whole

 private:
  std::size_t text_ = 0, places_ = 0, sheets_ = 0;
};

}  // namespace tidewaiter::feeders
