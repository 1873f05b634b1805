// The series of a dataset that a selector matches, in canonical order.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "domain/selector.h"
#include "storage/rocks/database.h"
#include "storage/rocks/stated_series.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// Leaps over what cannot match: of "CN.RU+BY.X" in a dataset of a million series it reads the neighbourhoods
// of CN.BY and CN.RU. Only those that are stated. Arguments as Catalogue::ListSeries, `dataset` being its
// number; the selector fits it.
absl::StatusOr<std::vector<SeriesEntry>> ListSeriesOf(const Database& database, const StatedSeries& stated,
                                                      std::uint32_t dataset, const Selector& selector,
                                                      std::string_view after, std::size_t limit);

}  // namespace tidewaiter::storage
