// The records of the log, and of what is derived from it. All are sealed (coding.h).
//
//   log record  := u8(kind) body
//   kDataset    := varint(number) varint(version) definition
//   kNames      := name*                                       names that later records use
//     name      := u8(1) varint(series id) varint(dataset number) text(series key)
//                | u8(2) varint(text id) text(text)
//   kBegin      := text(agency) text(release id)               an upload that began to spill
//   kChunk      := varint(begin position) varint(part) chunk   chunk_codec.h
//   kRelease    := varint(bytes of entry) entry chunk          chunk is empty unless it stands here
//   kRetraction := varint(bytes of entry) entry
//
//   entry       := varint(sequence) varint(retracts) varint(begin position) header
//                  varint(sections) section* digest[32] chain[32] signed(accepted at)
//                  varint(parts) signed(position of chunk - that of the one before)*
//                  without positions, the only part stands in the record itself
//   header      := text(agency) text(release id) signed(published at) day text(stage) u8(kind) text(title)
//   day         := u8(0) | u8(1) signed(days since 1970-01-01)
//   section     := text(dataset) varint(dataset number) varint(dataset version) u8(action) scope
//                  varint(observations)
//   scope       := u8(0) | u8(1) text(selector) month month
//   month       := varint(0) | varint(month index + 1)
//   definition  := text(id) varint(dimensions) (text(id) u8(role))* text(publisher) text(time zone)
//                  u8(year start month) text(title) text(description) text(predecessor)
//
//   index       := varint(commit position) varint(begin position) signed(published at) varint(retracts)
//                  varint(observations) u8(has a scope) varint(datasets) varint(dataset number)*
//
// A release begins at the position of its first record: the release record itself if that holds everything,
// the first chunk, or the begin record of an upload that spilled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// Stored as numbers: never renumber.
enum class RecordKind : std::uint8_t {
  kDataset = 1,
  kNames = 2,
  kBegin = 3,
  kChunk = 4,
  kRelease = 5,
  kRetraction = 6,
};

// A log entry with what only the store needs to know.
struct StoredEntry {
  LogEntry entry;  // retracted_by is not stored here
  std::uint64_t begin_position = 0;
  std::vector<std::uint32_t> datasets;         // numbers, one a section
  std::vector<std::uint64_t> chunk_positions;  // empty if the only part stands in the record itself
};

struct ReleaseRecord {
  StoredEntry stored;
  std::string_view chunk;  // into the record
};

struct ChunkRecord {
  std::uint64_t begin_position = 0;
  std::uint32_t part = 0;
  std::string_view chunk;  // into the record
};

struct DatasetRecord {
  std::uint32_t number = 0;
  DatasetInfo info;
};

struct IndexRecord {
  std::uint64_t commit_position = 0;
  std::uint64_t begin_position = 0;
  Instant published_at;
  Sequence retracts = 0;
  std::uint64_t observations = 0;
  bool has_scope = false;
  std::vector<std::uint32_t> datasets;
};

// A name that the store handed a number to.
struct Name {
  enum class Kind : std::uint8_t { kSeries = 1, kText = 2 };
  Kind kind = Kind::kSeries;
  std::uint32_t id = 0;
  std::uint32_t dataset = 0;  // of a series
  std::string text;           // series key, or the text
};

// Bodies with their kind, not yet sealed.
std::string EncodeDataset(const DatasetRecord& record);
std::string EncodeNames(const std::vector<Name>& names);
std::string EncodeBegin(std::string_view agency, std::string_view release_id);
std::string EncodeChunkRecord(const ChunkRecord& record);
// kRelease, or kRetraction if entry.retracts is not 0.
std::string EncodeEntry(const StoredEntry& stored, std::string_view chunk);
std::string EncodeIndex(const IndexRecord& record);

// Errors: kCorruption, also if the record is of another kind.
absl::StatusOr<RecordKind> KindOf(std::string_view record);
absl::StatusOr<DatasetRecord> DecodeDataset(std::string_view record);
absl::StatusOr<std::vector<Name>> DecodeNames(std::string_view record);
absl::StatusOr<ChunkRecord> DecodeChunkRecord(std::string_view record);
absl::StatusOr<ReleaseRecord> DecodeEntry(std::string_view record);
// The chunk that stands in the record of a release, without decoding the entry before it.
absl::StatusOr<std::string_view> DecodeOwnChunk(std::string_view record);
absl::StatusOr<IndexRecord> DecodeIndex(std::string_view record);

}  // namespace tidewaiter::storage
