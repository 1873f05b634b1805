#include "storage/rocks/series_reader.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "storage/rocks/cell_codec.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/operand.h"

namespace tidewaiter::storage {
namespace {

absl::Status Damaged(SeriesId series) {
  return CorruptionError(
      absl::StrCat("the cells of series ", static_cast<std::uint32_t>(series), " cannot be decoded"));
}

bool Overlap(const PeriodRange& a, const PeriodRange& b) {
  return (!a.to || !b.from || *b.from <= *a.to) && (!b.to || !a.from || *a.from <= *b.to);
}

// False if the cells cannot be decoded. `end` is that of all operands: the reader is fast where more bytes
// follow than it needs, so it is shown them, and then held to the cells' own.
bool FoldCells(std::string_view cells, const char* end, const PeriodRange& range, SeriesFold* fold) {
  const bool everything = !range.from && !range.to;
  std::string_view input(cells.data(), static_cast<std::size_t>(end - cells.data()));
  CellReader reader(&input);
  CodedCell cell;
  while (reader.Next(&cell)) {
    if (!everything && !range.Contains(cell.period)) continue;
    fold->State(cell.period, cell.datum, cell.attributes, cell.source, cell.note);
  }
  return reader.ok() && input.data() == cells.data() + cells.size();
}

enum class Outcome { kDone, kOutOfOrder, kDamaged };

// Folds operands as they come, which is right as long as they come in published order; they mostly do.
Outcome FoldInOrder(const ReleaseTable& releases, std::string_view operands, const Vintage& vintage,
                    const PeriodRange& range, SeriesFold* fold) {
  OperandReader reader(operands);
  Operand operand;
  auto last = std::make_tuple(Instant::FromMicros(std::numeric_limits<std::int64_t>::min()), Sequence{0}, 0u);
  while (reader.Next(&operand)) {
    const Sequence sequence = releases.SequenceAt(operand.begin_position);
    if (sequence == 0 || sequence > vintage.sequence) continue;
    const ReleaseTable::Release release = releases.At(sequence);
    if (release.published_at > vintage.as_of) continue;
    if (release.retracted_by != 0 && release.retracted_by <= vintage.sequence) continue;
    const auto next = std::make_tuple(release.published_at, sequence, operand.section);
    if (next < last) return Outcome::kOutOfOrder;
    if (sequence != std::get<1>(last)) fold->Begin(release.published_at, sequence);
    last = next;
    if (!FoldCells(operand.cells, operands.data() + operands.size(), range, fold)) return Outcome::kDamaged;
  }
  return reader.ok() ? Outcome::kDone : Outcome::kDamaged;
}

}  // namespace

absl::Status CheckSequence(Sequence sequence, Sequence head) {
  if (sequence <= head) return absl::OkStatus();
  return MakeError(absl::StatusCode::kOutOfRange, Reason::kSequenceAhead,
                   absl::StrCat("sequence ", sequence, " is beyond the head, ", head),
                   {{"sequence", absl::StrCat(sequence)}, {"head", absl::StrCat(head)}});
}

absl::Status SeriesReader::ReadCells(SeriesId series, const Vintage& vintage, const PeriodRange& range,
                                     bool asked, SeriesFold* fold) const {
  TW_ASSIGN_OR_RETURN(const auto decoded, FindOrFold(series, vintage, range, asked, fold));
  if (decoded != nullptr) decoded->Read(*store_->releases, vintage, range, fold->Refill());
  return absl::OkStatus();
}

absl::StatusOr<bool> SeriesReader::ReadColumns(SeriesId series, const Vintage& vintage,
                                               const PeriodRange& range, PlainCells* columns,
                                               SeriesFold* fold) const {
  TW_ASSIGN_OR_RETURN(const auto decoded, FindOrFold(series, vintage, range, /*asked=*/true, fold));
  if (decoded == nullptr) return false;
  if (decoded->ReadPlain(*store_->releases, vintage, range, columns)) return true;
  decoded->Read(*store_->releases, vintage, range, fold->Refill());
  return false;
}

absl::StatusOr<std::shared_ptr<const DecodedSeries>> SeriesReader::FindOrFold(
    SeriesId series, const Vintage& vintage, const PeriodRange& range, bool asked, SeriesFold* fold) const {
  fold->Clear();
  const Sequence head = store_->releases->head();
  TW_RETURN_IF_ERROR(CheckSequence(vintage.sequence, head));
  const auto id = static_cast<std::uint32_t>(series);
  SeriesMemory::Found remembered = store_->memory->Find(id, asked);
  if (remembered.series != nullptr) return std::move(remembered.series);
  const SeriesMemory::MarkValue mark = store_->memory->Mark();
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(const bool found,
                      store_->database->Get(Family::kSeries, SeriesOperandsKey(id), &value));
  if (!found) {
    TW_RETURN_IF_ERROR(store_->names->SeriesName(id).status());
    return nullptr;
  }
  if (remembered.worth_decoding) {
    TW_ASSIGN_OR_RETURN(auto decoded, Remember(series, ToView(value), head, mark));
    if (decoded != nullptr) return decoded;
  }
  TW_RETURN_IF_ERROR(Fold(series, ToView(value), vintage, range, fold));
  return nullptr;
}

absl::Status SeriesReader::Fold(SeriesId series, std::string_view operands, const Vintage& vintage,
                                const PeriodRange& range, SeriesFold* fold) const {
  if (!store_->scopes->empty()) return FoldPieces(series, operands, vintage, range, fold);
  switch (FoldInOrder(*store_->releases, operands, vintage, range, fold)) {
    case Outcome::kDone:
      return absl::OkStatus();
    case Outcome::kOutOfOrder:
      fold->Clear();
      return FoldPieces(series, operands, vintage, range, fold);
    case Outcome::kDamaged:
      break;
  }
  fold->Clear();
  return Damaged(series);
}

absl::StatusOr<std::shared_ptr<const DecodedSeries>> SeriesReader::Remember(
    SeriesId series, std::string_view operands, Sequence head, SeriesMemory::MarkValue mark) const {
  const auto id = static_cast<std::uint32_t>(series);
  std::shared_ptr<const DecodedSeries> decoded;
  DecodedSeries::Builder builder(store_->releases, head);
  switch (builder.Read(operands)) {
    case DecodedSeries::Builder::Outcome::kDone: {
      TW_ASSIGN_OR_RETURN(const bool has_scopes, HasScopes(id));
      if (!has_scopes) decoded = std::make_shared<const DecodedSeries>(builder.Build());
      break;
    }
    case DecodedSeries::Builder::Outcome::kIntricate:
      break;
    case DecodedSeries::Builder::Outcome::kPending:
    case DecodedSeries::Builder::Outcome::kDamaged:  // which folding will report, if the vintage has it
      return nullptr;
  }
  store_->memory->Put(id, mark, decoded);
  return decoded;
}

absl::Status SeriesReader::FoldPieces(SeriesId series, std::string_view operands, const Vintage& vintage,
                                      const PeriodRange& range, SeriesFold* fold) const {
  std::vector<Piece> pieces;
  TW_RETURN_IF_ERROR(CollectPieces(series, operands, vintage.sequence, &pieces));
  Sequence begun = 0;
  for (const Piece& piece : pieces) {
    if (piece.retracted_by != 0 || piece.published_at > vintage.as_of) continue;
    if (piece.sequence != begun) fold->Begin(piece.published_at, piece.sequence);
    begun = piece.sequence;
    if (piece.is_scope) {
      fold->Withdraw(piece.scope);
    } else if (!FoldCells(piece.cells, operands.data() + operands.size(), range, fold)) {
      fold->Clear();
      return Damaged(series);
    }
  }
  return absl::OkStatus();
}

absl::Status SeriesReader::CollectPieces(SeriesId series, std::string_view operands, Sequence sequence,
                                         std::vector<Piece>* pieces) const {
  OperandReader reader(operands);
  Operand operand;
  while (reader.Next(&operand)) {
    const Sequence of_release = store_->releases->SequenceAt(operand.begin_position);
    if (of_release == 0 || of_release > sequence) continue;
    const ReleaseTable::Release release = store_->releases->At(of_release);
    pieces->push_back({release.published_at,
                       of_release,
                       release.retracted_by <= sequence ? release.retracted_by : 0,
                       operand.section,
                       false,
                       operand.cells,
                       {}});
  }
  if (!reader.ok()) return Damaged(series);
  TW_RETURN_IF_ERROR(CollectScopes(series, sequence, pieces));
  const auto order = [](const Piece& p) {
    return std::make_tuple(p.published_at, p.sequence, p.section, p.is_scope ? 0 : 1);
  };
  const auto before = [&order](const Piece& a, const Piece& b) { return order(a) < order(b); };
  // Stable: the operands of one section stay in the order of their periods.
  if (!std::is_sorted(pieces->begin(), pieces->end(), before)) {
    std::stable_sort(pieces->begin(), pieces->end(), before);
  }
  return absl::OkStatus();
}

// Of any sequence: one that is being committed may be beyond the head.
absl::StatusOr<bool> SeriesReader::HasScopes(std::uint32_t series) const {
  if (store_->scopes->empty()) return false;
  TW_ASSIGN_OR_RETURN(const auto name, store_->names->SeriesName(series));
  return !store_->scopes->Find(name->dataset, name->text, std::numeric_limits<Sequence>::max()).empty();
}

absl::Status SeriesReader::CollectScopes(SeriesId series, Sequence sequence,
                                         std::vector<Piece>* pieces) const {
  if (store_->scopes->empty()) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(const auto name, store_->names->SeriesName(static_cast<std::uint32_t>(series)));
  for (const ScopeIndex::Covering& covering : store_->scopes->Find(name->dataset, name->text, sequence)) {
    const ReleaseTable::Release release = store_->releases->At(covering.sequence);
    pieces->push_back({release.published_at,
                       covering.sequence,
                       release.retracted_by <= sequence ? release.retracted_by : 0,
                       covering.section,
                       true,
                       {},
                       covering.periods});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SeriesStatement>> SeriesReader::ReadStatements(SeriesId series, Sequence sequence,
                                                                          const PeriodRange& range) const {
  TW_RETURN_IF_ERROR(CheckSequence(sequence, store_->releases->head()));
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(
      const bool found,
      store_->database->Get(Family::kSeries, SeriesOperandsKey(static_cast<std::uint32_t>(series)), &value));
  if (!found) TW_RETURN_IF_ERROR(store_->names->SeriesName(static_cast<std::uint32_t>(series)).status());
  std::vector<SeriesStatement> statements;
  std::vector<Piece> pieces;
  TW_RETURN_IF_ERROR(CollectPieces(series, found ? ToView(value) : std::string_view(), sequence, &pieces));
  for (const Piece& piece : pieces) {
    SeriesStatement statement;
    statement.published_at = piece.published_at;
    statement.sequence = piece.sequence;
    statement.retracted_by = piece.retracted_by;
    statement.section = piece.section;
    if (piece.is_scope) {
      if (!Overlap(piece.scope, range)) continue;
      statement.is_scope = true;
      statement.scope = piece.scope;
      statements.push_back(statement);
      continue;
    }
    std::string_view cells = piece.cells;
    CellReader reader(&cells);
    CodedCell cell;
    while (reader.Next(&cell)) {
      if (!range.Contains(cell.period)) continue;
      statement.period = cell.period;
      statement.datum = cell.datum;
      statement.attributes = cell.attributes;
      statement.source = cell.source;
      statement.note = cell.note;
      statements.push_back(statement);
    }
    if (!reader.ok() || !cells.empty()) return Damaged(series);
  }
  return statements;
}

}  // namespace tidewaiter::storage
