// One RocksDB with the store's column families: how it is tuned, opened, read, written, and kept off a full
// disk.
#pragma once

#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/sst_file_manager.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/rocks/abandoned_filter.h"
#include "storage/rocks/rocks_store.h"

namespace tidewaiter::storage {

enum class Family : std::uint8_t {
  kMeta = 0,
  kLog = 1,
  kSeries = 2,
  kCatalogue = 3,
  kReleases = 4,
  kPeriods = 5,
  kAnnexes = 6,
};
inline constexpr std::size_t kFamilies = 7;

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// An error of RocksDB as one of ours: kCorruption, or kStoreFailed with its text.
absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing);

// Self-synchronised. Owns the database and closes it.
class Database {
 public:
  // What `abandoned` has is dropped from the tables as they are rewritten; null: nothing.
  static absl::StatusOr<std::unique_ptr<Database>> Open(
      const RocksOptions& options, std::shared_ptr<const AbandonedPositions> abandoned = nullptr);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB* db() const { return db_.get(); }
  rocksdb::ColumnFamilyHandle* family(Family family) const {
    return handles_[static_cast<std::size_t>(family)];
  }
  const std::string& directory() const { return options_.directory; }
  const RocksOptions& options() const { return options_; }

  // False if there is nothing under `key`.
  absl::StatusOr<bool> Get(Family family, std::string_view key, rocksdb::PinnableSlice* value) const;
  // The record under `key` without its checksum, in `value`; null data if there is none.
  absl::StatusOr<std::string_view> GetSealed(Family family, std::string_view what, std::string_view key,
                                             rocksdb::PinnableSlice* value) const;
  std::unique_ptr<rocksdb::Iterator> NewIterator(Family family, const rocksdb::Snapshot* snapshot = nullptr,
                                                 bool fill_cache = true) const;
  // The last key of the family that is not beyond `bound`; empty if none.
  absl::StatusOr<std::string> LastKeyUpTo(Family family, std::string_view bound) const;

  // Writes the batch; durable on return if `sync`. After the first failure every write fails: what reached
  // the disk is then unknown, and only a restart finds out.
  absl::Status Write(rocksdb::WriteBatch* batch, bool sync);
  // Makes durable what was written without `sync`.
  absl::Status SyncLog();
  // Sorted tables for several families, taken in all or none; `paths` are moved.
  struct Table {
    Family family;
    std::string path;
  };
  absl::Status Ingest(const std::vector<Table>& tables);
  // For SstFileWriter.
  rocksdb::Options TableOptions(Family family) const;
  // The folder for tables that are being written; emptied at open.
  std::string incoming_directory() const { return options_.directory + "/incoming"; }

  // kDiskReserve unless `bytes` can be written and the reserve stays free; kStoreFailed after a failed write.
  absl::Status CheckWritable(std::uint64_t bytes) const;
  std::uint64_t FreeDiskBytes() const;
  std::uint64_t DiskBytes() const;
  bool failed() const { return failed_.load(std::memory_order_acquire); }

 private:
  Database(const RocksOptions& options, std::shared_ptr<const AbandonedPositions> abandoned);
  absl::Status OpenFamilies();
  absl::Status Fail(const rocksdb::Status& status, std::string_view doing);

  const RocksOptions options_;
  std::unique_ptr<rocksdb::Env> env_;  // null: the default one
  std::vector<std::unique_ptr<rocksdb::CompactionFilter>> filters_;
  rocksdb::DBOptions db_options_;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors_;
  std::shared_ptr<rocksdb::SstFileManager> files_;
  // Set by RocksDB's threads while a background write waits for space.
  std::shared_ptr<std::atomic<bool>> out_of_space_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::atomic<bool> failed_{false};
};

}  // namespace tidewaiter::storage
