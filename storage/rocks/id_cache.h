// A bounded memory of which number a name has.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "domain/strings.h"

namespace tidewaiter::storage {

// Two generations a shard: when the young one is full it becomes the old one, and what was in neither use nor
// young is forgotten. Thread-safe.
class IdCache {
 public:
  explicit IdCache(std::size_t bytes) : generation_bytes_(bytes / kShards / 2) {}

  // 0 if not remembered.
  std::uint32_t Find(std::string_view name) {
    Shard& shard = ShardOf(name);
    absl::MutexLock lock(&shard.mutex);
    if (const auto it = shard.young.find(ToAbsl(name)); it != shard.young.end()) return it->second;
    const auto it = shard.old.find(ToAbsl(name));
    if (it == shard.old.end()) return 0;
    const std::uint32_t id = it->second;
    Add(shard, name, id);
    return id;
  }

  void Insert(std::string_view name, std::uint32_t id) {
    Shard& shard = ShardOf(name);
    absl::MutexLock lock(&shard.mutex);
    Add(shard, name, id);
  }

 private:
  static constexpr std::size_t kShards = 16;
  // Of the table, beside the name itself.
  static constexpr std::size_t kEntryBytes = 64;

  struct Shard {
    absl::Mutex mutex;
    absl::flat_hash_map<std::string, std::uint32_t> young ABSL_GUARDED_BY(mutex);
    absl::flat_hash_map<std::string, std::uint32_t> old ABSL_GUARDED_BY(mutex);
    std::size_t young_bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  Shard& ShardOf(std::string_view name) { return shards_[std::hash<std::string_view>()(name) % kShards]; }

  void Add(Shard& shard, std::string_view name, std::uint32_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex) {
    if (shard.young_bytes > generation_bytes_) {
      shard.old = std::exchange(shard.young, {});
      shard.young_bytes = 0;
    }
    if (shard.young.emplace(std::string(name), id).second) shard.young_bytes += name.size() + kEntryBytes;
  }

  const std::size_t generation_bytes_;
  std::array<Shard, kShards> shards_;
};

}  // namespace tidewaiter::storage
