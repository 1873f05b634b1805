#include "storage/rocks/release_builder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::storage {

ReleaseBuilder::ReleaseBuilder(const DatasetTable* datasets, NameTable* names, const ReleaseHeader& header,
                               Instant accepted_at)
    : datasets_(datasets), names_(names) {
  release_.entry.header = header;
  release_.entry.accepted_at = accepted_at;
  digest_.Header(header);
}

absl::StatusOr<DatasetTable::Held> ReleaseBuilder::BeginSection(const SectionHeader& header) {
  TW_RETURN_IF_ERROR(CloseBlock());
  TW_ASSIGN_OR_RETURN(DatasetTable::Held dataset, datasets_->Find(header.dataset));
  release_.entry.sections.push_back({header, dataset->info.version, 0});
  release_.datasets.push_back(dataset->number);
  digest_.BeginSection(header);
  series_key_.clear();
  series_ = 0;
  return dataset;
}

absl::Status ReleaseBuilder::BeginSeries(std::string_view series_key, std::uint32_t number) {
  if (series_ != 0 && series_key == series_key_) return absl::OkStatus();
  TW_RETURN_IF_ERROR(CloseBlock());
  series_ = number;
  if (number == 0) {
    TW_ASSIGN_OR_RETURN(series_, names_->InternSeries(release_.datasets.back(), series_key));
  }
  series_key_ = series_key;
  if (!names_->stated().Has(series_)) release_.first_stated.push_back(series_);
  return absl::OkStatus();
}

absl::Status ReleaseBuilder::Add(Period period, const Datum& datum, Attributes attributes,
                                 std::string_view source, std::string_view note) {
  CodedCell cell{period, datum, attributes, 0, 0};
  TW_ASSIGN_OR_RETURN(cell.source, Intern(source, &last_source_));
  TW_ASSIGN_OR_RETURN(cell.note, Intern(note, &last_note_));
  digest_.Add(series_key_, period, datum, attributes, source, note);
  if (block_.size() == kMaxBlockCells) TW_RETURN_IF_ERROR(CloseBlock());
  block_.push_back(cell);
  ++release_.entry.sections.back().observations;
  return absl::OkStatus();
}

absl::StatusOr<TextId> ReleaseBuilder::Intern(std::string_view text, LastText* last) {
  if (text == last->text) return last->id;
  TW_ASSIGN_OR_RETURN(const TextId id, names_->InternText(text));
  last->text = text;
  last->id = id;
  return id;
}

absl::Status ReleaseBuilder::CloseBlock() {
  if (block_.empty()) return absl::OkStatus();
  OperandBuffer& operands = release_.operands;
  const auto section = static_cast<std::uint32_t>(release_.entry.sections.size() - 1);
  const std::size_t offset = operands.cells.size();
  EncodeCells(block_, &operands.cells);
  const OperandBuffer::Ref ref{series_, section, offset, operands.cells.size() - offset};
  operands.refs.push_back(ref);
  if (chunk_.size() + ref.bytes > limits::kLogChunkBytes ||
      chunk_.cells() + block_.size() > limits::kMaxChunkObservations) {
    TW_RETURN_IF_ERROR(CloseChunk());
  }
  chunk_.Add(section, SeriesId{series_}, operands.CellsOf(ref), block_);
  block_.clear();
  return absl::OkStatus();
}

absl::Status ReleaseBuilder::CloseChunk() {
  if (chunk_.empty()) return absl::OkStatus();
  std::vector<StatedPeriod> stated;
  release_.chunks.push_back(chunk_.Take(&stated));
  release_.chunk_bytes += release_.chunks.back().size();
  TW_ASSIGN_OR_RETURN(ChunkPeriods periods, PeriodsOf(stated, release_.datasets));
  release_.chunk_periods.push_back(std::move(periods));
  return absl::OkStatus();
}

absl::Status ReleaseBuilder::CloseAll() {
  TW_RETURN_IF_ERROR(CloseBlock());
  return CloseChunk();
}

absl::Status ReleaseBuilder::Finish() {
  TW_RETURN_IF_ERROR(CloseAll());
  release_.entry.digest = digest_.Finish();
  return absl::OkStatus();
}

absl::StatusOr<PreparedRelease> Prepare(const Release& release, Instant accepted_at,
                                        const DatasetTable& datasets, NameTable* names) {
  ReleaseBuilder builder(&datasets, names, release.header(), accepted_at);
  for (std::size_t i = 0; i < release.sections().size(); ++i) {
    const Release::Section& section = release.sections()[i];
    TW_ASSIGN_OR_RETURN(const DatasetTable::Held dataset, builder.BeginSection(section.header));
    for (const Observation& o : section.observations) {
      TW_RETURN_IF_ERROR(builder.BeginSeries(o.series.text()));
      TW_RETURN_IF_ERROR(builder.Add(o.period, o.datum, o.attributes, o.source, o.note));
    }
  }
  TW_RETURN_IF_ERROR(builder.Finish());
  return std::move(builder.release());
}

}  // namespace tidewaiter::storage
