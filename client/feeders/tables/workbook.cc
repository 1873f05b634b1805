#include "client/feeders/tables/workbook.h"

#include "absl/strings/str_cat.h"
#include "client/feeders/limits.h"
#include "domain/errors.h"

namespace tidewaiter::feeders {
namespace {

absl::Status TooMuch(std::string_view limit, std::size_t count, std::string_view what) {
  return MakeError(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
                   absl::StrCat("the workbook has more than ", count, " ", std::string(what)),
                   {{"limit", std::string(limit)}});
}

}  // namespace

bool LooksLikeXls(std::string_view head) { return head.substr(0, 8) == "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"; }

bool LooksLikeXlsx(std::string_view head) { return head.substr(0, 4) == "PK\x03\x04"; }

absl::Status WorkbookBudget::TakeText(std::size_t bytes) {
  text_ += bytes;
  if (text_ <= kMaxWorkbookTextBytes) return absl::OkStatus();
  return TooMuch("max_workbook_text_bytes", kMaxWorkbookTextBytes, "bytes of text in its cells");
}

absl::Status WorkbookBudget::TakeSheet(const TextGrid& grid) {
  places_ += grid.places();
  if (places_ > kMaxGridCells) return TooMuch("max_cells", kMaxGridCells, "cells");
  if (++sheets_ > kMaxWorkbookSheets) return TooMuch("max_sheets", kMaxWorkbookSheets, "sheets");
  return absl::OkStatus();
}

}  // namespace tidewaiter::feeders
