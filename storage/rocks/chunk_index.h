// Which releases speak of which periods, in memory: the index of periods as cross-sections ask it.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "domain/instant.h"
#include "domain/period.h"
#include "domain/vintage.h"
#include "storage/rocks/database.h"
#include "storage/rocks/release_table.h"

namespace tidewaiter::storage {

// The chunks that were accepted up to a sequence and speak of a dataset, by the periods that they speak of. A
// question looks at the mentions of its own periods and at nothing else. Immutable once read.
//
//   chunks, in order of publication   of release   period    mentioned by
//   0   position 41                   7            2025-06   0 1
//   1   position 44                   8            2025-07     1
class ChunkIndex {
 public:
  struct Chunk {
    Instant published_at;
    Sequence sequence = 0;
    std::uint64_t position = 0;
    std::uint64_t begin_position = 0;
  };
  struct Mention {
    std::uint32_t chunk = 0;     // index into chunks()
    std::uint64_t sections = 0;  // of the dataset, in the chunk, that state a period of the same year
  };
  struct PeriodMentions {
    Period period;
    std::vector<Mention> mentions;  // by chunk
  };

  // nullptr: more than `most_mentions`. Errors: the index's.
  static absl::StatusOr<std::shared_ptr<const ChunkIndex>> Read(const Database& database,
                                                                const ReleaseTable& releases,
                                                                std::uint32_t dataset, Sequence head,
                                                                std::size_t most_mentions);

  const std::vector<Chunk>& chunks() const { return chunks_; }  // by publication, sequence, position
  const std::vector<PeriodMentions>& periods() const { return periods_; }  // ascending
  std::size_t mentions() const { return mentions_; }

 private:
  ChunkIndex() = default;
  std::vector<Chunk> chunks_;
  std::vector<PeriodMentions> periods_;
  std::size_t mentions_ = 0;
};

// The indexes of the datasets that were asked last. One that was read at a sequence answers for every vintage
// up to that sequence, and beyond, as long as no release has spoken of the dataset. Thread-safe; calls block.
class ChunkIndexes {
 public:
  ChunkIndexes(const Database* database, const ReleaseTable* releases, std::size_t most_mentions)
      : database_(*database), releases_(*releases), most_mentions_(most_mentions) {}
  ChunkIndexes(const ChunkIndexes&) = delete;

  // What was accepted up to `sequence` at least; nullptr: too much to be held. REQUIRES: sequence <= head.
  absl::StatusOr<std::shared_ptr<const ChunkIndex>> Get(std::uint32_t dataset, Sequence sequence);
  // A release that speaks of these datasets has been written and is about to be visible.
  void Stated(std::span<const std::uint32_t> datasets, Sequence sequence);

 private:
  struct Held {
    std::uint32_t dataset = 0;
    Sequence head = 0;
    std::shared_ptr<const ChunkIndex> index;  // nullptr: too much, now and later
  };
  const Held* Find(std::uint32_t dataset, Sequence sequence) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Keep(Held held) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Database& database_;
  const ReleaseTable& releases_;
  const std::size_t most_mentions_;               // of all together
  absl::Mutex reading_;                           // held while an index is read; before mutex_
  absl::Mutex mutex_;                             // a leaf
  std::list<Held> held_ ABSL_GUARDED_BY(mutex_);  // the last used first
  // Since the store was opened: the last release that spoke of each dataset.
  absl::flat_hash_map<std::uint32_t, Sequence> stated_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tidewaiter::storage
