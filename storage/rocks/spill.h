// The way to disk of what is too large for the write-ahead log: sorted tables, taken in as they are.
#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "storage/rocks/requests.h"

namespace tidewaiter::storage {

// Moves the operands that wait in `release` to the store, and its chunks if they come to `chunk_table_bytes`,
// invisible until a commit names their begin position; they are durable when it returns. The release then
// holds what is left to commit. Pushes go on meanwhile. Errors: kDiskReserve (nothing was written),
// kStoreFailed.
absl::Status Spill(const StoreParts& store, std::size_t chunk_table_bytes, PreparedRelease* release);

}  // namespace tidewaiter::storage
