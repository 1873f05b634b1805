// The header of GACC's by-country table: what each column holds, by its texts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/feeders/tables/text_grid.h"

namespace tidewaiter::feeders {

//   | Import Source      | Export & Import  |      Export      | 1-to-3 Total Year-on-Year (±%) |
//   | Export Destination |   3    | 1-to-3  |   3    | 1-to-3  | Export & Import |    Export    |
//       label                T 3     T 1-3      X 3      X 1-3         T 1-3 rate      X 1-3 rate
struct ByCountryColumn {
  std::size_t column = 0;
  std::string flow;        // X, M, T, B
  int last_month = 0;      // 3
  bool cumulated = false;  // from January
  bool rate = false;       // change on the year before, in per cent
  std::string name;        // its texts, for messages: "Export, 1-to-3"
};

struct ByCountryHeader {
  std::size_t first_row = 0;  // of the header
  std::size_t first_data_row = 0;
  std::size_t label_column = 0;
  std::vector<ByCountryColumn> columns;  // in order
};

// None if the grid has no row that names exports and imports: it is another table. An error names the cell
// whose text is not understood, or what a column does not say.
absl::StatusOr<std::optional<ByCountryHeader>> ParseByCountryHeader(const TextGrid& grid);

}  // namespace tidewaiter::feeders
