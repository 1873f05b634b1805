// Numbers as publishers print them in tables.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "domain/decimal.h"

namespace tidewaiter::feeders {

// `text` without the blanks around it: spaces, tabs, line ends, no-break and ideographic spaces.
std::string_view TrimBlanks(std::string_view text);

// "1,234.50" is 1234.50: commas between groups of three digits are left out, the decimals stay as printed; a
// minus may be a hyphen or U+2212. Blanks around the number do not count. The error quotes the text and says
// what is wrong with it: also for a number with an exponent, which a spreadsheet has rounded.
absl::StatusOr<Decimal> ParsePrintedNumber(std::string_view text);

}  // namespace tidewaiter::feeders
