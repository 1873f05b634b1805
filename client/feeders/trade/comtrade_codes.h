// UN Comtrade's own codes, and those that series are keyed by here.
#pragma once

#include <optional>
#include <string_view>

namespace tidewaiter::feeders {

// The area of a reporter or partner code: ISO 3166-1 alpha-2 where Comtrade has the country as one code
// (842 "USA" is US, 699 "India" IN, 251 "France, Monaco" FR), Comtrade's own letters for areas "nes"
// (490 "Other Asia, nes" is S19), W00 for the world. Where Comtrade has a second, narrower or former code of
// a country, it is the country's with that number: 840 "United States of America" alone is US_840. None if
// the code is unknown.
std::optional<std::string_view> ComtradeArea(int code);

// The classification with its edition: "H6" is HS2022, "S4" SITC4, "B5" BEC5, "EB10" EBOPS2010. None if
// unknown.
std::optional<std::string_view> ComtradeClassification(std::string_view code);

// Unit of a quantity: 8 is KG, 5 U; "UNIT_14" for codes beyond the known ones, which a caller makes. Empty
// for those that mean no quantity (-1, 1). None if unknown.
std::optional<std::string_view> ComtradeUnit(int code);

}  // namespace tidewaiter::feeders
