// Eurostat's flags of observations, as SDMX statuses.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "domain/observation.h"

namespace tidewaiter::feeders {

// What OBS_VALUE, OBS_FLAG and CONF_STATUS of a row say together.
struct FlaggedValue {
  Datum datum;
  Attributes attributes;
  std::string note;  // flags for which SDMX has no letter, or no room: "OBS_FLAG bp"
};

// An empty value, or ":", is suppressed if the flag or the confidentiality says so (c), nil if it cannot
// exist (z), else missing. Flags: b break, c confidential, d definition differs, e or s estimated, f
// forecast, i imputed, n not significant, p provisional, r revised, u of low reliability, z not applicable.
// Error: every violation at once, fields named as the columns.
absl::StatusOr<FlaggedValue> ParseFlagged(std::string_view value, std::string_view flags,
                                          std::string_view conf);

}  // namespace tidewaiter::feeders
