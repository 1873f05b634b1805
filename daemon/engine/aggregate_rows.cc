// AggregateReader, where figures of many series come out of columns, row by row of a table of series.
#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/engine/aggregates.h"
#include "daemon/engine/measures.h"
#include "domain/errors.h"
#include "domain/series_key.h"

namespace tidewaiter::engine {

absl::StatusOr<bool> AggregateReader::StartRows() {
  const bool totals = SectionTotals::Fits(plan_);
  if (!(plan_.is_plain() || totals) || listing_.listing().table() == nullptr ||
      listing_.listing().CountRows(kReadAlone + 1) <= kReadAlone) {
    return false;
  }
  if (view_.ranking && HasColumns()) {
    std::optional<Month> month = view_.ranking->month;
    if (!month) {
      TW_ASSIGN_OR_RETURN(month, LatestMonthOfRows());
    }
    if (month) LookInColumns(*month);
  }
  if (!columns_month_) return false;
  if (totals) {
    TW_ASSIGN_OR_RETURN(totals_of_rows_, SectionTotals::Read(*store_, plan_, cells_, listing_.listing(),
                                                             *columns_month_, check_alive_));
    if (totals_of_rows_ == nullptr) {
      columns_month_.reset();
      return false;
    }
    if (!start_.after.empty()) SkipRowsUntil(start_.after);
  } else {
    TW_RETURN_IF_ERROR(ReadColumns());
  }
  rows_run_ = *plan_.spec().window.RunEnding(*columns_month_);
  if (totals || plan_.spec().transform == Transform::kGrowth) rows_unit_ = FigureUnit(plan_.spec(), "", "");
  return true;
}

// Totals are of all rows, whatever page is wanted: the listing begins with the first.
void AggregateReader::SkipRowsUntil(std::string_view after) {
  const std::size_t first = listing_.listing().table()->After(after);
  do {
    row_ahead_ = listing_.listing().NextRow();
  } while (*row_ahead_ < first);
}

absl::StatusOr<bool> AggregateReader::NextRow() {
  for (;;) {
    row_ = row_ahead_ ? *row_ahead_ : listing_.listing().NextRow();
    row_ahead_.reset();
    in_section_ = is_quick_ = false;
    if (row_ == listing_.listing().table()->size()) return false;
    TW_RETURN_IF_ERROR(CheckAlive());
    TW_ASSIGN_OR_RETURN(const bool taken, TakeRow());
    if (taken) return true;
  }
}

// Whether the columns have an answer for the series of a row, which is the current one then.
bool AggregateReader::FindRow(std::size_t row) {
  const SeriesTable& table = *listing_.listing().table();
  if (totals_of_rows_ != nullptr) {
    in_section_ = is_quick_ = totals_of_rows_->Find(table, row, &quick_);
  } else {
    in_section_ = table.additive(row) && columns_->Find(table.id(row), &section_figure_);
    is_quick_ = in_section_ && section_figure_.defined();
    if (is_quick_) section_figure_.Fill(&quick_);
  }
  if (!in_section_) return false;
  quick_.series = table.key(row);
  quick_.unit = rows_unit_.empty() ? table.unit(row) : rows_unit_;
  quick_.period = rows_run_;
  return true;
}

absl::Status AggregateReader::TakeColumns(std::size_t most, QuickColumns* columns) {
  columns->Begin(quick_);
  const std::size_t rows = listing_.listing().table()->size();
  while (columns->size() < most) {
    const std::size_t row = listing_.listing().NextRow();
    if (row == rows || !FindRow(row) || !is_quick_ || !columns->Fits(quick_)) {
      row_ahead_ = row;
      FindRow(row_);
      break;
    }
    columns->Add(quick_);
    row_ = row;
  }
  computed_ += columns->size();
  return CheckAlive();
}

// False: nothing is known of the series.
absl::StatusOr<bool> AggregateReader::TakeRow() {
  if (FindRow(row_)) return true;
  const SeriesTable& table = *listing_.listing().table();
  TW_RETURN_IF_ERROR(TakeSingle({table.id(row_), std::string(table.key(row_))}));
  loaded_at_.reset();
  TW_RETURN_IF_ERROR(LoadMembers(vintage()));
  if (above_.empty() || !above_.span()) return false;
  TW_RETURN_IF_ERROR(Compute(*columns_month_, rows_run_));
  return true;
}

}  // namespace tidewaiter::engine
