#include "client/feeders/gacc/gacc_bycountry_header.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/feeders/gacc/gacc_areas.h"
#include "client/feeders/gacc/months.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

// The header's rows are few, and near the top.
constexpr std::size_t kMaxHeaderRows = 6;
constexpr std::size_t kMaxRowsAbove = 30;

// What one text of the header says.
struct Meaning {
  std::string flow;
  int last_month = 0;
  bool cumulated = false;
  bool rate = false;
  bool any() const { return !flow.empty() || last_month != 0 || rate; }
};

struct Flow {
  std::string_view text;
  std::string_view flow;
};
constexpr auto kFlows = std::to_array<Flow>({
    {"export&import", "T"},
    {"import&export", "T"},
    {"exports&imports", "T"},
    {"imports&exports", "T"},
    {"total", "T"},
    {"totalvalue", "T"},
    {"totalexport&import", "T"},
    {"export", "X"},
    {"exports", "X"},
    {"exportvalue", "X"},
    {"totalexport", "X"},
    {"totalexports", "X"},
    {"import", "M"},
    {"imports", "M"},
    {"importvalue", "M"},
    {"totalimport", "M"},
    {"totalimports", "M"},
    {"balance", "B"},
    {"tradebalance", "B"},
    {"进出口", "T"},
    {"进出口总值", "T"},
    {"出口", "X"},
    {"进口", "M"},
    {"差额", "B"},
    {"贸易差额", "B"},
});

constexpr auto kRates = std::to_array<std::string_view>(
    {"year-on-year", "yearonyear", "y-o-y", "yoy", "percentagechange", "%change", "changeoverthesameperiod",
     "sameperiodlast", "±%", "+-%", "同比"});

// Lower case, without blanks, "&" for "and".
std::string Squeezed(std::string_view text) {
  std::string squeezed = absl::AsciiStrToLower(OneLineOf(text));
  absl::StrReplaceAll({{" and ", "&"}, {"（", "("}, {"）", ")"}, {"％", "%"}, {"–", "-"}, {"—", "-"}},
                      &squeezed);
  absl::StrReplaceAll({{" ", ""}}, &squeezed);
  return squeezed;
}

// "3", "mar", "march."; 0 if it is no month.
int MonthIn(std::string_view text) {
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  const auto number = ParseDigits(text);
  if (number && text.size() <= 2 && *number >= 1 && *number <= 12) return *number;
  return MonthOfName(text).value_or(0);
}

// "1-to-3", "1to3", "1-3", "jan-mar", "jan.tomar.", "1至3月": its last month; 0 if it is none that begins in
// January.
int RunIn(std::string_view text) {
  if (absl::EndsWith(ToAbsl(text), "月")) text.remove_suffix(std::string_view("月").size());
  for (const std::string_view joint :
       {std::string_view("-to-"), std::string_view("to"), std::string_view("至"), std::string_view("-")}) {
    const std::size_t at = text.find(joint);
    if (at == std::string_view::npos || at == 0) continue;
    if (MonthIn(text.substr(0, at)) == 1) return MonthIn(text.substr(at + joint.size()));
  }
  return 0;
}

// The run of months that a rate's text begins with: "1-to-3total…".
int RunAtFront(std::string_view text) {
  int found = 0;
  for (std::size_t end = 3; end <= std::min<std::size_t>(text.size(), 12); ++end) {
    const int run = RunIn(text.substr(0, end));
    if (run != 0) found = run;
  }
  return found;
}

Meaning MeaningOf(std::string_view text) {
  const std::string squeezed = Squeezed(text);
  Meaning meaning;
  for (const Flow& flow : kFlows) {
    if (squeezed == flow.text) meaning.flow = flow.flow;
  }
  if (!meaning.flow.empty()) return meaning;
  meaning.rate = std::any_of(kRates.begin(), kRates.end(), [&squeezed](std::string_view rate) {
    return absl::StrContains(squeezed, ToAbsl(rate));
  });
  meaning.last_month = meaning.rate ? RunAtFront(squeezed) : RunIn(squeezed);
  meaning.cumulated = meaning.last_month != 0;
  if (!meaning.rate && !meaning.cumulated) meaning.last_month = MonthIn(squeezed);
  return meaning;
}

// The first row that names exports and imports.
std::optional<std::size_t> FirstRow(const TextGrid& grid) {
  for (std::size_t row = 0; row < std::min(grid.rows(), kMaxRowsAbove); ++row) {
    std::set<std::string> flows;
    for (std::size_t column = 0; column < grid.columns(); ++column) {
      flows.insert(MeaningOf(grid.Text(row, column)).flow);
    }
    if (flows.count("X") != 0 && flows.count("M") != 0) return row;
  }
  return std::nullopt;
}

std::size_t FirstValueColumn(const TextGrid& grid, std::size_t row) {
  std::size_t column = 0;
  while (!MeaningOf(grid.Text(row, column)).any()) ++column;
  return column;
}

// Is this row part of the header: no area's, and nothing in it but what headers say?
bool IsHeaderRow(const TextGrid& grid, std::size_t row, const ByCountryHeader& header) {
  if (AreaOfGaccName(grid.Text(row, header.label_column))) return false;
  bool any = false;
  for (std::size_t column = header.label_column + 1; column < grid.columns(); ++column) {
    const std::string_view text = grid.Text(row, column);
    if (text.empty()) continue;
    if (!MeaningOf(text).any()) return false;
    any = true;
  }
  return any;
}

absl::Status Add(const Meaning& meaning, const TextGrid::Cell& cell, ByCountryColumn& column) {
  if (!meaning.any()) {
    return InvalidField(
        CellName(cell.row, cell.column),
        absl::StrCat(Quoted(cell.text),
                     " heads a column; expected exports, imports or both, a month, or a change "
                     "on the year before"));
  }
  absl::StrAppend(&column.name, column.name.empty() ? "" : ", ", cell.text);
  const bool other_flow = !meaning.flow.empty() && !column.flow.empty() && meaning.flow != column.flow;
  const bool other_month = meaning.last_month != 0 && column.last_month != 0 &&
                           (meaning.last_month != column.last_month || meaning.cumulated != column.cumulated);
  if (other_flow || other_month) {
    return InvalidField(CellName(cell.row, cell.column),
                        absl::StrCat("the column ", Quoted(column.name), " says two things"));
  }
  if (!meaning.flow.empty()) column.flow = meaning.flow;
  if (meaning.last_month != 0) column.last_month = meaning.last_month, column.cumulated = meaning.cumulated;
  column.rate |= meaning.rate;
  return absl::OkStatus();
}

bool Complete(const ByCountryColumn& column) { return !column.flow.empty() && column.last_month != 0; }

// The nearest text at the left of an empty cell, as when a text is centred across cells that are not merged.
const TextGrid::Cell* LeftOf(const TextGrid& grid, std::size_t row, std::size_t column, std::size_t label) {
  while (--column > label) {
    const TextGrid::Cell* const cell = grid.At(row, column);
    if (cell != nullptr && !cell->text.empty()) return cell;
  }
  return nullptr;
}

// The column's texts from top to bottom, with `across` those that stand left of its empty cells too; none if
// nothing heads it.
absl::StatusOr<std::optional<ByCountryColumn>> ParseColumn(const TextGrid& grid,
                                                           const ByCountryHeader& header, std::size_t at,
                                                           bool across) {
  ByCountryColumn column;
  column.column = at;
  const TextGrid::Cell* last = nullptr;
  bool any = false;
  for (std::size_t row = header.first_row; row < header.first_data_row; ++row) {
    const TextGrid::Cell* cell = grid.At(row, at);
    const bool empty = cell == nullptr || cell->text.empty();
    any |= !empty;
    if (empty && across) cell = LeftOf(grid, row, at, header.label_column);
    if (cell == nullptr || cell == last || cell->text.empty()) continue;
    last = cell;
    TW_RETURN_IF_ERROR(Add(MeaningOf(cell->text), *cell, column));
  }
  if (!any) return std::nullopt;
  return column;
}

absl::StatusOr<std::optional<ByCountryColumn>> CompleteColumn(const TextGrid& grid,
                                                              const ByCountryHeader& header, std::size_t at) {
  TW_ASSIGN_OR_RETURN(const auto own, ParseColumn(grid, header, at, false));
  if (!own || Complete(*own)) return own;
  const auto across = ParseColumn(grid, header, at, true);
  if (across.ok() && *across && Complete(**across)) return across;
  return InvalidField(CellName(header.first_row, at),
                      absl::StrCat("the column ", Quoted(own->name), " does not say ",
                                   own->flow.empty() ? "which flow it holds" : "of which months it speaks"));
}

// Do the header's rows so far say what every column holds? Then the next, of small numbers, is no header.
bool SaysAll(const TextGrid& grid, const ByCountryHeader& header) {
  for (std::size_t at = header.label_column + 1; at < grid.columns(); ++at) {
    const auto column = CompleteColumn(grid, header, at);
    if (!column.ok()) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::optional<ByCountryHeader>> ParseByCountryHeader(const TextGrid& grid) {
  const auto first = FirstRow(grid);
  if (!first) return std::nullopt;
  ByCountryHeader header;
  header.first_row = *first;
  const std::size_t first_value = FirstValueColumn(grid, *first);
  if (first_value == 0) {
    return InvalidField(CellName(*first, 0), "no column of countries stands before the first of figures");
  }
  header.label_column = first_value - 1;
  header.first_data_row = *first + 1;
  while (header.first_data_row < std::min(grid.rows(), *first + kMaxHeaderRows) && !SaysAll(grid, header) &&
         IsHeaderRow(grid, header.first_data_row, header)) {
    ++header.first_data_row;
  }
  for (std::size_t at = first_value; at < grid.columns(); ++at) {
    TW_ASSIGN_OR_RETURN(auto column, CompleteColumn(grid, header, at));
    if (column) header.columns.push_back(*std::move(column));
  }
  return header;
}

}  // namespace tidewaiter::feeders
