// Entries of the log, on the wire.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "storage/store.h"
#include "tidewaiter/v1/release_service.pb.h"

namespace tidewaiter::rpc {

v1::Release ToWire(const storage::LogEntry& entry);
// Stands right after the entry.
std::string TokenAfter(const storage::LogId& log, const storage::LogEntry& entry);

// The entry that a request names: by `sequence` unless it is 0, else by agency and release id. Errors:
// kReleaseNotFound; fields "sequence", "agency", "release_id".
absl::StatusOr<storage::LogEntry> FindEntry(const storage::Store& store, std::uint64_t sequence,
                                            const std::string& agency, const std::string& release_id);

}  // namespace tidewaiter::rpc
