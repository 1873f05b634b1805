// What stands around GACC's by-country table, taken together.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/feeders/gacc/gacc_bycountry_header.h"
#include "client/feeders/tables/text_grid.h"
#include "domain/month.h"

namespace tidewaiter::feeders {

struct ByCountryCaption {
  std::string title;
  Month month;             // the last of which the table speaks
  std::string currency;    // "CNY"
  std::string multiplier;  // "100MN"
};

// From the cells above the header and from the title around the table, if there is one. `place` names the
// table in errors: nothing says the month, the unit or the currency; or two places say different things.
absl::StatusOr<ByCountryCaption> ParseByCountryCaption(const TextGrid& grid, const ByCountryHeader& header,
                                                       std::string_view title, std::string_view place);

}  // namespace tidewaiter::feeders
