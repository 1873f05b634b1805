#include "client/cli/triangle.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/table.h"

namespace tidewaiter::cli {
namespace {

constexpr char kMark = '*';

Colour ColourOf(ChangeClass change) {
  if (change == ChangeClass::kNew || change == ChangeClass::kRestored) return Colour::kGreen;
  return change == ChangeClass::kWithdrawn ? Colour::kRed : Colour::kYellow;
}

Table::Cell TableCell(const Triangle::Cell& cell, bool colour, bool* marked) {
  if (!cell.datum) return {};
  std::string text = cell.datum->ToString();
  if (!cell.changed) return {std::move(text), Colour::kNone};
  // What is new stands beside an empty place, and needs no mark.
  if (!colour && cell.changed->change != ChangeClass::kNew) {
    text += kMark;
    *marked = true;
  }
  return {std::move(text), ColourOf(cell.changed->change)};
}

}  // namespace

void VintageColumns::KeepLast(std::size_t last) {
  if (last == 0 || known_.size() <= last) return;
  known_.erase(known_.begin(), std::prev(known_.end(), static_cast<std::ptrdiff_t>(last)));
}

std::vector<Instant> VintageColumns::Instants() const {
  std::vector<Instant> instants;
  instants.reserve(known_.size());
  for (const auto& [instant, is_day] : known_) instants.push_back(instant);
  return instants;
}

std::vector<std::string> VintageColumns::Labels(const CellTexts& texts) const {
  std::map<std::string, int> on_day;
  for (const auto& [instant, is_day] : known_) ++on_day[texts.DayText(instant)];
  std::vector<std::string> labels;
  labels.reserve(known_.size());
  for (const auto& [instant, is_day] : known_) {
    std::string day = texts.DayText(instant);
    const bool alone = on_day[day] == 1;
    labels.push_back(is_day || alone ? std::move(day) : instant.ToString());
  }
  return labels;
}

void Triangle::Add(const client::HistoryLine& line) {
  const bool next_row = rows_.empty() || rows_.back().front().period != line.cell.period;
  if (next_row) rows_.emplace_back();
  const std::optional<Datum> before =
      next_row ? std::nullopt : std::optional<Datum>(rows_.back().back().datum);
  rows_.back().push_back({line.cell.period, line.cell.published_at, line.cell.sequence, before,
                          line.cell.datum, line.vintage_change});
  columns_.Add(line.cell.published_at);
}

Triangle::Row Triangle::RowOf(const Statements& statements, const std::vector<Instant>& at,
                              bool changes_only) {
  Row row{statements.front().period, {}};
  row.cells.reserve(at.size());
  std::size_t seen = 0;
  for (const Instant vintage : at) {
    Cell cell;
    for (; seen < statements.size() && statements[seen].published_at.instant <= vintage; ++seen) {
      if (statements[seen].published_at.instant == vintage) cell.changed = statements[seen].change;
    }
    if (seen > 0 && (cell.changed || !changes_only)) cell.datum = statements[seen - 1].datum;
    row.cells.push_back(std::move(cell));
  }
  return row;
}

std::vector<Triangle::Row> Triangle::Rows(const std::vector<Instant>& at, bool changes_only) const {
  std::vector<Row> rows;
  rows.reserve(rows_.size());
  for (const Statements& statements : rows_) {
    Row row = RowOf(statements, at, changes_only);
    const bool moved = std::any_of(row.cells.begin(), row.cells.end(),
                                   [](const Cell& cell) { return cell.changed.has_value(); });
    if (moved || !changes_only) rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Triangle::Change> Triangle::Changes(std::size_t last) const {
  VintageColumns kept = columns_;
  kept.KeepLast(last);
  const Instant first = kept.size() == 0 ? Instant::Max() : kept.Instants().front();
  std::vector<Change> changes;
  for (const Statements& statements : rows_) {
    for (const Change& change : statements) {
      if (change.published_at.instant >= first) changes.push_back(change);
    }
  }
  return changes;
}

namespace {

// The table of the newest `count` vintages.
Table Layout(const Triangle& triangle, const std::vector<Instant>& instants,
             const std::vector<std::string>& labels, std::size_t count, const TriangleTableOptions& options,
             bool* marked) {
  const std::size_t first = instants.size() - count;
  Table table;
  table.AddColumn("period");
  for (std::size_t i = first; i < labels.size(); ++i) table.AddColumn(labels[i], Align::kPoint);
  const std::vector<Instant> shown(instants.begin() + static_cast<std::ptrdiff_t>(first), instants.end());
  *marked = false;
  for (const Triangle::Row& row : triangle.Rows(shown, options.changes_only)) {
    std::vector<Table::Cell> cells = {{row.period.ToString()}};
    for (const Triangle::Cell& cell : row.cells) cells.push_back(TableCell(cell, options.colour, marked));
    table.AddRow(std::move(cells));
  }
  return table;
}

}  // namespace

TriangleTable TableOf(const Triangle& triangle, const CellTexts& texts, const TriangleTableOptions& options) {
  const std::vector<Instant> instants = triangle.columns().Instants();
  const std::vector<std::string> labels = triangle.columns().Labels(texts);
  const std::size_t most = options.last == 0 ? instants.size() : std::min(options.last, instants.size());
  TriangleTable result;
  std::size_t count = std::min<std::size_t>(most, 1);  // one is shown even if it does not fit
  Table table = Layout(triangle, instants, labels, count, options, &result.marked);
  for (; count < most; ++count) {
    bool marked = false;
    Table wider = Layout(triangle, instants, labels, count + 1, options, &marked);
    if (wider.width() > options.width) break;
    table = std::move(wider);
    result.marked = marked;
  }
  result.text = table.ToString(options.colour);
  result.left_out = instants.size() - count;
  return result;
}

}  // namespace tidewaiter::cli
