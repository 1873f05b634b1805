#include "storage/rocks/verifier.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "storage/digest.h"
#include "storage/rocks/annex_table.h"
#include "storage/rocks/cell_codec.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/operand.h"
#include "storage/rocks/period_index.h"
#include "storage/rocks/records.h"

namespace tidewaiter::storage {
namespace {

absl::Status Disagree(Sequence sequence, std::string_view what) {
  return CorruptionError(absl::StrCat("sequence ", sequence, ": ", std::string(what)));
}

// A state of the store that does not move while it is read.
class Snapshot {
 public:
  explicit Snapshot(rocksdb::DB* db) : db_(db), snapshot_(db->GetSnapshot()) {}
  ~Snapshot() { db_->ReleaseSnapshot(snapshot_); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  const rocksdb::Snapshot* get() const { return snapshot_; }

 private:
  rocksdb::DB* const db_;
  const rocksdb::Snapshot* const snapshot_;
};

class Verifier {
 public:
  explicit Verifier(const StoreParts& store)
      : store_(store), head_(store.releases->head()), snapshot_(store.database->db()) {}

  absl::Status Run() {
    TW_RETURN_IF_ERROR(FromRocks(store_.database->db()->VerifyChecksum(), "verifying the sorted tables"));
    TW_RETURN_IF_ERROR(VerifyLog());
    TW_RETURN_IF_ERROR(VerifyCatalogue());
    TW_RETURN_IF_ERROR(VerifyAnnexes(*store_.database, snapshot_.get()));
    for (Sequence sequence = 1; sequence <= head_; ++sequence) {
      if (absl::Status status = VerifyEntry(sequence); !status.ok()) return status;
    }
    TW_RETURN_IF_ERROR(VerifyPeriods());
    return VerifySeries();
  }

 private:
  // Every record decodes, whether anything refers to it or not.
  absl::Status VerifyLog() {
    const auto it = store_.database->NewIterator(Family::kLog, snapshot_.get(), /*fill_cache=*/false);
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      const std::string_view key = ToView(it->key());
      if (key.size() != 8) return CorruptionError("a key of the log is malformed");
      const std::string what = absl::StrCat("the log at position ", GetKey64(key));
      TW_ASSIGN_OR_RETURN(const std::string_view record, Unseal(what, key, ToView(it->value())));
      TW_RETURN_IF_ERROR(VerifyRecord(record));
    }
    return FromRocks(it->status(), "reading the log");
  }

  absl::Status VerifyRecord(std::string_view record) const {
    TW_ASSIGN_OR_RETURN(const RecordKind kind, KindOf(record));
    switch (kind) {
      case RecordKind::kDataset:
        return DecodeDataset(record).status();
      case RecordKind::kNames:
        return VerifyNames(record);
      case RecordKind::kChunk: {
        TW_ASSIGN_OR_RETURN(const ChunkRecord chunk, DecodeChunkRecord(record));
        return DecodeChunk(chunk.chunk).status();
      }
      case RecordKind::kRelease:
      case RecordKind::kRetraction:
        return DecodeEntry(record).status();
      case RecordKind::kBegin:
        break;
    }
    return absl::OkStatus();
  }

  // The catalogue knows every name by the number that the log gives it, both ways.
  absl::Status VerifyNames(std::string_view record) const {
    TW_ASSIGN_OR_RETURN(const std::vector<Name> names, DecodeNames(record));
    for (const Name& name : names) {
      if (name.kind == Name::Kind::kText) {
        TW_ASSIGN_OR_RETURN(const std::string text, store_.names->Text(name.id));
        if (text != name.text)
          return CorruptionError(absl::StrCat("text ", name.id, " is another one in the log"));
        continue;
      }
      TW_ASSIGN_OR_RETURN(const std::uint32_t id, store_.names->FindSeries(name.dataset, name.text));
      TW_ASSIGN_OR_RETURN(const Name held, store_.names->ReadSeriesName(name.id));
      if (id != name.id || held.text != name.text || held.dataset != name.dataset) {
        return CorruptionError(absl::StrCat("series ", name.id, " is another one in the log"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status VerifyCatalogue() const {
    const auto it = store_.database->NewIterator(Family::kCatalogue, snapshot_.get(), /*fill_cache=*/false);
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      TW_RETURN_IF_ERROR(Unseal("the catalogue", ToView(it->key()), ToView(it->value())).status());
    }
    return FromRocks(it->status(), "reading the catalogue");
  }

  absl::Status VerifyEntry(Sequence sequence) {
    rocksdb::PinnableSlice value;
    TW_ASSIGN_OR_RETURN(const ReleaseRecord record, store_.entries->Entry(sequence, &value));
    const LogEntry& entry = record.stored.entry;
    chain_ = NextChain(chain_, sequence, entry.retracts, entry.header.agency, entry.header.release_id,
                       entry.digest);
    if (chain_ != entry.chain) return Disagree(sequence, "the chain is broken");
    TW_RETURN_IF_ERROR(VerifyIndex(record.stored));
    if (entry.retracts != 0) return VerifyRetraction(entry);
    TW_ASSIGN_OR_RETURN(const Sequence found,
                        store_.entries->FindPush(entry.header.agency, entry.header.release_id));
    if (found != sequence) return Disagree(sequence, "the release is not found by its id");
    TW_ASSIGN_OR_RETURN(const Sequence first, store_.entries->FindDigest(entry.digest));
    if (first == 0 || first > sequence) return Disagree(sequence, "the release is not found by its content");
    observations_ += entry.observations();
    return VerifyDigest(record);
  }

  absl::Status VerifyIndex(const StoredEntry& stored) const {
    const Sequence sequence = stored.entry.sequence;
    const std::string key = SequenceKey(sequence);
    rocksdb::PinnableSlice value;
    TW_ASSIGN_OR_RETURN(const std::string_view record,
                        store_.database->GetSealed(Family::kReleases, "an index record", key, &value));
    TW_ASSIGN_OR_RETURN(const IndexRecord index, DecodeIndex(record));
    const ReleaseTable::Release release = store_.releases->At(sequence);
    if (index.begin_position != stored.begin_position || index.commit_position != release.commit_position ||
        index.published_at != stored.entry.header.published_at.instant ||
        index.published_at != release.published_at || index.retracts != stored.entry.retracts ||
        index.observations != stored.entry.observations()) {
      return Disagree(sequence, "the index differs from the log");
    }
    return absl::OkStatus();
  }

  absl::Status VerifyRetraction(const LogEntry& entry) const {
    rocksdb::PinnableSlice value;
    if (entry.retracts >= entry.sequence) return Disagree(entry.sequence, "it retracts what came later");
    TW_ASSIGN_OR_RETURN(const ReleaseRecord retracted, store_.entries->Entry(entry.retracts, &value));
    if (retracted.stored.entry.retracted_by == entry.sequence &&
        entry.digest == DigestOfRetraction(retracted.stored.entry.digest, entry.header.title)) {
      return absl::OkStatus();
    }
    return Disagree(entry.sequence, "the retraction does not fit what it retracts");
  }

  absl::Status VerifyDigest(const ReleaseRecord& record) {
    const LogEntry& entry = record.stored.entry;
    DigestBuilder digest;
    digest.Header(entry.header);
    std::vector<std::uint64_t> counts(entry.sections.size());
    std::uint32_t section = 0;
    if (!entry.sections.empty()) digest.BeginSection(entry.sections[0].header);
    for (std::uint32_t part = 0; part < entry.parts; ++part) {
      TW_ASSIGN_OR_RETURN(const ReleasePart statements,
                          store_.entries->Part(record.stored, record.chunk, part));
      TW_RETURN_IF_ERROR(VerifyPeriodsOf(record.stored, part, statements));
      for (const SeriesStatements& series : statements) {
        if (series.section >= entry.sections.size() || series.section < section) {
          return Disagree(entry.sequence, "its chunks name a section that it has not");
        }
        while (section < series.section) digest.BeginSection(entry.sections[++section].header);
        counts[section] += series.cells.size();
        TW_RETURN_IF_ERROR(AddToDigest(series, &digest));
      }
    }
    while (section + 1 < entry.sections.size()) digest.BeginSection(entry.sections[++section].header);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] != entry.sections[i].observations)
        return Disagree(entry.sequence, "its observations miscount");
    }
    return digest.Finish() == entry.digest ? absl::OkStatus()
                                           : Disagree(entry.sequence, "its content does not have its digest");
  }

  absl::Status AddToDigest(const SeriesStatements& series, DigestBuilder* digest) {
    const auto number = static_cast<std::uint32_t>(series.series);
    TW_ASSIGN_OR_RETURN(const auto name, store_.names->SeriesName(number));
    if (!store_.names->stated().Has(number)) {
      return CorruptionError(absl::StrCat("series ", number, " is stated, and is not among those that are"));
    }
    for (const SeriesStatements::Cell& cell : series.cells) {
      TW_ASSIGN_OR_RETURN(const std::string source, store_.names->Text(cell.source));
      TW_ASSIGN_OR_RETURN(const std::string note, store_.names->Text(cell.note));
      digest->Add(name->text, cell.period, cell.datum, cell.attributes, source, note);
    }
    return absl::OkStatus();
  }

  // The index has what a chunk states, and in the very same bytes.
  absl::Status VerifyPeriodsOf(const StoredEntry& stored, std::uint32_t part, const ReleasePart& chunk) {
    if (!*store_.has_period_index) return absl::OkStatus();
    const std::uint64_t position =
        stored.chunk_positions.empty() ? stored.begin_position : stored.chunk_positions[part];
    TW_ASSIGN_OR_RETURN(const ChunkPeriods periods, PeriodsOf(chunk, stored.datasets));
    for (const YearOfChunk& year : periods) {
      const PeriodRecord expected{year, position, stored.begin_position};
      rocksdb::PinnableSlice value;
      TW_ASSIGN_OR_RETURN(const std::string_view held,
                          store_.database->GetSealed(Family::kPeriods, "the index of periods",
                                                     PeriodRecordKey(expected), &value));
      if (held != EncodePeriodRecord(expected)) {
        return Disagree(stored.entry.sequence, "the index of periods differs from the log");
      }
    }
    period_records_ += periods.size();
    return absl::OkStatus();
  }

  // Of releases up to the head the index has no more than that.
  absl::Status VerifyPeriods() const {
    if (!*store_.has_period_index) return absl::OkStatus();
    const auto it = store_.database->NewIterator(Family::kPeriods, snapshot_.get(), /*fill_cache=*/false);
    std::uint64_t records = 0;
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      TW_ASSIGN_OR_RETURN(const PeriodRecord record,
                          DecodePeriodRecord(ToView(it->key()), ToView(it->value())));
      const Sequence sequence = store_.releases->SequenceAt(record.begin_position);
      if (sequence != 0 && sequence <= head_) ++records;
    }
    TW_RETURN_IF_ERROR(FromRocks(it->status(), "reading the index of periods"));
    if (records == period_records_) return absl::OkStatus();
    return CorruptionError(
        absl::StrCat("the index of periods has ", records, " records, the log asks for ", period_records_));
  }

  // What the series hold of releases up to the head is as much as the releases state.
  absl::Status VerifySeries() const {
    const auto it = store_.database->NewIterator(Family::kSeries, snapshot_.get(), /*fill_cache=*/false);
    std::uint64_t cells = 0;
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      OperandReader reader(ToView(it->value()));
      Operand operand;
      while (reader.Next(&operand)) {
        TW_ASSIGN_OR_RETURN(const std::uint64_t count, CountCells(operand));
        cells += count;
      }
      if (!reader.ok()) return CorruptionError("the operands of a series cannot be decoded");
    }
    TW_RETURN_IF_ERROR(FromRocks(it->status(), "reading the series"));
    if (cells == observations_) return absl::OkStatus();
    return CorruptionError(
        absl::StrCat("the series hold ", cells, " observations, the releases ", observations_));
  }

  absl::StatusOr<std::uint64_t> CountCells(const Operand& operand) const {
    const Sequence sequence = store_.releases->SequenceAt(operand.begin_position);
    std::string_view bytes = operand.cells;
    CellReader reader(&bytes);
    CodedCell cell;
    std::uint64_t count = 0;
    while (reader.Next(&cell)) ++count;
    if (!reader.ok() || !bytes.empty()) return CorruptionError("the cells of a series cannot be decoded");
    return sequence != 0 && sequence <= head_ ? count : 0;
  }

  const StoreParts& store_;
  const Sequence head_;
  const Snapshot snapshot_;  // taken after the head: it has all up to there
  Digest chain_{};
  std::uint64_t observations_ = 0;
  std::uint64_t period_records_ = 0;
};

}  // namespace

absl::Status VerifyStore(const StoreParts& store) { return Verifier(store).Run(); }

}  // namespace tidewaiter::storage
