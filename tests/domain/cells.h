// Cells of a series written down as one would say them.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "domain/change.h"
#include "domain/interval.h"
#include "domain/strings.h"
#include "tests/domain/testing.h"

namespace tidewaiter {

// "2025-01/P7M 125.8 r3": the value is printed to its last digit and stated by release 3 (1 unless said), at
// the third second of 1970. "2025-08 -": suppressed.
inline CellState Cell(std::string_view text) {
  const std::vector<std::string> words = absl::StrSplit(ToAbsl(text), ' ', absl::SkipEmpty());
  CellState cell;
  cell.period = P(words.at(0));
  cell.datum = words.at(1) == "-" ? Datum::Absent(Absence::kSuppressed) : V(words.at(1));
  cell.sequence = words.size() > 2 ? static_cast<Sequence>(std::stoul(words[2].substr(1))) : 1;
  cell.published_at = Instant::FromMicros(1'000'000 * static_cast<std::int64_t>(cell.sequence));
  cell.value_since = cell.published_at;
  return cell;
}

// In period order, whatever order they are written in.
inline std::vector<CellState> Cells(std::initializer_list<std::string_view> texts) {
  std::vector<CellState> cells;
  for (const std::string_view text : texts) cells.push_back(Cell(text));
  std::ranges::sort(cells, {}, &CellState::period);
  return cells;
}

// China's trade with Russia, turnover in thousand million dollars, as GACC published it and the press printed
// it, January 2024 to December 2025: what was known on 2026-01-20. Each print is a release of its own.
// Sources: deploy/demo-data/china-russia.csv, which names the report behind each.
inline std::vector<CellState> ChinaRussiaTurnover() {
  return Cells({"2023-01/P12M 240.11 r1",   "2024-01/P2M 37.01 r2",     "2024-01/P5M 96.5 r4",
                "2024-05 19.8 r4",          "2024-01/P6M 116.87 r5",    "2024-06 20.249 r5",
                "2024-01/P7M 136.67 r6",    "2024-07 19.69 r6",         "2024-01/P8M 158.47 r7",
                "2024-08 21.68 r7",         "2024-12 21.97 r8",         "2025-01/P3M 53.213 r9",
                "2025-03 18.448 r9",        "2025-01/P4M 71.123 r10",   "2025-01/P5M 88.796 r11",
                "2025-05 17.7 r11",         "2025-01/P6M 106.48 r12",   "2025-06 17.6 r12",
                "2025-01/P7M 125.8 r13",    "2025-07 19.14 r13",        "2024-01/P12M 244.819 r14",
                "2025-01/P8M 143.8 r15",    "2025-08 17.9 r15",         "2025-01/P9M 163.621 r16",
                "2025-09 19.825 r16",       "2025-01/P10M 183.243 r17", "2025-01/P11M 203.675 r18",
                "2025-01/P12M 228.105 r19", "2025-12 24.394 r20"});
}

// "-2024-01/P7M +2024-01/P12M": the operands of a path.
inline std::string PathText(const RunValue& value, std::span<const CellState> cells) {
  std::string text;
  for (const Operand& operand : value.operands) {
    absl::StrAppend(&text, text.empty() ? "" : " ", operand.subtracted ? "-" : "+",
                    cells[operand.cell].period.ToString());
  }
  return text;
}

// "2024-02 2024-03".
inline std::string MonthsText(const std::vector<Month>& months) {
  return absl::StrJoin(months, " ",
                       [](std::string* out, Month month) { absl::StrAppend(out, month.ToString()); });
}

}  // namespace tidewaiter
