// Units of quantity in GACC's online query.
#pragma once

#include <optional>
#include <string_view>

namespace tidewaiter::feeders {

// "千克" and "Kilogram" are KG. Masses, lengths, areas, volumes, energy and power have the codes of everyday;
// counts keep GACC's classifiers apart, as they are part of the published unit: 台 MACHINE, 辆 VEHICLE, 艘
// VESSEL, 个 PCE …; a hundred, thousand, ten thousand or 100 million of a thing begins with 100_, TH_, 10TH_,
// 100MN_. None if the table has no such unit.
std::optional<std::string_view> UnitOfGaccName(std::string_view name);

}  // namespace tidewaiter::feeders
