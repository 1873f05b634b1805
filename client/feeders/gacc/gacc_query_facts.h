// What a download of GACC's online query does not say of itself, and its user must.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/feeders/feeder.h"
#include "client/feeders/gacc/gacc_query_columns.h"
#include "domain/period.h"

namespace tidewaiter::feeders {

// "X", "M" or "T" as a file's name tells it: the words in, import, imports, 进口; out, export, exports, 出口;
// 进出口. "in" and "out" only if they are the whole name or stand beside a digit ("2024in.csv"), as they are
// words of every kind. None if it tells nothing, or more than one.
std::optional<std::string_view> FlowInName(std::string_view file);

struct GaccQueryFacts {
  std::string flow;              // X, M or T
  std::optional<Period> period;  // of every row, if the file has no column of it
  std::string partner;           // codes that stand where the file has no column:
  std::string commodity;         // W00 and TOTAL, or what the user said
  std::string regime;
  std::string location;
  bool complete = false;  // the user says that so many rows are all
};

// From the options and the file's name. Errors name the option: a flow that is not known or told in two ways,
// a constant for what has a column, or that means nothing here.
absl::StatusOr<GaccQueryFacts> ResolveGaccQueryFacts(const GaccQueryColumns& columns,
                                                     const FeedOptions& options);

}  // namespace tidewaiter::feeders
