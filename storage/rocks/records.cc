#include "storage/rocks/records.h"

#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "storage/rocks/coding.h"

namespace tidewaiter::storage {
namespace {

const absl::CivilDay kEpoch(1970, 1, 1);

std::string Begin(RecordKind kind) { return std::string(1, static_cast<char>(kind)); }

absl::Status Undecodable(std::string_view what) {
  return CorruptionError(absl::StrCat(ToAbsl(what), " cannot be decoded"));
}

// A reader of the body, if the record is of `kind`.
ByteReader Open(std::string_view record, RecordKind kind) {
  ByteReader reader(record);
  if (reader.Byte() != static_cast<std::uint8_t>(kind)) reader.Fail();
  return reader;
}

bool Whole(const ByteReader& reader) { return reader.ok() && reader.at_end(); }

std::string_view Rest(ByteReader* reader) { return reader->Bytes(reader->rest()->size()); }

// An enumerator between first and last.
template <typename Enum>
Enum ReadEnum(ByteReader* reader, Enum first, Enum last) {
  const std::uint8_t byte = reader->Byte();
  if (byte >= static_cast<std::uint8_t>(first) && byte <= static_cast<std::uint8_t>(last)) {
    return static_cast<Enum>(byte);
  }
  reader->Fail();
  return first;
}

// A count of things that take a byte each at least.
std::size_t ReadCount(ByteReader* reader) { return reader->VarintUpTo(reader->rest()->size()); }

void PutMonth(std::string* out, const std::optional<Month>& month) {
  PutVarint(out, month ? static_cast<std::uint64_t>(month->index()) + 1 : 0);
}

std::optional<Month> ReadMonth(ByteReader* reader) {
  const std::uint64_t index = reader->VarintUpTo(std::numeric_limits<std::int32_t>::max());
  if (index == 0) return std::nullopt;
  absl::StatusOr<Month> month = Month::FromIndexChecked(static_cast<std::int64_t>(index) - 1);
  if (month.ok()) return *month;
  reader->Fail();
  return std::nullopt;
}

void PutScope(std::string* out, const std::optional<Scope>& scope) {
  PutByte(out, scope ? 1 : 0);
  if (!scope) return;
  PutText(out, scope->selector.ToString());
  PutMonth(out, scope->periods.from);
  PutMonth(out, scope->periods.to);
}

std::optional<Scope> ReadScope(ByteReader* reader) {
  if (reader->Byte() == 0) return std::nullopt;
  Scope scope;
  absl::StatusOr<Selector> selector = Selector::Parse(reader->Text());
  if (!selector.ok()) {
    reader->Fail();
    return std::nullopt;
  }
  scope.selector = *std::move(selector);
  scope.periods.from = ReadMonth(reader);
  scope.periods.to = ReadMonth(reader);
  return scope;
}

void PutHeader(std::string* out, const ReleaseHeader& header) {
  PutText(out, header.agency);
  PutText(out, header.release_id);
  PutSigned(out, header.published_at.instant.micros());
  PutByte(out, header.published_at.day ? 1 : 0);
  if (header.published_at.day) PutSigned(out, *header.published_at.day - kEpoch);
  PutText(out, header.stage);
  PutByte(out, static_cast<std::uint8_t>(header.kind));
  PutText(out, header.title);
}

ReleaseHeader ReadHeader(ByteReader* reader) {
  ReleaseHeader header;
  header.agency = reader->Text();
  header.release_id = reader->Text();
  header.published_at.instant = Instant::FromMicros(reader->Signed());
  if (reader->Byte() != 0) header.published_at.day = kEpoch + reader->Signed();
  header.stage = reader->Text();
  header.kind = ReadEnum(reader, ReleaseKind::kRegular, ReleaseKind::kBackfill);
  header.title = reader->Text();
  return header;
}

void PutSection(std::string* out, const SectionInfo& section, std::uint32_t dataset) {
  PutText(out, section.header.dataset);
  PutVarint(out, dataset);
  PutVarint(out, section.dataset_version);
  PutByte(out, static_cast<std::uint8_t>(section.header.action));
  PutScope(out, section.header.scope);
  PutVarint(out, section.observations);
}

void ReadSection(ByteReader* reader, StoredEntry* stored) {
  SectionInfo& section = stored->entry.sections.emplace_back();
  section.header.dataset = reader->Text();
  stored->datasets.push_back(reader->Varint32());
  section.dataset_version = reader->Varint32();
  section.header.action = ReadEnum(reader, Action::kMerge, Action::kDelete);
  section.header.scope = ReadScope(reader);
  section.observations = reader->VarintUpTo(limits::kMaxObservationsPerRelease);
}

void PutChunkPositions(std::string* out, const StoredEntry& stored) {
  PutVarint(out, stored.entry.parts);
  std::uint64_t previous = stored.begin_position;
  for (const std::uint64_t position : stored.chunk_positions) {
    PutSigned(out, static_cast<std::int64_t>(position - previous));
    previous = position;
  }
}

void ReadChunkPositions(ByteReader* reader, StoredEntry* stored) {
  stored->entry.parts = reader->Varint32();
  if (stored->entry.parts <= 1 && reader->at_end()) return;
  if (stored->entry.parts > reader->rest()->size()) return reader->Fail();
  std::uint64_t position = stored->begin_position;
  for (std::uint32_t i = 0; i < stored->entry.parts; ++i) {
    position += static_cast<std::uint64_t>(reader->Signed());
    stored->chunk_positions.push_back(position);
  }
}

StoredEntry ReadEntry(ByteReader* reader) {
  StoredEntry stored;
  LogEntry& entry = stored.entry;
  entry.sequence = reader->Varint32();
  entry.retracts = reader->Varint32();
  stored.begin_position = reader->Varint();
  entry.header = ReadHeader(reader);
  const std::size_t sections = ReadCount(reader);
  for (std::size_t i = 0; i < sections && reader->ok(); ++i) ReadSection(reader, &stored);
  reader->Copy(entry.digest);
  reader->Copy(entry.chain);
  entry.accepted_at = Instant::FromMicros(reader->Signed());
  ReadChunkPositions(reader, &stored);
  return stored;
}

void PutDefinition(std::string* out, const DatasetDefinition& definition) {
  PutText(out, definition.id);
  PutVarint(out, definition.dimensions.size());
  for (const Dimension& dimension : definition.dimensions) {
    PutText(out, dimension.id);
    PutByte(out, static_cast<std::uint8_t>(dimension.role));
  }
  PutText(out, definition.publisher);
  PutText(out, definition.time_zone);
  PutByte(out, static_cast<std::uint8_t>(definition.year_start_month));
  PutText(out, definition.title);
  PutText(out, definition.description);
  PutText(out, definition.predecessor);
}

DatasetDefinition ReadDefinition(ByteReader* reader) {
  DatasetDefinition definition;
  definition.id = reader->Text();
  const std::size_t dimensions = ReadCount(reader);
  for (std::size_t i = 0; i < dimensions && reader->ok(); ++i) {
    Dimension& dimension = definition.dimensions.emplace_back();
    dimension.id = reader->Text();
    dimension.role = ReadEnum(reader, Role::kOther, Role::kAdjustment);
  }
  definition.publisher = reader->Text();
  definition.time_zone = reader->Text();
  definition.year_start_month = reader->Byte();
  definition.title = reader->Text();
  definition.description = reader->Text();
  definition.predecessor = reader->Text();
  return definition;
}

}  // namespace

std::string EncodeDataset(const DatasetRecord& record) {
  std::string out = Begin(RecordKind::kDataset);
  PutVarint(&out, record.number);
  PutVarint(&out, record.info.version);
  PutDefinition(&out, record.info.definition);
  return out;
}

std::string EncodeNames(const std::vector<Name>& names) {
  std::string out = Begin(RecordKind::kNames);
  for (const Name& name : names) {
    PutByte(&out, static_cast<std::uint8_t>(name.kind));
    PutVarint(&out, name.id);
    if (name.kind == Name::Kind::kSeries) PutVarint(&out, name.dataset);
    PutText(&out, name.text);
  }
  return out;
}

std::string EncodeBegin(std::string_view agency, std::string_view release_id) {
  std::string out = Begin(RecordKind::kBegin);
  PutText(&out, agency);
  PutText(&out, release_id);
  return out;
}

std::string EncodeChunkRecord(const ChunkRecord& record) {
  std::string out = Begin(RecordKind::kChunk);
  out.reserve(record.chunk.size() + 24);
  PutVarint(&out, record.begin_position);
  PutVarint(&out, record.part);
  out.append(record.chunk);
  return out;
}

std::string EncodeEntry(const StoredEntry& stored, std::string_view chunk) {
  const LogEntry& entry = stored.entry;
  std::string body;
  body.reserve(256);
  PutVarint(&body, entry.sequence);
  PutVarint(&body, entry.retracts);
  PutVarint(&body, stored.begin_position);
  PutHeader(&body, entry.header);
  PutVarint(&body, entry.sections.size());
  for (std::size_t i = 0; i < entry.sections.size(); ++i) {
    PutSection(&body, entry.sections[i], stored.datasets[i]);
  }
  PutBytes(&body, entry.digest);
  PutBytes(&body, entry.chain);
  PutSigned(&body, entry.accepted_at.micros());
  PutChunkPositions(&body, stored);
  std::string out = Begin(entry.retracts == 0 ? RecordKind::kRelease : RecordKind::kRetraction);
  out.reserve(body.size() + chunk.size() + 16);
  PutText(&out, body);
  out.append(chunk);
  return out;
}

std::string EncodeIndex(const IndexRecord& record) {
  std::string out;
  PutVarint(&out, record.commit_position);
  PutVarint(&out, record.begin_position);
  PutSigned(&out, record.published_at.micros());
  PutVarint(&out, record.retracts);
  PutVarint(&out, record.observations);
  PutByte(&out, record.has_scope ? 1 : 0);
  PutVarint(&out, record.datasets.size());
  for (const std::uint32_t dataset : record.datasets) PutVarint(&out, dataset);
  return out;
}

absl::StatusOr<RecordKind> KindOf(std::string_view record) {
  ByteReader reader(record);
  const RecordKind kind = ReadEnum(&reader, RecordKind::kDataset, RecordKind::kRetraction);
  if (!reader.ok()) return CorruptionError("a record of the log is of an unknown kind");
  return kind;
}

absl::StatusOr<DatasetRecord> DecodeDataset(std::string_view record) {
  ByteReader reader = Open(record, RecordKind::kDataset);
  DatasetRecord dataset;
  dataset.number = reader.Varint32();
  dataset.info.version = reader.Varint32();
  dataset.info.definition = ReadDefinition(&reader);
  if (!Whole(reader)) return Undecodable("the definition of a dataset");
  return dataset;
}

absl::StatusOr<std::vector<Name>> DecodeNames(std::string_view record) {
  ByteReader reader = Open(record, RecordKind::kNames);
  std::vector<Name> names;
  while (!reader.at_end()) {
    Name& name = names.emplace_back();
    name.kind = ReadEnum(&reader, Name::Kind::kSeries, Name::Kind::kText);
    name.id = reader.Varint32();
    if (name.kind == Name::Kind::kSeries) name.dataset = reader.Varint32();
    name.text = reader.Text();
  }
  if (!reader.ok()) return Undecodable("a record of names");
  return names;
}

absl::StatusOr<ChunkRecord> DecodeChunkRecord(std::string_view record) {
  ByteReader reader = Open(record, RecordKind::kChunk);
  ChunkRecord chunk;
  chunk.begin_position = reader.Varint();
  chunk.part = reader.Varint32();
  chunk.chunk = Rest(&reader);
  if (!reader.ok()) return Undecodable("a chunk of a release");
  return chunk;
}

absl::StatusOr<ReleaseRecord> DecodeEntry(std::string_view record) {
  const bool retraction = !record.empty() && record[0] == static_cast<char>(RecordKind::kRetraction);
  ByteReader reader = Open(record, retraction ? RecordKind::kRetraction : RecordKind::kRelease);
  ByteReader body(reader.Text());
  ReleaseRecord release;
  release.stored = ReadEntry(&body);
  release.chunk = Rest(&reader);
  if (!reader.ok() || !Whole(body) || retraction != (release.stored.entry.retracts != 0)) {
    return Undecodable("an entry of the log");
  }
  return release;
}

absl::StatusOr<std::string_view> DecodeOwnChunk(std::string_view record) {
  ByteReader reader = Open(record, RecordKind::kRelease);
  reader.Text();
  if (!reader.ok()) return Undecodable("an entry of the log");
  return Rest(&reader);
}

absl::StatusOr<IndexRecord> DecodeIndex(std::string_view record) {
  ByteReader reader(record);
  IndexRecord index;
  index.commit_position = reader.Varint();
  index.begin_position = reader.Varint();
  index.published_at = Instant::FromMicros(reader.Signed());
  index.retracts = reader.Varint32();
  index.observations = reader.VarintUpTo(limits::kMaxObservationsPerRelease);
  index.has_scope = reader.Byte() != 0;
  const std::size_t datasets = ReadCount(&reader);
  for (std::size_t i = 0; i < datasets && reader.ok(); ++i) index.datasets.push_back(reader.Varint32());
  if (!Whole(reader)) return Undecodable("the index record of an entry");
  return index;
}

}  // namespace tidewaiter::storage
