#include "storage/rocks/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "storage/rocks/operand.h"
#include "storage/rocks/wal_check.h"

namespace tidewaiter::storage {
namespace {

constexpr std::array<std::string_view, kFamilies> kFamilyNames = {
    "default", "log", "series", "catalogue", "releases", "periods", "annexes"};
// Memory for what is not yet in sorted tables, all families together.
constexpr std::size_t kWriteBufferBytes = 64u << 20;
constexpr std::size_t kFamilyBufferBytes = 16u << 20;
constexpr std::uint64_t kMaxWalBytes = 128u << 20;
constexpr std::size_t kBlockBytes = 16u << 10;
constexpr int kOpenTables = 512;
// A byte written costs one in the log and one when it is flushed.
constexpr std::uint64_t kWriteAmplification = 2;

// A warning about every table that was written before it was taken in: it has no identity then.
constexpr std::string_view kHarmless = "opened without unique ID";

// Hands RocksDB's log to ours. The built-in writer aborts the process when the disk is full.
class LogAdapter : public rocksdb::Logger {
 public:
  explicit LogAdapter(std::function<void(RocksOptions::LogLevel, std::string_view)> log)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(std::move(log)) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, arguments);
  }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (!log_ || level < GetInfoLogLevel()) return;
    std::array<char, 1024> line;
    const int size = std::vsnprintf(line.data(), line.size(), format, arguments);
    if (size <= 0) return;
    const std::string_view text(line.data(),
                                std::min<std::size_t>(static_cast<std::size_t>(size), line.size() - 1));
    if (text.find(kHarmless) == text.npos) log_(LevelOf(level), text);
  }

 private:
  static RocksOptions::LogLevel LevelOf(rocksdb::InfoLogLevel level) {
    switch (level) {
      case rocksdb::InfoLogLevel::DEBUG_LEVEL:
        return RocksOptions::LogLevel::kDebug;
      case rocksdb::InfoLogLevel::WARN_LEVEL:
        return RocksOptions::LogLevel::kWarning;
      case rocksdb::InfoLogLevel::ERROR_LEVEL:
      case rocksdb::InfoLogLevel::FATAL_LEVEL:
        return RocksOptions::LogLevel::kError;
      default:
        return RocksOptions::LogLevel::kInfo;
    }
  }
  const std::function<void(RocksOptions::LogLevel, std::string_view)> log_;
};

// Of threads that compact: a tenth of the share of one that answers somebody, and all that nobody else wants.
// So tables that come in quick succession are merged in one go, later. Not less, as such a thread holds locks
// now and then that others wait for.
constexpr int kCompactionNice = 10;

// Knows when a flush or a compaction waits for space; lets compactions give way.
class BackgroundListener : public rocksdb::EventListener {
 public:
  explicit BackgroundListener(std::shared_ptr<std::atomic<bool>> out_of_space)
      : out_of_space_(std::move(out_of_space)) {}
  // On the thread that is about to do it. What cannot be set changes only who waits for whom.
  void OnCompactionBegin(rocksdb::DB* db, const rocksdb::CompactionJobInfo& info) override {
    thread_local const int set = setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kCompactionNice);
    (void)set;
  }
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override {
    if (status->IsNoSpace()) out_of_space_->store(true);
  }
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override {
    if (info.new_bg_error.ok()) out_of_space_->store(false);
  }

 private:
  const std::shared_ptr<std::atomic<bool>> out_of_space_;
};

rocksdb::ColumnFamilyOptions FamilyOptions(Family family, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.block_size = kBlockBytes;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  // The log is read by positions that exist.
  if (family != Family::kLog) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = kFamilyBufferBytes;
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kZSTD;
  // Half the time of the default level, for a hundredth more bytes: docs/decisions/0007.
  options.bottommost_compression_opts.enabled = true;
  options.bottommost_compression_opts.level = 1;
  options.level_compaction_dynamic_level_bytes = true;
  // A burst of uploads brings a table each: rather read a few more than hold up pushes.
  options.level0_slowdown_writes_trigger = 40;
  options.level0_stop_writes_trigger = 60;
  // What is flushed of the log is never merged with anything: the codec of the last level at once.
  if (family == Family::kLog) {
    options.compression = options.bottommost_compression;
    options.compression_opts.level = options.bottommost_compression_opts.level;
  }
  if (family == Family::kSeries) {
    options.merge_operator = NewAppendOperator();
    // What a release says comes by series, ascending: the place of the one before is the place to go on from.
    options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));
  } else if (family != Family::kLog) {
    options.memtable_prefix_bloom_size_ratio = 0.02;
    options.memtable_whole_key_filtering = true;
  }
  if (family == Family::kReleases) {
    // Sequences ascend, and so do most names of releases: each kind of key has its own place to go on from.
    options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));
  }
  return options;
}

rocksdb::DBOptions BaseOptions(const RocksOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::DBOptions db;
  db.create_if_missing = options.create_if_missing;
  db.create_missing_column_families = true;
  db.info_log = std::make_shared<LogAdapter>(options.log);
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  // The default would drop acknowledged records after a damaged one without a word.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.paranoid_checks = true;
  db.max_background_jobs = 2;
  db.max_open_files = kOpenTables;
  db.bytes_per_sync = 1u << 20;
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(kWriteBufferBytes);
  db.max_total_wal_size = kMaxWalBytes;
  return db;
}

bool IsLockError(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return status.IsIOError() &&
         (absl::StrContains(text, "lock hold by") || absl::StrContains(text, "lock file"));
}

absl::Status UnknownFormat(std::string_view what) {
  return MakeError(absl::StatusCode::kFailedPrecondition, Reason::kFormatVersion,
                   absl::StrCat("the store was written by another version of this program: ", ToAbsl(what)));
}

absl::Status OpenError(const rocksdb::Status& status, const std::string& directory) {
  if (IsLockError(status)) {
    return MakeError(absl::StatusCode::kFailedPrecondition, Reason::kLocked,
                     absl::StrCat("another process has the store in ", directory, " open"),
                     {{"directory", directory}});
  }
  return FromRocks(status, absl::StrCat("opening the store in ", directory));
}

}  // namespace

absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(ToAbsl(doing), ": ", status.ToString());
  if (status.IsCorruption()) {
    return MakeError(absl::StatusCode::kDataLoss, Reason::kCorruption, message);
  }
  return MakeError(absl::StatusCode::kUnavailable, Reason::kStoreFailed, message);
}

Database::Database(const RocksOptions& options, std::shared_ptr<const AbandonedPositions> abandoned)
    : options_(options), out_of_space_(std::make_shared<std::atomic<bool>>(false)) {
  const auto cache = rocksdb::NewLRUCache(options.cache_bytes);
  db_options_ = BaseOptions(options, cache);
  if (options.file_system != nullptr) {
    env_ = rocksdb::NewCompositeEnv(options.file_system);
    db_options_.env = env_.get();
  }
  files_.reset(rocksdb::NewSstFileManager(db_options_.env, db_options_.info_log));
  db_options_.sst_file_manager = files_;
  db_options_.listeners.push_back(std::make_shared<BackgroundListener>(out_of_space_));
  for (std::size_t i = 0; i < kFamilies; ++i) {
    descriptors_.emplace_back(std::string(kFamilyNames[i]), FamilyOptions(static_cast<Family>(i), cache));
  }
  if (abandoned == nullptr) return;
  filters_.push_back(NewOperandFilter(abandoned));
  descriptors_[static_cast<std::size_t>(Family::kSeries)].options.compaction_filter = filters_.back().get();
  filters_.push_back(NewChunkFilter(abandoned));
  descriptors_[static_cast<std::size_t>(Family::kLog)].options.compaction_filter = filters_.back().get();
  filters_.push_back(NewPeriodFilter(abandoned));
  descriptors_[static_cast<std::size_t>(Family::kPeriods)].options.compaction_filter = filters_.back().get();
}

Database::~Database() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  db_->Close();
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(
    const RocksOptions& options, std::shared_ptr<const AbandonedPositions> abandoned) {
  namespace fs = std::filesystem;
  std::error_code error;
  const bool exists = fs::exists(options.directory + "/CURRENT", error);
  if (!exists && !options.create_if_missing) {
    return MakeError(absl::StatusCode::kNotFound, Reason::kInvalidArgument,
                     absl::StrCat("there is no store in ", options.directory),
                     {{"directory", options.directory}});
  }
  fs::create_directories(options.directory, error);
  if (error) {
    return MakeError(absl::StatusCode::kFailedPrecondition, Reason::kInvalidArgument,
                     absl::StrCat("cannot create ", options.directory, ": ", error.message()),
                     {{"directory", options.directory}});
  }
  std::unique_ptr<Database> database(new Database(options, std::move(abandoned)));
  TW_RETURN_IF_ERROR(exists ? CheckWriteAheadLogs(options.directory) : database->CheckWritable(0));
  TW_RETURN_IF_ERROR(database->OpenFamilies());
  // Only now that the lock is ours.
  fs::remove_all(database->incoming_directory(), error);
  fs::create_directories(database->incoming_directory(), error);
  if (error) {
    return MakeError(absl::StatusCode::kUnavailable, Reason::kStoreFailed,
                     absl::StrCat("cannot create ", database->incoming_directory(), ": ", error.message()));
  }
  return database;
}

absl::Status Database::OpenFamilies() {
  std::vector<std::string> held;
  if (rocksdb::DB::ListColumnFamilies(db_options_, options_.directory, &held).ok()) {
    for (const std::string& name : held) {
      if (std::find(kFamilyNames.begin(), kFamilyNames.end(), name) == kFamilyNames.end()) {
        return UnknownFormat(absl::StrCat("column family ", name));
      }
    }
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(db_options_, options_.directory, descriptors_, &handles_, &db);
  if (!status.ok()) return OpenError(status, options_.directory);
  db_.reset(db);
  return absl::OkStatus();
}

absl::StatusOr<bool> Database::Get(Family family, std::string_view key, rocksdb::PinnableSlice* value) const {
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), this->family(family), ToSlice(key), value);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return FromRocks(status, "reading the store");
  return true;
}

absl::StatusOr<std::string_view> Database::GetSealed(Family family, std::string_view what,
                                                     std::string_view key,
                                                     rocksdb::PinnableSlice* value) const {
  TW_ASSIGN_OR_RETURN(const bool found, Get(family, key, value));
  if (!found) return std::string_view();
  return Unseal(what, key, ToView(*value));
}

std::unique_ptr<rocksdb::Iterator> Database::NewIterator(Family family, const rocksdb::Snapshot* snapshot,
                                                         bool fill_cache) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.fill_cache = fill_cache;
  options.auto_prefix_mode = false;
  options.total_order_seek = true;
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, this->family(family)));
}

absl::StatusOr<std::string> Database::LastKeyUpTo(Family family, std::string_view bound) const {
  const auto it = NewIterator(family);
  it->SeekForPrev(ToSlice(bound));
  TW_RETURN_IF_ERROR(FromRocks(it->status(), "reading the store"));
  return it->Valid() ? std::string(ToView(it->key())) : std::string();
}

absl::Status Database::Write(rocksdb::WriteBatch* batch, bool sync) {
  if (failed()) return CheckWritable(0);
  rocksdb::WriteOptions options;
  options.sync = sync;
  return Fail(db_->Write(options, batch), "writing to the store");
}

absl::Status Database::SyncLog() {
  if (failed()) return CheckWritable(0);
  return Fail(db_->SyncWAL(), "syncing the write-ahead log");
}

absl::Status Database::Ingest(const std::vector<Table>& tables) {
  if (failed()) return CheckWritable(0);
  std::vector<rocksdb::IngestExternalFileArg> arguments;
  for (const Table& table : tables) {
    rocksdb::IngestExternalFileArg& argument = arguments.emplace_back();
    argument.column_family = family(table.family);
    argument.external_files = {table.path};
    argument.options.move_files = true;
    argument.options.write_global_seqno = false;
    // Flush what overlaps beforehand, while pushes go on: ingestion itself would hold them up for it.
    rocksdb::FlushOptions flush;
    flush.allow_write_stall = false;
    if (table.family == Family::kSeries) {
      TW_RETURN_IF_ERROR(Fail(db_->Flush(flush, argument.column_family), "flushing before a sorted table"));
    }
  }
  return Fail(db_->IngestExternalFiles(arguments), "taking in a sorted table");
}

rocksdb::Options Database::TableOptions(Family family) const {
  rocksdb::Options options(db_options_, descriptors_[static_cast<std::size_t>(family)].options);
  options.sst_file_manager = nullptr;
  options.listeners.clear();
  // Tables of the log stay as they are; those of the other families meet their like and are compacted soon:
  // the codec of the last level would be paid twice.
  if (family != Family::kLog) options.bottommost_compression = rocksdb::kDisableCompressionOption;
  return options;
}

absl::Status Database::Fail(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  failed_.store(true, std::memory_order_release);
  if (options_.log) {
    options_.log(RocksOptions::LogLevel::kError,
                 absl::StrCat("the store takes no more writes until it is opened again; ", ToAbsl(doing),
                              ": ", status.ToString()));
  }
  return FromRocks(status, doing);
}

absl::Status Database::CheckWritable(std::uint64_t bytes) const {
  if (failed()) {
    return MakeError(absl::StatusCode::kUnavailable, Reason::kStoreFailed,
                     "an earlier write could not be made durable; the store must be opened again");
  }
  const std::uint64_t free = FreeDiskBytes();
  const std::uint64_t needed = options_.disk_reserve_bytes + kWriteAmplification * bytes;
  if (free >= needed && !out_of_space_->load(std::memory_order_relaxed)) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, Reason::kDiskReserve,
                   absl::StrCat("the disk of ", options_.directory, " has ", free, " bytes free, and ",
                                needed, " are needed with the reserve; nothing was written"),
                   {{"free_bytes", absl::StrCat(free)},
                    {"needed_bytes", absl::StrCat(needed)},
                    {"reserve_bytes", absl::StrCat(options_.disk_reserve_bytes)}});
}

std::uint64_t Database::FreeDiskBytes() const {
  if (options_.free_disk_bytes) return options_.free_disk_bytes();
  struct statvfs disk;
  if (statvfs(options_.directory.c_str(), &disk) != 0) return 0;
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

std::uint64_t Database::DiskBytes() const {
  namespace fs = std::filesystem;
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(options_.directory, error), end; it != end && !error;
       it.increment(error)) {
    std::error_code gone;  // RocksDB removes files as we walk
    const std::uintmax_t size = it->is_regular_file(gone) ? it->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace tidewaiter::storage
