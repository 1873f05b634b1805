// Reads the whole store and checks it against itself.
#pragma once

#include "absl/status/status.h"
#include "storage/rocks/requests.h"

namespace tidewaiter::storage {

// OK, or the first damage found: every block's checksum, every record's checksum and decoding; that what is
// derived agrees with the log; digests recomputed from the chunks; the chain; and that the series hold
// exactly the observations that were accepted. Pushes may go on; what comes meanwhile is not looked at. Slow:
// minutes for a large store.
absl::Status VerifyStore(const StoreParts& store);

}  // namespace tidewaiter::storage
