// The ends of RocksDB's write-ahead logs.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace tidewaiter::storage {

// A log that ends in the middle of a record was being written when the power failed, and RocksDB forgets that
// record. It does the same, without a word, where the header of a record is damaged such that the record
// seems to be longer than the rest of the log, or of a kind that stands for its end; then what it forgets had
// been acknowledged. The two differ: a damaged header is followed by the bytes that its checksum belongs to.
// Call it before the store is opened, which removes the logs. Errors: kCorruption, naming file and record;
// kUnavailable if a log cannot be read.
absl::Status CheckWriteAheadLogs(const std::string& directory);

}  // namespace tidewaiter::storage
