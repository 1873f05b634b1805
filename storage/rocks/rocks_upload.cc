#include "storage/rocks/rocks_upload.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/cell_form.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "storage/rocks/cell_codec.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/operand.h"
#include "storage/rocks/spill.h"

namespace tidewaiter::storage {
namespace {

// Names that no commit has carried yet are sent ahead when they come to this.
constexpr std::size_t kMaxPendingNameBytes = 256u << 10;
// Operands that are looked through for each series when a dataset has several sections.
constexpr std::size_t kMaxRefsToScan = 4096;

absl::Status Uncommittable(std::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition, Reason::kUnknown, why);
}

absl::Status LimitExceeded(std::string_view field, std::string_view limit, std::uint64_t maximum) {
  const std::string description =
      absl::StrCat("a release has at most ", maximum, " (", std::string(limit), "); split it");
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded, description,
                   {{"limit", std::string(limit)}, {"maximum", absl::StrCat(maximum)}},
                   {{std::string(field), description}});
}

absl::Status DuplicateCell(std::size_t index, std::string_view series, Period period) {
  const std::string field = absl::StrCat("cells[", index, "].period");
  const std::string description =
      absl::StrCat("states the cell ", std::string(series), " ", period.ToString(),
                   ", which the release states already; state a cell once in a release");
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kDuplicateCell, description, {},
                   {{field, description}});
}

absl::Status NotSorted(std::string field, std::string description) {
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kNotSorted, description, {},
                   {{std::move(field), description}});
}

std::uint64_t PeriodBits(Period period) {
  return static_cast<std::uint64_t>(period.start().index()) << 32 |
         static_cast<std::uint32_t>(period.months());
}

// What nearly every cell is; anything else is looked at by Validate(), which also finds the words for it.
bool IsPlainlyValid(const StatedCell& cell) {
  if (!cell.source.empty() || !cell.note.empty() || !(cell.attributes == Attributes{})) return false;
  const std::int32_t start = cell.period.start().index(), months = cell.period.months();
  if (months < 1 || months > limits::kMaxPeriodMonths || start < limits::kMinYear * 12 ||
      start > (limits::kMaxYear + 1) * 12 - months) {
    return false;
  }
  if (!cell.datum.has_value()) return AbsenceName(cell.datum.absence()) != "UNKNOWN";
  const Decimal& value = cell.datum.value();
  const int scale = value.scale();
  if (!CellForm::FitsInt64(value.coefficient()) || scale < 0 || scale > limits::kMaxScale) return false;
  return cell.datum.step_exponent() == -scale || Datum::ValueWithStep(value, cell.datum.step_exponent()).ok();
}

// The violations of an observation with the names that they have in Upload::Add.
absl::Status AsCell(const absl::Status& status, std::size_t index) {
  const ErrorDetails details = DetailsOf(status);
  if (!details.violations.empty() && details.violations[0].field.starts_with("series")) return status;
  return PrefixFields(status, absl::StrCat("cells[", index, "]."));
}

}  // namespace

RocksUpload::RocksUpload(const StoreParts* store, const UploadLimits& limits, const ReleaseHeader& header,
                         Instant accepted_at, std::atomic<int>* count)
    : store_(store),
      limits_(limits),
      count_(count),
      builder_(store->datasets, store->names, header, accepted_at) {}

RocksUpload::~RocksUpload() { --*count_; }

absl::Status RocksUpload::Guard(absl::Status status) {
  if (!status.ok()) over_ = true;
  return status;
}

absl::Status RocksUpload::BeginSection(const SectionHeader& header) { return Guard(DoBeginSection(header)); }

absl::Status RocksUpload::Add(std::string_view series_key, std::span<const StatedCell> cells) {
  return Guard(DoAdd(series_key, cells));
}

absl::Status RocksUpload::DoBeginSection(const SectionHeader& header) {
  if (over_) return Uncommittable("the upload has failed or is committed");
  TW_RETURN_IF_ERROR(EndSection());
  const std::vector<SectionInfo>& sections = builder_.release().entry.sections;
  if (sections.size() == limits::kMaxSectionsPerRelease) {
    return LimitExceeded("sections", "kMaxSectionsPerRelease", limits::kMaxSectionsPerRelease);
  }
  repeats_dataset_ = std::any_of(sections.begin(), sections.end(), [&header](const SectionInfo& section) {
    return section.header.dataset == header.dataset;
  });
  // As Release::Create does: one form of "everything", one digest.
  SectionHeader normal = header;
  if (normal.scope && normal.scope->selector.selects_all()) normal.scope->selector = Selector();
  TW_ASSIGN_OR_RETURN(dataset_, store_->datasets->Find(header.dataset));
  // Whether it lists cells is known at its end.
  TW_RETURN_IF_ERROR(Validate(normal, dataset_->info.definition, /*lists_cells=*/true));
  series_key_.clear();
  has_period_ = false;
  TW_RETURN_IF_ERROR(builder_.BeginSection(normal).status());
  earlier_refs_ = builder_.release().operands.refs.size();
  // On disk the earlier sections are found by key; in memory only one by one.
  return repeats_dataset_ && earlier_refs_ > kMaxRefsToScan ? SpillBuffer() : absl::OkStatus();
}

absl::Status RocksUpload::EndSection() {
  if (dataset_ == nullptr) return absl::OkStatus();
  const SectionInfo& section = builder_.release().entry.sections.back();
  return Validate(section.header, dataset_->info.definition, section.observations > 0);
}

absl::Status RocksUpload::DoAdd(std::string_view series_key, std::span<const StatedCell> cells) {
  if (over_) return Uncommittable("the upload has failed or is committed");
  if (dataset_ == nullptr) return Uncommittable("an observation before any section");
  if (series_key != series_key_ || series_key_.empty()) TW_RETURN_IF_ERROR(BeginSeries(series_key));
  if (cells.empty()) return absl::OkStatus();
  observations_ += cells.size();
  if (observations_ > limits::kMaxObservationsPerRelease) {
    return LimitExceeded("sections", "kMaxObservationsPerRelease", limits::kMaxObservationsPerRelease);
  }
  TW_RETURN_IF_ERROR(builder_.BeginSeries(series_key_, series_number_));
  if (!has_period_ && repeats_dataset_) TW_RETURN_IF_ERROR(LoadStatedElsewhere());
  const bool withdraws = builder_.release().entry.sections.back().header.action == Action::kDelete;
  const Datum withdrawn = Datum::Absent(Absence::kWithdrawn);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const StatedCell* cell = &cells[i];
    StatedCell deleted;
    if (withdraws) {
      deleted = cells[i];
      deleted.datum = withdrawn;
      deleted.attributes = Attributes{};
      cell = &deleted;
    }
    TW_RETURN_IF_ERROR(CheckCell(*cell, i));
    TW_RETURN_IF_ERROR(builder_.Add(cell->period, cell->datum, cell->attributes, cell->source, cell->note));
    has_period_ = true;
    last_period_ = cell->period;
  }
  return MakeRoom();
}

absl::Status RocksUpload::BeginSeries(std::string_view series_key) {
  // One that has a number was checked when it got it.
  series_number_ = store_->names->RememberedSeries(dataset_->number, series_key);
  if (series_number_ == 0) TW_RETURN_IF_ERROR(CheckKey(series_key));
  if (!series_key_.empty() && CompareSeriesKeys(series_key, series_key_) < 0) {
    return NotSorted("series",
                     absl::StrCat("the series ", ToAbsl(series_key), " comes before the one before it, ",
                                  series_key_, "; an upload ascends code by code"));
  }
  series_key_ = series_key;
  has_period_ = false;
  stated_elsewhere_.clear();
  return absl::OkStatus();
}

absl::Status RocksUpload::CheckKey(std::string_view series_key) const {
  TW_ASSIGN_OR_RETURN(const SeriesKey key, [&] {
    absl::StatusOr<SeriesKey> parsed = SeriesKey::Parse(series_key);
    if (!parsed.ok()) parsed = PrefixFields(parsed.status(), "series");
    return parsed;
  }());
  const std::size_t dimensions = dataset_->info.definition.dimensions.size();
  if (key.dimensions() == dimensions) return absl::OkStatus();
  return InvalidField("series", absl::StrCat("the series has ", key.dimensions(), " codes, but dataset ",
                                             dataset_->info.definition.id, " has ", dimensions,
                                             " dimensions; write one code for each"));
}

absl::Status RocksUpload::CheckCell(const StatedCell& cell, std::size_t index) {
  if (!IsPlainlyValid(cell)) {
    const Observation observation{
        SeriesKey::FromValid(series_key_), cell.period,           cell.datum, cell.attributes,
        std::string(cell.source),          std::string(cell.note)};
    const absl::Status status = Validate(observation, dataset_->info.definition);
    if (!status.ok()) return AsCell(status, index);
  }
  return CheckOrder(cell.period, index);
}

absl::Status RocksUpload::CheckOrder(Period period, std::size_t index) const {
  if (has_period_ && period <= last_period_) {
    if (period == last_period_) return DuplicateCell(index, series_key_, period);
    return NotSorted(absl::StrCat("cells[", index, "].period"),
                     absl::StrCat("the period ", period.ToString(), " comes before the one before it, ",
                                  last_period_.ToString(), "; an upload ascends"));
  }
  if (!stated_elsewhere_.empty() && stated_elsewhere_.contains(PeriodBits(period))) {
    return DuplicateCell(index, series_key_, period);
  }
  return absl::OkStatus();
}

// The periods that earlier sections of this upload state about the series: what waits in memory, and what has
// been spilled. Only a release that has two sections of one dataset pays for this.
absl::Status RocksUpload::LoadStatedElsewhere() {
  const PreparedRelease& release = builder_.release();
  const auto section = static_cast<std::uint32_t>(release.entry.sections.size() - 1);
  const auto add = [this](std::string_view cells) {
    CellReader reader(&cells);
    CodedCell cell;
    while (reader.Next(&cell)) stated_elsewhere_.insert(PeriodBits(cell.period));
  };
  for (std::size_t i = 0; i < earlier_refs_; ++i) {
    const OperandBuffer::Ref& ref = release.operands.refs[i];
    if (ref.series == builder_.series()) add(release.operands.CellsOf(ref));
  }
  if (release.begin_position == 0) return absl::OkStatus();
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(const bool found,
                      store_->database->Get(Family::kSeries, SeriesOperandsKey(builder_.series()), &value));
  if (!found) return absl::OkStatus();
  OperandReader reader(ToView(value));
  Operand operand;
  while (reader.Next(&operand)) {
    if (operand.begin_position == release.begin_position && operand.section != section) add(operand.cells);
  }
  return reader.ok() ? absl::OkStatus() : CorruptionError("the operands of a series cannot be decoded");
}

absl::Status RocksUpload::MakeRoom() {
  if (store_->names->pending_bytes() > kMaxPendingNameBytes) {
    NamesCommit names;
    TW_RETURN_IF_ERROR(store_->committer->Commit(&names));
  }
  return builder_.release().buffered_bytes() < limits_.buffer_bytes ? absl::OkStatus() : SpillBuffer();
}

absl::Status RocksUpload::SpillBuffer() {
  TW_RETURN_IF_ERROR(builder_.CloseAll());
  earlier_refs_ = 0;
  return Spill(*store_, limits_.chunk_table_bytes, &builder_.release());
}

absl::StatusOr<PushOutcome> RocksUpload::Commit() {
  if (over_) return Uncommittable("the upload has failed or is committed");
  over_ = true;
  TW_RETURN_IF_ERROR(EndSection());
  PreparedRelease& release = builder_.release();
  if (release.entry.sections.empty()) return InvalidField("sections", "a release has at least one section");
  TW_RETURN_IF_ERROR(builder_.Finish());
  TW_ASSIGN_OR_RETURN(std::optional<PushOutcome> replay,
                      FindReplay(*store_, release.entry.header, release.entry.digest));
  if (replay) return *std::move(replay);
  if (release.buffered_bytes() >= limits_.ingest_threshold_bytes) {
    TW_RETURN_IF_ERROR(Spill(*store_, limits_.chunk_table_bytes, &release));
  }
  return CommitRelease(*store_, &release);
}

}  // namespace tidewaiter::storage
