#include "daemon/engine/aggregate_revisions.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_key.h"

namespace tidewaiter::engine {
namespace {

// The figures of one print, by output key and run; undefined ones have no value.
struct Figure {
  std::optional<Decimal> first;
  std::optional<Decimal> later;
};
struct Output {
  std::string unit;
  std::map<Period, Figure> figures;
};
struct ByKey {
  bool operator()(const std::string& a, const std::string& b) const { return CompareSeriesKeys(a, b) < 0; }
};
using Outputs = std::map<std::string, Output, ByKey>;

RealTime RealTimeOf(const PrintChoice& choice) {
  RealTime real_time;
  switch (choice.age) {
    case PrintChoice::Age::kFirst:
      real_time.maturity = Maturity::kFirst;
      break;
    case PrintChoice::Age::kNth:
      real_time.maturity = Maturity::kNth;
      real_time.n = choice.n;
      break;
    case PrintChoice::Age::kAfter:
      real_time.maturity = Maturity::kAfter;
      real_time.age_months = choice.months;
      break;
    case PrintChoice::Age::kLatest:
      break;
  }
  return real_time;
}

absl::Status TooManyFigures() {
  const std::string description =
      absl::StrCat("at most ", limits::kMaxPooledPairs, " figures are compared at once");
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
                   absl::StrCat("keys: ", description),
                   {{"limit", "kMaxPooledPairs"}, {"maximum", absl::StrCat(limits::kMaxPooledPairs)}},
                   {{"keys", description}});
}

// Reads the figures at one print into the member of Figure that is meant.
absl::StatusOr<Vintage> ReadPrint(const Aggregates& aggregates, const AggregateQuery& query,
                                  const VintageInput& vintage, const PeriodRange& months,
                                  const PrintChoice& choice, const std::function<absl::Status()>& check_alive,
                                  std::optional<Decimal> Figure::*print, Outputs* outputs) {
  AggregateView view;
  view.months = months;
  view.real_time = RealTimeOf(choice);
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<AggregateReader> reader,
                      aggregates.Open(query, vintage, view, {}, check_alive));
  for (std::size_t figures = 0;; ++figures) {
    TW_ASSIGN_OR_RETURN(const bool more, reader->Next());
    if (!more) return reader->vintage();
    if (figures == limits::kMaxPooledPairs) return TooManyFigures();
    const AggregateFigure& figure = reader->figure();
    Output& output = (*outputs)[figure.series];
    output.unit = figure.unit;
    output.figures[figure.period].*print = figure.value.value;
    if (outputs->size() > kMaxRevisionSeries) return TooManyRevisionSeries();
  }
}

bool IsGrowth(Transform transform) {
  return transform == Transform::kGrowth || transform == Transform::kAnnualisedGrowth ||
         transform == Transform::kMagnitudeGrowth;
}

// By how many months the figures of neighbouring months share operands.
int OverlapOf(const AggregateSpec& spec, int window_months) {
  const bool compares = IsGrowth(spec.transform) || spec.transform == Transform::kChange ||
                        spec.transform == Transform::kContribution;
  return window_months - 1 + (compares ? spec.lag_months : 0);
}

// The months of each window; 0: they differ, as those of years to date do.
int LengthOf(const Output& output) {
  int months = output.figures.begin()->first.months();
  for (const auto& [period, figure] : output.figures) {
    if (period.months() != months) return 0;
  }
  return months;
}

absl::StatusOr<SeriesRevisionStatistics> Compute(const std::string& series, const Output& output,
                                                 const AggregateSpec& spec, const RevisionInput& input,
                                                 std::vector<RevisionPair>* pairs) {
  SeriesRevisionStatistics result;
  result.series = series;
  result.unit = output.unit == "PCT" || output.unit == "PP" ? "pp" : output.unit;
  result.period_months = LengthOf(output);
  int longest = 1;
  for (const auto& [period, figure] : output.figures) {
    longest = std::max(longest, period.months());
    if (figure.first && figure.later) {
      pairs->push_back({period, *figure.first, *figure.later});
    } else {
      ++result.left_out;
    }
  }
  if (!pairs->empty()) {
    result.first_period = pairs->front().period;
    result.last_period = pairs->back().period;
  }
  RevisionOptions options;
  options.overlap_months = OverlapOf(spec, longest);
  options.hac_lag = input.hac_lag;
  options.values_are_growth = IsGrowth(spec.transform);
  TW_ASSIGN_OR_RETURN(result.statistics, ComputeRevisionStatistics(*pairs, options));
  return result;
}

absl::Status Validate(const RevisionInput& input) {
  Violations violations;
  CheckPrints(input, violations);
  if (input.of != RevisionKind::kLevel) {
    violations.Add("of", "of aggregates it is LEVEL; their transform says what is compared");
  }
  if (input.period_months != 0) violations.Add("period_months", "goes with published figures; give a window");
  return violations.ToStatus();
}

}  // namespace

absl::StatusOr<RevisionAnswer> ReadAggregateRevisions(const Aggregates& aggregates,
                                                      const AggregateQuery& asked, const RevisionInput& input,
                                                      const std::function<absl::Status()>& check_alive) {
  TW_RETURN_IF_ERROR(Validate(input));
  AggregateQuery query = asked;
  query.dataset = input.read.dataset;
  query.keys = input.read.keys;
  Outputs outputs;
  RevisionAnswer answer;
  const auto read = [&](const VintageInput& vintage, const PrintChoice& choice,
                        std::optional<Decimal> Figure::*print) -> absl::Status {
    absl::StatusOr<Vintage> at =
        ReadPrint(aggregates, query, vintage, input.read.periods, choice, check_alive, print, &outputs);
    if (!at.ok()) return at.status();
    answer.vintage = *at;
    return absl::OkStatus();
  };
  TW_RETURN_IF_ERROR(read(input.read.vintage, input.first, &Figure::first));
  // At the same vintage, whatever has come meanwhile.
  VintageInput same;
  same.as_of = answer.vintage.as_of;
  same.sequence = answer.vintage.sequence;
  TW_RETURN_IF_ERROR(read(same, input.later, &Figure::later));

  const AggregateSpec spec = SpecOf(query, query.window.year_start_month);
  RevisionPool pool;
  for (const auto& [series, output] : outputs) {
    TW_RETURN_IF_ERROR(check_alive());
    std::vector<RevisionPair> pairs;
    TW_ASSIGN_OR_RETURN(SeriesRevisionStatistics one, Compute(series, output, spec, input, &pairs));
    if (input.pooled) TW_RETURN_IF_ERROR(pool.Add(one, pairs));
    answer.series.push_back(std::move(one));
  }
  TW_RETURN_IF_ERROR(pool.Finish(IsGrowth(spec.transform), &answer.series));
  return answer;
}

}  // namespace tidewaiter::engine
