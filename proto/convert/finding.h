// Findings between wire and domain.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "domain/finding.h"
#include "tidewaiter/v1/analysis_service.pb.h"
#include "tidewaiter/v1/finding.pb.h"

namespace tidewaiter::convert {

v1::FindingKind ToWire(FindingKind kind);
// UNSPECIFIED is an error.
absl::StatusOr<FindingKind> FromWire(v1::FindingKind kind);
v1::FindingStatus ToWire(FindingStatus status);
// UNSPECIFIED is an error.
absl::StatusOr<FindingStatus> FromWire(v1::FindingStatus status);

void FillDatum(const Datum& datum, v1::PrintedDatum* message);
absl::StatusOr<Datum> FromWire(const v1::PrintedDatum& message);

// `found_by` and `ordinal`: where it is kept.
v1::Finding ToWire(const Finding& finding, Sequence found_by, std::uint32_t ordinal);
absl::StatusOr<Finding> FromWire(const v1::Finding& message);

}  // namespace tidewaiter::convert
