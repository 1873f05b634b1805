#include "daemon/engine/implied_tally.h"

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/engine/release_figures.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/release_check.h"
#include "domain/selector.h"
#include "domain/series_key.h"

namespace tidewaiter::engine {
namespace {

constexpr int kYear = 12;

absl::Status TooManySeries() {
  const std::string description =
      absl::StrCat("at most ", limits::kMaxCheckedSeries, " series are checked at once; select fewer");
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
                   absl::StrCat("keys: ", description),
                   {{"limit", "kMaxCheckedSeries"}, {"maximum", absl::StrCat(limits::kMaxCheckedSeries)}},
                   {{"keys", description}});
}

absl::StatusOr<std::vector<Selector>> ReadSelectors(const TallyInput& input,
                                                    const DatasetDefinition& dataset) {
  std::vector<Selector> selectors;
  Violations violations;
  if (input.keys.size() > limits::kMaxSelectorsPerRequest) {
    return InvalidField("keys", absl::StrCat("at most ", limits::kMaxSelectorsPerRequest, " selectors"));
  }
  for (std::size_t i = 0; i < input.keys.size(); ++i) {
    absl::StatusOr<Selector> selector = Selector::Parse(input.keys[i]);
    const absl::Status fits =
        selector.ok() ? selector->Validate(dataset.dimensions.size()) : selector.status();
    violations.Add(absl::StrCat("keys[", i, "]"), fits);
    if (fits.ok()) selectors.push_back(*std::move(selector));
  }
  violations.Add("periods", input.periods.Validate());
  TW_RETURN_IF_ERROR(violations.ToStatus());
  if (selectors.empty()) selectors.emplace_back();
  return selectors;
}

bool AnyMatches(const std::vector<Selector>& selectors, const SeriesKey& key) {
  for (const Selector& selector : selectors) {
    if (selector.Matches(key)) return true;
  }
  return false;
}

// The selector with every code of measure and unit: where the rates stand beside the levels.
std::string WithRates(const DatasetDefinition& dataset, const SeriesKey& level) {
  std::string text;
  for (std::size_t i = 0; i < level.dimensions(); ++i) {
    const Role role = dataset.dimensions[i].role;
    const bool any = role == Role::kMeasure || role == Role::kUnit;
    absl::StrAppend(&text, i == 0 ? "" : ".", any ? std::string() : std::string(level.code(i)));
  }
  return text.find_first_not_of('.') == std::string::npos ? "*" : text;
}

class Tally {
 public:
  Tally(const TallyInput& input, const DatasetDefinition& dataset, const std::vector<Selector>& selectors)
      : input_(input), dataset_(dataset), selectors_(selectors) {}

  void Add(const ImpliedBaseCheck& check) {
    if (check.repeated || !input_.periods.Contains(check.period) || !AnyMatches(selectors_, check.level))
      return;
    const bool starts_year = check.period.start().month() == dataset_.year_start_month;
    if (input_.year_to_date && (!starts_year || check.period.months() < 2 || check.period.months() > kYear))
      return;
    ImpliedTally::Series& series = series_[check.level];
    series.level = check.level.text();
    if (check.result.verdict != BaseVerdict::kNotTestable) periods_.insert(check.period);
    switch (check.result.verdict) {
      case BaseVerdict::kFits:
        ++series.fit;
        return;
      case BaseVerdict::kHeldBelow:
        ++series.up;
        break;
      case BaseVerdict::kHeldAbove:
        ++series.down;
        break;
      case BaseVerdict::kNotTestable:
        ++series.not_testable;
        return;
    }
    inconsistent_.insert(check.period);
  }

  void Finish(ImpliedTally* tally) {
    for (auto& [key, series] : series_) tally->series.push_back(std::move(series));
    tally->periods = periods_.size();
    tally->inconsistent_periods = inconsistent_.size();
  }

 private:
  const TallyInput& input_;
  const DatasetDefinition& dataset_;
  const std::vector<Selector>& selectors_;
  std::map<SeriesKey, ImpliedTally::Series> series_;
  std::set<Period> periods_;
  std::set<Period> inconsistent_;
};

struct Cell {
  const SeriesKey* series;
  const SeriesStatement* statement;
};

}  // namespace

absl::StatusOr<ImpliedTally> TallyImpliedRevisions(const storage::Store& store,
                                                   const KeptConventions& conventions,
                                                   const TallyInput& input,
                                                   const std::function<absl::Status()>& check_alive) {
  TW_ASSIGN_OR_RETURN(const storage::DatasetInfo info, store.GetDataset(input.dataset));
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<const Conventions> kept, conventions.Get(input.dataset));
  TW_ASSIGN_OR_RETURN(const std::vector<Selector> selectors, ReadSelectors(input, info.definition));
  ImpliedTally tally;
  tally.rounding = input.rounding.value_or(kept->rounding);
  tally.sequence = store.head();

  // The levels, and whatever stands beside them.
  std::set<SeriesKey> series;
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    TW_ASSIGN_OR_RETURN(const std::vector<SeriesKey> levels,
                        FindSeriesKeys(store, input.dataset, selectors[i]));
    if (levels.empty() && !input.keys.empty()) {
      return MakeError(absl::StatusCode::kNotFound, Reason::kSeriesNotFound,
                       absl::StrCat("no series of ", input.dataset, " matches ", input.keys[i]));
    }
    if (levels.size() > limits::kMaxCheckedSeries) return TooManySeries();
    std::set<std::string> beside;
    for (const SeriesKey& level : levels) beside.insert(WithRates(info.definition, level));
    for (const std::string& text : beside) {
      TW_ASSIGN_OR_RETURN(const Selector selector, Selector::Parse(text));
      TW_ASSIGN_OR_RETURN(const std::vector<SeriesKey> found, FindSeriesKeys(store, input.dataset, selector));
      series.insert(found.begin(), found.end());
      if (series.size() > limits::kMaxCheckedSeries) return TooManySeries();
    }
  }

  HindsightFigures figures(&store, input.dataset, tally.sequence, {});
  std::map<ReleasePlace, std::vector<Cell>> releases;
  for (const SeriesKey& key : series) {
    TW_ASSIGN_OR_RETURN(const std::vector<SeriesStatement>* const statements, figures.StatementsOf(key));
    for (const SeriesStatement& statement : *statements) {
      if (statement.is_scope || statement.retracted_by != 0) continue;
      releases[{statement.published_at, statement.sequence}].push_back({&key, &statement});
    }
  }
  Tally counted(input, info.definition, selectors);
  for (const auto& [place, cells] : releases) {
    TW_RETURN_IF_ERROR(check_alive());
    figures.SetRelease(place);
    ReleaseUnderCheck release;
    release.sequence = place.sequence;
    release.kind = ReleaseKind::kBackfill;  // unannounced revisions are not asked for
    release.conventions.rounding = tally.rounding;
    ReleaseChecker checker(release, info.definition, figures,
                           [&](const ImpliedBaseCheck& check) { counted.Add(check); });
    for (const Cell& cell : cells) {
      TW_RETURN_IF_ERROR(checker.Check(*cell.series, cell.statement->period, cell.statement->datum,
                                       cell.statement->attributes));
    }
  }
  counted.Finish(&tally);
  return tally;
}

}  // namespace tidewaiter::engine
