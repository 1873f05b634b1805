#include "storage/rocks/entry_reader.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "storage/rocks/chunk_codec.h"
#include "storage/rocks/keys.h"

namespace tidewaiter::storage {

absl::StatusOr<std::string_view> EntryReader::Record(std::uint64_t position,
                                                     rocksdb::PinnableSlice* value) const {
  const std::string what = absl::StrCat("the log at position ", position);
  TW_ASSIGN_OR_RETURN(const std::string_view record,
                      database_->GetSealed(Family::kLog, what, LogKey(position), value));
  if (record.data() == nullptr) return CorruptionError(what + ": the record is missing");
  return record;
}

absl::StatusOr<ReleaseRecord> EntryReader::EntryAt(std::uint64_t position,
                                                   rocksdb::PinnableSlice* value) const {
  TW_ASSIGN_OR_RETURN(const std::string_view record, Record(position, value));
  return DecodeEntry(record);
}

absl::StatusOr<ReleaseRecord> EntryReader::Entry(Sequence sequence, rocksdb::PinnableSlice* value) const {
  const ReleaseTable::Release release = releases_->At(sequence);
  TW_ASSIGN_OR_RETURN(ReleaseRecord record, EntryAt(release.commit_position, value));
  if (record.stored.entry.sequence != sequence) {
    return CorruptionError(absl::StrCat("sequence ", sequence, " points to the record of another one"));
  }
  if (release.retracted_by <= releases_->head()) record.stored.entry.retracted_by = release.retracted_by;
  return record;
}

absl::StatusOr<ReleasePart> EntryReader::Part(const StoredEntry& stored, std::string_view own_chunk,
                                              std::uint32_t part) const {
  if (stored.chunk_positions.empty()) return DecodeChunk(own_chunk);
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(const std::string_view record, Record(stored.chunk_positions[part], &value));
  TW_ASSIGN_OR_RETURN(const ChunkRecord chunk, DecodeChunkRecord(record));
  if (chunk.begin_position != stored.begin_position || chunk.part != part) {
    return CorruptionError(absl::StrCat("a chunk of sequence ", stored.entry.sequence, " belongs elsewhere"));
  }
  return DecodeChunk(chunk.chunk);
}

absl::StatusOr<std::string_view> EntryReader::ChunkAt(std::uint64_t position, std::uint64_t begin_position,
                                                      rocksdb::PinnableSlice* value) const {
  TW_ASSIGN_OR_RETURN(const std::string_view record, Record(position, value));
  TW_ASSIGN_OR_RETURN(const RecordKind kind, KindOf(record));
  if (kind == RecordKind::kRelease && position == begin_position) return DecodeOwnChunk(record);
  TW_ASSIGN_OR_RETURN(const ChunkRecord chunk, DecodeChunkRecord(record));
  if (chunk.begin_position == begin_position) return chunk.chunk;
  return CorruptionError(absl::StrCat("the chunk at position ", position, " belongs elsewhere"));
}

absl::StatusOr<Sequence> EntryReader::FindPush(std::string_view agency, std::string_view release_id) const {
  return FindSequence(PushKey(agency, release_id));
}

absl::StatusOr<Sequence> EntryReader::FindDigest(const Digest& digest) const {
  return FindSequence(DigestKey(digest));
}

absl::StatusOr<Sequence> EntryReader::FindSequence(std::string_view key) const {
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(const std::string_view record,
                      database_->GetSealed(Family::kReleases, "the sequence of a release", key, &value));
  if (record.data() == nullptr) return 0u;
  ByteReader reader(record);
  const Sequence sequence = reader.Varint32();
  if (!reader.ok() || sequence == 0) return CorruptionError("the sequence of a release cannot be decoded");
  return sequence;
}

}  // namespace tidewaiter::storage
