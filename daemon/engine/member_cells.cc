#include "daemon/engine/member_cells.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/engine/newest_publication.h"
#include "daemon/engine/zones.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::engine {
namespace {

CellState StateOf(const HistoryEntry& entry) {
  return {.period = entry.period,
          .datum = entry.datum,
          .attributes = entry.attributes,
          .source = entry.source,
          .note = entry.note,
          .sequence = entry.sequence,
          .published_at = entry.published_at,
          .value_since = entry.value_since};
}

absl::Status TooManyCells() {
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
                   absl::StrCat("keys: one sum holds at most ", limits::kMaxSumCells,
                                " cells; narrow the selector, or keep more dimensions by group_by"),
                   {{"limit", "kMaxSumCells"}, {"maximum", absl::StrCat(limits::kMaxSumCells)}},
                   {{"keys", "selects too many cells for one sum"}});
}

}  // namespace

absl::StatusOr<CellReader> CellReader::Create(const storage::Store* store, const DatasetDefinition& dataset,
                                              const Vintage& vintage, const RealTime& real_time) {
  CellReader reader;
  reader.store_ = store;
  reader.vintage_ = vintage;
  reader.real_time_ = real_time;
  if (real_time.maturity != Maturity::kAfter) return reader;
  TW_ASSIGN_OR_RETURN(reader.zone_, FindZone(dataset.time_zone));
  reader.edge_ = vintage.as_of;
  if (vintage.as_of == Instant::Max()) {
    TW_ASSIGN_OR_RETURN(reader.edge_, NewestPublication(*store, dataset.id, vintage.sequence));
  }
  return reader;
}

Instant CellReader::Aged(Instant print) const {
  const absl::CivilDay day = absl::ToCivilDay(absl::FromUnixMicros(print.micros()), zone_);
  const absl::CivilMonth month = absl::CivilMonth(day) + real_time_.age_months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;  // the 31st may not exist there
  return PublishedAt::OnDay(absl::CivilDay(month.year(), month.month(), std::min(day.day(), last.day())),
                            zone_)
      .instant;
}

std::optional<Vintage> CellReader::VintageAt(Instant print) const {
  if (real_time_.maturity != Maturity::kAfter) return Vintage{.as_of = print, .sequence = vintage_.sequence};
  const Instant aged = Aged(print);
  if (aged > edge_) return std::nullopt;
  return Vintage{.as_of = aged, .sequence = vintage_.sequence};
}

absl::Status CellReader::Read(storage::SeriesId series, const Vintage& at, SeriesFold* fold,
                              std::vector<CellState>* own) const {
  if (real_time_.each_operand) return ReadOwnPrints(series, own);
  return store_->ReadAskedCells(series, at, PeriodRange(), fold);
}

absl::StatusOr<std::map<Period, Instant>> CellReader::PrintsOf(storage::SeriesId series) const {
  TW_ASSIGN_OR_RETURN(const std::vector<SeriesStatement> statements,
                      store_->ReadStatements(series, vintage_.sequence, PeriodRange()));
  const bool nth = real_time_.maturity == Maturity::kNth;
  std::map<Period, Instant> prints;
  for (const HistoryEntry& entry :
       BuildHistory(statements, vintage_, nth ? HistoryType::kNth : HistoryType::kInitial, real_time_.n)) {
    prints.emplace(entry.period, entry.published_at);
  }
  return prints;
}

absl::Status CellReader::ReadOwnPrints(storage::SeriesId series, std::vector<CellState>* own) const {
  own->clear();
  TW_ASSIGN_OR_RETURN(const std::vector<SeriesStatement> statements,
                      store_->ReadStatements(series, vintage_.sequence, PeriodRange()));
  const bool nth = real_time_.maturity == Maturity::kNth;
  const std::vector<HistoryEntry> prints =
      BuildHistory(statements, vintage_, nth ? HistoryType::kNth : HistoryType::kInitial, real_time_.n);
  if (real_time_.maturity != Maturity::kAfter) {
    for (const HistoryEntry& entry : prints) own->push_back(StateOf(entry));
    return absl::OkStatus();
  }
  // Of each cell the last statement that was made until it was so old.
  const std::vector<HistoryEntry> all = BuildHistory(statements, vintage_, HistoryType::kAll);
  for (const HistoryEntry& first : prints) {
    const std::optional<Vintage> aged = VintageAt(first.published_at);
    if (!aged) continue;
    const HistoryEntry* last = nullptr;
    for (const HistoryEntry& entry : all) {
      if (entry.period == first.period && entry.published_at <= aged->as_of) last = &entry;
    }
    own->push_back(StateOf(last == nullptr ? first : *last));
  }
  return absl::OkStatus();
}

void LoadedSum::Clear() {
  members_.clear();
  ids_.clear();
  months_ = nullptr;
  span_.reset();
}

absl::StatusOr<std::size_t> LoadedSum::LoadOne(const CellReader& reader, const Vintage& at,
                                               storage::SeriesId series, bool additive, Slot* slot) {
  slot->fold.Clear();
  slot->own.clear();
  if (series != storage::SeriesId{}) {
    TW_RETURN_IF_ERROR(reader.Read(series, at, &slot->fold, &slot->own));
  }
  const std::vector<CellState>& cells = reader.real_time().each_operand ? slot->own : slot->fold.cells();
  slot->algebra.emplace(cells, additive);
  Widen(cells);
  return cells.size();
}

// A run can end where a cell ends, or right before one begins.
void LoadedSum::Widen(std::span<const CellState> cells) {
  if (cells.empty()) return;
  const Month start = cells.front().period.start();
  Month first = cells.front().period.last();
  Month last = first;
  for (const CellState& cell : cells) {
    first = std::min(first, cell.period.last());
    if (cell.period.start() > start) first = std::min(first, cell.period.start() - 1);
    last = std::max(last, cell.period.last());
  }
  Widen(MonthSpan{first, last, start});
}

void LoadedSum::Widen(const MonthSpan& span) {
  if (!span_) {
    span_ = span;
  } else {
    span_ = MonthSpan{std::min(span_->first, span.first), std::max(span_->last, span.last),
                      std::min(span_->start, span.start)};
  }
}

absl::Status LoadedSum::Load(const CellReader& reader, const Vintage& at, const PlannedSum& sum,
                             const std::vector<std::vector<PeriodRange>>& whens, bool pairs,
                             const SumColumns* columns) {
  Clear();
  std::size_t cells = 0;
  const SumColumns::Sum* const held = columns == nullptr ? nullptr : columns->Find(sum);
  if (held != nullptr && held->months.series() > 0) {
    months_ = &held->months;
    cells = held->cells;
    Widen(MonthSpan{months_->first(), months_->last(), months_->first()});
  }
  const std::size_t step = pairs ? 2 : 1;
  for (std::size_t i = 0; i + step <= sum.members.size(); i += step) {
    if (held != nullptr && !columns->MustRead(sum.members[i])) continue;
    std::size_t known = 0;
    const std::size_t begin = members_.size();
    for (std::size_t k = 0; k < step; ++k) {
      const PlannedMember& planned = sum.members[i + k];
      if (slots_.size() == members_.size()) slots_.push_back(std::make_unique<Slot>());
      Slot* const slot = slots_[members_.size()].get();
      TW_ASSIGN_OR_RETURN(const std::size_t n, LoadOne(reader, at, planned.id, sum.additive, slot));
      known += n;
      members_.push_back({.cells = &*slot->algebra, .sign = planned.sign, .when = whens[planned.when]});
      ids_.push_back(planned.id);
    }
    if (known == 0) {
      members_.resize(begin);
      ids_.resize(begin);
    }
    cells += known;
    if (cells > limits::kMaxSumCells) return TooManyCells();
  }
  return absl::OkStatus();
}

}  // namespace tidewaiter::engine
