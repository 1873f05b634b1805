// Numbers and months as people write them in tables.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "domain/decimal.h"
#include "domain/period.h"

namespace tidewaiter::feeders {

// An exact decimal, its printed scale kept: "1,187.5" is 1187.5, "1 187,50" with `mark` ',' is 1187.50.
// Thousands are grouped by the mark that is not the decimal one, by spaces (also the unbreakable and the
// narrow one) or apostrophes, all the same, in threes. `mark` '.' or ','; 0: not said. Then a lone comma
// before three digits ("1,187") could be either, and is refused with the advice to say it; so is a comma
// before any other number of digits. Exponents, brackets for negative numbers ("(5)") and other minus signs
// are refused with what to write in their place.
absl::StatusOr<Decimal> ParseNumber(std::string_view text, char mark);

// A run of whole months: "2025-07", "2025/07", "2025.07", "202507", "2025M07", "2025-07-01" (a first day),
// "July 2025", "Jul 2025", "2025 July", "Jan-Feb 2025", "January-February 2025", "2025", "2025-Q3", and ISO
// 8601 as Period::Parse takes it ("2025-01/P7M"). "2001.1" is refused: a spreadsheet makes it of 2001.10.
absl::StatusOr<Period> ParseMonths(std::string_view text);

}  // namespace tidewaiter::feeders
