// The annexes on disk.
//
//   key    := text(table) key          tables have short names: one byte of length
//   record := bytes of whoever put them there, sealed
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/rocks/database.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// Thread-safe; owns nothing. Functions as those of Annexes.
class AnnexTable {
 public:
  explicit AnnexTable(Database* database) : database_(database) {}
  absl::Status Put(std::string_view table, std::span<const AnnexRecord> records);
  absl::StatusOr<std::optional<std::string>> Get(std::string_view table, std::string_view key) const;
  absl::StatusOr<std::vector<AnnexRecord>> Scan(std::string_view table, std::string_view prefix,
                                                std::string_view after, std::size_t limit) const;

 private:
  Database* const database_;
};

// kCorruption if a record of the family is damaged or has no key of ours. Reads all of them, as of
// `snapshot`.
absl::Status VerifyAnnexes(const Database& database, const rocksdb::Snapshot* snapshot);

}  // namespace tidewaiter::storage
