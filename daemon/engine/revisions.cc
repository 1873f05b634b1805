#include "daemon/engine/revisions.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "domain/change.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/ratio.h"

namespace tidewaiter::engine {
namespace {

constexpr int kMaxNth = 1000;
constexpr int kMaxMonths = 1200;

// A moment in published order: everything up to it had been said.
struct Moment {
  Instant published_at;
  Sequence sequence = 0;
  friend auto operator<=>(const Moment&, const Moment&) = default;
};

// What was said of one cell, in published order.
using Prints = std::vector<const HistoryEntry*>;
using PrintsByPeriod = std::map<Period, Prints>;

// So many months later on the calendar, UTC; the last day where a month is too short.
Instant MonthsLater(Instant instant, int months) {
  const absl::Time time = absl::FromUnixMicros(instant.micros());
  const absl::CivilSecond civil = absl::ToCivilSecond(time, absl::UTCTimeZone());
  const absl::CivilMonth month = absl::CivilMonth(civil) + months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  const absl::CivilDay day(month.year(), month.month(), std::min(civil.day(), last.day()));
  const absl::CivilDay old_day(civil);
  return Instant::FromMicros(instant.micros() + (day - old_day) * 24LL * 3600 * 1'000'000);
}

// What was known of the cell at the moment, if that is a number.
std::optional<Decimal> KnownAt(const Prints& prints, Moment moment) {
  const HistoryEntry* known = nullptr;
  for (const HistoryEntry* print : prints) {
    if (Moment{print->published_at, print->sequence} <= moment) known = print;
  }
  if (known == nullptr || !known->datum.has_value()) return std::nullopt;
  return known->datum.value();
}

// When the print in question was there; none: there is none, or not yet.
std::optional<Moment> MomentOf(const Prints& prints, const PrintChoice& choice, Moment last) {
  int values = 0;
  const HistoryEntry* previous = nullptr;
  for (const HistoryEntry* print : prints) {
    if (!print->datum.has_value()) continue;
    if (previous != nullptr && SameValue(previous->datum, print->datum)) continue;
    previous = print;
    ++values;
    const Moment moment{print->published_at, print->sequence};
    switch (choice.age) {
      case PrintChoice::Age::kFirst:
        return moment;
      case PrintChoice::Age::kNth:
        if (values == choice.n) return moment;
        break;
      case PrintChoice::Age::kAfter: {
        const Moment later{MonthsLater(moment.published_at, choice.months), limits::kMaxSequence};
        return later.published_at <= last.published_at ? std::optional<Moment>(later) : std::nullopt;
      }
      case PrintChoice::Age::kLatest:
        return last;
    }
  }
  return std::nullopt;
}

// What a print is compared by.
std::optional<Decimal> FigureAt(const PrintsByPeriod& prints, Period period, Moment moment,
                                const RevisionInput& input) {
  const std::optional<Decimal> value = KnownAt(prints.at(period), moment);
  if (!value || input.of != RevisionKind::kGrowth) return value;
  const auto start = Month::FromIndexChecked(std::int64_t{period.start().index()} - input.lag_months);
  if (!start.ok()) return std::nullopt;
  const auto base_prints = prints.find(Period::FromValid(*start, period.months()));
  if (base_prints == prints.end()) return std::nullopt;
  const std::optional<Decimal> base = KnownAt(base_prints->second, moment);
  if (!base || base->coefficient() <= 0) return std::nullopt;
  const Rational growth = Rational(100) * (Rational(*value) / Rational(*base) - Rational(1));
  const auto rounded = growth.RoundHalfEven(kRevisionDecimals);
  return rounded.ok() ? std::optional<Decimal>(*rounded) : std::nullopt;
}

std::optional<RevisionPair> PairOf(const PrintsByPeriod& prints, Period period, const RevisionInput& input,
                                   Moment last) {
  const std::optional<Moment> first_at = MomentOf(prints.at(period), input.first, last);
  const std::optional<Moment> later_at = MomentOf(prints.at(period), input.later, last);
  if (!first_at || !later_at) return std::nullopt;
  const std::optional<Decimal> first = FigureAt(prints, period, *first_at, input);
  const std::optional<Decimal> later = FigureAt(prints, period, *later_at, input);
  if (!first || !later) return std::nullopt;
  if (input.of != RevisionKind::kPercent) return RevisionPair{period, *first, *later};
  if (first->coefficient() <= 0) return std::nullopt;
  const Rational change = Rational(100) * (Rational(*later) / Rational(*first) - Rational(1));
  const auto rounded = change.RoundHalfEven(kRevisionDecimals);
  if (!rounded.ok()) return std::nullopt;
  return RevisionPair{period, Decimal(), *rounded};
}

// By how many steps neighbours' windows overlap. A step is the least distance of two starts: 1 for months, 12
// for year-to-date figures of one month.
int OverlapOf(const std::vector<RevisionPair>& pairs, const RevisionInput& input, int period_months) {
  if (pairs.size() < 2) return 0;
  int step = limits::kMaxPeriodMonths;
  for (std::size_t i = 1; i < pairs.size(); ++i) {
    step = std::min(step, pairs[i].period.start() - pairs[i - 1].period.start());
  }
  const int span = period_months + (input.of == RevisionKind::kGrowth ? input.lag_months : 0);
  return step <= 0 ? 0 : (span + step - 1) / step - 1;
}

std::string UnitOfRevisions(const RevisionInput& input, const std::string& unit) {
  if (input.of == RevisionKind::kPercent) return "%";
  return input.of == RevisionKind::kGrowth ? "pp" : unit;
}

void CheckChoice(const PrintChoice& choice, std::string_view field, Violations& violations) {
  if (choice.age == PrintChoice::Age::kNth && (choice.n < 1 || choice.n > kMaxNth)) {
    violations.Add(absl::StrCat(std::string(field), ".n"),
                   absl::StrCat("is 1 to ", kMaxNth, ", not ", choice.n));
  }
  if (choice.age == PrintChoice::Age::kAfter && (choice.months < 1 || choice.months > kMaxMonths)) {
    violations.Add(absl::StrCat(std::string(field), ".months"),
                   absl::StrCat("is 1 to ", kMaxMonths, ", not ", choice.months));
  }
}

absl::Status Validate(const RevisionInput& input) {
  Violations violations;
  CheckPrints(input, violations);
  if (input.period_months < 0 || input.period_months > limits::kMaxPeriodMonths) {
    violations.Add("period_months",
                   absl::StrCat("is 0 to ", limits::kMaxPeriodMonths, ", not ", input.period_months));
  }
  if (input.lag_months < 1 || input.lag_months > limits::kMaxLagMonths) {
    violations.Add("lag_months", absl::StrCat("is 1 to ", limits::kMaxLagMonths, ", not ", input.lag_months));
  }
  return violations.ToStatus();
}

}  // namespace

void CheckPrints(const RevisionInput& input, Violations& violations) {
  CheckChoice(input.first, "first", violations);
  CheckChoice(input.later, "later", violations);
  if (input.first == input.later)
    violations.Add("later", "is the same print as `first`: nothing is compared");
  if (input.hac_lag && (*input.hac_lag < 0 || *input.hac_lag > limits::kMaxHacLag)) {
    violations.Add("hac_lag", absl::StrCat("is 0 to ", limits::kMaxHacLag, ", not ", *input.hac_lag));
  }
  violations.Add("periods", input.read.periods.Validate());
}

absl::Status TooManyRevisionSeries() {
  const std::string description = absl::StrCat("at most ", kMaxRevisionSeries, " series are read at once");
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
                   absl::StrCat("keys: ", description),
                   {{"limit", "kMaxRevisionSeries"}, {"maximum", absl::StrCat(kMaxRevisionSeries)}},
                   {{"keys", description}});
}

namespace {

absl::StatusOr<SeriesRevisionStatistics> Compute(const std::vector<RevisionPair>& pairs,
                                                 const RevisionInput& input, int period_months,
                                                 std::size_t left_out) {
  SeriesRevisionStatistics result;
  result.period_months = period_months;
  result.left_out = left_out;
  if (!pairs.empty()) {
    result.first_period = pairs.front().period;
    result.last_period = pairs.back().period;
  }
  RevisionOptions options;
  options.overlap_months = OverlapOf(pairs, input, period_months);
  options.hac_lag = input.hac_lag;
  options.values_are_growth = input.of == RevisionKind::kGrowth;
  TW_ASSIGN_OR_RETURN(result.statistics, ComputeRevisionStatistics(pairs, options));
  return result;
}

}  // namespace

std::vector<RevisionPair> MakePairs(const std::vector<HistoryEntry>& history, const RevisionInput& input,
                                    int period_months, Instant edge, std::size_t* left_out) {
  PrintsByPeriod prints;
  for (const HistoryEntry& entry : history) {
    if (entry.period.months() == period_months) prints[entry.period].push_back(&entry);
  }
  const Moment last{edge, limits::kMaxSequence};
  std::vector<RevisionPair> pairs;
  for (const auto& [period, unused] : prints) {
    if (!input.read.periods.Contains(period)) continue;
    if (std::optional<RevisionPair> pair = PairOf(prints, period, input, last)) {
      pairs.push_back(*std::move(pair));
    } else {
      ++*left_out;
    }
  }
  return pairs;
}

absl::StatusOr<RevisionAnswer> ReadRevisions(const Queries& queries, const RevisionInput& input,
                                             const std::function<absl::Status()>& check_alive) {
  TW_RETURN_IF_ERROR(Validate(input));
  // Bases lie before the first period that is asked for.
  ReadInput read = input.read;
  read.periods = PeriodRange();
  TW_ASSIGN_OR_RETURN(SeriesReader reader, queries.Open(read));
  RevisionAnswer answer{.vintage = reader.vintage(), .series = {}};
  RevisionPool pool;
  Instant edge = reader.vintage().as_of;
  if (edge == Instant::Max()) {
    TW_ASSIGN_OR_RETURN(edge, queries.NewestPublication(input.read.dataset, reader.vintage().sequence));
  }
  for (std::size_t read_series = 0;; ++read_series) {
    TW_RETURN_IF_ERROR(check_alive());
    TW_ASSIGN_OR_RETURN(const bool more, reader.Next());
    if (!more) break;
    if (read_series == kMaxRevisionSeries) return TooManyRevisionSeries();
    TW_ASSIGN_OR_RETURN(const std::vector<HistoryEntry> history, reader.History(HistoryType::kAll, 1));
    std::set<int> lengths;
    for (const HistoryEntry& entry : history) {
      const bool wanted = input.period_months == 0 || entry.period.months() == input.period_months;
      if (wanted && input.read.periods.Contains(entry.period)) lengths.insert(entry.period.months());
    }
    const std::string unit = UnitOf(reader.dataset(), reader.series().key);
    for (const int months : lengths) {
      std::size_t left_out = 0;
      const std::vector<RevisionPair> pairs = MakePairs(history, input, months, edge, &left_out);
      TW_ASSIGN_OR_RETURN(SeriesRevisionStatistics one, Compute(pairs, input, months, left_out));
      one.series = reader.series().key;
      one.unit = UnitOfRevisions(input, unit);
      if (input.pooled) TW_RETURN_IF_ERROR(pool.Add(one, pairs));
      answer.series.push_back(std::move(one));
    }
  }
  TW_RETURN_IF_ERROR(pool.Finish(input.of == RevisionKind::kGrowth, &answer.series));
  return answer;
}

// ---- All series together

absl::Status RevisionPool::Add(const SeriesRevisionStatistics& of, const std::vector<RevisionPair>& pairs) {
  pairs_ += pairs.size();
  if (pairs_ > limits::kMaxPooledPairs) {
    const std::string description = absl::StrCat("at most ", limits::kMaxPooledPairs, " pairs are pooled");
    return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
                     absl::StrCat("pooled: ", description),
                     {{"limit", "kMaxPooledPairs"}, {"maximum", absl::StrCat(limits::kMaxPooledPairs)}},
                     {{"pooled", description}});
  }
  Pooled& pooled = pooled_[{of.unit, of.period_months}];
  pooled.pairs.insert(pooled.pairs.end(), pairs.begin(), pairs.end());
  pooled.left_out += of.left_out;
  if (of.first_period)
    pooled.first_period = std::min(pooled.first_period.value_or(*of.first_period), *of.first_period);
  if (of.last_period)
    pooled.last_period = std::max(pooled.last_period.value_or(*of.last_period), *of.last_period);
  return absl::OkStatus();
}

absl::Status RevisionPool::Finish(bool values_are_growth, std::vector<SeriesRevisionStatistics>* to) const {
  RevisionOptions options;
  options.values_are_growth = values_are_growth;
  options.pooled = true;
  for (const auto& [place, pooled] : pooled_) {
    SeriesRevisionStatistics all;
    std::tie(all.unit, all.period_months) = place;
    all.left_out = pooled.left_out;
    all.first_period = pooled.first_period;
    all.last_period = pooled.last_period;
    TW_ASSIGN_OR_RETURN(all.statistics, ComputeRevisionStatistics(pooled.pairs, options));
    to->push_back(std::move(all));
  }
  return absl::OkStatus();
}

}  // namespace tidewaiter::engine
