// findings --tally.
#pragma once

#include "absl/status/status.h"
#include "client/cli/session.h"

namespace tidewaiter::cli {

absl::Status RunTally(Session& session);

}  // namespace tidewaiter::cli
