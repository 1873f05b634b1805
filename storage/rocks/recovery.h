// What an opened store must load, and check, before it takes its first call.
#pragma once

#include "absl/status/statusor.h"
#include "storage/rocks/requests.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// The identity of the log; draws and writes one if the store is new. kFormatVersion if it is of another
// format.
absl::StatusOr<LogId> LoadIdentity(Database* database);

// Fills the tables in memory from the store and tells the committer where the log stands. kCorruption if the
// sequences have a gap, the newest chain does not follow from the one before, or a record is damaged.
absl::Status Recover(const StoreParts& store);

}  // namespace tidewaiter::storage
