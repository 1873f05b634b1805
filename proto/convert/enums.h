// Enums between wire and domain. FromWire fails for a number that this version does not know, and takes
// UNSPECIFIED for the default that the proto names.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "domain/change.h"
#include "domain/dataset.h"
#include "domain/observation.h"
#include "domain/print_rounding.h"
#include "domain/release.h"
#include "domain/statement.h"
#include "tidewaiter/v1/dataset_service.pb.h"
#include "tidewaiter/v1/observation.pb.h"
#include "tidewaiter/v1/observation_service.pb.h"
#include "tidewaiter/v1/release_service.pb.h"

namespace tidewaiter::convert {

v1::Role ToWire(Role role);
// UNSPECIFIED: what the dimension's id is by custom.
absl::StatusOr<Role> FromWire(v1::Role role, std::string_view dimension_id);

v1::ReleaseKind ToWire(ReleaseKind kind);
absl::StatusOr<ReleaseKind> FromWire(v1::ReleaseKind kind);

v1::Action ToWire(Action action);
absl::StatusOr<Action> FromWire(v1::Action action);

v1::HistoryType ToWire(HistoryType type);
absl::StatusOr<HistoryType> FromWire(v1::HistoryType type);

v1::Absence ToWire(Absence absence);
// UNSPECIFIED is an error here: that there is a number is for the caller to see.
absl::StatusOr<Absence> FromWire(v1::Absence absence);

v1::PrintRounding ToWire(PrintRounding rounding);
// UNSPECIFIED: none is named.
absl::StatusOr<std::optional<PrintRounding>> FromWire(v1::PrintRounding rounding);

v1::ChangeClass ToWire(ChangeClass change);
absl::StatusOr<ChangeClass> FromWire(v1::ChangeClass change);
v1::Change ToWire(const Change& change);
absl::StatusOr<Change> FromWire(const v1::Change& change);

}  // namespace tidewaiter::convert
