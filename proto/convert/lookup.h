// What a converter must ask of whoever holds the data.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "domain/change.h"
#include "domain/vintage.h"

namespace tidewaiter::convert {

// Turns what a CellState holds by number back into words. Implementations are thread-safe.
class Lookup {
 public:
  virtual ~Lookup() = default;
  virtual absl::StatusOr<std::string> Text(TextId id) const = 0;
  // The day of a release of which only the day of publication is known.
  virtual absl::StatusOr<std::optional<absl::CivilDay>> PublishedDay(Sequence sequence) const = 0;
};

}  // namespace tidewaiter::convert
