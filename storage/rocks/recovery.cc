#include "storage/rocks/recovery.h"

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "storage/digest.h"
#include "storage/rocks/keys.h"

namespace tidewaiter::storage {
namespace {

LogId DrawLogId() {
  LogId id;
  std::random_device random;
  for (std::uint8_t& byte : id) byte = static_cast<std::uint8_t>(random());
  return id;
}

bool HoldsNothing(const Database& database) {
  for (const Family family : {Family::kLog, Family::kSeries, Family::kCatalogue, Family::kReleases,
                              Family::kPeriods, Family::kAnnexes}) {
    const auto it = database.NewIterator(family);
    it->SeekToFirst();
    if (it->Valid() || !it->status().ok()) return false;
  }
  return true;
}

absl::StatusOr<LogId> WriteIdentity(Database* database) {
  if (!HoldsNothing(*database)) return CorruptionError("the record that names the store is missing");
  const LogId id = DrawLogId();
  std::string record;
  PutVarint(&record, kFormatVersion);
  PutBytes(&record, id);
  Seal(kStoreKey, &record);
  rocksdb::WriteBatch batch;
  batch.Put(database->family(Family::kMeta), ToSlice(kStoreKey), record);
  TW_RETURN_IF_ERROR(database->CheckWritable(record.size()));
  TW_RETURN_IF_ERROR(database->Write(&batch, /*sync=*/true));
  return id;
}

class Recovery {
 public:
  explicit Recovery(const StoreParts& store) : store_(store) {}

  absl::Status Run() {
    TW_RETURN_IF_ERROR(store_.datasets->Load(*store_.database));
    TW_RETURN_IF_ERROR(store_.names->Load());
    TW_RETURN_IF_ERROR(LoadLastPosition());
    TW_RETURN_IF_ERROR(LoadIndex());
    store_.releases->Publish(head_);
    TW_RETURN_IF_ERROR(LoadScopes());
    TW_ASSIGN_OR_RETURN(const Digest chain, CheckNewest());
    *store_.observations = observations_;
    store_.committer->Start(last_position_ + 1, head_, chain);
    return absl::OkStatus();
  }

 private:
  absl::Status LoadLastPosition() {
    TW_ASSIGN_OR_RETURN(
        const std::string key,
        store_.database->LastKeyUpTo(Family::kLog, LogKey(std::numeric_limits<std::uint64_t>::max())));
    if (key.empty()) return absl::OkStatus();
    if (key.size() != 8) return CorruptionError("a key of the log is malformed");
    last_position_ = GetKey64(key);
    if (last_position_ >= ReleaseTable::kMaxPosition)
      return CorruptionError("a position of the log is out of range");
    return absl::OkStatus();
  }

  absl::Status LoadIndex() {
    const auto it = store_.database->NewIterator(Family::kReleases, nullptr, /*fill_cache=*/false);
    for (it->Seek("S"); it->Valid() && ToView(it->key()).starts_with('S'); it->Next()) {
      const std::string_view key = ToView(it->key());
      if (key.size() != 5 || GetKey32(key.substr(1)) != head_ + 1) {
        return CorruptionError(absl::StrCat("the entry of sequence ", head_ + 1, " is missing"));
      }
      TW_ASSIGN_OR_RETURN(const std::string_view record, Unseal("an index record", key, ToView(it->value())));
      TW_ASSIGN_OR_RETURN(const IndexRecord index, DecodeIndex(record));
      TW_RETURN_IF_ERROR(Take(++head_, index));
    }
    return FromRocks(it->status(), "reading the index of the log");
  }

  absl::Status Take(Sequence sequence, const IndexRecord& index) {
    if (index.commit_position > last_position_ || index.begin_position > index.commit_position ||
        index.begin_position == 0 || index.retracts >= sequence) {
      return CorruptionError(absl::StrCat("the index of sequence ", sequence, " does not fit the log"));
    }
    store_.releases->Add(sequence, index.begin_position, index.commit_position, index.published_at,
                         index.retracts);
    observations_ += index.observations;
    if (index.has_scope) with_scope_.push_back(sequence);
    return absl::OkStatus();
  }

  absl::Status LoadScopes() {
    for (const Sequence sequence : with_scope_) {
      rocksdb::PinnableSlice value;
      TW_ASSIGN_OR_RETURN(const ReleaseRecord record, store_.entries->Entry(sequence, &value));
      const std::vector<SectionInfo>& sections = record.stored.entry.sections;
      for (std::size_t i = 0; i < sections.size(); ++i) {
        if (!sections[i].header.scope) continue;
        store_.scopes->Add(record.stored.datasets[i], sequence, static_cast<std::uint32_t>(i),
                           *sections[i].header.scope);
      }
    }
    return absl::OkStatus();
  }

  // The chain at the head, if it follows from the entry before.
  absl::StatusOr<Digest> CheckNewest() const {
    if (head_ == 0) return Digest{};
    Digest before{};
    rocksdb::PinnableSlice value;
    if (head_ > 1) {
      TW_ASSIGN_OR_RETURN(const ReleaseRecord record, store_.entries->Entry(head_ - 1, &value));
      before = record.stored.entry.chain;
    }
    TW_ASSIGN_OR_RETURN(const ReleaseRecord record, store_.entries->Entry(head_, &value));
    const LogEntry& newest = record.stored.entry;
    const Digest chain = NextChain(before, head_, newest.retracts, newest.header.agency,
                                   newest.header.release_id, newest.digest);
    if (chain != newest.chain) return CorruptionError("the chain is broken at the head");
    return chain;
  }

  const StoreParts& store_;
  std::uint64_t last_position_ = 0;
  Sequence head_ = 0;
  std::uint64_t observations_ = 0;
  std::vector<Sequence> with_scope_;
};

}  // namespace

absl::StatusOr<LogId> LoadIdentity(Database* database) {
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(
      const std::string_view record,
      database->GetSealed(Family::kMeta, "the record that names the store", kStoreKey, &value));
  if (record.data() == nullptr) return WriteIdentity(database);
  ByteReader reader(record);
  const std::uint64_t version = reader.Varint();
  if (reader.ok() && version != kFormatVersion) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, Reason::kFormatVersion,
        absl::StrCat("the store has format ", version, "; this program reads format ", kFormatVersion),
        {{"format", absl::StrCat(version)}, {"known", absl::StrCat(kFormatVersion)}});
  }
  LogId id;
  reader.Copy(id);
  if (!reader.ok() || !reader.at_end())
    return CorruptionError("the record that names the store cannot be decoded");
  return id;
}

absl::Status Recover(const StoreParts& store) { return Recovery(store).Run(); }

}  // namespace tidewaiter::storage
