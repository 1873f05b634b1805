// Editions of the Harmonized System by time.
#pragma once

#include <optional>
#include <string_view>

#include "domain/period.h"

namespace tidewaiter::feeders {

// "HS2022": the edition in force throughout the period, where customs take a new edition up on 1 January of
// its year, as China does. None before 1992, or if an edition changed within.
std::optional<std::string_view> HsEditionOf(const Period& period);

}  // namespace tidewaiter::feeders
