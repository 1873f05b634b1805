#include "storage/rocks/rocks_store.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"
#include "storage/rocks/annex_table.h"
#include "storage/rocks/cross_section.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/period_rebuild.h"
#include "storage/rocks/recovery.h"
#include "storage/rocks/requests.h"
#include "storage/rocks/rocks_upload.h"
#include "storage/rocks/series_lister.h"
#include "storage/rocks/series_reader.h"
#include "storage/rocks/spill.h"
#include "storage/rocks/verifier.h"
#include "storage/slices_by_series.h"

namespace tidewaiter::storage {
namespace {

// From this size on a release enters by sorted tables: then the write-ahead log, and the pushes that share
// its fsync, are spared it.
constexpr std::size_t kIngestThresholdBytes = 512u << 10;
// From here on its chunks do too: a table for less costs more than its bytes, at the time and as a file for
// ever.
constexpr std::size_t kChunkTableBytes = 512u << 10;

absl::Status ReleaseNotFound(std::string_view what) {
  return MakeError(absl::StatusCode::kNotFound, Reason::kReleaseNotFound,
                   absl::StrCat("there is no release ", ToAbsl(what)));
}

// What is remembered for cross-sections may take as much again as these parts of the cache of blocks: chunks
// as they were decoded, and whole slices.
constexpr std::uint64_t kSliceCacheShare = 4;
constexpr std::uint64_t kSliceMemoryShare = 4;
// Four years of months of 80,000 series.
constexpr std::size_t kSliceTableBytes = 64u << 20;

SliceLimits SliceLimitsOf(const RocksOptions& options) {
  return {options.cache_bytes / kSliceCacheShare, options.cache_bytes / kSliceMemoryShare,
          options.slice_table_bytes == 0 ? kSliceTableBytes : options.slice_table_bytes};
}

UploadLimits UploadLimitsOf(const RocksOptions& options) {
  UploadLimits upload{limits::kUploadBufferBytes, kIngestThresholdBytes, kChunkTableBytes};
  if (options.upload_buffer_bytes != 0) upload.buffer_bytes = options.upload_buffer_bytes;
  if (options.ingest_threshold_bytes != 0) upload.ingest_threshold_bytes = options.ingest_threshold_bytes;
  if (options.chunk_table_bytes != 0) upload.chunk_table_bytes = options.chunk_table_bytes;
  return upload;
}

// What all indexes of periods that are held may have, some 16 bytes each. A release of months mentions two or
// three dozen.
constexpr std::size_t kMostMentions = 2'000'000;

// The store: the parts, wired. Thread-safe as its parts are.
class RocksStore final : public Store {
 public:
  RocksStore(std::unique_ptr<Database> database, std::shared_ptr<AbandonedPositions> abandoned)
      : abandoned_(std::move(abandoned)),
        database_(std::move(database)),
        upload_limits_(UploadLimitsOf(database_->options())),
        entries_(database_.get(), &releases_),
        names_(database_.get()),
        memory_(database_->options().series_memory_bytes),
        chunk_indexes_(database_.get(), &releases_, kMostMentions),
        committer_(database_.get(), &names_, &releases_),
        parts_{database_.get(),    &entries_,  &names_,        &datasets_,
               &scopes_,           &releases_, &committer_,    &observations_,
               &has_period_index_, &memory_,   &chunk_indexes_},
        reader_(&parts_),
        cross_sections_(&parts_, SliceLimitsOf(database_->options())),
        annexes_(database_.get()) {}

  absl::Status Start() {
    TW_ASSIGN_OR_RETURN(log_id_, LoadIdentity(database_.get()));
    TW_RETURN_IF_ERROR(Recover(parts_));
    // No upload is under way yet: what has begun and is no release by now never will be one.
    abandoned_->Arm(&releases_, committer_.TakePositions(0));
    return FindPeriodIndex();
  }

  // ReleaseLog.
  LogId log_id() const override { return log_id_; }
  Sequence head() const override { return releases_.head(); }
  absl::StatusOr<PushOutcome> Push(const Release& release, Instant accepted_at) override;
  absl::StatusOr<std::unique_ptr<Upload>> BeginUpload(const ReleaseHeader& header,
                                                      Instant accepted_at) override;
  absl::StatusOr<LogEntry> Retract(std::string_view agency, std::string_view release_id,
                                   std::string_view reason, Instant accepted_at) override;
  absl::StatusOr<LogEntry> GetEntry(Sequence sequence) const override;
  absl::StatusOr<Instant> PublishedAt(Sequence sequence) const override {
    TW_RETURN_IF_ERROR(CheckEntry(sequence));
    return releases_.At(sequence).published_at;
  }
  absl::StatusOr<LogEntry> FindRelease(std::string_view agency, std::string_view release_id) const override;
  absl::StatusOr<std::vector<LogEntry>> ListEntries(std::string_view dataset, Sequence after,
                                                    std::size_t limit) const override;
  absl::StatusOr<ReleasePart> ReadPart(Sequence sequence, std::uint32_t part) const override;
  absl::StatusOr<ResumePoint> PointAt(Sequence sequence) const override;
  absl::Status Verify(const ResumePoint& point) const override;
  void SetHeadListener(std::function<void(Sequence)> listener) override {
    committer_.SetHeadListener(std::move(listener));
  }

  // Catalogue.
  absl::StatusOr<DatasetInfo> PutDataset(const DatasetDefinition& definition) override;
  absl::StatusOr<DatasetInfo> GetDataset(std::string_view id) const override;
  absl::StatusOr<std::shared_ptr<const DatasetInfo>> ShareDataset(std::string_view id) const override {
    TW_ASSIGN_OR_RETURN(DatasetTable::Held held, datasets_.Find(id));
    const DatasetInfo* const info = &held->info;
    return std::shared_ptr<const DatasetInfo>(std::move(held), info);
  }
  std::vector<DatasetInfo> ListDatasets() const override { return datasets_.List(); }
  absl::StatusOr<SeriesEntry> FindSeries(std::string_view dataset, std::string_view key) const override;
  absl::StatusOr<std::vector<SeriesEntry>> ListSeries(std::string_view dataset, const Selector& selector,
                                                      std::string_view after,
                                                      std::size_t limit) const override;
  std::uint64_t CountSeries() const override { return names_.stated().count(); }
  absl::StatusOr<std::string> KeyOf(SeriesId series) const override;
  absl::StatusOr<std::string> Text(TextId id) const override { return names_.Text(id); }

  // VintageStore.
  absl::Status ReadCells(SeriesId series, const Vintage& vintage, const PeriodRange& range,
                         SeriesFold* fold) const override {
    return reader_.ReadCells(series, vintage, range, /*asked=*/false, fold);
  }
  absl::Status ReadAskedCells(SeriesId series, const Vintage& vintage, const PeriodRange& range,
                              SeriesFold* fold) const override {
    return reader_.ReadCells(series, vintage, range, /*asked=*/true, fold);
  }
  absl::StatusOr<bool> ReadAskedColumns(SeriesId series, const Vintage& vintage, const PeriodRange& range,
                                        PlainCells* columns, SeriesFold* fold) const override {
    return reader_.ReadColumns(series, vintage, range, columns, fold);
  }
  absl::StatusOr<std::vector<SeriesStatement>> ReadStatements(SeriesId series, Sequence sequence,
                                                              const PeriodRange& range) const override {
    return reader_.ReadStatements(series, sequence, range);
  }

  absl::Status ReadSlices(std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                          absl::FunctionRef<bool(const Period&)> wanted,
                          std::vector<PeriodSlice>* slices) const override;
  absl::StatusOr<bool> ReadSlicesWithin(std::size_t most_chunks, std::string_view dataset,
                                        const PeriodRange& range, const Vintage& vintage,
                                        absl::FunctionRef<bool(const Period&)> wanted,
                                        std::vector<PeriodSlice>* slices) const override;
  absl::Status ReadSharedSlices(std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                                absl::FunctionRef<bool(const Period&)> wanted,
                                SharedSlices* slices) const override;

  // Annexes.
  absl::Status PutAnnexes(std::string_view table, std::span<const AnnexRecord> records) override {
    return annexes_.Put(table, records);
  }
  absl::StatusOr<std::optional<std::string>> GetAnnex(std::string_view table,
                                                      std::string_view key) const override {
    return annexes_.Get(table, key);
  }
  absl::StatusOr<std::vector<AnnexRecord>> ScanAnnexes(std::string_view table, std::string_view prefix,
                                                       std::string_view after,
                                                       std::size_t limit) const override {
    return annexes_.Scan(table, prefix, after, limit);
  }

  StoreStatus Status() const override;
  absl::Status VerifyAll() const override { return VerifyStore(parts_); }

 private:
  absl::Status FindPeriodIndex();
  absl::Status CheckEntry(Sequence sequence) const;
  // The first `limit` sequences after `after` that speak of a dataset.
  absl::StatusOr<std::vector<Sequence>> SequencesOf(std::uint32_t dataset, Sequence after,
                                                    std::size_t limit) const;

  ReleaseTable releases_;  // outlives the database, whose threads ask it what was abandoned
  const std::shared_ptr<AbandonedPositions> abandoned_;
  const std::unique_ptr<Database> database_;
  const UploadLimits upload_limits_;
  EntryReader entries_;
  NameTable names_;
  DatasetTable datasets_;
  ScopeIndex scopes_;
  SeriesMemory memory_;
  ChunkIndexes chunk_indexes_;
  Committer committer_;
  std::atomic<std::uint64_t> observations_{0};
  std::atomic<int> uploads_{0};
  const StoreParts parts_;
  bool has_period_index_ = false;
  const SeriesReader reader_;
  const CrossSectionReader cross_sections_;
  AnnexTable annexes_;
  LogId log_id_{};
};

// A store that was written before there was an index of periods gets one. If that fails, cross-sections are
// read series by series, and the next open tries again.
absl::Status RocksStore::FindPeriodIndex() {
  TW_ASSIGN_OR_RETURN(has_period_index_, HasPeriodIndex(*database_));
  if (has_period_index_) return absl::OkStatus();
  const RocksOptions& options = database_->options();
  if (options.log && releases_.head() > 0) {
    options.log(RocksOptions::LogLevel::kInfo,
                "the index of periods is being made; this reads the whole log");
  }
  const absl::Status made = RebuildPeriodIndex(parts_);
  has_period_index_ = made.ok();
  if (!made.ok() && options.log) {
    options.log(RocksOptions::LogLevel::kWarning,
                absl::StrCat("the index of periods could not be made; cross-sections will be slow: ",
                             made.ToString()));
  }
  return absl::OkStatus();
}

absl::Status RocksStore::ReadSlices(std::string_view dataset, const PeriodRange& range,
                                    const Vintage& vintage, absl::FunctionRef<bool(const Period&)> wanted,
                                    std::vector<PeriodSlice>* slices) const {
  TW_RETURN_IF_ERROR(CheckSequence(vintage.sequence, releases_.head()));
  if (has_period_index_) {
    TW_ASSIGN_OR_RETURN(const bool done,
                        cross_sections_.Read(dataset, range, vintage, kAnyChunks, wanted, slices));
    if (done) return absl::OkStatus();
  }
  return ReadSlicesBySeries(*this, *this, dataset, range, vintage, wanted, slices);
}

absl::StatusOr<bool> RocksStore::ReadSlicesWithin(std::size_t most_chunks, std::string_view dataset,
                                                  const PeriodRange& range, const Vintage& vintage,
                                                  absl::FunctionRef<bool(const Period&)> wanted,
                                                  std::vector<PeriodSlice>* slices) const {
  TW_RETURN_IF_ERROR(CheckSequence(vintage.sequence, releases_.head()));
  if (!has_period_index_) return false;
  return cross_sections_.Read(dataset, range, vintage, most_chunks, wanted, slices);
}

absl::Status RocksStore::ReadSharedSlices(std::string_view dataset, const PeriodRange& range,
                                          const Vintage& vintage,
                                          absl::FunctionRef<bool(const Period&)> wanted,
                                          SharedSlices* slices) const {
  TW_RETURN_IF_ERROR(CheckSequence(vintage.sequence, releases_.head()));
  if (has_period_index_) {
    TW_ASSIGN_OR_RETURN(const bool done, cross_sections_.ReadShared(dataset, range, vintage, wanted, slices));
    if (done) return absl::OkStatus();
  }
  return VintageStore::ReadSharedSlices(dataset, range, vintage, wanted, slices);
}

absl::StatusOr<PushOutcome> RocksStore::Push(const Release& release, Instant accepted_at) {
  TW_ASSIGN_OR_RETURN(PreparedRelease prepared, Prepare(release, accepted_at, datasets_, &names_));
  if (prepared.buffered_bytes() >= upload_limits_.ingest_threshold_bytes) {
    TW_ASSIGN_OR_RETURN(std::optional<PushOutcome> replay,
                        FindReplay(parts_, prepared.entry.header, prepared.entry.digest));
    if (replay) return *std::move(replay);
    TW_RETURN_IF_ERROR(Spill(parts_, upload_limits_.chunk_table_bytes, &prepared));
  }
  return CommitRelease(parts_, &prepared);
}

absl::StatusOr<std::unique_ptr<Upload>> RocksStore::BeginUpload(const ReleaseHeader& header,
                                                                Instant accepted_at) {
  TW_RETURN_IF_ERROR(Validate(header));
  TW_RETURN_IF_ERROR(database_->CheckWritable(0));
  if (++uploads_ > limits::kMaxConcurrentUploads) {
    --uploads_;
    return MakeError(
        absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
        absl::StrCat("there are ", limits::kMaxConcurrentUploads, " uploads already; try again later"),
        {{"limit", "kMaxConcurrentUploads"}, {"maximum", absl::StrCat(limits::kMaxConcurrentUploads)}});
  }
  return std::make_unique<RocksUpload>(&parts_, upload_limits_, header, accepted_at, &uploads_);
}

absl::StatusOr<LogEntry> RocksStore::Retract(std::string_view agency, std::string_view release_id,
                                             std::string_view reason, Instant accepted_at) {
  RetractionCommit commit(&parts_, agency, release_id, reason, accepted_at);
  TW_RETURN_IF_ERROR(committer_.Commit(&commit));
  return commit.TakeEntry();
}

absl::Status RocksStore::CheckEntry(Sequence sequence) const {
  if (sequence == 0) return ReleaseNotFound("of sequence 0");
  const Sequence head = releases_.head();
  if (sequence <= head) return absl::OkStatus();
  return MakeError(absl::StatusCode::kOutOfRange, Reason::kSequenceAhead,
                   absl::StrCat("sequence ", sequence, " is beyond the head, ", head),
                   {{"sequence", absl::StrCat(sequence)}, {"head", absl::StrCat(head)}});
}

absl::StatusOr<LogEntry> RocksStore::GetEntry(Sequence sequence) const {
  TW_RETURN_IF_ERROR(CheckEntry(sequence));
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(ReleaseRecord record, entries_.Entry(sequence, &value));
  return std::move(record.stored.entry);
}

absl::StatusOr<LogEntry> RocksStore::FindRelease(std::string_view agency, std::string_view release_id) const {
  TW_ASSIGN_OR_RETURN(const Sequence sequence, entries_.FindPush(agency, release_id));
  if (sequence == 0 || sequence > releases_.head()) {
    return ReleaseNotFound(Quoted(absl::StrCat(ToAbsl(agency), "/", ToAbsl(release_id))));
  }
  return GetEntry(sequence);
}

absl::StatusOr<std::vector<Sequence>> RocksStore::SequencesOf(std::uint32_t dataset, Sequence after,
                                                              std::size_t limit) const {
  std::vector<Sequence> sequences;
  const Sequence head = releases_.head();
  if (after >= head) return sequences;
  const auto it = database_->NewIterator(Family::kReleases);
  for (it->Seek(SequenceKey(after + 1)); it->Valid() && sequences.size() < limit; it->Next()) {
    const std::string_view key = ToView(it->key());
    if (!key.starts_with('S') || GetKey32(key.substr(1)) > head) break;
    TW_ASSIGN_OR_RETURN(const std::string_view record, Unseal("an index record", key, ToView(it->value())));
    TW_ASSIGN_OR_RETURN(const IndexRecord index, DecodeIndex(record));
    const bool speaks =
        std::find(index.datasets.begin(), index.datasets.end(), dataset) != index.datasets.end();
    if (speaks) sequences.push_back(GetKey32(key.substr(1)));
  }
  TW_RETURN_IF_ERROR(FromRocks(it->status(), "reading the index of the log"));
  return sequences;
}

absl::StatusOr<std::vector<LogEntry>> RocksStore::ListEntries(std::string_view dataset, Sequence after,
                                                              std::size_t limit) const {
  std::vector<LogEntry> entries;
  std::vector<Sequence> sequences;
  if (dataset.empty()) {
    const Sequence head = releases_.head();
    for (Sequence s = after; s < head && sequences.size() < limit; ++s) sequences.push_back(s + 1);
  } else {
    const absl::StatusOr<DatasetTable::Held> held = datasets_.Find(dataset);
    if (!held.ok()) return entries;
    TW_ASSIGN_OR_RETURN(sequences, SequencesOf((*held)->number, after, limit));
  }
  for (const Sequence sequence : sequences) {
    TW_ASSIGN_OR_RETURN(LogEntry entry, GetEntry(sequence));
    entries.push_back(std::move(entry));
  }
  return entries;
}

absl::StatusOr<ReleasePart> RocksStore::ReadPart(Sequence sequence, std::uint32_t part) const {
  TW_RETURN_IF_ERROR(CheckEntry(sequence));
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(const ReleaseRecord record, entries_.Entry(sequence, &value));
  const std::uint32_t parts = record.stored.entry.parts;
  if (part >= parts) {
    return InvalidField("part", absl::StrCat("the entry has ", parts, " parts, counted from 0"));
  }
  return entries_.Part(record.stored, record.chunk, part);
}

absl::StatusOr<ResumePoint> RocksStore::PointAt(Sequence sequence) const {
  ResumePoint point;
  point.log = log_id_;
  point.sequence = sequence;
  if (sequence == 0) return point;
  TW_ASSIGN_OR_RETURN(const LogEntry entry, GetEntry(sequence));
  std::copy_n(entry.chain.begin(), point.chain.size(), point.chain.begin());
  return point;
}

absl::Status RocksStore::Verify(const ResumePoint& point) const {
  if (point.log != log_id_) {
    return MakeError(absl::StatusCode::kDataLoss, Reason::kForeignToken,
                     "the resume token is of another store");
  }
  const Sequence head = releases_.head();
  if (point.sequence > head) {
    return MakeError(absl::StatusCode::kDataLoss, Reason::kTokenAhead,
                     absl::StrCat("the resume token stands at sequence ", point.sequence,
                                  ", but the store ends at ", head, ": it has lost what the caller saw"),
                     {{"sequence", absl::StrCat(point.sequence)}, {"head", absl::StrCat(head)}});
  }
  TW_ASSIGN_OR_RETURN(const ResumePoint held, PointAt(point.sequence));
  if (held == point) return absl::OkStatus();
  return MakeError(absl::StatusCode::kDataLoss, Reason::kForkedToken,
                   "the resume token is of another history of this store");
}

absl::StatusOr<DatasetInfo> RocksStore::PutDataset(const DatasetDefinition& definition) {
  TW_RETURN_IF_ERROR(Validate(definition));
  bool changed = false;
  TW_ASSIGN_OR_RETURN(DatasetRecord record, datasets_.Next(definition, &changed));
  if (!changed) return std::move(record.info);
  DatasetCommit commit(&parts_, &definition);
  TW_RETURN_IF_ERROR(committer_.Commit(&commit));
  return commit.TakeInfo();
}

absl::StatusOr<DatasetInfo> RocksStore::GetDataset(std::string_view id) const {
  TW_ASSIGN_OR_RETURN(const DatasetTable::Held held, datasets_.Find(id));
  return held->info;
}

absl::StatusOr<SeriesEntry> RocksStore::FindSeries(std::string_view dataset, std::string_view key) const {
  TW_ASSIGN_OR_RETURN(const DatasetTable::Held held, datasets_.Find(dataset));
  TW_ASSIGN_OR_RETURN(const std::uint32_t id, names_.FindSeries(held->number, key));
  if (id != 0 && names_.stated().Has(id)) return SeriesEntry{SeriesId{id}, std::string(key)};
  return MakeError(absl::StatusCode::kNotFound, Reason::kSeriesNotFound,
                   absl::StrCat("there is no series ", Quoted(key), " in dataset ", Quoted(dataset)),
                   {{"dataset", std::string(dataset)}, {"series", std::string(key)}});
}

absl::StatusOr<std::vector<SeriesEntry>> RocksStore::ListSeries(std::string_view dataset,
                                                                const Selector& selector,
                                                                std::string_view after,
                                                                std::size_t limit) const {
  TW_ASSIGN_OR_RETURN(const DatasetTable::Held held, datasets_.Find(dataset));
  TW_RETURN_IF_ERROR(selector.Validate(held->info.definition.dimensions.size()));
  return ListSeriesOf(*database_, names_.stated(), held->number, selector, after, limit);
}

absl::StatusOr<std::string> RocksStore::KeyOf(SeriesId series) const {
  TW_ASSIGN_OR_RETURN(const auto name, names_.SeriesName(static_cast<std::uint32_t>(series)));
  return name->text;
}

StoreStatus RocksStore::Status() const {
  StoreStatus status;
  status.directory = database_->directory();
  status.format_version = kFormatVersion;
  status.head = releases_.head();
  status.series = names_.stated().count();
  status.observations = observations_.load(std::memory_order_relaxed);
  status.disk_bytes = database_->DiskBytes();
  status.free_disk_bytes = database_->FreeDiskBytes();
  status.reserve_bytes = database_->options().disk_reserve_bytes;
  status.accepting = database_->CheckWritable(0).ok();
  status.series_memory = memory_.Status();
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const RocksOptions& options) {
  auto abandoned = std::make_shared<AbandonedPositions>();
  TW_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, Database::Open(options, abandoned));
  auto store = std::make_unique<RocksStore>(std::move(database), std::move(abandoned));
  TW_RETURN_IF_ERROR(store->Start());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace tidewaiter::storage
