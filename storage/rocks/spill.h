// The way to disk of what is too large for the write-ahead log: sorted tables, taken in as they are.
#pragma once

#include "absl/status/status.h"
#include "storage/rocks/requests.h"

namespace tidewaiter::storage {

// Moves the operands and chunks that wait in `release` to the store, invisible until a commit names their
// begin position; they are durable when it returns. The release then holds what is left to commit. Pushes go
// on meanwhile. Errors: kDiskReserve (nothing was written), kStoreFailed.
absl::Status Spill(const StoreParts& store, PreparedRelease* release);

}  // namespace tidewaiter::storage
