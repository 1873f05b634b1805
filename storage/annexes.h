// What every store asks of annexes before it takes them.
#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// INVALID_ARGUMENT with every violation: "table", "records[i].key", "records[i].value"; kLimitExceeded if all
// together are more than limits::kMaxAnnexBatchBytes.
absl::Status ValidateAnnexes(std::string_view table, std::span<const AnnexRecord> records);
absl::Status ValidateAnnexTable(std::string_view table);
absl::Status ValidateAnnexKey(std::string_view table, std::string_view key);

}  // namespace tidewaiter::storage
