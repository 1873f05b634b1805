// The durable store: storage/store.h on RocksDB. docs/storage-format.md says what stands where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace rocksdb {
class FileSystem;
}

namespace tidewaiter::storage {

struct RocksOptions {
  enum class LogLevel { kDebug, kInfo, kWarning, kError };

  std::string directory;
  // Blocks of data, indexes and filters held in memory.
  std::uint64_t cache_bytes = 256ull << 20;
  // Decoded series that are asked for often; 0: none.
  std::uint64_t series_memory_bytes = 96ull << 20;
  // Pushes are refused when less than this would stay free on the disk.
  std::uint64_t disk_reserve_bytes = 256ull << 20;
  bool create_if_missing = true;
  // What RocksDB and the store have to say; called from any thread. Null: dropped.
  std::function<void(LogLevel, std::string_view)> log;

  // What follows is for tests. Free bytes of the disk; null: asked of the system.
  std::function<std::uint64_t()> free_disk_bytes;
  // The sizes from which an upload, any release at its commit, and the chunks of either go to disk by sorted
  // tables; 0: as built.
  std::size_t upload_buffer_bytes = 0;
  std::size_t ingest_threshold_bytes = 0;
  std::size_t chunk_table_bytes = 0;
  // What the tables of a cross-section may take before its periods are read a part at a time; 0: as built.
  std::size_t slice_table_bytes = 0;
  // Where RocksDB keeps its files; null: the system's.
  std::shared_ptr<rocksdb::FileSystem> file_system;
};

// Opens the store, or creates it. Errors: kLocked, kFormatVersion, kCorruption, kDiskReserve (a new store has
// no room), NOT_FOUND if there is none and none may be created. The store is self-synchronised.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const RocksOptions& options);

}  // namespace tidewaiter::storage
