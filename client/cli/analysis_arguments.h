// What findings, revisions, mirror and calendar are asked for on the command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/finding.h"
#include "domain/vintage.h"

namespace tidewaiter::cli {

struct FindingsArguments {
  std::vector<FindingKind> kinds;
  std::vector<FindingStatus> statuses;
  std::optional<Sequence> from_sequence;
  std::optional<Sequence> until_sequence;
};

}  // namespace tidewaiter::cli
