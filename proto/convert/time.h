// Instants and days between wire and domain.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "domain/instant.h"
#include "google/protobuf/timestamp.pb.h"

namespace tidewaiter::convert {

// Whole microseconds: what is finer is cut off. Error: not a timestamp, or outside the years 1600 to 2999;
// the field is left for the caller to name (PrefixFields).
absl::StatusOr<Instant> FromWire(const google::protobuf::Timestamp& timestamp);
google::protobuf::Timestamp ToWire(Instant instant);

// "2025-08-07"; none for an empty text.
absl::StatusOr<std::optional<absl::CivilDay>> DayFromWire(std::string_view text);

}  // namespace tidewaiter::convert
