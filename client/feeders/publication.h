// When a file was published: from the file, from its name, or from its user; never the clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "domain/instant.h"

namespace tidewaiter::feeders {

// Exactly one of the three is set.
struct Publication {
  std::optional<Instant> at;               // an instant
  std::optional<absl::CivilSecond> local;  // clock time in the dataset's zone
  std::optional<absl::CivilDay> on;        // only the day is known: it ends in the dataset's zone

  std::string ToString() const;  // "2025-08-07T03:00:00Z", "2025-08-07T11:00:00 local time", "2025-08-07"
  friend bool operator==(const Publication&, const Publication&) = default;
};

// "2025-08-07", "2025-08-07T11:00:00+08:00", "2025-08-07T11:00:00" or "2025-08-07T11:00" (local). The error
// says what was expected.
absl::StatusOr<Publication> ParsePublication(std::string_view text);

// The day, or the day and clock time, that the name of a file holds, whole and once: "2026-01-07.csv",
// "trade_20250807.csv", "comext-2025-08-07T1100.csv", also with '_' or '.' between the numbers; with a zone
// behind the clock time it is an instant: "x-2025-08-07T110000Z.csv", "T11:00+08:00". None if there is none, if
// the clock time or the zone cannot be, or if there are several: a period is not a publication.
std::optional<Publication> PublicationInName(std::string_view file);

// What is known of a file: `own`, which its content states, else what its name holds, else what the user
// said. Error if none does, which says how to tell; and if the user said another thing than the file does.
// `own_place` names where it stands in the file: "column LAST UPDATE".
absl::StatusOr<Publication> ResolvePublication(const std::optional<Publication>& own,
                                               std::string_view own_place, std::string_view file,
                                               const std::optional<Publication>& said);

}  // namespace tidewaiter::feeders
