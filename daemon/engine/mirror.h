// Mirrors: one series of one side against one of the other, each at its own vintage.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/queries.h"
#include "domain/mirror.h"
#include "domain/period.h"
#include "storage/store.h"

namespace tidewaiter::engine {

struct MirrorSideInput {
  std::string dataset;
  std::string key;  // of one series
  VintageInput vintage;
};

struct MirrorInput {
  MirrorSideInput a;
  MirrorSideInput b;
  PeriodRange periods;
  // 0: the periods that are published, of any length. Else the runs of so many months that end with each
  // month, computed by the interval algebra where they are not published.
  int window_months = 0;
  int decimals = 3;  // of the ratio
};

struct MirrorPeriod {
  Period period;
  std::optional<Datum> a;  // in its own unit
  std::optional<Datum> b;
  std::string how_a;  // "PUBLISHED", "SUMMED", "DIFFERENCED", or why there is none; with window_months only
  std::string how_b;
  MirrorGap gap;
};

struct Mirror {
  std::vector<MirrorPeriod> periods;  // ascending
  std::string unit_a;
  std::string unit_b;
  int exponent_b = 0;  // b is multiplied by ten to this power before it is compared
  Vintage vintage_a;
  Vintage vintage_b;
};

// Errors: as Queries::Open, fields "a.key", "b.key"; more than one series; units that cannot be compared;
// "window_months", "decimals".
absl::StatusOr<Mirror> ReadMirror(const Queries& queries, const MirrorInput& input);

}  // namespace tidewaiter::engine
