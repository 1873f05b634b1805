// What readers must know of every release, in memory: which positions of the log count, and as what.
//
//   position    41 42 43 44 45        sequence      7        8        9
//   sequence     7  0  8  0  9        published_at  July 7   July 7   August 7
//                                     retracted_by  9        0        0
//   43 began release 8; 44 is one of its chunks, or an upload that was abandoned: 0, invisible.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "domain/instant.h"
#include "domain/vintage.h"

namespace tidewaiter::storage {

// A growing array of slots that readers may read while it grows: blocks that never move. Slots begin as zero.
// Get() from any thread; At() from one writer at a time.
template <typename Slot>
class SlotTable {
 public:
  static constexpr std::uint64_t kBlockSlots = 1u << 16;
  static constexpr std::uint64_t kBlocks = 1u << 16;

  SlotTable() : blocks_(std::make_unique<std::atomic<Slot*>[]>(kBlocks)) {}
  ~SlotTable() {
    for (std::uint64_t i = 0; i < kBlocks; ++i) delete[] blocks_[i].load(std::memory_order_relaxed);
  }
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;

  // Null where nothing was ever written.
  const Slot* Get(std::uint64_t index) const {
    if (index >= kBlocks * kBlockSlots) return nullptr;
    const Slot* block = blocks_[index / kBlockSlots].load(std::memory_order_acquire);
    return block == nullptr ? nullptr : &block[index % kBlockSlots];
  }
  // REQUIRES: index < kBlocks * kBlockSlots.
  Slot& At(std::uint64_t index) {
    std::atomic<Slot*>& block = blocks_[index / kBlockSlots];
    if (block.load(std::memory_order_relaxed) == nullptr) {
      block.store(new Slot[kBlockSlots](), std::memory_order_release);
    }
    return block.load(std::memory_order_relaxed)[index % kBlockSlots];
  }

 private:
  std::unique_ptr<std::atomic<Slot*>[]> blocks_;
};

// Thread-safe: any number of readers without a lock, one writer at a time. A reader sees everything that was
// added before the head that it read.
class ReleaseTable {
 public:
  // Positions and sequences are below this.
  static constexpr std::uint64_t kMaxPosition = SlotTable<int>::kBlocks * SlotTable<int>::kBlockSlots;

  struct Release {
    Instant published_at;
    Sequence retracted_by = 0;
    std::uint64_t commit_position = 0;
  };

  Sequence head() const { return head_.load(std::memory_order_acquire); }
  // The sequence of the release that begins at `position`; 0 if none does.
  Sequence SequenceAt(std::uint64_t position) const {
    const auto* slot = sequences_.Get(position);
    return slot == nullptr ? 0 : slot->load(std::memory_order_relaxed);
  }
  // REQUIRES: 1 <= sequence <= head().
  Release At(Sequence sequence) const {
    const Entry& entry = *entries_.Get(sequence);
    return {Instant::FromMicros(entry.published_at.load(std::memory_order_relaxed)),
            entry.retracted_by.load(std::memory_order_relaxed),
            entry.commit_position.load(std::memory_order_relaxed)};
  }

  // The same, of its publication only.
  Instant PublishedAt(Sequence sequence) const {
    return Instant::FromMicros(entries_.Get(sequence)->published_at.load(std::memory_order_relaxed));
  }
  // Whether anything was ever retracted.
  bool has_retractions() const { return has_retractions_.load(std::memory_order_relaxed); }

  // Adds an entry; a retraction also marks what it retracts. Visible once Publish() has been called.
  void Add(Sequence sequence, std::uint64_t begin_position, std::uint64_t commit_position,
           Instant published_at, Sequence retracts) {
    Entry& entry = entries_.At(sequence);
    entry.published_at.store(published_at.micros(), std::memory_order_relaxed);
    entry.commit_position.store(static_cast<std::uint32_t>(commit_position), std::memory_order_relaxed);
    if (retracts == 0) {
      sequences_.At(begin_position).store(sequence, std::memory_order_relaxed);
    } else {
      entries_.At(retracts).retracted_by.store(sequence, std::memory_order_relaxed);
      has_retractions_.store(true, std::memory_order_relaxed);
    }
  }
  void Publish(Sequence head) { head_.store(head, std::memory_order_release); }

 private:
  struct Entry {
    std::atomic<std::int64_t> published_at;
    std::atomic<Sequence> retracted_by;
    std::atomic<std::uint32_t> commit_position;
  };
  std::atomic<Sequence> head_{0};
  std::atomic<bool> has_retractions_{false};
  SlotTable<std::atomic<Sequence>> sequences_;  // by position
  SlotTable<Entry> entries_;                    // by sequence
};

}  // namespace tidewaiter::storage
