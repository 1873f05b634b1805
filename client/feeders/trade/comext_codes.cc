#include "client/feeders/trade/comext_codes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "client/feeders/trade/areas.h"
#include "domain/series_key.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// Codes that are none of ISO's, and what becomes of them.
constexpr Pair kOwnLetters[] = {
    {"EL", "GR"},
    {"UK", "GB"},
    {"XS", "RS"},
    {"WORLD", "W00"},
    {"EU_EXTRA", "EXT_EU"},
    {"EU_INTRA", "INT_EU"},
    // As Eurostat has them: Northern Ireland, Kosovo, Ceuta, Melilla, the European Union; stores and
    // provisions (QP, QQ, QR, QS) and countries not specified (QU, QV, QW, QX, QY, QZ); former countries.
    {"XI", "XI"},
    {"XK", "XK"},
    {"XC", "XC"},
    {"XL", "XL"},
    {"XB", "XB"},
    {"XO", "XO"},
    {"XP", "XP"},
    {"XR", "XR"},
    {"XA", "XA"},
    {"XZ", "XZ"},
    {"XM", "XM"},
    {"XG", "XG"},
    {"XV", "XV"},
    {"EU", "EU"},
    {"EA", "EA"},
    {"QP", "QP"},
    {"QQ", "QQ"},
    {"QR", "QR"},
    {"QS", "QS"},
    {"QU", "QU"},
    {"QV", "QV"},
    {"QW", "QW"},
    {"QX", "QX"},
    {"QY", "QY"},
    {"QZ", "QZ"},
    {"AN", "ANHH"},
    {"SU", "SUHH"},
    {"YU", "YUCS"},
    {"DD", "DDDE"},
    {"CS", "CSXX"},
};

struct Numbered {
  int number;
  std::string_view code;
};

// The numeric nomenclature of countries and territories as it stood in the 2000s. Ascending.
constexpr Numbered kNumbered[] = {
    {1, "FR"},        {2, "BLX"},       {3, "NL"},   {4, "DE"},   {5, "IT"},   {6, "GB"},     {7, "IE"},
    {8, "DK"},        {9, "GR"},        {10, "PT"},  {11, "ES"},  {17, "BE"},  {18, "LU"},    {21, "XC"},
    {23, "XL"},       {24, "IS"},       {28, "NO"},  {30, "SE"},  {32, "FI"},  {37, "LI"},    {38, "AT"},
    {39, "CH"},       {41, "FO"},       {43, "AD"},  {44, "GI"},  {45, "VA"},  {46, "MT"},    {47, "SM"},
    {52, "TR"},       {53, "EE"},       {54, "LV"},  {55, "LT"},  {60, "PL"},  {61, "CZ"},    {63, "SK"},
    {64, "HU"},       {66, "RO"},       {68, "BG"},  {70, "AL"},  {72, "UA"},  {73, "BY"},    {74, "MD"},
    {75, "RU"},       {76, "GE"},       {77, "AM"},  {78, "AZ"},  {79, "KZ"},  {80, "TM"},    {81, "UZ"},
    {82, "TJ"},       {83, "KG"},       {91, "SI"},  {92, "HR"},  {93, "BA"},  {94, "CSXX"},  {95, "XK"},
    {96, "MK"},       {97, "ME"},       {98, "RS"},  {204, "MA"}, {208, "DZ"}, {212, "TN"},   {216, "LY"},
    {220, "EG"},      {224, "SD"},      {225, "SS"}, {228, "MR"}, {232, "ML"}, {236, "BF"},   {240, "NE"},
    {244, "TD"},      {247, "CV"},      {248, "SN"}, {252, "GM"}, {257, "GW"}, {260, "GN"},   {264, "SL"},
    {268, "LR"},      {272, "CI"},      {276, "GH"}, {280, "TG"}, {284, "BJ"}, {288, "NG"},   {302, "CM"},
    {306, "CF"},      {310, "GQ"},      {311, "ST"}, {314, "GA"}, {318, "CG"}, {322, "CD"},   {324, "RW"},
    {328, "BI"},      {329, "SH"},      {330, "AO"}, {334, "ET"}, {336, "ER"}, {338, "DJ"},   {342, "SO"},
    {346, "KE"},      {350, "UG"},      {352, "TZ"}, {355, "SC"}, {357, "IO"}, {366, "MZ"},   {370, "MG"},
    {372, "RE"},      {373, "MU"},      {375, "KM"}, {377, "YT"}, {378, "ZM"}, {382, "ZW"},   {386, "MW"},
    {388, "ZA"},      {389, "NA"},      {391, "BW"}, {393, "SZ"}, {395, "LS"}, {400, "US"},   {404, "CA"},
    {406, "GL"},      {408, "PM"},      {412, "MX"}, {413, "BM"}, {416, "GT"}, {421, "BZ"},   {424, "HN"},
    {428, "SV"},      {432, "NI"},      {436, "CR"}, {442, "PA"}, {446, "AI"}, {448, "CU"},   {449, "KN"},
    {452, "HT"},      {453, "BS"},      {454, "TC"}, {456, "DO"}, {457, "VI"}, {458, "GP"},   {459, "AG"},
    {460, "DM"},      {462, "MQ"},      {463, "KY"}, {464, "JM"}, {465, "LC"}, {467, "VC"},   {468, "VG"},
    {469, "BB"},      {470, "MS"},      {472, "TT"}, {473, "GD"}, {474, "AW"}, {478, "ANHH"}, {480, "CO"},
    {484, "VE"},      {488, "GY"},      {492, "SR"}, {496, "GF"}, {500, "EC"}, {504, "PE"},   {508, "BR"},
    {512, "CL"},      {516, "BO"},      {520, "PY"}, {524, "UY"}, {528, "AR"}, {529, "FK"},   {600, "CY"},
    {604, "LB"},      {608, "SY"},      {612, "IQ"}, {616, "IR"}, {624, "IL"}, {625, "PS"},   {626, "TL"},
    {628, "JO"},      {632, "SA"},      {636, "KW"}, {640, "BH"}, {644, "QA"}, {647, "AE"},   {649, "OM"},
    {653, "YE"},      {660, "AF"},      {662, "PK"}, {664, "IN"}, {666, "BD"}, {667, "MV"},   {669, "LK"},
    {672, "NP"},      {675, "BT"},      {676, "MM"}, {680, "TH"}, {684, "LA"}, {690, "VN"},   {696, "KH"},
    {700, "ID"},      {701, "MY"},      {703, "BN"}, {706, "SG"}, {708, "PH"}, {716, "MN"},   {720, "CN"},
    {724, "KP"},      {728, "KR"},      {732, "JP"}, {736, "TW"}, {740, "HK"}, {743, "MO"},   {800, "AU"},
    {801, "PG"},      {803, "NR"},      {804, "NZ"}, {806, "SB"}, {807, "TV"}, {809, "NC"},   {811, "WF"},
    {812, "KI"},      {813, "PN"},      {815, "FJ"}, {816, "VU"}, {817, "TO"}, {819, "WS"},   {820, "MP"},
    {822, "PF"},      {823, "FM"},      {824, "MH"}, {825, "PW"}, {830, "AS"}, {831, "GU"},   {832, "UM"},
    {833, "CC"},      {834, "CX"},      {835, "HM"}, {836, "NF"}, {837, "CK"}, {838, "NU"},   {839, "TK"},
    {891, "AQ"},      {892, "BV"},      {893, "GS"}, {894, "TF"}, {950, "QQ"}, {951, "QR"},   {952, "QS"},
    {958, "QU"},      {959, "QV"},      {960, "QW"}, {977, "QY"}, {978, "QZ"}, {979, "QX"},   {1000, "W00"},
    {1010, "INT_EU"}, {1011, "EXT_EU"},
};

// Labels of zones, by how they begin; what stands in parentheses lists members, and changes. The longest that
// fits is meant.
constexpr Pair kZoneLabels[] = {
    {"World", "W00"},
    {"All countries of the world", "W00"},
    {"European Union (", "EU"},
    {"European Union - 27 countries (from 2020)", "EU27_2020"},
    {"European Union - 28 countries (2013-2020)", "EU28"},
    {"Extra-EU (", "EXT_EU"},
    {"Intra-EU (", "INT_EU"},
    {"Extra-EU27 (from 2020)", "EXT_EU27_2020"},
    {"Intra-EU27 (from 2020)", "INT_EU27_2020"},
    {"Northern Ireland", "XI"},
    {"Kosovo", "XK"},
    {"Ceuta", "XC"},
    {"Melilla", "XL"},
};

// Where Eurostat's English name of a country is another than ISO's short one.
constexpr Pair kCountryLabels[] = {
    {"Belgium-Luxembourg", "BLX"},
    {"Brunei", "BN"},
    {"Burma/Myanmar", "MM"},
    {"Cape Verde", "CV"},
    {"Czech Republic", "CZ"},
    {"Democratic People's Republic of Korea", "KP"},
    {"Faroes", "FO"},
    {"Korea, Democratic People's Republic of", "KP"},
    {"Korea, Republic of", "KR"},
    {"Lao People's Democratic Republic", "LA"},
    {"Macau", "MO"},
    {"Micronesia", "FM"},
    {"Moldova, Republic of", "MD"},
    {"Occupied Palestinian Territory", "PS"},
    {"Republic of Korea", "KR"},
    {"Russian Federation", "RU"},
    {"Swaziland", "SZ"},
    {"Syrian Arab Republic", "SY"},
    {"Tanzania, United Republic of", "TZ"},
    {"Turkey", "TR"},
    {"Vietnam", "VN"},
    {"Iran, Islamic Republic of", "IR"},
    {"Congo, Republic of", "CG"},
};

struct NamedMeasure {
  std::string_view name;
  ComextMeasure measure;
};
constexpr NamedMeasure kMeasures[] = {
    {"VALUE_IN_EUROS", {"VALUE", "EUR", "1"}},     {"VALUE_EUR", {"VALUE", "EUR", "1"}},
    {"VALUE_NAC", {"VALUE", "NAC", "1"}},          {"VALUE_1000ECU", {"VALUE", "XEU", "1000"}},
    {"VALUE_1000EURO", {"VALUE", "EUR", "1000"}},  {"QUANTITY_IN_KG", {"NETWGT", "_Z", "KG"}},
    {"QUANTITY_KG", {"NETWGT", "_Z", "KG"}},       {"QUANTITY_IN_100KG", {"NETWGT", "_Z", "100KG"}},
    {"QUANTITY_TON", {"NETWGT", "_Z", "T"}},       {"SUP_QUANTITY", {"QTY", "_Z", ""}},
    {"SUPPLEMENTARY_QUANTITY", {"QTY", "_Z", ""}}, {"QUANTITY_SUPPL_UNIT", {"QTY", "_Z", ""}},
};

template <std::size_t N>
std::optional<std::string_view> Find(const Pair (&table)[N], std::string_view key) {
  for (const auto& [theirs, ours] : table) {
    if (theirs == key) return ours;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> ComextArea(std::string_view letters) {
  if (IsIsoAlpha2(letters)) return letters;
  if (const auto own = Find(kOwnLetters, letters)) return own;
  const bool zone = letters.size() > 2 && ValidateCode(letters).ok() &&
                    absl::ascii_isupper(static_cast<unsigned char>(letters[0])) &&
                    std::none_of(letters.begin(), letters.end(),
                                 [](char c) { return absl::ascii_islower(static_cast<unsigned char>(c)); });
  if (zone) return letters;
  return std::nullopt;
}

std::optional<std::string_view> ComextAreaOfNumber(int number) {
  const auto* const at =
      std::lower_bound(std::begin(kNumbered), std::end(kNumbered), number,
                       [](const Numbered& area, int wanted) { return area.number < wanted; });
  if (at == std::end(kNumbered) || at->number != number) return std::nullopt;
  return at->code;
}

std::optional<std::string_view> ComextAreaOfLabel(std::string_view label) {
  const Pair* longest = nullptr;
  for (const Pair& zone : kZoneLabels) {
    if (absl::StartsWith(ToAbsl(label), ToAbsl(zone.first)) &&
        (longest == nullptr || longest->first.size() < zone.first.size())) {
      longest = &zone;
    }
  }
  if (longest != nullptr) return longest->second;
  if (const Area* area = AreaOfName(label)) return area->code;
  if (const auto country = Find(kCountryLabels, label)) return country;
  // "Germany (incl. German Democratic Republic 'DD' from 1991)"
  const std::size_t remark = label.find(" (");
  if (remark == std::string_view::npos) return std::nullopt;
  const std::string_view name = label.substr(0, remark);
  if (const Area* area = AreaOfName(name)) return area->code;
  return Find(kCountryLabels, name);
}

std::optional<std::string_view> ComextFlow(std::string_view text) {
  if (text == "1" || absl::EqualsIgnoreCase(ToAbsl(text), "import")) return "M";
  if (text == "2" || absl::EqualsIgnoreCase(ToAbsl(text), "export")) return "X";
  if (text == "3" || absl::EqualsIgnoreCase(ToAbsl(text), "re-export")) return "RX";
  return std::nullopt;
}

std::string_view HsEditionAt(const Period& period) {
  const int year = period.start().year();
  if (year >= 2028) return "HS2028-";
  if (year >= 2022) return "HS2022-";
  if (year >= 2017) return "HS2017-";
  if (year >= 2012) return "HS2012-";
  if (year >= 2007) return "HS2007-";
  if (year >= 2002) return "HS2002-";
  if (year >= 1996) return "HS1996-";
  return "HS1992-";
}

std::optional<ComextMeasure> ComextMeasureOf(std::string_view name) {
  for (const NamedMeasure& known : kMeasures) {
    if (known.name == name) return known.measure;
  }
  return std::nullopt;
}

}  // namespace tidewaiter::feeders
