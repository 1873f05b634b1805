// Cross-sections the plain way: every series is read, and its cells are turned round.
#pragma once

#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// VintageStore::ReadSlices by definition, from the other functions of a store. Costs a read of every series.
absl::Status ReadSlicesBySeries(const Catalogue& catalogue, const VintageStore& vintages,
                                std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                                absl::FunctionRef<bool(const Period&)> wanted,
                                std::vector<PeriodSlice>* slices);

// Appends a row to the columns of a slice. Not thread-safe.
void AppendRow(SeriesId series, const Datum& datum, Attributes attributes, Sequence sequence,
               PeriodSlice* slice);

}  // namespace tidewaiter::storage
