#include "storage/rocks/requests.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"
#include "storage/digest.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/operand.h"

namespace tidewaiter::storage {
namespace {

// A release of one chunk that is not larger stands in its own record of the log: one read gives all of it.
constexpr std::size_t kMaxOwnChunkBytes = 16u << 10;
// Of the records about a release beside its observations.
constexpr std::size_t kEntryBytes = 1024;
// Of a record of the index of periods, beside its periods.
constexpr std::size_t kPeriodRecordBytes = 32;

std::string NameOf(const ReleaseHeader& header) { return header.agency + "/" + header.release_id; }

std::string EncodeSequence(Sequence sequence) {
  std::string record;
  PutVarint(&record, sequence);
  return record;
}

absl::Status Conflict(const ReleaseHeader& header, const Digest& held, const Digest& given) {
  return MakeError(absl::StatusCode::kAlreadyExists, Reason::kReleaseConflict,
                   absl::StrCat("the release ", NameOf(header), " was accepted before with other content"),
                   {{"agency", header.agency},
                    {"release_id", header.release_id},
                    {"held_digest", ToHex(held)},
                    {"given_digest", ToHex(given)}});
}

std::uint64_t HashOf(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

absl::StatusOr<std::string> TwinOf(const StoreParts& store, Sequence first) {
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(const ReleaseRecord record, store.entries->Entry(first, &value));
  return NameOf(record.stored.entry.header);
}

IndexRecord IndexOf(const StoredEntry& stored, std::uint64_t commit_position) {
  IndexRecord index;
  index.commit_position = commit_position;
  index.begin_position = stored.begin_position;
  index.published_at = stored.entry.header.published_at.instant;
  index.retracts = stored.entry.retracts;
  index.observations = stored.entry.observations();
  index.datasets = stored.datasets;
  for (const SectionInfo& section : stored.entry.sections) {
    index.has_scope = index.has_scope || section.header.scope.has_value();
  }
  return index;
}

void PutPeriods(std::uint64_t begin_position, std::uint64_t position, const ChunkPeriods& chunk,
                CommitGroup* group) {
  for (const YearOfChunk& year : chunk) {
    const PeriodRecord record{year, position, begin_position};
    group->Put(Family::kPeriods, PeriodRecordKey(record), EncodePeriodRecord(record));
  }
}

absl::Status CheckRoom(std::uint64_t sequence) {
  if (sequence < limits::kMaxSequence) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
                   "the store has handed out all sequences", {{"limit", absl::StrCat(limits::kMaxSequence)}});
}

}  // namespace

absl::StatusOr<std::optional<PushOutcome>> FindReplay(const StoreParts& store, const ReleaseHeader& header,
                                                      const Digest& digest) {
  TW_ASSIGN_OR_RETURN(const Sequence held, store.entries->FindPush(header.agency, header.release_id));
  // One that is being committed right now is met again on the committing thread.
  if (held == 0 || held > store.releases->head()) return std::optional<PushOutcome>();
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(ReleaseRecord record, store.entries->Entry(held, &value));
  PushOutcome outcome;
  outcome.entry = std::move(record.stored.entry);
  if (outcome.entry.digest != digest) return Conflict(header, outcome.entry.digest, digest);
  outcome.replayed = true;
  TW_ASSIGN_OR_RETURN(const Sequence first, store.entries->FindDigest(digest));
  if (first != 0 && first < held) {
    TW_ASSIGN_OR_RETURN(outcome.twin, TwinOf(store, first));
  }
  return std::optional<PushOutcome>(std::move(outcome));
}

ReleaseCommit::ReleaseCommit(const StoreParts* store, PreparedRelease* release)
    : store_(store),
      release_(release),
      exclusive_{HashOf(PushKey(release->entry.header.agency, release->entry.header.release_id)),
                 HashOf(DigestKey(release->entry.digest))} {}

std::size_t ReleaseCommit::bytes() const {
  return kEntryBytes + release_->operands.cells.size() + release_->operands.refs.size() * 16 +
         release_->chunk_bytes + release_->first_stated.size() * 5;
}

absl::Status ReleaseCommit::Append(CommitGroup* group) {
  TW_ASSIGN_OR_RETURN(std::optional<PushOutcome> replay,
                      FindReplay(*store_, release_->entry.header, release_->entry.digest));
  if (replay) {
    outcome_ = *std::move(replay);
    return absl::OkStatus();
  }
  TW_ASSIGN_OR_RETURN(const Sequence first, store_->entries->FindDigest(release_->entry.digest));
  if (first != 0) {
    TW_ASSIGN_OR_RETURN(outcome_.twin, TwinOf(*store_, first));
  }
  TW_RETURN_IF_ERROR(CheckRoom(store_->releases->head()));
  stored_.entry = std::move(release_->entry);
  stored_.datasets = std::move(release_->datasets);
  AppendChunks(group);
  AppendEntry(group);
  AppendPeriods(group);
  AppendStated(group);
  AppendOperands(group);
  AppendIndex(group, first == 0);
  return absl::OkStatus();
}

// Chunks that are not on disk yet, unless the only one is to stand in the entry's record.
void ReleaseCommit::AppendChunks(CommitGroup* group) {
  stored_.begin_position = release_->begin_position;
  stored_.chunk_positions = std::move(release_->chunk_positions);
  std::vector<std::string>& chunks = release_->chunks;
  const std::size_t parts = stored_.chunk_positions.size() + chunks.size();
  stored_.entry.parts = static_cast<std::uint32_t>(parts);
  const bool stands_in_entry = parts == 1 && chunks.size() == 1 && chunks[0].size() <= kMaxOwnChunkBytes &&
                               stored_.begin_position == 0;
  if (parts == 0 || stands_in_entry) return;
  for (std::string& chunk : chunks) {
    const std::uint64_t position = group->NextPosition();
    if (stored_.begin_position == 0) stored_.begin_position = position;
    const auto part = static_cast<std::uint32_t>(stored_.chunk_positions.size());
    group->PutAt(position, EncodeChunkRecord({stored_.begin_position, part, chunk}));
    stored_.chunk_positions.push_back(position);
  }
  chunks.clear();
}

void ReleaseCommit::AppendEntry(CommitGroup* group) {
  LogEntry& entry = stored_.entry;
  commit_position_ = group->NextPosition();
  if (stored_.begin_position == 0) stored_.begin_position = commit_position_;
  entry.sequence = group->NextSequence(0, entry.header, entry.digest, &entry.chain);
  group->PutAt(commit_position_,
               EncodeEntry(stored_, release_->chunks.empty() ? std::string_view() : release_->chunks[0]));
}

// Of the chunks that were not on disk yet: the last ones.
void ReleaseCommit::AppendPeriods(CommitGroup* group) {
  const std::vector<ChunkPeriods>& chunks = release_->chunk_periods;
  const std::vector<std::uint64_t>& positions = stored_.chunk_positions;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const std::uint64_t position =
        positions.empty() ? commit_position_ : positions[positions.size() - chunks.size() + i];
    PutPeriods(stored_.begin_position, position, chunks[i], group);
  }
}

void ReleaseCommit::AppendStated(CommitGroup* group) {
  std::vector<std::uint32_t>& series = release_->first_stated;
  std::sort(series.begin(), series.end());
  series.erase(std::unique(series.begin(), series.end()), series.end());
  StatedSeries::AppendRecords(*store_->database, commit_position_, series, group->batch());
}

void ReleaseCommit::AppendOperands(CommitGroup* group) {
  rocksdb::ColumnFamilyHandle* const series = store_->database->family(Family::kSeries);
  std::string header;
  for (const OperandBuffer::Ref& ref : release_->operands.refs) {
    header.clear();
    PutOperandHeader(&header, stored_.begin_position, ref.section, ref.bytes);
    const std::string key = SeriesOperandsKey(ref.series);
    const rocksdb::Slice key_slice = key;
    const std::array<rocksdb::Slice, 2> value = {rocksdb::Slice(header),
                                                 ToSlice(release_->operands.CellsOf(ref))};
    group->batch()->Merge(series, rocksdb::SliceParts(&key_slice, 1), rocksdb::SliceParts(value.data(), 2));
  }
}

void ReleaseCommit::AppendIndex(CommitGroup* group, bool is_first_of_content) {
  const LogEntry& entry = stored_.entry;
  group->Put(Family::kReleases, SequenceKey(entry.sequence), EncodeIndex(IndexOf(stored_, commit_position_)));
  group->Put(Family::kReleases, PushKey(entry.header.agency, entry.header.release_id),
             EncodeSequence(entry.sequence));
  if (is_first_of_content) {
    group->Put(Family::kReleases, DigestKey(entry.digest), EncodeSequence(entry.sequence));
  }
}

void ReleaseCommit::Publish() {
  if (outcome_.replayed) return;
  const LogEntry& entry = stored_.entry;
  for (std::size_t i = 0; i < entry.sections.size(); ++i) {
    const std::optional<Scope>& scope = entry.sections[i].header.scope;
    if (scope)
      store_->scopes->Add(stored_.datasets[i], entry.sequence, static_cast<std::uint32_t>(i), *scope);
  }
  if (std::any_of(entry.sections.begin(), entry.sections.end(),
                  [](const SectionInfo& section) { return section.header.scope.has_value(); })) {
    store_->memory->ForgetAll();
  } else {
    store_->memory->Forget(release_->operands.refs);
  }
  *store_->observations += entry.observations();
  store_->names->stated().Add(release_->first_stated);
  store_->chunk_indexes->Stated(stored_.datasets, entry.sequence);
  store_->releases->Add(entry.sequence, stored_.begin_position, commit_position_,
                        entry.header.published_at.instant, 0);
  outcome_.entry = std::move(stored_.entry);
}

absl::StatusOr<PushOutcome> CommitRelease(const StoreParts& store, PreparedRelease* release) {
  ReleaseCommit commit(&store, release);
  const absl::Status status = store.committer->Commit(&commit);
  if (status.ok()) return commit.TakeOutcome();
  const LogEntry& entry = release->entry;
  if (DetailsOf(status).reason == Reason::kReleaseConflict || entry.header.agency.empty()) return status;
  const absl::StatusOr<std::optional<PushOutcome>> replay = FindReplay(store, entry.header, entry.digest);
  if (replay.ok() && replay->has_value()) return **replay;
  return status;
}

RetractionCommit::RetractionCommit(const StoreParts* store, std::string_view agency,
                                   std::string_view release_id, std::string_view reason, Instant accepted_at)
    : store_(store) {
  stored_.entry.header.agency = agency;
  stored_.entry.header.release_id = release_id;
  stored_.entry.header.title = reason;
  stored_.entry.accepted_at = accepted_at;
}

absl::Status RetractionCommit::Append(CommitGroup* group) {
  LogEntry& entry = stored_.entry;
  TW_ASSIGN_OR_RETURN(entry.retracts,
                      store_->entries->FindPush(entry.header.agency, entry.header.release_id));
  if (entry.retracts == 0) {
    return MakeError(absl::StatusCode::kNotFound, Reason::kReleaseNotFound,
                     absl::StrCat("there is no release ", Quoted(NameOf(entry.header))));
  }
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(const ReleaseRecord held, store_->entries->Entry(entry.retracts, &value));
  if (held.stored.entry.retracted_by != 0) {
    return MakeError(absl::StatusCode::kFailedPrecondition, Reason::kReleaseRetracted,
                     absl::StrCat("the release ", NameOf(entry.header), " has been retracted by sequence ",
                                  held.stored.entry.retracted_by),
                     {{"retracted_by", absl::StrCat(held.stored.entry.retracted_by)}});
  }
  TW_RETURN_IF_ERROR(CheckRoom(store_->releases->head()));
  entry.header.published_at = held.stored.entry.header.published_at;
  entry.digest = DigestOfRetraction(held.stored.entry.digest, entry.header.title);
  entry.sequence = group->NextSequence(entry.retracts, entry.header, entry.digest, &entry.chain);
  commit_position_ = group->NextPosition();
  stored_.begin_position = commit_position_;
  group->PutAt(commit_position_, EncodeEntry(stored_, {}));
  // The index counts a retraction to the datasets of what it retracts; the entry itself has no sections.
  IndexRecord index = IndexOf(stored_, commit_position_);
  index.datasets = held.stored.datasets;
  group->Put(Family::kReleases, SequenceKey(entry.sequence), EncodeIndex(index));
  return absl::OkStatus();
}

void RetractionCommit::Publish() {
  const LogEntry& entry = stored_.entry;
  store_->releases->Add(entry.sequence, stored_.begin_position, commit_position_,
                        entry.header.published_at.instant, entry.retracts);
}

absl::Status DatasetCommit::Append(CommitGroup* group) {
  bool changed = false;
  TW_ASSIGN_OR_RETURN(record_, store_->datasets->Next(*definition_, &changed));
  if (!changed) return absl::OkStatus();
  const std::string record = EncodeDataset(record_);
  group->Append(record);
  group->Put(Family::kCatalogue, DatasetKey(record_.number, record_.info.version), record);
  return absl::OkStatus();
}

void DatasetCommit::Publish() { store_->datasets->Put(record_); }

std::size_t PeriodsCommit::bytes() const {
  std::size_t bytes = 0;
  for (const ChunkPeriods& chunk : *chunks_) {
    for (const YearOfChunk& year : chunk) bytes += kPeriodRecordBytes + 2 * year.periods.size();
  }
  return bytes;
}

absl::Status PeriodsCommit::Append(CommitGroup* group) {
  for (std::size_t i = 0; i < chunks_->size(); ++i) {
    PutPeriods(begin_position_, first_position_ + i, (*chunks_)[i], group);
  }
  return absl::OkStatus();
}

absl::Status BeginCommit::Append(CommitGroup* group) {
  position_ = group->Append(EncodeBegin(header_->agency, header_->release_id));
  return absl::OkStatus();
}

}  // namespace tidewaiter::storage
