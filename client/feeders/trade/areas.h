// Countries and areas: ISO 3166 and M49, and the areas that only statistics know.
#pragma once

#include <string_view>
#include <vector>

namespace tidewaiter::feeders {

// An area and its codes. `code` is the one that series are keyed by: ISO 3166-1 alpha-2 where there is one,
// the four letters of ISO 3166-3 for countries that are no more, else the code by which statistics go
// ("W00", "EU27_2020").
struct Area {
  std::string_view code;    // "DE", "SUHH", "W00"
  std::string_view alpha3;  // "DEU"; empty for areas that have none
  int m49 = -1;             // 276; -1 for areas that have none
  std::string_view name;    // in English, short: "Germany"
};

// All of them, by code. Those of ISO 3166-1 are complete.
const std::vector<Area>& Areas();

// Null if there is none. Codes are upper case; live for ever.
const Area* AreaOfCode(std::string_view code);      // "DE", "W00"
const Area* AreaOfAlpha3(std::string_view alpha3);  // "DEU"
const Area* AreaOfM49(int m49);                     // 276
// The short English name, whole, upper and lower case the same.
const Area* AreaOfName(std::string_view name);

// Is this a code of ISO 3166-1 alpha-2 ("DE")?
bool IsIsoAlpha2(std::string_view code);

}  // namespace tidewaiter::feeders
