#include "daemon/engine/release_preview.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "daemon/engine/scope_walk.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_fold.h"

namespace tidewaiter::engine {
namespace {

// Entries read at once.
constexpr std::size_t kPage = 1000;

// A scope that was accepted before and published after the release.
struct NewerScope {
  Instant published_at;
  Sequence sequence = 0;
  std::string dataset;
  Scope scope;
};

// Computes one preview; used once.
class Previewer {
 public:
  Previewer(const storage::Store& store, const Release& release, Sequence head)
      : store_(store), release_(release), head_(head) {
    for (const Release::Section& section : release.sections()) sections_.push_back(&section.header);
  }

  absl::StatusOr<PreviewedChanges> Run() {
    TW_RETURN_IF_ERROR(FindNewerScopes());
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      TW_RETURN_IF_ERROR(AddSection(i));
    }
    if (HasScope(sections_)) {
      GatherStated();
      TW_RETURN_IF_ERROR(AddScopes());
    }
    return std::move(result_);
  }

 private:
  Instant published_at() const { return release_.header().published_at.instant; }
  absl::Status FindNewerScopes();
  // What the newest of those that cover a cell makes of it.
  std::optional<CellState> WithdrawnByNewerScope(std::string_view dataset, std::string_view series,
                                                 Period period) const;
  absl::Status AddSection(std::size_t index);
  absl::Status AddSeries(std::size_t section, std::span<const Observation> observations);
  void GatherStated();
  absl::Status AddScopes();

  const storage::Store& store_;
  const Release& release_;
  const Sequence head_;
  std::vector<const SectionHeader*> sections_;
  std::vector<NewerScope> newer_scopes_;  // in published order
  // Dataset, series and period of what the release states.
  std::set<std::tuple<std::string_view, std::string_view, Period>> stated_;
  PreviewedChanges result_;
  SeriesFold held_;  // what is known
  SeriesFold then_;  // what is known of what was published until then
};

// The store shows a scope only through the series that exist, and the release may name new ones: so the log
// is read.
absl::Status Previewer::FindNewerScopes() {
  for (Sequence after = 0; after < head_;) {
    TW_ASSIGN_OR_RETURN(const std::vector<storage::LogEntry> entries, store_.ListEntries("", after, kPage));
    for (const storage::LogEntry& entry : entries) {
      after = entry.sequence;
      if (entry.sequence > head_ || entry.retracts != 0 || entry.retracted_by != 0) continue;
      const Instant newer = entry.header.published_at.instant;
      if (newer <= published_at()) continue;
      for (const storage::SectionInfo& section : entry.sections) {
        if (!section.header.scope) continue;
        newer_scopes_.push_back({newer, entry.sequence, section.header.dataset, *section.header.scope});
      }
    }
    if (entries.size() < kPage) break;
  }
  std::stable_sort(newer_scopes_.begin(), newer_scopes_.end(), [](const NewerScope& a, const NewerScope& b) {
    return std::tie(a.published_at, a.sequence) < std::tie(b.published_at, b.sequence);
  });
  return absl::OkStatus();
}

std::optional<CellState> Previewer::WithdrawnByNewerScope(std::string_view dataset, std::string_view series,
                                                          Period period) const {
  std::optional<CellState> state;
  for (const NewerScope& newer : newer_scopes_) {
    if (newer.dataset != dataset || !newer.scope.periods.Contains(period) ||
        !newer.scope.selector.MatchesText(series)) {
      continue;
    }
    state = {period,
             Datum::Absent(Absence::kWithdrawn),
             {},
             0,
             0,
             newer.sequence,
             newer.published_at,
             newer.published_at};
  }
  return state;
}

absl::Status Previewer::AddSection(std::size_t index) {
  const std::span<const Observation> all(release_.sections()[index].observations);
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    while (end < all.size() && all[end].series == all[begin].series) ++end;
    TW_RETURN_IF_ERROR(AddSeries(index, all.subspan(begin, end - begin)));
  }
  return absl::OkStatus();
}

absl::Status Previewer::AddSeries(std::size_t section, std::span<const Observation> observations) {
  SeriesChanges changes;
  changes.dataset = sections_[section]->dataset;
  changes.key = observations.front().series.text();
  held_.Clear();
  then_.Clear();
  const absl::StatusOr<storage::SeriesEntry> series = store_.FindSeries(changes.dataset, changes.key);
  if (series.ok()) {
    changes.series = series->id;
    TW_RETURN_IF_ERROR(store_.ReadCells(series->id, {Instant::Max(), head_}, {}, &held_));
    TW_RETURN_IF_ERROR(store_.ReadCells(series->id, {published_at(), head_}, {}, &then_));
  } else if (!absl::IsNotFound(series.status())) {
    return series.status();
  }
  for (const Observation& o : observations) {
    CellState state{o.period, o.datum, o.attributes, 0, 0, 0, published_at(), published_at()};
    if (LaterScopeCovers(sections_, section, changes.key, o.period)) {
      state.datum = Datum::Absent(Absence::kWithdrawn);
      state.attributes = Attributes{};
    }
    const CellState* known = FindCell(held_.cells(), o.period);
    const std::optional<CellState> before =
        known ? std::optional(*known) : WithdrawnByNewerScope(changes.dataset, changes.key, o.period);
    const CellState* then = FindCell(then_.cells(), o.period);
    if (then != nullptr && SameValue(then->datum, state.datum)) state.value_since = then->value_since;
    const Change change =
        ClassifyEvent(before ? &*before : nullptr, published_at(), state.datum, state.attributes);
    changes.cells.push_back({state, change, before ? std::optional(before->datum) : std::nullopt});
  }
  result_.series.push_back(std::move(changes));
  return absl::OkStatus();
}

void Previewer::GatherStated() {
  for (const Release::Section& section : release_.sections()) {
    for (const Observation& o : section.observations) {
      stated_.emplace(section.header.dataset, o.series.text(), o.period);
    }
  }
}

// What a scope would withdraw: what is known, is not withdrawn, is not newer, and is not stated.
absl::Status Previewer::AddScopes() {
  const Datum withdrawn = Datum::Absent(Absence::kWithdrawn);
  std::uint64_t withdrawals = 0;
  ScopeWalk walk(&store_, sections_, {});
  while (true) {
    TW_ASSIGN_OR_RETURN(const bool more, walk.Next());
    if (!more) return absl::OkStatus();
    TW_RETURN_IF_ERROR(store_.ReadCells(walk.series().id, {Instant::Max(), head_}, walk.range(), &held_));
    SeriesChanges changes{walk.dataset(), walk.series().key, walk.series().id, {}};
    for (const CellState& held : held_.cells()) {
      if (SameValue(held.datum, withdrawn) || published_at() < held.published_at ||
          !walk.Covers(held.period) || stated_.contains({changes.dataset, changes.key, held.period})) {
        continue;
      }
      if (++withdrawals > limits::kMaxUnaryObservations) {
        ++result_.omitted_withdrawals;
        continue;
      }
      const CellState state{held.period, withdrawn, {}, 0, 0, 0, published_at(), published_at()};
      changes.cells.push_back({state, ClassifyChange(&held, withdrawn, {}), held.datum});
    }
    if (!changes.cells.empty()) result_.series.push_back(std::move(changes));
  }
}

}  // namespace

absl::StatusOr<PreviewedChanges> PreviewChanges(const storage::Store& store, const Release& release,
                                                Sequence head) {
  return Previewer(store, release, head).Run();
}

}  // namespace tidewaiter::engine
