#include "client/wire.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/core.h"
#include "domain/errors.h"
#include "proto/convert/aggregate.h"
#include "proto/convert/release.h"
#include "proto/convert/row.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::client {
namespace {

Cell CellOf(const convert::DecodedBlock& block, std::size_t i) {
  const StatedCell& stated = block.cells[i];
  const convert::DecodedBlock::Origin& origin = block.origins[i];
  const convert::DecodedBlock::Release& release = block.releases[origin.release];
  Cell cell;
  cell.period = stated.period;
  cell.datum = stated.datum;
  cell.attributes = stated.attributes;
  cell.source = stated.source;
  cell.note = stated.note;
  cell.sequence = release.sequence;
  cell.published_at = release.published_at;
  cell.value_since = origin.value_since;
  return cell;
}

absl::StatusOr<AggregateValue> ValueOf(const v1::AggregateMove::State& state) {
  AggregateValue value;
  if (state.value().empty()) {
    TW_ASSIGN_OR_RETURN(value.reason, convert::FromWire(state.reason()));
    return value;
  }
  TW_ASSIGN_OR_RETURN(const Decimal number, Decimal::Parse(state.value()));
  value.value = number;
  if (!state.bound().empty()) {
    TW_ASSIGN_OR_RETURN(const Decimal bound, Decimal::Parse(state.bound()));
    value.bound = bound;
  }
  TW_ASSIGN_OR_RETURN(value.derivation, convert::FromWire(state.derivation()));
  value.extrapolated = state.status() == v1::AGGREGATE_STATUS_EXTRAPOLATED;
  return value;
}

absl::StatusOr<AggregateMove> MoveOf(const v1::AggregateMove& message) {
  AggregateMove move;
  move.series = message.series();
  TW_ASSIGN_OR_RETURN(move.period, Period::Parse(message.period()));
  move.unit = message.unit();
  TW_ASSIGN_OR_RETURN(move.before, ValueOf(message.before()));
  TW_ASSIGN_OR_RETURN(move.after, ValueOf(message.after()));
  return move;
}

}  // namespace

v1::VintageSpec ToWire(const VintageQuery& query) {
  return convert::ToWire(convert::VintageFields{query.as_of, query.as_of_day, query.sequence});
}

v1::ReleaseHeader ToWire(const ReleaseDraft& draft) {
  return convert::ToWire(convert::HeaderFields{draft.agency, draft.release_id, draft.published_at,
                                               draft.published_on, draft.stage, draft.kind, draft.title});
}

absl::StatusOr<ReleaseInfo> FromWire(const v1::Release& release) {
  absl::StatusOr<convert::ReleaseRecord> record = convert::FromWire(release);
  if (!record.ok()) return UnreadableAnswer(record.status());
  ReleaseInfo info;
  info.sequence = record->sequence;
  info.header = std::move(record->header);
  for (convert::ReleaseRecord::Section& section : record->sections) {
    info.sections.push_back({std::move(section.header), section.observations, section.dataset_version});
  }
  info.digest = std::move(record->digest);
  info.chain = std::move(record->chain);
  info.accepted_at = record->accepted_at;
  info.retracts = record->retracts;
  info.retracted_by = record->retracted_by;
  info.observations = record->observations;
  return info;
}

absl::StatusOr<Vintage> FromWire(const v1::Vintage& vintage) {
  absl::StatusOr<Vintage> read = convert::FromWire(vintage);
  if (!read.ok()) return UnreadableAnswer(read.status());
  return read;
}

absl::StatusOr<HistoryLine> FromWire(const v1::HistoryEntry& entry) {
  absl::StatusOr<convert::HistoryRow> read = convert::FromWire(entry);
  if (!read.ok()) return UnreadableAnswer(read.status());
  Observation& stated = read->row.observation;
  HistoryLine line;
  line.series = stated.series.text();
  line.cell.period = stated.period;
  line.cell.datum = stated.datum;
  line.cell.attributes = stated.attributes;
  line.cell.source = std::move(stated.source);
  line.cell.note = std::move(stated.note);
  line.cell.sequence = read->row.sequence;
  line.cell.published_at = read->row.published_at;
  line.cell.value_since = read->row.value_since;
  line.published_to = read->published_to;
  line.vintage_change = read->vintage_change;
  line.event_change = read->event_change;
  return line;
}

absl::StatusOr<DatasetChanges> FromWire(const v1::ChangeBlock& block) {
  convert::DecodedChanges decoded;
  if (absl::Status s = convert::DecodeChangeBlock(block, &decoded); !s.ok()) return UnreadableAnswer(s);
  DatasetChanges changes;
  changes.dataset = decoded.dataset;
  changes.cells.reserve(decoded.changes.size());
  for (const convert::DecodedBlock::Series& series : decoded.block.series) {
    for (std::size_t i = series.begin; i < series.end; ++i) {
      ChangedCell cell;
      cell.series = series.key;
      cell.cell = CellOf(decoded.block, i);
      cell.change = decoded.changes[i];
      if (cell.change.change != ChangeClass::kNew) cell.before = decoded.before[i];
      changes.cells.push_back(std::move(cell));
    }
  }
  return changes;
}

absl::StatusOr<AggregateMoves> FromWire(const v1::AggregateMoves& message) {
  AggregateMoves moves;
  moves.aggregate = message.aggregate();
  moves.problem = message.problem();
  for (const v1::AggregateMove& from : message.moves()) {
    absl::StatusOr<AggregateMove> move = MoveOf(from);
    if (!move.ok()) return UnreadableAnswer(move.status());
    moves.moves.push_back(*std::move(move));
  }
  return moves;
}

absl::StatusOr<std::vector<SeriesCells>*> BlockReader::Read(const v1::ObservationBlock& block) {
  if (absl::Status s = convert::DecodeBlock(block, convert::BlockUse::kAnswer, &decoded_); !s.ok()) {
    return UnreadableAnswer(s);
  }
  series_.resize(decoded_.series.size());
  for (std::size_t s = 0; s < series_.size(); ++s) {
    const convert::DecodedBlock::Series& from = decoded_.series[s];
    series_[s].series = from.key;
    series_[s].cells.clear();
    series_[s].cells.reserve(from.end - from.begin);
    for (std::size_t i = from.begin; i < from.end; ++i) series_[s].cells.push_back(CellOf(decoded_, i));
  }
  return &series_;
}

}  // namespace tidewaiter::client
