// Entries of the log, on the wire.
#pragma once

#include <string>

#include "storage/store.h"
#include "tidewaiter/v1/release_service.pb.h"

namespace tidewaiter::rpc {

v1::Release ToWire(const storage::LogEntry& entry);
// Stands right after the entry.
std::string TokenAfter(const storage::LogId& log, const storage::LogEntry& entry);

}  // namespace tidewaiter::rpc
