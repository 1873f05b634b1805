// Reads entries and their parts from the log.
#pragma once

#include <rocksdb/slice.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "storage/rocks/database.h"
#include "storage/rocks/records.h"
#include "storage/rocks/release_table.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// Thread-safe; owns nothing.
class EntryReader {
 public:
  EntryReader(const Database* database, const ReleaseTable* releases)
      : database_(database), releases_(releases) {}

  // The record at a position of the log, into `value`, its checksum verified. kCorruption if there is none.
  absl::StatusOr<std::string_view> Record(std::uint64_t position, rocksdb::PinnableSlice* value) const;
  // REQUIRES: 1 <= sequence <= head. retracted_by is filled in. The chunk of the answer points into `value`.
  absl::StatusOr<ReleaseRecord> Entry(Sequence sequence, rocksdb::PinnableSlice* value) const;
  absl::StatusOr<ReleaseRecord> EntryAt(std::uint64_t position, rocksdb::PinnableSlice* value) const;
  // REQUIRES: part < stored.entry.parts. `own_chunk` is what Entry() gave.
  absl::StatusOr<ReleasePart> Part(const StoredEntry& stored, std::string_view own_chunk,
                                   std::uint32_t part) const;
  // The chunk that stands at a position of the log, in a record of its own or in that of its release, which
  // begins at `begin_position`. It points into `value`.
  absl::StatusOr<std::string_view> ChunkAt(std::uint64_t position, std::uint64_t begin_position,
                                           rocksdb::PinnableSlice* value) const;
  // The sequence that (agency, release_id) was accepted under; 0: none.
  absl::StatusOr<Sequence> FindPush(std::string_view agency, std::string_view release_id) const;
  // The first sequence of a content; 0: none.
  absl::StatusOr<Sequence> FindDigest(const Digest& digest) const;

 private:
  absl::StatusOr<Sequence> FindSequence(std::string_view key) const;

  const Database* const database_;
  const ReleaseTable* const releases_;
};

}  // namespace tidewaiter::storage
