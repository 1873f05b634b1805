// A disk whose power fails.
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace tidewaiter::storage {

// The disk of the system until the n-th write, sync, rename or link; from then on every change fails.
// Forget() then brings the files to what a disk may hold after that: each is cut somewhere between what was
// synced of it and what was written. Names are kept, as a journalling file system does. Thread-safe.
class PowerCutFileSystem : public rocksdb::FileSystemWrapper {
 public:
  PowerCutFileSystem(std::uint64_t operations, std::uint32_t seed)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), left_(operations), random_(seed) {}

  const char* Name() const override { return "PowerCutFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override {
    if (!Spend()) return Off();
    std::unique_ptr<rocksdb::FSWritableFile> file;
    rocksdb::FileOptions plain = options;
    plain.use_mmap_writes = false;
    const rocksdb::IOStatus status = target()->NewWritableFile(name, plain, &file, context);
    if (!status.ok()) return status;
    {
      absl::MutexLock lock(&mutex_);
      files_[name] = {};
    }
    *result = std::make_unique<File>(std::move(file), this, name);
    return status;
  }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
    if (!Spend()) return Off();
    absl::MutexLock lock(&mutex_);
    if (const auto held = files_.extract(from)) files_[to] = held.mapped();
    return target()->RenameFile(from, to, options, context);
  }
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
    if (!Spend()) return Off();
    absl::MutexLock lock(&mutex_);
    if (const auto held = files_.find(from); held != files_.end()) files_[to] = held->second;
    return target()->LinkFile(from, to, options, context);
  }
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
    if (!Spend()) return Off();
    absl::MutexLock lock(&mutex_);
    files_.erase(name);
    return target()->DeleteFile(name, options, context);
  }

  bool is_off() const {
    absl::MutexLock lock(&mutex_);
    return left_ == 0;
  }

  // REQUIRES: nothing uses the files any more.
  void Forget() {
    absl::MutexLock lock(&mutex_);
    for (const auto& [name, state] : files_) {
      std::error_code gone;
      const std::uint64_t kept =
          std::uniform_int_distribution<std::uint64_t>(state.synced, state.written)(random_);
      if (std::filesystem::file_size(name, gone) > kept && !gone)
        std::filesystem::resize_file(name, kept, gone);
    }
  }

 private:
  struct State {
    std::uint64_t written = 0;
    std::uint64_t synced = 0;
  };

  class File : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, PowerCutFileSystem* disk, std::string name)
        : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), name_(std::move(name)) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override {
      if (!disk_->Spend()) return Off();
      const rocksdb::IOStatus status = target()->Append(data, options, context);
      if (status.ok()) disk_->Wrote(name_, data.size());
      return status;
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo& info,
                             rocksdb::IODebugContext* context) override {
      return Append(data, options, context);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
      if (!disk_->Spend()) return Off();
      // The disk keeps it without being told: these tests are about what is asked of it.
      disk_->Synced(name_);
      return rocksdb::IOStatus::OK();
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
      return Sync(options, context);
    }
    rocksdb::IOStatus RangeSync(std::uint64_t offset, std::uint64_t bytes, const rocksdb::IOOptions& options,
                                rocksdb::IODebugContext* context) override {
      return rocksdb::IOStatus::OK();  // promises nothing
    }

   private:
    PowerCutFileSystem* const disk_;
    const std::string name_;
  };
  friend class File;

  static rocksdb::IOStatus Off() { return rocksdb::IOStatus::IOError("the power is off"); }

  bool Spend() {
    absl::MutexLock lock(&mutex_);
    if (left_ > 0) --left_;
    return left_ > 0;
  }
  void Wrote(const std::string& name, std::uint64_t bytes) {
    absl::MutexLock lock(&mutex_);
    files_[name].written += bytes;
  }
  void Synced(const std::string& name) {
    absl::MutexLock lock(&mutex_);
    files_[name].synced = files_[name].written;
  }

  mutable absl::Mutex mutex_;
  std::uint64_t left_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, State> files_ ABSL_GUARDED_BY(mutex_);
  std::mt19937 random_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tidewaiter::storage
