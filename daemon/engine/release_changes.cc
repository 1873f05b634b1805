#include "daemon/engine/release_changes.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "daemon/engine/scope_horizon.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_fold.h"
#include "domain/strings.h"

namespace tidewaiter::engine {
namespace {

using storage::LogEntry;
using storage::SeriesStatements;

// Known when the part was written, as far as such a count can be: the heads of vectors and strings.
constexpr std::size_t kSeriesOverheadBytes = 64;

bool IsWithdrawn(const CellState& cell) { return SameValue(cell.datum, Datum::Absent(Absence::kWithdrawn)); }

absl::Status Damaged(Sequence sequence, std::string_view series, Period period) {
  return MakeError(
      absl::StatusCode::kDataLoss, Reason::kCorruption,
      absl::StrCat("release ", sequence, " states ", ToAbsl(series), " ", period.ToString(),
                   ", but the cell is not found where that statement is known; verify the store"),
      {{"sequence", absl::StrCat(sequence)}});
}

absl::Status NoSuchPart(Sequence sequence, std::uint32_t part) {
  return InvalidField("part", absl::StrCat("entry ", sequence, " has no part ", part));
}

// The least range that holds all the cells.
template <typename Cell, typename PeriodOf>
PeriodRange RangeOf(const std::vector<Cell>& cells, PeriodOf period_of) {
  PeriodRange range;
  for (const Cell& cell : cells) {
    const Period period = period_of(cell);
    range.from = range.from ? std::min(*range.from, period.start()) : period.start();
    range.to = range.to ? std::max(*range.to, period.last()) : period.last();
  }
  return range;
}

// Computes one part; used once.
class PartBuilder {
 public:
  PartBuilder(const storage::Store& store, LogEntry entry, LogEntry subject, const ChangesHints& hints,
              ChangesPart* out)
      : store_(store),
        hints_(hints),
        entry_(std::move(entry)),
        subject_(std::move(subject)),
        sections_(HeadersOf(subject_.sections)),
        columns_(&store, before()),
        out_(*out) {}

  // Part `part` of what the release, or the retracted release, states.
  absl::Status BuildStated(std::uint32_t part);
  // The `index`-th part of scopes.
  absl::Status BuildScoped(std::uint32_t index);

  bool has_scopes() const { return HasScope(sections_); }

 private:
  bool is_retraction() const { return entry_.retracts != 0; }
  Instant published_at() const { return entry_.header.published_at.instant; }
  Vintage before() const { return {Instant::Max(), entry_.sequence - 1}; }
  Vintage after() const { return {Instant::Max(), entry_.sequence}; }

  bool NobodyHasScopes() const { return hints_.newest_scope == ScopeHorizon::kNever; }
  absl::Status AddStated(const SeriesStatements& statements);
  absl::Status ReadHeld(storage::SeriesId series, const PeriodRange& range);
  absl::StatusOr<const CellState*> FindHeld(const SeriesStatements& statements,
                                            const SeriesStatements::Cell& cell, const PeriodRange& range);
  absl::Status StateCells(const SeriesStatements& statements, const PeriodRange& range, SeriesChanges* out);
  bool MayLieUnderScope() const { return !hints_.newest_scope || published_at() < *hints_.newest_scope; }
  absl::Status UnstateCells(const SeriesStatements& statements, const PeriodRange& range, SeriesChanges* out);
  absl::Status AddScoped(const ScopeWalk& walk);
  absl::Status RemoveStated(storage::SeriesId series, std::vector<SeriesChanges::Cell>* cells);

  const storage::Store& store_;
  const ChangesHints& hints_;
  const LogEntry entry_;
  const LogEntry subject_;  // the release whose statements are walked: the entry, or what it retracts
  const std::vector<const SectionHeader*> sections_;  // of the subject
  HeldColumns columns_;
  ChangesPart& out_;
  SeriesFold held_;                              // what was known before the entry
  const HeldColumns::Slices* slices_ = nullptr;  // instead of held_, of the series under way
  CellState of_slices_;                          // the last cell out of them
  SeriesFold known_;                             // what is known after it
  SeriesFold then_;                              // what is known after it of what was published until then
};

absl::Status PartBuilder::BuildStated(std::uint32_t part) {
  TW_ASSIGN_OR_RETURN(const storage::ReleasePart stated, store_.ReadPart(subject_.sequence, part));
  out_.series.reserve(stated.size());
  if (!is_retraction() && NobodyHasScopes()) columns_.Read(sections_, stated, hints_.least_series_by_period);
  for (const SeriesStatements& statements : stated) {
    TW_RETURN_IF_ERROR(AddStated(statements));
  }
  out_.last = part + 1 == subject_.parts && !has_scopes();
  return absl::OkStatus();
}

absl::Status PartBuilder::AddStated(const SeriesStatements& statements) {
  SeriesChanges changes;
  changes.dataset = sections_[statements.section]->dataset;
  changes.series = statements.series;
  TW_ASSIGN_OR_RETURN(changes.key, store_.KeyOf(statements.series));
  const PeriodRange range = RangeOf(statements.cells, [](const auto& cell) { return cell.period; });
  slices_ = columns_.Of(changes.dataset);
  if (slices_ == nullptr) TW_RETURN_IF_ERROR(ReadHeld(statements.series, range));
  changes.cells.reserve(statements.cells.size());
  TW_RETURN_IF_ERROR(is_retraction() ? UnstateCells(statements, range, &changes)
                                     : StateCells(statements, range, &changes));
  if (!changes.cells.empty()) out_.series.push_back(std::move(changes));
  return absl::OkStatus();
}

absl::Status PartBuilder::ReadHeld(storage::SeriesId series, const PeriodRange& range) {
  slices_ = nullptr;
  return store_.ReadCells(series, before(), range, &held_);
}

// nullptr: nothing was held. Good until the next is asked for. No column tells since when a value stands, and
// nobody wants to know unless the cell states it again: then the series is read.
absl::StatusOr<const CellState*> PartBuilder::FindHeld(const SeriesStatements& statements,
                                                       const SeriesStatements::Cell& cell,
                                                       const PeriodRange& range) {
  if (slices_ != nullptr) {
    TW_ASSIGN_OR_RETURN(const std::optional<CellState> held,
                        columns_.Find(*slices_, statements.series, cell.period));
    if (!held) return nullptr;
    if (!SameValue(held->datum, cell.datum)) {
      of_slices_ = *held;
      return &of_slices_;
    }
    TW_RETURN_IF_ERROR(ReadHeld(statements.series, range));
  }
  return FindCell(held_.cells(), cell.period);
}

// The state that a statement makes follows from what was held, unless the release says more about the cell,
// or something newer is held: then it is read where the statement is the last that is visible, at (its own
// published_at, its own sequence). Of a cell that nobody knew it takes a look at what is known now to see a
// newer scope.
absl::Status PartBuilder::StateCells(const SeriesStatements& statements, const PeriodRange& range,
                                     SeriesChanges* out) {
  bool known_is_read = false, then_is_read = false;
  const auto read = [&](const Vintage& vintage, bool* is_read, SeriesFold* fold) {
    if (std::exchange(*is_read, true)) return absl::OkStatus();
    return store_.ReadCells(statements.series, vintage, range, fold);
  };
  for (const SeriesStatements::Cell& cell : statements.cells) {
    TW_ASSIGN_OR_RETURN(const CellState* held, FindHeld(statements, cell, range));
    CellState by_scope;
    if (held == nullptr && MayLieUnderScope()) {
      TW_RETURN_IF_ERROR(read(after(), &known_is_read, &known_));
      const CellState* known = FindCell(known_.cells(), cell.period);
      if (known != nullptr && known->sequence != entry_.sequence) {
        by_scope = *known;
        by_scope.value_since = known->published_at;  // before the statement there was no cell to be withdrawn
        held = &by_scope;
      }
    }
    CellState state{cell.period, cell.datum,      cell.attributes, cell.source,
                    cell.note,   entry_.sequence, published_at(),  published_at()};
    Change change = ClassifyEvent(held, published_at(), cell.datum, cell.attributes);
    if (change.change == ChangeClass::kBackfilled ||
        LaterScopeCovers(sections_, statements.section, out->key, cell.period)) {
      TW_RETURN_IF_ERROR(read({published_at(), entry_.sequence}, &then_is_read, &then_));
      const CellState* then = FindCell(then_.cells(), cell.period);
      if (then == nullptr || then->sequence != entry_.sequence) {
        return Damaged(entry_.sequence, out->key, cell.period);
      }
      state = *then;
      change = ClassifyEvent(held, published_at(), state.datum, state.attributes);
    } else if (held != nullptr && SameValue(held->datum, cell.datum)) {
      state.value_since = held->value_since;
    }
    out->cells.push_back({state, change, held ? std::optional(held->datum) : std::nullopt});
  }
  return absl::OkStatus();
}

absl::Status PartBuilder::UnstateCells(const SeriesStatements& statements, const PeriodRange& range,
                                       SeriesChanges* out) {
  TW_RETURN_IF_ERROR(store_.ReadCells(statements.series, after(), range, &known_));
  for (const SeriesStatements::Cell& cell : statements.cells) {
    const CellState* held = FindCell(held_.cells(), cell.period);
    if (held == nullptr) return Damaged(subject_.sequence, out->key, cell.period);
    const CellState* known = FindCell(known_.cells(), cell.period);
    CellState state{
        cell.period,   Datum::Absent(Absence::kWithdrawn), {}, 0, 0, entry_.sequence, published_at(),
        published_at()};
    if (known != nullptr) state = *known;
    Change change = ClassifyChange(held, state.datum, state.attributes);
    if (known != nullptr && held->sequence != subject_.sequence) change = {ChangeClass::kBackfilled};
    out->cells.push_back({state, change, held->datum});
  }
  return absl::OkStatus();
}

// A part takes the next series about which something was known in the scopes' range before the entry came, up
// to kMaxScopeSeriesPerPart of them with up to kMaxChunkObservations cells. What was known then stays as it
// is, so the parts do too, while the catalogue grows: a series that came later is listed between the others
// and counts as nothing.
absl::Status PartBuilder::BuildScoped(std::uint32_t index) {
  std::uint32_t to_skip = hints_.start ? 0 : index;
  std::size_t series = 0, cells = 0;  // in the part under way
  ScopeCursor end;                    // of the part under way
  ScopeWalk walk(&store_, sections_, hints_.start.value_or(ScopeCursor{}));
  while (true) {
    TW_ASSIGN_OR_RETURN(const bool more, walk.Next());
    if (!more) break;
    TW_RETURN_IF_ERROR(store_.ReadCells(walk.series().id, before(), walk.range(), &held_));
    const std::size_t held = held_.cells().size();
    if (held == 0) continue;
    const bool full = series == kMaxScopeSeriesPerPart || cells + held > limits::kMaxChunkObservations;
    if (full && series > 0) {
      if (to_skip == 0) {
        out_.next = std::move(end);
        return absl::OkStatus();
      }
      --to_skip;
      series = cells = 0;
    }
    ++series;
    cells += held;
    end = walk.cursor();
    if (to_skip == 0) TW_RETURN_IF_ERROR(AddScoped(walk));
  }
  if (to_skip > 0) return NoSuchPart(entry_.sequence, out_.part);
  out_.last = true;
  return absl::OkStatus();
}

// What moved between what was known of the series, which is in held_, and what is known now: by a scope,
// unless the release names the cell.
absl::Status PartBuilder::AddScoped(const ScopeWalk& walk) {
  TW_RETURN_IF_ERROR(store_.ReadCells(walk.series().id, after(), walk.range(), &known_));
  SeriesChanges changes{walk.dataset(), walk.series().key, walk.series().id, {}};
  for (const CellState& held : held_.cells()) {
    const CellState* known = FindCell(known_.cells(), held.period);
    if (known == nullptr) continue;  // stated by the retracted release alone
    const bool moved = is_retraction() ? IsWithdrawn(held) && !IsWithdrawn(*known)
                                       : !IsWithdrawn(held) && IsWithdrawn(*known);
    if (!moved) continue;
    changes.cells.push_back({*known, ClassifyChange(&held, known->datum, known->attributes), held.datum});
  }
  TW_RETURN_IF_ERROR(RemoveStated(changes.series, &changes.cells));
  if (!changes.cells.empty()) out_.series.push_back(std::move(changes));
  return absl::OkStatus();
}

// Removes the cells that the release names itself: they are among what it states.
absl::Status PartBuilder::RemoveStated(storage::SeriesId series, std::vector<SeriesChanges::Cell>* cells) {
  if (cells->empty()) return absl::OkStatus();
  const PeriodRange range = RangeOf(*cells, [](const auto& cell) { return cell.state.period; });
  TW_ASSIGN_OR_RETURN(const std::vector<SeriesStatement> statements,
                      store_.ReadStatements(series, subject_.sequence, range));
  absl::flat_hash_set<std::pair<std::int32_t, int>> stated;
  for (const SeriesStatement& s : statements) {
    if (s.sequence == subject_.sequence && !s.is_scope) {
      stated.insert({s.period.start().index(), s.period.months()});
    }
  }
  std::erase_if(*cells, [&](const SeriesChanges::Cell& cell) {
    return stated.contains({cell.state.period.start().index(), cell.state.period.months()});
  });
  return absl::OkStatus();
}

}  // namespace

const CellState* FindCell(const std::vector<CellState>& cells, Period period) {
  const auto it = std::lower_bound(cells.begin(), cells.end(), period,
                                   [](const CellState& cell, Period p) { return cell.period < p; });
  return it != cells.end() && it->period == period ? &*it : nullptr;
}

std::size_t ChangesPart::ApproximateBytes() const {
  std::size_t bytes = sizeof(ChangesPart);
  for (const storage::SectionInfo& section : entry.sections) {
    bytes += sizeof section + section.header.dataset.size();
    if (section.header.scope) bytes += section.header.scope->selector.ToString().size();
  }
  for (const SeriesChanges& changes : series) {
    bytes += sizeof changes + kSeriesOverheadBytes + changes.dataset.size() + changes.key.size() +
             changes.cells.capacity() * sizeof(SeriesChanges::Cell);
  }
  return bytes;
}

absl::StatusOr<std::shared_ptr<const ChangesPart>> ComputeChanges(const storage::Store& store,
                                                                  Sequence sequence, std::uint32_t part,
                                                                  const ChangesHints& hints) {
  TW_ASSIGN_OR_RETURN(LogEntry entry, store.GetEntry(sequence));
  entry.retracted_by = 0;
  LogEntry subject = entry;
  if (entry.retracts != 0) {
    TW_ASSIGN_OR_RETURN(subject, store.GetEntry(entry.retracts));
  }
  auto out = std::make_shared<ChangesPart>();
  out->entry = entry;
  out->part = part;
  const std::uint32_t stated_parts = subject.parts;
  PartBuilder builder(store, std::move(entry), std::move(subject), hints, out.get());
  if (part < stated_parts) {
    TW_RETURN_IF_ERROR(builder.BuildStated(part));
  } else if (builder.has_scopes()) {
    TW_RETURN_IF_ERROR(builder.BuildScoped(part - stated_parts));
  } else if (part == 0) {
    out->last = true;  // an entry that says nothing
  } else {
    return NoSuchPart(sequence, part);
  }
  return std::shared_ptr<const ChangesPart>(std::move(out));
}

}  // namespace tidewaiter::engine
