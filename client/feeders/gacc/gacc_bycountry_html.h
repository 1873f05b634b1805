// GACC's English pages of trade by country and region (english.customs.gov.cn): HTML.
//
// The page's title and the table's caption give the month and the currency, the line "Unit:" the multiplier,
// the line under the title the day of publication. docs/feeders.md has the profile.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// Stateless; lives for ever.
const Feeder& GaccByCountryHtml();

}  // namespace tidewaiter::feeders
