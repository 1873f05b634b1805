#include "client/feeders/trade/comtrade_codes.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "client/feeders/trade/areas.h"

namespace tidewaiter::feeders {
namespace {

struct NumberedCode {
  int number;
  std::string_view code;
};

// Where Comtrade's numbers are not M49's, or where M49 alone would mix two areas. Ascending.
constexpr NumberedCode kOwnAreas[] = {
    {0, "W00"},         // World
    {80, "ATB"},        // British Antarctic Territories
    {97, "EU"},         // European Union, of changing members
    {129, "A49"},       // Caribbean, nes
    {221, "E29"},       // Eastern Europe, nes
    {230, "ET_230"},    // Ethiopia with Eritrea, to 1992
    {250, "FR_250"},    // metropolitan France
    {251, "FR"},        // France and Monaco
    {280, "DE_280"},    // Federal Republic of Germany, to 1990
    {290, "F49"},       // Northern Africa, nes
    {356, "IN_356"},    // India without Sikkim, to 1974
    {457, "_SK"},       // Sarawak
    {459, "_PM"},       // Peninsular Malaysia
    {461, "_SH"},       // Sabah
    {471, "R91"},       // Central American Common Market, nes
    {472, "_AC"},       // Africa CAMEU region, nes
    {473, "A79_473"},   // Latin American Integration Association, nes
    {488, "_MI"},       // Midway Islands
    {490, "S19"},       // Other Asia, nes
    {492, "_EU"},       // Europe EU, nes (M49 has Monaco there)
    {527, "O19"},       // Oceania, nes
    {532, "ANHH_532"},  // Netherlands Antilles with Aruba, to 1985
    {568, "E19"},       // Other Europe, nes
    {577, "F19"},       // Other Africa, nes
    {578, "NO_578"},    // Norway without Svalbard and Jan Mayen
    {579, "NO"},        // Norway, Svalbard and Jan Mayen
    {588, "PK_588"},    // East and West Pakistan, to 1971
    {590, "PA_590"},    // Panama without the Canal Zone, to 1977
    {636, "A79"},       // Rest of America, nes
    {637, "A59"},       // North America and Central America, nes
    {647, "_RI"},       // Ryukyu Islands
    {658, "KN_658"},    // Saint Kitts, Nevis and Anguilla, to 1980
    {697, "R20"},       // Europe EFTA, nes
    {698, "_SM"},       // Sikkim
    {699, "IN"},        // India
    {711, "ZA1"},       // Southern African Customs Union, to 1999
    {717, "_RN"},       // Rhodesia and Nyasaland
    {736, "SD_736"},    // Sudan with South Sudan, to 2011
    {756, "CH_756"},    // Switzerland without Liechtenstein
    {757, "CH"},        // Switzerland and Liechtenstein
    {830, "_CI"},       // Channel Islands
    {835, "_TK"},       // Tanganyika
    {836, "_ZP"},       // Zanzibar and Pemba
    {837, "X1"},        // Bunkers
    {838, "X2"},        // Free zones
    {839, "XX"},        // Special categories
    {840, "US_840"},    // the United States without Puerto Rico and the Virgin Islands
    {841, "US_841"},    // the United States and Puerto Rico, to 1980
    {842, "US"},        // the United States, Puerto Rico and the Virgin Islands
    {868, "VN_868"},    // Republic of Viet Nam, to 1974
    {872, "_WI"},       // Wake Island
    {879, "F97"},       // Western Asia, nes
    {886, "YE_886"},    // Arab Republic of Yemen, to 1990
    {899, "_X"},        // Areas, nes
    {975, "ASEAN"},
};

constexpr std::pair<std::string_view, std::string_view> kClassifications[] = {
    {"HS", "HS"},        {"H0", "HS1992"},      {"H1", "HS1996"},      {"H2", "HS2002"},
    {"H3", "HS2007"},    {"H4", "HS2012"},      {"H5", "HS2017"},      {"H6", "HS2022"},
    {"H7", "HS2028"},    {"SS", "SITC"},        {"S1", "SITC1"},       {"S2", "SITC2"},
    {"S3", "SITC3"},     {"S4", "SITC4"},       {"B4", "BEC4"},        {"B5", "BEC5"},
    {"EB", "EBOPS2002"}, {"EB02", "EBOPS2002"}, {"EB10", "EBOPS2010"}, {"EB10S", "EBOPS2010S"},
};

// Indexed by Comtrade's number.
constexpr std::string_view kUnits[] = {"",  "",   "M2",    "1000KWH", "M",   "U",  "2U",
                                       "L", "KG", "1000U", "PACK",    "12U", "M3", "CARAT"};

}  // namespace

std::optional<std::string_view> ComtradeArea(int code) {
  const auto* const own =
      std::lower_bound(std::begin(kOwnAreas), std::end(kOwnAreas), code,
                       [](const NumberedCode& area, int wanted) { return area.number < wanted; });
  if (own != std::end(kOwnAreas) && own->number == code) return own->code;
  const Area* area = AreaOfM49(code);
  if (area == nullptr) return std::nullopt;
  return area->code;
}

std::optional<std::string_view> ComtradeClassification(std::string_view code) {
  for (const auto& [comtrade, ours] : kClassifications) {
    if (comtrade == code) return ours;
  }
  return std::nullopt;
}

std::optional<std::string_view> ComtradeUnit(int code) {
  if (code == -1) return std::string_view();
  if (code < 0 || code >= static_cast<int>(std::size(kUnits))) return std::nullopt;
  return kUnits[code];
}

}  // namespace tidewaiter::feeders
