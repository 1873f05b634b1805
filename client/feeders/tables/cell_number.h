// Numbers of workbooks, which are binary, as the decimals that were printed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidewaiter::feeders {

// What of a cell's number format says how its number is printed.
struct NumberFormat {
  int decimals = 0;      // that are always printed: zeros of the format behind its point
  bool percent = false;  // printed a hundredfold
};

// "#,##0.0_ ;[Red]\-#,##0.0" has one decimal: of the part for positive numbers.
NumberFormat ParseNumberFormat(std::string_view code);
// Of the formats that Excel has by number. None for those it has not.
std::optional<NumberFormat> BuiltinNumberFormat(unsigned id);

// The shortest decimal that gives the same double back, filled up to the decimals of the format: 804 with
// "0.0" is "804.0", 41046.4 is "41046.4". A number that takes more than 15 digits is the noise of a formula:
// it is taken to 15, which is what Excel shows of it. Decimals beyond the format's are kept: the cell holds
// them. What is not finite or has more than 27 digits before the point comes with an exponent or as "nan",
// "inf".
//
// The one place of the feeders where a published number is binary: the file holds it so.
std::string NumberText(double value, const NumberFormat& format);

}  // namespace tidewaiter::feeders
