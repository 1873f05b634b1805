// A bounded memory of what was looked up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace tidewaiter::storage {

// Two generations a shard: when the young one is full it becomes the old one, and what was not asked for
// since is forgotten with it. Values are copied out. Thread-safe.
template <typename Key, typename Value>
class BoundedCache {
 public:
  explicit BoundedCache(std::size_t bytes) : generation_bytes_(bytes / kShards / 2) {}

  // `key` may be anything that looks up a Key in a flat_hash_map.
  template <typename LookupKey>
  std::optional<Value> Find(const LookupKey& key) {
    const std::size_t hash = Hash{}(key);
    Shard& shard = ShardOf(hash);
    absl::MutexLock lock(&shard.mutex);
    if (const auto it = shard.young.find(key, hash); it != shard.young.end()) return it->second.value;
    const auto it = shard.old.find(key, hash);
    if (it == shard.old.end()) return std::nullopt;
    const Held held = it->second;
    Add(shard, it->first, held);
    return held.value;
  }

  // `bytes` is what key and value hold beside themselves.
  void Insert(const Key& key, Value value, std::size_t bytes) {
    Shard& shard = ShardOf(Hash{}(key));
    absl::MutexLock lock(&shard.mutex);
    Add(shard, key, {std::move(value), bytes + kEntryBytes});
  }

 private:
  static constexpr int kShardBits = 4;
  static constexpr std::size_t kShards = std::size_t{1} << kShardBits;
  struct Held {
    Value value;
    std::size_t bytes;
  };
  static constexpr std::size_t kEntryBytes = 2 * (sizeof(Key) + sizeof(Held));  // tables are half full

  struct Shard {
    absl::Mutex mutex;  // a leaf
    absl::flat_hash_map<Key, Held> young ABSL_GUARDED_BY(mutex);
    absl::flat_hash_map<Key, Held> old ABSL_GUARDED_BY(mutex);
    std::size_t young_bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  // Taken once for the shard and the tables in it, which use its lower bits.
  using Hash = typename absl::flat_hash_map<Key, Held>::hasher;
  Shard& ShardOf(std::size_t hash) { return shards_[hash >> (8 * sizeof(hash) - kShardBits)]; }

  // Takes the key by value: it may stand in a table that goes.
  void Add(Shard& shard, Key key, const Held& held) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex) {
    if (shard.young_bytes > generation_bytes_) {
      shard.old = std::exchange(shard.young, {});
      shard.young_bytes = 0;
    }
    if (shard.young.emplace(std::move(key), held).second) shard.young_bytes += held.bytes;
  }

  const std::size_t generation_bytes_;
  std::array<Shard, kShards> shards_;
};

}  // namespace tidewaiter::storage
