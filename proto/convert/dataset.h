// Datasets between wire and domain.
#pragma once

#include "absl/status/statusor.h"
#include "domain/dataset.h"
#include "tidewaiter/v1/dataset_service.pb.h"

namespace tidewaiter::convert {

// `version` 0: a definition that is not held yet.
v1::Dataset ToWire(const DatasetDefinition& definition, std::uint32_t version = 0);
// Checked as domain Validate() does, every violation at once; fields named as in the message.
absl::StatusOr<DatasetDefinition> FromWire(const v1::Dataset& dataset);

}  // namespace tidewaiter::convert
