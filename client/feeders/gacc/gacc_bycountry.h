// GACC's table of trade by country and region, whatever it was taken from.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/feeders/feeder.h"
#include "client/feeders/gacc/gacc_bycountry_header.h"
#include "client/feeders/tables/text_grid.h"

namespace tidewaiter::feeders {

// What is known of a table from around it.
struct ByCountrySource {
  std::string_view place;                // of the table, for messages: "the page", "sheet \"Table 4\""
  std::string_view title;                // that stands around the table; or empty
  std::optional<Publication> published;  // by the source itself
  std::string_view published_place;      // where it says so: "atcl-date"
  bool has_lines = false;                // problems name the line beside the cell
};

// Tells the sink the table under this header as one release of GACC_BYCOUNTRY:
//
//   | Russian Federation | 182.4 | 545.1 | … | -5.9 |     in "CNY 100 Million", March 2026
//   =>
//   CN.RU.T.VALUE.CNY.100MN   2026-03       182.4
//   CN.RU.T.VALUE.CNY.100MN   2026-01/P3M   545.1
//   CN.RU.T.YOY.CNY.PCT       2026-01/P3M   -5.9
//
// "-" is nil. Rows whose country is not known, or which hold something that is no number, are refused.
// Errors: the title, the unit and the header do not agree, or the day of publication is not known.
absl::Status ReadByCountryTable(const TextGrid& grid, const ByCountryHeader& header,
                                const ByCountrySource& source, const FeedOptions& options, FeedSink& sink);

// Does a text speak of this table: "by Country/Region", "by Major Country (Region)" of imports and exports?
bool SpeaksOfByCountry(std::string_view text);

}  // namespace tidewaiter::feeders
