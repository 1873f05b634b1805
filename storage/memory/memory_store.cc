#include "storage/memory/memory_store.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "storage/annexes.h"
#include "storage/digest.h"
#include "storage/slices_by_series.h"

namespace tidewaiter::storage {
namespace {

// Cells in one part of a release: few, so that tests meet releases of many parts.
constexpr std::size_t kPartCells = 1000;

// One cell as a release states it.
struct Stated {
  std::uint32_t section = 0;
  SeriesId series{};
  SeriesStatements::Cell cell;
};

// A release that was accepted, or a retraction.
struct Accepted {
  LogEntry entry;
  std::vector<Stated> statements;  // in canonical order
  std::string twin;
};

// A series that a release names, before it has an id.
struct NamedCell {
  std::uint32_t section = 0;
  Observation observation;
};

absl::Status Uncommittable(std::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition, Reason::kUnknown, why);
}

absl::Status DatasetNotFound(std::string_view id) {
  return MakeError(absl::StatusCode::kNotFound, Reason::kDatasetNotFound,
                   absl::StrCat("no dataset ", ToAbsl(id)), {{"dataset", std::string(id)}});
}

absl::Status ReleaseNotFound(std::string_view what) {
  return MakeError(absl::StatusCode::kNotFound, Reason::kReleaseNotFound,
                   absl::StrCat("no release ", ToAbsl(what)));
}

absl::Status SequenceAhead(Sequence asked, Sequence head) {
  return MakeError(absl::StatusCode::kOutOfRange, Reason::kSequenceAhead,
                   absl::StrCat("sequence ", asked, " is ahead of the head, ", head),
                   {{"sequence", absl::StrCat(asked)}, {"head", absl::StrCat(head)}});
}

// The order of statements about a series: (published_at, sequence, section, scope before cells, period).
bool InPublishedOrder(const SeriesStatement& a, const SeriesStatement& b) {
  const auto key = [](const SeriesStatement& s) {
    return std::tuple(s.published_at, s.sequence, s.section, !s.is_scope, s.is_scope ? Period() : s.period);
  };
  return key(a) < key(b);
}

bool Overlap(const PeriodRange& a, const PeriodRange& b) {
  return (!a.to || !b.from || *b.from <= *a.to) && (!b.to || !a.from || *a.from <= *b.to);
}

class MemoryStore;

class MemoryUpload final : public Upload {
 public:
  MemoryUpload(MemoryStore* store, ReleaseHeader header, Instant accepted_at)
      : store_(store), header_(std::move(header)), accepted_at_(accepted_at) {}
  ~MemoryUpload() override;
  absl::Status BeginSection(const SectionHeader& header) override { return Guard(DoBeginSection(header)); }
  absl::Status Add(std::string_view series_key, std::span<const StatedCell> cells) override {
    return Guard(DoAdd(series_key, cells));
  }
  absl::StatusOr<PushOutcome> Commit() override;

 private:
  absl::Status Guard(absl::Status status) {
    if (!status.ok()) over_ = true;
    return status;
  }
  absl::Status DoBeginSection(const SectionHeader& header);
  absl::Status DoAdd(std::string_view series_key, std::span<const StatedCell> cells);
  absl::Status EndSection();

  MemoryStore* const store_;
  const ReleaseHeader header_;
  const Instant accepted_at_;
  bool over_ = false;          // after an error or Commit()
  DatasetDefinition dataset_;  // of the section under way
  std::vector<SectionInfo> sections_;
  std::vector<NamedCell> cells_;
  std::set<std::tuple<std::string, std::string, Period>> stated_;  // dataset, series, period
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const LogId& id) : id_(id) {}

  // ReleaseLog.
  LogId log_id() const override { return id_; }
  Sequence head() const override {
    absl::MutexLock lock(&mutex_);
    return Head();
  }
  absl::StatusOr<PushOutcome> Push(const Release& release, Instant accepted_at) override;
  absl::StatusOr<std::unique_ptr<Upload>> BeginUpload(const ReleaseHeader& header,
                                                      Instant accepted_at) override;
  absl::StatusOr<LogEntry> Retract(std::string_view agency, std::string_view release_id,
                                   std::string_view reason, Instant accepted_at) override;
  absl::StatusOr<LogEntry> GetEntry(Sequence sequence) const override;
  absl::StatusOr<Instant> PublishedAt(Sequence sequence) const override {
    TW_ASSIGN_OR_RETURN(const LogEntry entry, GetEntry(sequence));
    return entry.header.published_at.instant;
  }
  absl::StatusOr<LogEntry> FindRelease(std::string_view agency, std::string_view release_id) const override;
  absl::StatusOr<std::vector<LogEntry>> ListEntries(std::string_view dataset, Sequence after,
                                                    std::size_t limit) const override;
  absl::StatusOr<ReleasePart> ReadPart(Sequence sequence, std::uint32_t part) const override;
  absl::StatusOr<ResumePoint> PointAt(Sequence sequence) const override;
  absl::Status Verify(const ResumePoint& point) const override;
  void SetHeadListener(std::function<void(Sequence)> listener) override {
    absl::MutexLock lock(&mutex_);
    listener_ = std::move(listener);
  }

  // Catalogue.
  absl::StatusOr<DatasetInfo> PutDataset(const DatasetDefinition& definition) override;
  absl::StatusOr<DatasetInfo> GetDataset(std::string_view id) const override;
  std::vector<DatasetInfo> ListDatasets() const override;
  absl::StatusOr<SeriesEntry> FindSeries(std::string_view dataset, std::string_view key) const override;
  absl::StatusOr<std::vector<SeriesEntry>> ListSeries(std::string_view dataset, const Selector& selector,
                                                      std::string_view after,
                                                      std::size_t limit) const override;
  std::uint64_t CountSeries() const override {
    absl::MutexLock lock(&mutex_);
    return series_.size();
  }
  absl::StatusOr<std::string> KeyOf(SeriesId series) const override;
  absl::StatusOr<std::string> Text(TextId id) const override;

  // VintageStore.
  absl::Status ReadCells(SeriesId series, const Vintage& vintage, const PeriodRange& range,
                         SeriesFold* fold) const override;
  absl::Status ReadSlices(std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                          absl::FunctionRef<bool(const Period&)> wanted,
                          std::vector<PeriodSlice>* slices) const override {
    TW_RETURN_IF_ERROR(PointAt(vintage.sequence).status());
    return ReadSlicesBySeries(*this, *this, dataset, range, vintage, wanted, slices);
  }
  absl::StatusOr<std::vector<SeriesStatement>> ReadStatements(SeriesId series, Sequence sequence,
                                                              const PeriodRange& range) const override;

  // Annexes.
  absl::Status PutAnnexes(std::string_view table, std::span<const AnnexRecord> records) override;
  absl::StatusOr<std::optional<std::string>> GetAnnex(std::string_view table,
                                                      std::string_view key) const override;
  absl::StatusOr<std::vector<AnnexRecord>> ScanAnnexes(std::string_view table, std::string_view prefix,
                                                       std::string_view after,
                                                       std::size_t limit) const override;

  StoreStatus Status() const override;
  absl::Status VerifyAll() const override;

 private:
  friend class MemoryUpload;
  struct Series {
    std::string dataset;
    std::string key;
  };

  Sequence Head() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return static_cast<Sequence>(log_.size()); }
  absl::Status CheckSequence(Sequence sequence) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<DatasetInfo> Newest(std::string_view id) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Series> Find(SeriesId id) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  const Accepted* FindAccepted(std::string_view agency, std::string_view release_id) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  SeriesId InternSeries(const std::string& dataset, const std::string& key)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  TextId InternText(const std::string& text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Accepts what is valid; the digest is taken over the same.
  absl::StatusOr<PushOutcome> Accept(const ReleaseHeader& header, const std::vector<SectionInfo>& sections,
                                     const std::vector<NamedCell>& cells, Instant accepted_at);
  void Append(Accepted accepted) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Every statement about a series up to `sequence` in published order, scopes that cover it among them.
  std::vector<SeriesStatement> StatementsOf(SeriesId id, const Series& series, Sequence sequence) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const LogId id_;
  mutable absl::Mutex mutex_;
  std::vector<Accepted> log_ ABSL_GUARDED_BY(mutex_);  // sequence 1 first
  std::map<std::string, std::vector<DatasetDefinition>, std::less<>> datasets_
      ABSL_GUARDED_BY(mutex_);                              // all versions
  std::vector<Series> series_ ABSL_GUARDED_BY(mutex_);      // id 1 first
  std::vector<std::string> texts_ ABSL_GUARDED_BY(mutex_);  // id 1 first
  std::map<std::pair<std::string, std::string>, SeriesId> series_ids_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, TextId> text_ids_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::map<std::string, std::string>> annexes_
      ABSL_GUARDED_BY(mutex_);  // by table, key
  int uploads_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void(Sequence)> listener_ ABSL_GUARDED_BY(mutex_);
};

// ---- Uploads

MemoryUpload::~MemoryUpload() {
  absl::MutexLock lock(&store_->mutex_);
  --store_->uploads_;
}

absl::Status MemoryUpload::DoBeginSection(const SectionHeader& header) {
  if (over_) return Uncommittable("the upload has failed or is committed");
  TW_RETURN_IF_ERROR(EndSection());
  if (sections_.size() == limits::kMaxSectionsPerRelease) {
    return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded, "too many sections",
                     {{"limit", "kMaxSectionsPerRelease"}});
  }
  TW_ASSIGN_OR_RETURN(const DatasetInfo dataset, store_->GetDataset(header.dataset));
  dataset_ = dataset.definition;
  // Whether it lists cells is known at its end.
  TW_RETURN_IF_ERROR(Validate(header, dataset_, /*lists_cells=*/true));
  sections_.push_back({header, dataset.version, 0});
  // As Release::Create does: one form of "everything", one digest.
  std::optional<Scope>& scope = sections_.back().header.scope;
  if (scope && scope->selector.selects_all()) scope->selector = Selector();
  return absl::OkStatus();
}

absl::Status MemoryUpload::EndSection() {
  if (sections_.empty()) return absl::OkStatus();
  return Validate(sections_.back().header, dataset_, sections_.back().observations > 0);
}

absl::Status MemoryUpload::DoAdd(std::string_view series_key, std::span<const StatedCell> cells) {
  if (over_) return Uncommittable("the upload has failed or is committed");
  if (sections_.empty()) return Uncommittable("an observation before any section");
  SectionInfo& section = sections_.back();
  absl::StatusOr<SeriesKey> key = SeriesKey::Parse(series_key);
  if (!key.ok()) return InvalidField("series", ToStd(key.status().message()));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const StatedCell& cell = cells[i];
    Observation o{
        *key, cell.period, cell.datum, cell.attributes, std::string(cell.source), std::string(cell.note)};
    if (section.header.action == Action::kDelete) {
      o.datum = Datum::Absent(Absence::kWithdrawn);
      o.attributes = Attributes{};
    }
    if (absl::Status status = Validate(o, dataset_); !status.ok()) {
      const bool of_series = DetailsOf(status).violations.empty() ||
                             DetailsOf(status).violations.front().field.rfind("series", 0) == 0;
      return of_series ? status : PrefixFields(status, absl::StrCat("cells[", i, "]."));
    }
    const std::string at = absl::StrCat("cells[", i, "].period");
    if (section.observations > 0) {
      const Observation& last = cells_.back().observation;
      if (o.series == last.series && o.period == last.period) {
        return MakeError(absl::StatusCode::kInvalidArgument, Reason::kDuplicateCell, "a cell is stated twice",
                         {}, {{at, "stated before"}});
      }
      if (std::tie(o.series, o.period) < std::tie(last.series, last.period)) {
        return MakeError(absl::StatusCode::kInvalidArgument, Reason::kNotSorted, "observations must ascend",
                         {}, {{o.series == last.series ? at : "series", "comes before the one before it"}});
      }
    }
    if (!stated_.emplace(section.header.dataset, o.series.text(), o.period).second) {
      return MakeError(absl::StatusCode::kInvalidArgument, Reason::kDuplicateCell, "a cell is stated twice",
                       {}, {{at, "stated in another section"}});
    }
    cells_.push_back({static_cast<std::uint32_t>(sections_.size() - 1), std::move(o)});
    ++section.observations;
  }
  return absl::OkStatus();
}

absl::StatusOr<PushOutcome> MemoryUpload::Commit() {
  if (over_) return Uncommittable("the upload has failed or is committed");
  over_ = true;
  TW_RETURN_IF_ERROR(EndSection());
  if (sections_.empty()) return InvalidField("sections", "a release has at least one section");
  return store_->Accept(header_, sections_, cells_, accepted_at_);
}

absl::StatusOr<std::unique_ptr<Upload>> MemoryStore::BeginUpload(const ReleaseHeader& header,
                                                                 Instant accepted_at) {
  TW_RETURN_IF_ERROR(Validate(header));
  absl::MutexLock lock(&mutex_);
  if (uploads_ == limits::kMaxConcurrentUploads) {
    return MakeError(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded, "too many uploads at once",
                     {{"limit", "kMaxConcurrentUploads"}});
  }
  ++uploads_;
  return std::make_unique<MemoryUpload>(this, header, accepted_at);
}

// ---- The log

absl::StatusOr<PushOutcome> MemoryStore::Push(const Release& release, Instant accepted_at) {
  std::vector<SectionInfo> sections;
  std::vector<NamedCell> cells;
  for (const Release::Section& section : release.sections()) {
    TW_ASSIGN_OR_RETURN(const DatasetInfo dataset, GetDataset(section.header.dataset));
    for (const Observation& o : section.observations) {
      cells.push_back({static_cast<std::uint32_t>(sections.size()), o});
    }
    sections.push_back({section.header, dataset.version, section.observations.size()});
  }
  return Accept(release.header(), sections, cells, accepted_at);
}

absl::StatusOr<PushOutcome> MemoryStore::Accept(const ReleaseHeader& header,
                                                const std::vector<SectionInfo>& sections,
                                                const std::vector<NamedCell>& cells, Instant accepted_at) {
  DigestBuilder builder;
  builder.Header(header);
  for (std::size_t section = 0, cell = 0; section < sections.size(); ++section) {
    builder.BeginSection(sections[section].header);
    for (; cell < cells.size() && cells[cell].section == section; ++cell) {
      const Observation& o = cells[cell].observation;
      builder.Add(o.series.text(), o.period, o.datum, o.attributes, o.source, o.note);
    }
  }
  const Digest digest = builder.Finish();

  absl::MutexLock lock(&mutex_);
  if (const Accepted* held = FindAccepted(header.agency, header.release_id)) {
    if (held->entry.digest == digest) return PushOutcome{held->entry, true, held->twin};
    return MakeError(
        absl::StatusCode::kAlreadyExists, Reason::kReleaseConflict,
        absl::StrCat("release ", header.agency, "/", header.release_id, " is held with other content"),
        {{"held_digest", ToHex(held->entry.digest)}, {"given_digest", ToHex(digest)}});
  }
  Accepted accepted;
  for (const Accepted& earlier : log_) {
    if (earlier.entry.retracts == 0 && earlier.entry.digest == digest) {
      accepted.twin = absl::StrCat(earlier.entry.header.agency, "/", earlier.entry.header.release_id);
      break;
    }
  }
  for (const NamedCell& named : cells) {
    const Observation& o = named.observation;
    const std::string& dataset = sections[named.section].header.dataset;
    accepted.statements.push_back(
        {named.section,
         InternSeries(dataset, o.series.text()),
         {o.period, o.datum, o.attributes, InternText(o.source), InternText(o.note)}});
  }
  accepted.entry.header = header;
  accepted.entry.sections = sections;
  accepted.entry.digest = digest;
  accepted.entry.accepted_at = accepted_at;
  accepted.entry.parts = static_cast<std::uint32_t>((cells.size() + kPartCells - 1) / kPartCells);
  Append(std::move(accepted));
  return PushOutcome{log_.back().entry, false, log_.back().twin};
}

void MemoryStore::Append(Accepted accepted) {
  LogEntry& entry = accepted.entry;
  entry.sequence = Head() + 1;
  entry.chain = NextChain(log_.empty() ? Digest{} : log_.back().entry.chain, entry.sequence, entry.retracts,
                          entry.header.agency, entry.header.release_id, entry.digest);
  log_.push_back(std::move(accepted));
  if (listener_) listener_(Head());
}

absl::StatusOr<LogEntry> MemoryStore::Retract(std::string_view agency, std::string_view release_id,
                                              std::string_view reason, Instant accepted_at) {
  if (!IsCleanUtf8(reason)) return InvalidField("reason", "is not clean UTF-8");
  if (reason.size() > limits::kMaxTitleBytes) return InvalidField("reason", "is too long");
  absl::MutexLock lock(&mutex_);
  const Accepted* held = FindAccepted(agency, release_id);
  if (held == nullptr) return ReleaseNotFound(absl::StrCat(ToAbsl(agency), "/", ToAbsl(release_id)));
  const Sequence retracted = held->entry.sequence;
  if (held->entry.retracted_by != 0) {
    return MakeError(absl::StatusCode::kFailedPrecondition, Reason::kReleaseRetracted,
                     absl::StrCat("release ", retracted, " was retracted by ", held->entry.retracted_by),
                     {{"retracted_by", absl::StrCat(held->entry.retracted_by)}});
  }
  Accepted retraction;
  retraction.entry.retracts = retracted;
  retraction.entry.header.agency = held->entry.header.agency;
  retraction.entry.header.release_id = held->entry.header.release_id;
  retraction.entry.header.published_at = held->entry.header.published_at;
  retraction.entry.header.title = std::string(reason);
  retraction.entry.digest = DigestOfRetraction(held->entry.digest, reason);
  retraction.entry.accepted_at = accepted_at;
  log_[retracted - 1].entry.retracted_by = Head() + 1;
  Append(std::move(retraction));
  return log_.back().entry;
}

absl::Status MemoryStore::CheckSequence(Sequence sequence) const {
  return sequence <= Head() ? absl::OkStatus() : SequenceAhead(sequence, Head());
}

const Accepted* MemoryStore::FindAccepted(std::string_view agency, std::string_view release_id) const {
  for (const Accepted& a : log_) {
    if (a.entry.retracts == 0 && a.entry.header.agency == agency && a.entry.header.release_id == release_id) {
      return &a;
    }
  }
  return nullptr;
}

absl::StatusOr<LogEntry> MemoryStore::GetEntry(Sequence sequence) const {
  absl::MutexLock lock(&mutex_);
  TW_RETURN_IF_ERROR(CheckSequence(sequence));
  if (sequence == 0) return ReleaseNotFound("0");
  return log_[sequence - 1].entry;
}

absl::StatusOr<LogEntry> MemoryStore::FindRelease(std::string_view agency,
                                                  std::string_view release_id) const {
  absl::MutexLock lock(&mutex_);
  const Accepted* held = FindAccepted(agency, release_id);
  if (held == nullptr) return ReleaseNotFound(absl::StrCat(ToAbsl(agency), "/", ToAbsl(release_id)));
  return held->entry;
}

absl::StatusOr<std::vector<LogEntry>> MemoryStore::ListEntries(std::string_view dataset, Sequence after,
                                                               std::size_t limit) const {
  absl::MutexLock lock(&mutex_);
  std::vector<LogEntry> result;
  for (const Accepted& a : log_) {
    if (a.entry.sequence <= after || result.size() == limit) continue;
    const LogEntry& speaks = a.entry.retracts == 0 ? a.entry : log_[a.entry.retracts - 1].entry;
    bool matches = dataset.empty();
    for (const SectionInfo& section : speaks.sections) matches |= section.header.dataset == dataset;
    if (matches) result.push_back(a.entry);
  }
  return result;
}

absl::StatusOr<ReleasePart> MemoryStore::ReadPart(Sequence sequence, std::uint32_t part) const {
  absl::MutexLock lock(&mutex_);
  TW_RETURN_IF_ERROR(CheckSequence(sequence));
  if (sequence == 0) return ReleaseNotFound("0");
  const Accepted& accepted = log_[sequence - 1];
  if (part >= accepted.entry.parts) return InvalidField("part", "the entry has fewer parts");
  ReleasePart result;
  const std::size_t end = std::min(accepted.statements.size(), (part + std::size_t{1}) * kPartCells);
  for (std::size_t i = part * kPartCells; i < end; ++i) {
    const Stated& s = accepted.statements[i];
    if (result.empty() || result.back().section != s.section || result.back().series != s.series) {
      result.push_back({s.section, s.series, {}});
    }
    result.back().cells.push_back(s.cell);
  }
  return result;
}

absl::StatusOr<ResumePoint> MemoryStore::PointAt(Sequence sequence) const {
  absl::MutexLock lock(&mutex_);
  TW_RETURN_IF_ERROR(CheckSequence(sequence));
  ResumePoint point{id_, sequence, {}};
  if (sequence > 0)
    std::copy_n(log_[sequence - 1].entry.chain.begin(), point.chain.size(), point.chain.begin());
  return point;
}

absl::Status MemoryStore::Verify(const ResumePoint& point) const {
  if (point.log != id_) {
    return MakeError(absl::StatusCode::kDataLoss, Reason::kForeignToken, "the token is of another store");
  }
  absl::StatusOr<ResumePoint> held = PointAt(point.sequence);
  if (!held.ok()) {
    return MakeError(absl::StatusCode::kDataLoss, Reason::kTokenAhead, "the token is ahead of this store");
  }
  if (*held != point) {
    return MakeError(absl::StatusCode::kDataLoss, Reason::kForkedToken,
                     "the token is of another history of this store");
  }
  return absl::OkStatus();
}

// ---- The catalogue

absl::StatusOr<DatasetInfo> MemoryStore::Newest(std::string_view id) const {
  const auto it = datasets_.find(id);
  if (it == datasets_.end()) return DatasetNotFound(id);
  return DatasetInfo{it->second.back(), static_cast<std::uint32_t>(it->second.size())};
}

absl::StatusOr<DatasetInfo> MemoryStore::PutDataset(const DatasetDefinition& definition) {
  TW_RETURN_IF_ERROR(Validate(definition));
  absl::MutexLock lock(&mutex_);
  std::vector<DatasetDefinition>& versions = datasets_[definition.id];
  if (!versions.empty()) {
    if (absl::Status evolution = CheckEvolution(versions.back(), definition); !evolution.ok()) {
      return MakeError(absl::StatusCode::kAlreadyExists, Reason::kDatasetConflict, ToStd(evolution.message()),
                       {{"dataset", definition.id}}, DetailsOf(evolution).violations);
    }
  }
  if (versions.empty() || versions.back() != definition) versions.push_back(definition);
  return Newest(definition.id);
}

absl::StatusOr<DatasetInfo> MemoryStore::GetDataset(std::string_view id) const {
  absl::MutexLock lock(&mutex_);
  return Newest(id);
}

std::vector<DatasetInfo> MemoryStore::ListDatasets() const {
  absl::MutexLock lock(&mutex_);
  std::vector<DatasetInfo> result;
  for (const auto& [id, versions] : datasets_) {
    result.push_back({versions.back(), static_cast<std::uint32_t>(versions.size())});
  }
  return result;
}

absl::StatusOr<SeriesEntry> MemoryStore::FindSeries(std::string_view dataset, std::string_view key) const {
  absl::MutexLock lock(&mutex_);
  TW_RETURN_IF_ERROR(Newest(dataset).status());
  const auto it = series_ids_.find({std::string(dataset), std::string(key)});
  if (it == series_ids_.end()) {
    return MakeError(absl::StatusCode::kNotFound, Reason::kSeriesNotFound,
                     absl::StrCat("no series ", ToAbsl(key), " in ", ToAbsl(dataset)));
  }
  return SeriesEntry{it->second, std::string(key)};
}

absl::StatusOr<std::vector<SeriesEntry>> MemoryStore::ListSeries(std::string_view dataset,
                                                                 const Selector& selector,
                                                                 std::string_view after,
                                                                 std::size_t limit) const {
  absl::MutexLock lock(&mutex_);
  TW_ASSIGN_OR_RETURN(const DatasetInfo info, Newest(dataset));
  TW_RETURN_IF_ERROR(selector.Validate(info.definition.dimensions.size()));
  std::vector<SeriesEntry> result;
  for (std::size_t i = 0; i < series_.size(); ++i) {
    const Series& s = series_[i];
    if (s.dataset != dataset || !selector.MatchesText(s.key)) continue;
    if (!after.empty() && CompareSeriesKeys(s.key, after) <= 0) continue;
    result.push_back({SeriesId{static_cast<std::uint32_t>(i + 1)}, s.key});
  }
  std::sort(result.begin(), result.end(),
            [](const SeriesEntry& a, const SeriesEntry& b) { return CompareSeriesKeys(a.key, b.key) < 0; });
  if (result.size() > limit) result.resize(limit);
  return result;
}

absl::StatusOr<MemoryStore::Series> MemoryStore::Find(SeriesId id) const {
  const auto index = static_cast<std::size_t>(id);
  if (index == 0 || index > series_.size()) {
    return MakeError(absl::StatusCode::kNotFound, Reason::kSeriesNotFound,
                     absl::StrCat("no series of id ", index));
  }
  return series_[index - 1];
}

absl::StatusOr<std::string> MemoryStore::KeyOf(SeriesId series) const {
  absl::MutexLock lock(&mutex_);
  TW_ASSIGN_OR_RETURN(const Series found, Find(series));
  return found.key;
}

absl::StatusOr<std::string> MemoryStore::Text(TextId id) const {
  absl::MutexLock lock(&mutex_);
  if (id == 0) return std::string();
  if (id > texts_.size()) return absl::NotFoundError(absl::StrCat("no text of id ", id));
  return texts_[id - 1];
}

SeriesId MemoryStore::InternSeries(const std::string& dataset, const std::string& key) {
  const auto [it, is_new] = series_ids_.try_emplace({dataset, key}, SeriesId{});
  if (is_new) {
    series_.push_back({dataset, key});
    it->second = SeriesId{static_cast<std::uint32_t>(series_.size())};
  }
  return it->second;
}

TextId MemoryStore::InternText(const std::string& text) {
  if (text.empty()) return 0;
  const auto [it, is_new] = text_ids_.try_emplace(text, 0);
  if (is_new) {
    texts_.push_back(text);
    it->second = static_cast<TextId>(texts_.size());
  }
  return it->second;
}

// ---- Vintages

std::vector<SeriesStatement> MemoryStore::StatementsOf(SeriesId id, const Series& series,
                                                       Sequence sequence) const {
  std::vector<SeriesStatement> result;
  for (const Accepted& a : log_) {
    if (a.entry.sequence > sequence || a.entry.retracts != 0) continue;
    SeriesStatement base;
    base.published_at = a.entry.header.published_at.instant;
    base.sequence = a.entry.sequence;
    base.retracted_by = a.entry.retracted_by <= sequence ? a.entry.retracted_by : 0;
    for (std::size_t i = 0; i < a.entry.sections.size(); ++i) {
      const SectionHeader& header = a.entry.sections[i].header;
      if (header.dataset != series.dataset || !header.scope) continue;
      if (!header.scope->selector.MatchesText(series.key)) continue;
      SeriesStatement s = base;
      s.section = static_cast<std::uint32_t>(i);
      s.is_scope = true;
      s.scope = header.scope->periods;
      result.push_back(s);
    }
    for (const Stated& stated : a.statements) {
      if (stated.series != id) continue;
      SeriesStatement s = base;
      s.section = stated.section;
      s.period = stated.cell.period;
      s.datum = stated.cell.datum;
      s.attributes = stated.cell.attributes;
      s.source = stated.cell.source;
      s.note = stated.cell.note;
      result.push_back(s);
    }
  }
  std::stable_sort(result.begin(), result.end(), InPublishedOrder);
  return result;
}

absl::StatusOr<std::vector<SeriesStatement>> MemoryStore::ReadStatements(SeriesId series, Sequence sequence,
                                                                         const PeriodRange& range) const {
  absl::MutexLock lock(&mutex_);
  TW_RETURN_IF_ERROR(CheckSequence(sequence));
  TW_ASSIGN_OR_RETURN(const Series found, Find(series));
  std::vector<SeriesStatement> result;
  for (const SeriesStatement& s : StatementsOf(series, found, sequence)) {
    if (s.is_scope ? Overlap(s.scope, range) : range.Contains(s.period)) result.push_back(s);
  }
  return result;
}

// One cell at a vintage, by the definition: `visible` are the statements that count there, in published
// order. Of each release the later of its own statement and its covering scope speaks for it; of those, the
// last.
//
//   published    Jan      Feb                     Mar
//   says         6.0      scope covers            scope covers; 6.0
//   => 6.0, stated in March, standing since March (in February it was withdrawn)
//
// A scope by itself says nothing about a cell before the cell's first statement.
struct CellAtVintage {
  CellState state;
  Sequence since_sequence = 0;  // of the statement since which the value stands
};

CellAtVintage ReadCell(Period period, const std::vector<SeriesStatement>& visible) {
  std::map<std::pair<Instant, Sequence>, SeriesStatement> said;  // by release
  bool known = false;
  for (const SeriesStatement& s : visible) {
    const bool about_it = s.is_scope ? known && s.scope.Contains(period) : s.period == period;
    if (!about_it) continue;
    known = true;
    SeriesStatement& last = said[{s.published_at, s.sequence}];
    last = s;
    if (s.is_scope) {
      last.datum = Datum::Absent(Absence::kWithdrawn);
      last.attributes = Attributes{};
    }
  }
  const SeriesStatement& last = said.rbegin()->second;
  auto first = said.rbegin();
  while (std::next(first) != said.rend() && SameValue(std::next(first)->second.datum, last.datum)) ++first;
  CellAtVintage result;
  result.state = {period,    last.datum,    last.attributes,   last.source,
                  last.note, last.sequence, last.published_at, first->second.published_at};
  result.since_sequence = first->second.sequence;
  return result;
}

absl::Status MemoryStore::ReadCells(SeriesId series, const Vintage& vintage, const PeriodRange& range,
                                    SeriesFold* fold) const {
  fold->Clear();
  absl::MutexLock lock(&mutex_);
  TW_RETURN_IF_ERROR(CheckSequence(vintage.sequence));
  TW_ASSIGN_OR_RETURN(const Series found, Find(series));
  std::vector<SeriesStatement> visible;
  std::set<Period> periods;
  for (const SeriesStatement& s : StatementsOf(series, found, vintage.sequence)) {
    if (s.published_at > vintage.as_of || s.retracted_by != 0) continue;
    visible.push_back(s);
    if (!s.is_scope && range.Contains(s.period)) periods.insert(s.period);
  }
  // The fold only carries the answer: it is told what stands, when it first stood and when it was last
  // stated.
  struct Told {
    Instant published_at;
    Sequence sequence;
    const CellState* cell;
  };
  std::vector<CellState> cells;
  std::vector<Told> told;
  cells.reserve(periods.size());
  for (const Period period : periods) {
    const CellAtVintage read = ReadCell(period, visible);
    cells.push_back(read.state);
    told.push_back({read.state.value_since, read.since_sequence, &cells.back()});
    told.push_back({read.state.published_at, read.state.sequence, &cells.back()});
  }
  std::stable_sort(told.begin(), told.end(), [](const Told& a, const Told& b) {
    return std::tuple(a.published_at, a.sequence, a.cell->period) <
           std::tuple(b.published_at, b.sequence, b.cell->period);
  });
  for (const Told& t : told) {
    fold->Begin(t.published_at, t.sequence);
    fold->State(t.cell->period, t.cell->datum, t.cell->attributes, t.cell->source, t.cell->note);
  }
  if (fold->cells() != cells) return absl::InternalError("the fold differs from the definition");
  return absl::OkStatus();
}

// ---- Annexes

absl::Status MemoryStore::PutAnnexes(std::string_view table, std::span<const AnnexRecord> records) {
  TW_RETURN_IF_ERROR(ValidateAnnexes(table, records));
  absl::MutexLock lock(&mutex_);
  std::map<std::string, std::string>& held = annexes_[std::string(table)];
  for (const AnnexRecord& record : records) {
    held.erase(record.key);
    if (record.value) held.emplace(record.key, *record.value);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> MemoryStore::GetAnnex(std::string_view table,
                                                                 std::string_view key) const {
  TW_RETURN_IF_ERROR(ValidateAnnexKey(table, key));
  absl::MutexLock lock(&mutex_);
  const auto held = annexes_.find(std::string(table));
  if (held == annexes_.end()) return std::optional<std::string>();
  const auto found = held->second.find(std::string(key));
  return found == held->second.end() ? std::nullopt : std::optional<std::string>(found->second);
}

absl::StatusOr<std::vector<AnnexRecord>> MemoryStore::ScanAnnexes(std::string_view table,
                                                                  std::string_view prefix,
                                                                  std::string_view after,
                                                                  std::size_t limit) const {
  TW_RETURN_IF_ERROR(ValidateAnnexTable(table));
  absl::MutexLock lock(&mutex_);
  std::vector<AnnexRecord> records;
  const auto held = annexes_.find(std::string(table));
  if (held == annexes_.end()) return records;
  std::size_t bytes = 0;
  for (const auto& [key, value] : held->second) {
    if (!key.starts_with(prefix) || key <= after) continue;
    if (records.size() == limit || bytes >= limits::kMaxAnnexBatchBytes) break;
    records.push_back({key, value});
    bytes += key.size() + value.size();
  }
  return records;
}

// ---- Status

StoreStatus MemoryStore::Status() const {
  absl::MutexLock lock(&mutex_);
  StoreStatus status;
  status.head = Head();
  status.series = series_.size();
  for (const Accepted& a : log_) status.observations += a.statements.size();
  return status;
}

absl::Status MemoryStore::VerifyAll() const {
  absl::MutexLock lock(&mutex_);
  Digest chain{};
  for (const Accepted& a : log_) {
    const LogEntry& entry = a.entry;
    chain = NextChain(chain, entry.sequence, entry.retracts, entry.header.agency, entry.header.release_id,
                      entry.digest);
    if (chain != entry.chain || entry.observations() != a.statements.size()) {
      return MakeError(absl::StatusCode::kDataLoss, Reason::kCorruption,
                       absl::StrCat("the chain is broken at sequence ", entry.sequence));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<Store> NewMemoryStore(const LogId& id) { return std::make_unique<MemoryStore>(id); }

}  // namespace tidewaiter::storage
