// Makes the index of periods of a store that was written before there was one.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/rocks/requests.h"

namespace tidewaiter::storage {

// Whether the index of periods has all releases of the store.
absl::StatusOr<bool> HasPeriodIndex(const Database& database);

// Reads every release and writes its part of the index, then says in the store that it is whole. May be
// broken off and begun again. Before the first push. Costs a read of the whole log.
absl::Status RebuildPeriodIndex(const StoreParts& store);

}  // namespace tidewaiter::storage
