#include "storage/rocks/series_memory.h"

#include <algorithm>
#include <utility>

namespace tidewaiter::storage {
namespace {

// Of a slot, its place in the map, and what the allocator rounds up.
constexpr std::uint64_t kSlotBytes = 160;
// A series of some 250 statements. For each such there is room, one missed series is noted.
constexpr std::uint64_t kUsualBytes = 3u << 10;
constexpr std::uint64_t kMinMissed = 64;

}  // namespace

SeriesMemory::SeriesMemory(std::uint64_t bytes)
    : enabled_(bytes != 0), bytes_per_shard_(bytes / kShards), counters_(enabled_ ? kCounters : 0) {
  if (!enabled_) return;
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    shard.missed.resize(std::max(bytes_per_shard_ / kUsualBytes, kMinMissed));
  }
}

SeriesMemory::Found SeriesMemory::Find(std::uint32_t series, bool asked) {
  Found found;
  if (!enabled_) return found;
  Shard& shard = ShardOf(series);
  absl::MutexLock lock(&shard.mutex);
  const auto at = shard.slot_of.find(series);
  if (at != shard.slot_of.end()) {
    Slot& slot = shard.ring[at->second];
    slot.asked = slot.asked || asked;
    ++shard.hits;
    found.known = true;
    found.series = slot.decoded;
    return found;
  }
  ++shard.misses;
  if (!asked) return found;
  std::uint32_t& missed = shard.missed[HashOf(series) % shard.missed.size()];
  found.worth_decoding = missed == series || shard.bytes + kUsualBytes <= bytes_per_shard_;
  missed = series;
  return found;
}

void SeriesMemory::Put(std::uint32_t series, MarkValue mark, std::shared_ptr<const DecodedSeries> decoded) {
  if (!enabled_) return;
  const std::uint64_t bytes = kSlotBytes + (decoded == nullptr ? 0 : decoded->bytes());
  if (bytes > bytes_per_shard_) return;
  std::atomic<std::uint32_t>& counter = Counter(series);
  Shard& shard = ShardOf(series);
  absl::MutexLock lock(&shard.mutex);
  // Counted before the mark is compared: a writer that comes later sees the count, one that came earlier has
  // moved the mark.
  counter.fetch_add(1, std::memory_order_seq_cst);
  if (Mark() != mark || shard.slot_of.contains(series)) {
    counter.fetch_sub(1, std::memory_order_seq_cst);
    return;
  }
  std::uint32_t slot;
  if (shard.free.empty()) {
    slot = static_cast<std::uint32_t>(shard.ring.size());
    shard.ring.emplace_back();
  } else {
    slot = shard.free.back();
    shard.free.pop_back();
  }
  shard.ring[slot] = Slot{series, true, false, bytes, std::move(decoded)};
  shard.slot_of.emplace(series, slot);
  shard.bytes += bytes;
  MakeRoom(shard);
}

void SeriesMemory::Drop(Shard& shard, std::uint32_t slot) {
  Slot& held = shard.ring[slot];
  shard.bytes -= held.bytes;
  shard.slot_of.erase(held.series);
  Counter(held.series).fetch_sub(1, std::memory_order_seq_cst);
  held = Slot();
  shard.free.push_back(slot);
}

// What was asked for since the hand last came by stays. Ends: a second round finds nothing of the kind.
void SeriesMemory::MakeRoom(Shard& shard) {
  while (shard.bytes > bytes_per_shard_) {
    shard.hand = shard.hand + 1 < shard.ring.size() ? shard.hand + 1 : 0;
    Slot& slot = shard.ring[shard.hand];
    if (!slot.used) continue;
    if (std::exchange(slot.asked, false)) continue;
    Drop(shard, static_cast<std::uint32_t>(shard.hand));
    ++shard.evicted;
  }
}

void SeriesMemory::ForgetOne(std::uint32_t series) {
  Shard& shard = ShardOf(series);
  absl::MutexLock lock(&shard.mutex);
  const auto at = shard.slot_of.find(series);
  if (at != shard.slot_of.end()) Drop(shard, at->second);
}

void SeriesMemory::ForgetAll() {
  if (!enabled_) return;
  MoveMark();
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    for (std::uint32_t slot = 0; slot < shard.ring.size(); ++slot) {
      if (shard.ring[slot].used) Drop(shard, slot);
    }
  }
}

SeriesMemoryStatus SeriesMemory::Status() const {
  SeriesMemoryStatus status;
  status.limit_bytes = bytes_per_shard_ * kShards;
  for (const Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    status.bytes += shard.bytes;
    status.series += shard.slot_of.size();
    status.hits += shard.hits;
    status.misses += shard.misses;
    status.evicted += shard.evicted;
  }
  return status;
}

}  // namespace tidewaiter::storage
