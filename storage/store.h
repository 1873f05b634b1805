// The disk, as the rest of the system sees it: a release log (the truth), a catalogue of datasets and series,
// a vintage store (what was stated about a series, and what is known at a vintage), and annexes (what stands
// beside the log).
//
// Two implementations: storage/rocks (durable) and storage/memory (plain; the model in tests). One contract
// test suite, tests/storage/store_contract_test.cc, runs against both.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/cell_form.h"
#include "domain/change.h"
#include "domain/dataset.h"
#include "domain/errors.h"
#include "domain/period.h"
#include "domain/plain_cells.h"
#include "domain/release.h"
#include "domain/selector.h"
#include "domain/series_fold.h"
#include "domain/stated_cell.h"
#include "domain/statement.h"
#include "domain/vintage.h"

namespace tidewaiter::storage {

// A series of this store. Dense, from 1; stable for the life of the store; means nothing outside of it.
enum class SeriesId : std::uint32_t {};

// SHA-256.
using Digest = std::array<std::uint8_t, 32>;
// Identity of a log, drawn at random when the store is created.
using LogId = std::array<std::uint8_t, 16>;
std::string ToHex(std::span<const std::uint8_t> bytes);

// A place in the history of one log: where a subscriber resumes. Verified before use.
struct ResumePoint {
  LogId log{};
  Sequence sequence = 0;
  std::array<std::uint8_t, 8> chain{};  // the first bytes of the hash chain at `sequence`
  friend bool operator==(const ResumePoint&, const ResumePoint&) = default;
};
// Opaque text for users: URL-safe, versioned. Parse error: Reason::kMalformedToken.
std::string EncodeToken(const ResumePoint& point);
absl::StatusOr<ResumePoint> DecodeToken(std::string_view token);

struct DatasetInfo {
  DatasetDefinition definition;
  std::uint32_t version = 1;  // of the definition
};

struct SeriesEntry {
  SeriesId id{};
  std::string key;
};

struct SectionInfo {
  SectionHeader header;
  std::uint32_t dataset_version = 1;
  std::uint64_t observations = 0;
};

// What stands in the log under one sequence: a release, or the retraction of one.
struct LogEntry {
  Sequence sequence = 0;
  Sequence retracts = 0;      // not 0: this entry is a retraction of that sequence; header holds its agency,
                              // release_id and title (the reason) only, published_at of the retracted release
  Sequence retracted_by = 0;  // not 0: this release was retracted by that sequence
  ReleaseHeader header;
  std::vector<SectionInfo> sections;
  Digest digest{};
  Digest chain{};             // SHA-256(previous chain, sequence, retracts, agency, release_id, digest)
  Instant accepted_at;        // as the caller stamped it; informative, in neither digest nor chain
  std::uint32_t parts = 0;    // how many ReleaseParts hold its observations
  std::uint64_t observations() const;
};

// The answer to a push, the same for ever.
struct PushOutcome {
  LogEntry entry;
  bool replayed = false;  // this very release had been accepted before; nothing was written
  // Another release of equal content, accepted earlier under another id: "agency/release_id", or empty.
  std::string twin;
};

using tidewaiter::StatedCell;

// A release as it is uploaded, section by section, its observations in canonical order (series key code by code,
// then period). Holds at most limits::kUploadBufferBytes. Nothing of it is visible before Commit() returns OK;
// destroying it uncommitted leaves nothing visible, ever. Not thread-safe; must not outlive its store.
class Upload {
 public:
  virtual ~Upload() = default;
  virtual absl::Status BeginSection(const SectionHeader& header) = 0;
  // The cells of one series, periods ascending. A series may continue in the next call. Errors: no section,
  // kNotSorted, kDuplicateCell, invalid key or cell (fields "series", "cells[i].period" ...), limits,
  // kDiskReserve. After an error the upload can only be destroyed. Under DELETE, data become WITHDRAWN.
  virtual absl::Status Add(std::string_view series_key, std::span<const StatedCell> cells) = 0;
  // Durable and visible when it returns OK. Errors as ReleaseLog::Push.
  virtual absl::StatusOr<PushOutcome> Commit() = 0;
};

// The cells that one section of a release states about one series, in period order.
struct SeriesStatements {
  std::uint32_t section = 0;
  SeriesId series{};
  struct Cell {
    Period period;
    Datum datum;
    Attributes attributes;
    TextId source = 0;
    TextId note = 0;
  };
  std::vector<Cell> cells;
};
using ReleasePart = std::vector<SeriesStatements>;

// The total order of accepted releases, durable. Self-synchronised: any thread may call anything.
class ReleaseLog {
 public:
  virtual ~ReleaseLog() = default;
  virtual LogId log_id() const = 0;
  // The newest sequence that is durable and visible; 0 when empty. Never decreases.
  virtual Sequence head() const = 0;

  // Accepts a release whole; durable and visible when it returns OK. The same (agency, release_id) with the same
  // digest: the first answer again, `replayed`. With another digest: ALREADY_EXISTS kReleaseConflict, metadata
  // "held_digest" and "given_digest". Blocks; concurrent calls share one fsync.
  virtual absl::StatusOr<PushOutcome> Push(const Release& release, Instant accepted_at) = 0;
  // For releases that do not fit in memory. RESOURCE_EXHAUSTED beyond limits::kMaxConcurrentUploads.
  virtual absl::StatusOr<std::unique_ptr<Upload>> BeginUpload(const ReleaseHeader& header,
                                                              Instant accepted_at) = 0;
  // From the new sequence on the release's statements count at no vintage. `reason` is free text. Errors:
  // kReleaseNotFound, kReleaseRetracted (with "retracted_by"), or it is itself a retraction.
  virtual absl::StatusOr<LogEntry> Retract(std::string_view agency, std::string_view release_id,
                                           std::string_view reason, Instant accepted_at) = 0;

  virtual absl::StatusOr<LogEntry> GetEntry(Sequence sequence) const = 0;
  // When an entry was published (a retraction: what it retracts). Errors as GetEntry; costs next to nothing.
  virtual absl::StatusOr<Instant> PublishedAt(Sequence sequence) const = 0;
  virtual absl::StatusOr<LogEntry> FindRelease(std::string_view agency, std::string_view release_id) const = 0;
  // Entries after `after` in sequence order, at most `limit`; only those with a section of `dataset`, unless
  // that is empty (a retraction counts as what it retracts).
  virtual absl::StatusOr<std::vector<LogEntry>> ListEntries(std::string_view dataset, Sequence after,
                                                            std::size_t limit) const = 0;
  // The observations of an entry, in canonical order; part < entry.parts. Bounded in size.
  virtual absl::StatusOr<ReleasePart> ReadPart(Sequence sequence, std::uint32_t part) const = 0;

  // The resume point at `sequence` <= head (0: before the first).
  virtual absl::StatusOr<ResumePoint> PointAt(Sequence sequence) const = 0;
  // OK if `point` lies in this history. Errors: kForeignToken, kTokenAhead, kForkedToken; all DATA_LOSS.
  virtual absl::Status Verify(const ResumePoint& point) const = 0;

  // Called with each new head, in order, from a committing thread; must not block nor call back. One listener;
  // set before the first push, or nullptr to remove.
  virtual void SetHeadListener(std::function<void(Sequence)> listener) = 0;
};

// Datasets, series and interned texts. Self-synchronised.
class Catalogue {
 public:
  virtual ~Catalogue() = default;
  // Creates it, or makes a new version if only what may change differs, or returns the held one if nothing
  // differs. ALREADY_EXISTS kDatasetConflict otherwise, every field that differs named. Durable on return.
  virtual absl::StatusOr<DatasetInfo> PutDataset(const DatasetDefinition& definition) = 0;
  virtual absl::StatusOr<DatasetInfo> GetDataset(std::string_view id) const = 0;  // newest version
  // The same without a copy, where the store can: a definition is many small strings.
  virtual absl::StatusOr<std::shared_ptr<const DatasetInfo>> ShareDataset(std::string_view id) const {
    absl::StatusOr<DatasetInfo> info = GetDataset(id);
    if (!info.ok()) return info.status();
    return std::make_shared<const DatasetInfo>(*std::move(info));
  }
  virtual std::vector<DatasetInfo> ListDatasets() const = 0;                      // by id

  virtual absl::StatusOr<SeriesEntry> FindSeries(std::string_view dataset, std::string_view key) const = 0;
  // Series in canonical order that match, after the key `after` ("" from the start), at most `limit`. Every
  // one is stated by a release; at an older vintage there may be nothing about it yet: a read tells.
  virtual absl::StatusOr<std::vector<SeriesEntry>> ListSeries(std::string_view dataset,
                                                              const Selector& selector,
                                                              std::string_view after,
                                                              std::size_t limit) const = 0;
  // Series of all datasets. Grows before the release that brings a new one is acknowledged, and never shrinks:
  // while it stays the same no list of series has changed. Costs nothing.
  virtual std::uint64_t CountSeries() const = 0;
  // The key of a series id that this store handed out.
  virtual absl::StatusOr<std::string> KeyOf(SeriesId series) const = 0;
  virtual absl::StatusOr<std::string> Text(TextId id) const = 0;  // "" for 0
};

// What is known of one period over the series of a dataset, at a vintage: columns of equal length, a row a
// series about which anything is known, by ascending series id. Reusable: a read keeps the memory.
struct PeriodSlice {
  Period period;
  std::vector<SeriesId> series;
  std::vector<std::int64_t> coefficients;  // of an absence 0; of a wide value its index in `wide`
  std::vector<Sequence> sequences;         // of the release that made the last visible statement
  CellForm form;                           // of every row, if `forms` is empty
  std::vector<CellForm> forms;
  std::vector<absl::int128> wide;  // coefficients that do not fit 64 bits
  std::vector<Sequence> releases;  // all of `sequences`, perhaps some more; ascending, each once

  std::size_t size() const { return series.size(); }
  CellForm FormOf(std::size_t row) const { return forms.empty() ? form : forms[row]; }
  Datum DatumOf(std::size_t row) const {
    const CellForm of = FormOf(row);
    const std::int64_t coefficient = coefficients[row];
    return of.DatumOf(of.is_wide() ? wide[static_cast<std::size_t>(coefficient)] : absl::int128(coefficient));
  }
};

using SharedSlices = std::vector<std::shared_ptr<const PeriodSlice>>;

// What was stated, and what is known. Self-synchronised.
class VintageStore {
 public:
  virtual ~VintageStore() = default;
  // Folds what is known of a series at `vintage` (sequence <= head) into `fold`, which is cleared first; only
  // periods within `range`. A series without visible statement: OK and no cells.
  virtual absl::Status ReadCells(SeriesId series, const Vintage& vintage, const PeriodRange& range,
                                 SeriesFold* fold) const = 0;
  // The same, for who was asked about this very series, and may be again: the store may keep it at hand.
  virtual absl::Status ReadAskedCells(SeriesId series, const Vintage& vintage, const PeriodRange& range,
                                      SeriesFold* fold) const {
    return ReadCells(series, vintage, range, fold);
  }
  // The same: true if the cells are in `columns`, false if they are in `fold`; what the other one holds is void.
  virtual absl::StatusOr<bool> ReadAskedColumns(SeriesId series, const Vintage& vintage,
                                                const PeriodRange& range, PlainCells* columns,
                                                SeriesFold* fold) const {
    TW_RETURN_IF_ERROR(ReadAskedCells(series, vintage, range, fold));
    return false;
  }
  // Every statement about the series with sequence <= `sequence`, scopes that cover it among them, in visibility
  // order (published_at, sequence, section, scope before cells, period); also those of retracted releases.
  virtual absl::StatusOr<std::vector<SeriesStatement>> ReadStatements(SeriesId series, Sequence sequence,
                                                                      const PeriodRange& range) const = 0;
  // The same as ReadCells of every series of a dataset, seen from the period's side, for reads of many series
  // and few periods: a slice for each period within `range` of which anything is known and that is `wanted`,
  // ascending. `wanted` is asked at least once for each of them, often more; it must answer the same each
  // time. What `*slices` held is void, its memory used again. Errors: kDatasetNotFound, kSequenceAhead.
  virtual absl::Status ReadSlices(std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                                  absl::FunctionRef<bool(const Period&)> wanted,
                                  std::vector<PeriodSlice>* slices) const = 0;
  absl::Status ReadSlices(std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                          std::vector<PeriodSlice>* slices) const {
    return ReadSlices(
        dataset, range, vintage, [](const Period&) { return true; }, slices);
  }
  // The same, or false, if that takes going through more than `most_chunks` chunks of releases or reading series
  // one by one: for who has another way. By default the same.
  virtual absl::StatusOr<bool> ReadSlicesWithin(std::size_t most_chunks, std::string_view dataset,
                                                const PeriodRange& range, const Vintage& vintage,
                                                absl::FunctionRef<bool(const Period&)> wanted,
                                                std::vector<PeriodSlice>* slices) const;
  // The same as ReadSlices, to be looked at only: a slice that was put together for an earlier question may be given again.
  virtual absl::Status ReadSharedSlices(std::string_view dataset, const PeriodRange& range,
                                        const Vintage& vintage,
                                        absl::FunctionRef<bool(const Period&)> wanted,
                                        SharedSlices* slices) const;
};

// A record that stands beside the log; bytes of whoever put it there.
struct AnnexRecord {
  std::string key;
  std::optional<std::string> value;  // to be put: none deletes
  friend bool operator==(const AnnexRecord&, const AnnexRecord&) = default;
};

// Records beside the log, in named tables: what is derived from it (findings) or kept with a dataset (groups,
// calendars). In no digest, not in the hash chain, without sequence and without vintages; durable. Keys are bytes and
// sort as such. Errors of all: INVALID_ARGUMENT with the fields at fault. Self-synchronised.
class Annexes {
 public:
  virtual ~Annexes() = default;
  // All or none of them, durable on return; of two with one key the later counts. Deleting what is not there is
  // fine. At most limits::kMaxAnnexBatchBytes at once. kDiskReserve, kStoreFailed.
  virtual absl::Status PutAnnexes(std::string_view table, std::span<const AnnexRecord> records) = 0;
  // Nothing if there is no such record.
  virtual absl::StatusOr<std::optional<std::string>> GetAnnex(std::string_view table,
                                                              std::string_view key) const = 0;
  // Records whose key begins with `prefix` and comes after `after` ("": from the first), in order of their keys, at
  // most `limit`, and no more once limits::kMaxAnnexBatchBytes are reached: all have been read when none is given.
  virtual absl::StatusOr<std::vector<AnnexRecord>> ScanAnnexes(std::string_view table, std::string_view prefix,
                                                               std::string_view after,
                                                               std::size_t limit) const = 0;
};

// Decoded series that are kept in memory for reads.
struct SeriesMemoryStatus {
  std::uint64_t limit_bytes = 0;  // 0: there is no such memory
  std::uint64_t bytes = 0;
  std::uint64_t series = 0;
  // Since the store was opened.
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evicted = 0;
};

struct StoreStatus {
  std::string directory;       // empty for a store in memory
  std::uint32_t format_version = 0;
  Sequence head = 0;
  std::uint64_t series = 0;
  std::uint64_t observations = 0;       // accepted, all releases
  std::uint64_t disk_bytes = 0;         // of the store's files
  std::uint64_t free_disk_bytes = 0;
  std::uint64_t reserve_bytes = 0;      // below this much free space pushes are refused
  bool accepting = true;                // false: disk reserve reached, or a write failed
  SeriesMemoryStatus series_memory;
};

class Store : public ReleaseLog, public Catalogue, public VintageStore, public Annexes {
 public:
  virtual StoreStatus Status() const = 0;
  // Reads every record and checks every checksum and count, the chain included; OK or the first damage found.
  virtual absl::Status VerifyAll() const = 0;
};

}  // namespace tidewaiter::storage
