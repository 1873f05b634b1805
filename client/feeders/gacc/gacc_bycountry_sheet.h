// GACC's tables of trade by country and region as workbooks: the .xls that its pages link to, .xlsx, or
// the sheet as text with tabs.
//
// The same table as on the page, without the page: the month, the currency and the unit stand above it, the
// day of publication in the file's name or with the user.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// Stateless; lives for ever.
const Feeder& GaccByCountrySheet();

}  // namespace tidewaiter::feeders
