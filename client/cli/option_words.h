// The fields of the API in the words of the command line.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tidewaiter::cli {

// What sets a field of a request: "query.window.year_start_month" is --year-start, "query.keys[0]"
// DATASET/KEY. A field that nothing of the command line sets is named as it is.
std::string OptionOfField(std::string_view field);

// A refusal as people can act on it: fields, and what the daemon says of other fields, by their options.
absl::Status InWordsOfOptions(const absl::Status& status);

}  // namespace tidewaiter::cli
