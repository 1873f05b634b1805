// Every format that can be fed.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// In the order in which they are listed. They live for ever.
const std::vector<const Feeder*>& Formats();

// The format of that name. INVALID_ARGUMENT names all that there are.
absl::StatusOr<const Feeder*> FormatOfName(std::string_view name);

// The format of a file that begins with `head` (kRecogniseBytes of it, or all). The error says that none, or
// which several, could be meant, and that the format can be named.
absl::StatusOr<const Feeder*> FormatOfContent(std::string_view head, std::string_view file);

}  // namespace tidewaiter::feeders
