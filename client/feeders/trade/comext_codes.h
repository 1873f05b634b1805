// Eurostat's codes of trade in goods (Comext), and those that series are keyed by here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/period.h"

namespace tidewaiter::feeders {

// A reporter or partner by its letters: ISO 3166-1 alpha-2, of which Comext has some of its own (XS is RS,
// Serbia; QR and the like are stores and what is not specified, kept as they are); WORLD is W00; other zones
// (EU27_2020, EXT_EU27_2020) as Eurostat has them, the older EU_EXTRA as EXT_EU. None for two letters that
// are neither.
std::optional<std::string_view> ComextArea(std::string_view letters);

// A declarant or partner by its number in the older files: 1 or 0001 is FR, 400 is US. None if unknown.
std::optional<std::string_view> ComextAreaOfNumber(int number);

// A reporter or partner by its English label: "Austria", "Germany (incl. ...)", "Extra-EU (= 'WORLD' -
// 'EU_INTRA')". None if unknown.
std::optional<std::string_view> ComextAreaOfLabel(std::string_view label);

// X, M and RX by number or label: "1", "IMPORT". None if unknown.
std::optional<std::string_view> ComextFlow(std::string_view text);

// The edition of the Harmonized System that the Combined Nomenclature of that time refines: "HS2022-" from
// 2022 on. Eurostat's product codes carry no edition of their own.
std::string_view HsEditionAt(const Period& period);

// What an indicator measures.
struct ComextMeasure {
  std::string_view measure, currency, unit;  // unit is empty where the row names it
};
// Of "VALUE_IN_EUROS", "QUANTITY_IN_100KG", "SUP_QUANTITY" and their kin, by the names of both the database
// and the bulk files. None if unknown.
std::optional<ComextMeasure> ComextMeasureOf(std::string_view name);

}  // namespace tidewaiter::feeders
