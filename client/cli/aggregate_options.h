// The words of `tidewaiter aggregate`, read one by one. Errors are sentences.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "client/aggregates.h"

namespace tidewaiter::cli {

// "month", "ytd", "t12m", "7m" ...; keeps year_start_month and mean.
absl::Status TakeWindow(std::string_view text, AggregateQuery* query);
// "2019" (a year), "2019-01", "2019-01/P7M".
absl::Status TakeBase(std::string_view text, AggregateQuery* query);
// "as-published", "constant", "complete".
absl::Status TakeComposition(std::string_view text, AggregateQuery* query);
// "published", "summed", "differenced".
absl::Status TakeDerivation(std::string_view text, AggregateQuery* query);
// "nearest", "truncated".
absl::Status TakeRounding(std::string_view text, AggregateQuery* query);
// "balance", "turnover".
absl::Status TakeCombine(std::string_view text, AggregateQuery* query);
// "reporter,flow".
absl::Status TakeGroupBy(std::string_view text, AggregateQuery* query);
// "EU=partner:DE+FR,GB@..2020-01": a name, a dimension, and codes, each part with the months in which they
// belong; or the name of a group that is kept with the dataset.
absl::Status TakeGroup(std::string_view text, AggregateQuery* query);
// "latest", "first", "nth:3", "after:12m".
absl::Status TakeRealTime(std::string_view text, RealTime* real_time);

// "t12m:yoy": a window and a transform, appended.
absl::Status TakeFollowed(std::string_view text, std::vector<AggregateQuery>* followed);

}  // namespace tidewaiter::cli
