#include "daemon/engine/release_preview.h"

#include <algorithm>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "daemon/engine/scope_walk.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_fold.h"

namespace tidewaiter::engine {
namespace {

// Computes one preview; used once.
class Previewer {
 public:
  Previewer(const storage::Store& store, const Release& release, Sequence head)
      : store_(store), release_(release), head_(head) {
    for (const Release::Section& section : release.sections()) sections_.push_back(&section.header);
  }

  absl::StatusOr<PreviewedChanges> Run() {
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
  absl::Status AddSection(std::size_t index);
  absl::Status AddSeries(std::size_t section, std::span<const Observation> observations);
  void GatherStated();
  absl::Status AddScopes();

  const storage::Store& store_;
  const Release& release_;
  const Sequence head_;
  std::vector<const SectionHeader*> sections_;
  // Dataset, series and period of what the release states.
  std::set<std::tuple<std::string_view, std::string_view, Period>> stated_;
  PreviewedChanges result_;
  SeriesFold held_;  // what is known
  SeriesFold then_;  // what is known of what was published until then
};

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
    const CellState* held = FindCell(held_.cells(), o.period);
    const CellState* then = FindCell(then_.cells(), o.period);
    if (then != nullptr && SameValue(then->datum, state.datum)) state.value_since = then->value_since;
    const Change change = ClassifyEvent(held, published_at(), state.datum, state.attributes);
    changes.cells.push_back({state, change, held ? std::optional(*held) : std::nullopt});
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
      changes.cells.push_back({state, ClassifyChange(&held, withdrawn, {}), held});
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
