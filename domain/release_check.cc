#include "domain/release_check.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"

namespace tidewaiter {
namespace {

constexpr std::string_view kLevelMeasure = "VALUE";
constexpr std::string_view kRateMeasure = "YOY";
constexpr std::string_view kRateUnit = "PCT";
constexpr std::string_view kExports = "X";
constexpr std::string_view kImports = "M";
constexpr std::string_view kTurnover = "T";
constexpr std::string_view kBalance = "B";
constexpr int kYear = 12;
// Components that a finding names beside the total.
constexpr std::size_t kMostSeriesTold = 32;

std::optional<std::size_t> PlaceOf(const DatasetDefinition& dataset, Role role) {
  for (std::size_t i = 0; i < dataset.dimensions.size(); ++i) {
    if (dataset.dimensions[i].role == role) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> PlaceOf(const DatasetDefinition& dataset, std::string_view id) {
  for (std::size_t i = 0; i < dataset.dimensions.size(); ++i) {
    if (dataset.dimensions[i].id == id) return i;
  }
  return std::nullopt;
}

bool Has(const std::vector<std::string>& codes, std::string_view code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// Whether a figure of that code may be the total or a component.
bool Concerns(const TotalRule& rule, const Conventions& conventions, std::string_view code) {
  if (code == rule.total) return true;
  switch (rule.terms) {
    case TotalRule::Terms::kEvery:
      return !Has(rule.codes, code);
    case TotalRule::Terms::kCodes:
      return Has(rule.codes, code);
    case TotalRule::Terms::kGroup: {
      const CodeGroup* const group = FindGroup(conventions, rule.group);
      return group != nullptr &&
             std::any_of(group->members.begin(), group->members.end(),
                         [&](const CodeGroup::Member& member) { return member.code == code; });
    }
  }
  return false;
}

// The text of `key` with other codes at some places; an empty code makes it a selector of all codes there.
std::string WithCodes(
    const SeriesKey& key,
    std::initializer_list<std::pair<std::optional<std::size_t>, std::string_view>> changes) {
  std::vector<std::string_view> codes = key.codes();
  for (const auto& [place, code] : changes) {
    if (place && *place < codes.size()) codes[*place] = code;
  }
  std::string text;
  for (std::size_t i = 0; i < codes.size(); ++i) absl::StrAppend(&text, i == 0 ? "" : ".", ToAbsl(codes[i]));
  return text;
}

bool HasCode(const SeriesKey& key, std::optional<std::size_t> place, std::string_view code) {
  return place && *place < key.dimensions() && key.code(*place) == code;
}

// The same run of months a year before; nullopt at the calendar's beginning.
std::optional<Period> YearBefore(Period period) {
  const auto start = Month::FromIndexChecked(std::int64_t{period.start().index()} - kYear);
  if (!start.ok()) return std::nullopt;
  return Period::FromValid(*start, period.months());
}

// Whether the checks that these prints ask for were made when the later of them came, with the same base.
bool WasChecked(const Datum& rate, const std::optional<CellState>& held_rate, const Datum& level,
                const std::optional<CellState>& held_level, const CellState& base) {
  if (!held_rate || held_rate->datum != rate || !held_level || held_level->datum != level) return false;
  return base.value_since < std::max(held_rate->value_since, held_level->value_since);
}

}  // namespace

ReleaseChecker::ReleaseChecker(const ReleaseUnderCheck& release, const DatasetDefinition& dataset,
                               ReleaseFigures& figures, ImpliedBaseSink implied_bases)
    : release_(release),
      dataset_(dataset),
      figures_(figures),
      implied_bases_(std::move(implied_bases)),
      flow_place_(PlaceOf(dataset, Role::kFlow)),
      measure_place_(PlaceOf(dataset, Role::kMeasure)),
      unit_place_(PlaceOf(dataset, Role::kUnit)) {
  for (const TotalRule& rule : release_.conventions.totals) {
    total_places_.push_back(PlaceOf(dataset, rule.dimension));
  }
}

absl::Status ReleaseChecker::Check(const SeriesKey& series, Period period, const Datum& datum,
                                   Attributes attributes) {
  TW_RETURN_IF_ERROR(CheckUnannounced(series, period, datum, attributes));
  if (!datum.has_value()) return absl::OkStatus();
  if (IsRate(series)) return CheckRate(series, period, datum);
  if (!IsLevel(series)) return absl::OkStatus();
  TW_RETURN_IF_ERROR(CheckFlows(series, period));
  TW_RETURN_IF_ERROR(CheckYearToDate(series, period));
  return CheckTotals(series, period);
}

std::vector<Finding> ReleaseChecker::TakeFindings() {
  std::sort(findings_.begin(), findings_.end(),
            [](const Finding& a, const Finding& b) { return CompareFindings(a, b) < 0; });
  return std::exchange(findings_, {});
}

bool ReleaseChecker::IsLevel(const SeriesKey& series) const {
  return !measure_place_ || HasCode(series, measure_place_, kLevelMeasure);
}

bool ReleaseChecker::IsRate(const SeriesKey& series) const {
  return HasCode(series, measure_place_, kRateMeasure) &&
         (!unit_place_ || HasCode(series, unit_place_, kRateUnit));
}

Finding ReleaseChecker::NewFinding(FindingKind kind, Period period) const {
  Finding finding;
  finding.kind = kind;
  finding.dataset = dataset_.id;
  finding.period = period;
  finding.held_period = period;
  finding.sequence = release_.sequence;
  finding.published_at = release_.published_at;
  return finding;
}

void ReleaseChecker::Keep(Finding finding) {
  if (findings_.size() < limits::kMaxFindingsPerRelease) {
    findings_.push_back(std::move(finding));
  } else {
    ++counts_.findings_dropped;
  }
}

absl::StatusOr<std::optional<ReleaseChecker::Known>> ReleaseChecker::KnownAfter(const SeriesKey& series,
                                                                                Period period) {
  TW_ASSIGN_OR_RETURN(const std::optional<Datum> stated, figures_.Stated(series, period));
  TW_ASSIGN_OR_RETURN(const std::optional<CellState> held, figures_.Held(series, period));
  if (!stated && !held) return std::optional<Known>();
  Known known;
  known.datum = stated ? *stated : held->datum;
  known.stated = stated.has_value();
  known.changed = stated && (!held || held->datum != *stated);
  return std::optional<Known>(std::move(known));
}

absl::Status ReleaseChecker::CheckUnannounced(const SeriesKey& series, Period period, const Datum& datum,
                                              Attributes attributes) {
  if (release_.kind != ReleaseKind::kRegular || period.last() >= release_.reference_month)
    return absl::OkStatus();
  if (release_.is_revision_scheduled && release_.is_revision_scheduled(period)) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(const std::optional<CellState> held, figures_.Held(series, period));
  if (!held) return absl::OkStatus();
  const Change change = ClassifyEvent(&*held, release_.published_at.instant, datum, attributes);
  const bool revised =
      change.change == ChangeClass::kRevised && !change.within_rounding && !change.status_only;
  if (!revised && change.change != ChangeClass::kWithdrawn) return absl::OkStatus();
  ++counts_.unannounced;
  if (findings_.size() >= limits::kMaxFindingsPerRelease) {  // spares putting it together
    ++counts_.findings_dropped;
    return absl::OkStatus();
  }
  Finding finding = NewFinding(FindingKind::kUnannouncedRevision, period);
  finding.series = {series};
  finding.printed = datum;
  finding.held = held->datum;
  finding.held_sequence = held->sequence;
  if (datum.has_value() && held->datum.has_value()) {
    // A difference too long for a figure is left out; both figures are there.
    const auto amount = Decimal::Subtract(datum.value(), held->datum.value());
    if (amount.ok()) finding.amount = *amount;
  }
  Keep(std::move(finding));
  return absl::OkStatus();
}

absl::Status ReleaseChecker::FindLevels(const SeriesKey& rate) {
  if (rate == last_rate_) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(const Selector levels,
                      Selector::Parse(WithCodes(rate, {{measure_place_, kLevelMeasure}, {unit_place_, ""}})));
  TW_ASSIGN_OR_RETURN(last_levels_, figures_.Find(levels));
  std::sort(last_levels_.begin(), last_levels_.end());
  last_rate_ = rate;
  return absl::OkStatus();
}

absl::Status ReleaseChecker::CheckRate(const SeriesKey& rate, Period period, const Datum& datum) {
  TW_RETURN_IF_ERROR(FindLevels(rate));
  for (const SeriesKey& level : last_levels_) {
    TW_RETURN_IF_ERROR(CheckRateAgainst(level, rate, period, datum));
  }
  return absl::OkStatus();
}

absl::Status ReleaseChecker::CheckRateAgainst(const SeriesKey& level, const SeriesKey& rate, Period period,
                                              const Datum& rate_datum) {
  const std::optional<Period> base_period = YearBefore(period);
  if (!base_period) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(const std::optional<CellState> base, figures_.HeldSince(level, *base_period));
  if (!base || !base->datum.has_value()) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(const std::optional<Known> known, KnownAfter(level, period));
  if (!known || !known->datum.has_value()) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(const std::optional<CellState> held_rate, figures_.HeldSince(rate, period));
  TW_ASSIGN_OR_RETURN(const std::optional<CellState> held_level, figures_.HeldSince(level, period));

  ImpliedBaseCheck check{level, rate, period, *base_period, {}, false};
  check.result = TestImpliedBase(known->datum, rate_datum, base->datum, release_.conventions.rounding);
  check.repeated = WasChecked(rate_datum, held_rate, known->datum, held_level, *base);
  if (implied_bases_) implied_bases_(check);
  if (check.repeated) return absl::OkStatus();
  Count(check);
  const BaseVerdict verdict = check.result.verdict;
  if (verdict != BaseVerdict::kHeldBelow && verdict != BaseVerdict::kHeldAbove) return absl::OkStatus();

  Finding finding = NewFinding(FindingKind::kImpliedRevision, period);
  finding.series = {level, rate};
  finding.held_period = *base_period;
  finding.printed = known->datum;
  finding.rate = rate_datum;
  finding.held = base->datum;
  finding.held_sequence = base->sequence;
  finding.implied_low = check.result.low;
  finding.implied_high = check.result.high;
  finding.amount = check.result.amount;
  Keep(std::move(finding));
  return absl::OkStatus();
}

void ReleaseChecker::Count(const ImpliedBaseCheck& check) {
  switch (check.result.verdict) {
    case BaseVerdict::kFits:
      ++counts_.implied_fit;
      return;
    case BaseVerdict::kHeldBelow:
      ++counts_.implied_up;
      return;
    case BaseVerdict::kHeldAbove:
      ++counts_.implied_down;
      return;
    case BaseVerdict::kNotTestable:
      ++counts_.implied_not_testable;
      return;
  }
}

absl::Status ReleaseChecker::CheckFlows(const SeriesKey& series, Period period) {
  if (!flow_place_ || *flow_place_ >= series.dimensions()) return absl::OkStatus();
  const std::string_view flow = series.code(*flow_place_);
  if (flow != kExports && flow != kImports && flow != kTurnover && flow != kBalance) return absl::OkStatus();
  const auto sibling = [&](std::string_view code, bool subtracted) {
    return Operand{SeriesKey::FromValid(WithCodes(series, {{flow_place_, code}})), period, subtracted};
  };
  if (flow != kBalance) {
    TW_ASSIGN_OR_RETURN(const bool has_turnover, figures_.MayHaveCode(*flow_place_, kTurnover));
    if (has_turnover) {
      TW_RETURN_IF_ERROR(CheckSum(Identity::kTurnover, sibling(kTurnover, false),
                                  {sibling(kExports, false), sibling(kImports, false)}, series, period));
    }
  }
  if (flow == kTurnover) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(const bool has_balance, figures_.MayHaveCode(*flow_place_, kBalance));
  if (!has_balance) return absl::OkStatus();
  return CheckSum(Identity::kBalance, sibling(kBalance, false),
                  {sibling(kExports, false), sibling(kImports, true)}, series, period);
}

absl::Status ReleaseChecker::CheckYearToDate(const SeriesKey& series, Period period) {
  // The sum in which months first..first+n-1 are the total: n-1 months, then the last one.
  const auto check = [&](Month first, int n) -> absl::Status {
    const auto total = Period::Create(first, n);
    if (n < 2 || n > kYear || !total.ok()) return absl::OkStatus();
    TW_ASSIGN_OR_RETURN(const std::optional<Known> known, KnownAfter(series, *total));
    if (!known) return absl::OkStatus();  // nearly always, and cheaper than the sum's operands
    return CheckSum(
        Identity::kYearToDate, {series, *total},
        {{series, Period::FromValid(first, n - 1)}, {series, Period::FromValid(first + (n - 1), 1)}}, series,
        period);
  };
  // How many months of the statistical year lie before the period.
  const int before = (period.start().month() - dataset_.year_start_month + kYear) % kYear;
  if (before == 0) {
    TW_RETURN_IF_ERROR(check(period.start(), period.months()));  // it is the total
    return check(period.start(), period.months() + 1);           // it is the total up to the month before
  }
  if (period.months() != 1 || !Month::FromIndexChecked(period.start().index() - before).ok()) {
    return absl::OkStatus();
  }
  return check(period.start() - before, before + 1);  // it is the last month
}

absl::Status ReleaseChecker::CheckSum(Identity identity, const Operand& total,
                                      const std::vector<Operand>& terms, const SeriesKey& series,
                                      Period period) {
  std::vector<Operand> operands = {total};
  operands.insert(operands.end(), terms.begin(), terms.end());
  std::vector<Known> known;
  bool first_stated = true;
  bool changed = false;
  for (const Operand& operand : operands) {
    TW_ASSIGN_OR_RETURN(std::optional<Known> cell, KnownAfter(operand.series, operand.period));
    if (!cell) return absl::OkStatus();
    if (cell->stated && std::exchange(first_stated, false) &&
        (operand.series != series || operand.period != period)) {
      return absl::OkStatus();  // checked when that one passes
    }
    changed = changed || cell->changed;
    known.push_back(*std::move(cell));
  }
  if (changed) Judge(identity, operands, known);
  return absl::OkStatus();
}

absl::Status ReleaseChecker::CheckTotals(const SeriesKey& series, Period period) {
  const std::vector<TotalRule>& rules = release_.conventions.totals;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::optional<std::size_t> place = total_places_[i];
    if (!place || *place >= series.dimensions() || !rules[i].when.Contains(period)) continue;
    if (!Concerns(rules[i], release_.conventions, series.code(*place))) continue;
    const SeriesKey total = SeriesKey::FromValid(WithCodes(series, {{place, rules[i].total}}));
    if (!checked_totals_.insert(absl::StrCat(i, " ", total.text(), " ", period.ToString())).second) continue;
    TW_RETURN_IF_ERROR(CheckTotal(rules[i], *place, total, period));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::vector<SeriesKey>>> ReleaseChecker::ComponentsOf(const TotalRule& rule,
                                                                                   std::size_t place,
                                                                                   const SeriesKey& total,
                                                                                   Period period) {
  std::vector<SeriesKey> series;
  if (rule.terms == TotalRule::Terms::kEvery) {
    if (total != last_total_) {
      TW_ASSIGN_OR_RETURN(const Selector siblings, Selector::Parse(WithCodes(total, {{place, ""}})));
      TW_ASSIGN_OR_RETURN(last_siblings_, figures_.Find(siblings));
      std::sort(last_siblings_.begin(), last_siblings_.end());
      last_total_ = total;
    }
    for (const SeriesKey& sibling : last_siblings_) {
      const std::string_view code = sibling.code(place);
      if (code != rule.total && !Has(rule.codes, code)) series.push_back(sibling);
    }
    return std::optional(std::move(series));
  }
  std::optional<std::vector<std::string>> codes = rule.codes;
  if (rule.terms == TotalRule::Terms::kGroup) {
    const CodeGroup* const group = FindGroup(release_.conventions, rule.group);
    codes = group == nullptr ? std::nullopt : MembersThroughout(*group, period);
  }
  if (!codes) return std::optional<std::vector<SeriesKey>>();
  for (const std::string& code : *codes) {
    series.push_back(SeriesKey::FromValid(WithCodes(total, {{place, code}})));
  }
  return std::optional(std::move(series));
}

absl::Status ReleaseChecker::CheckTotal(const TotalRule& rule, std::size_t place, const SeriesKey& total,
                                        Period period) {
  TW_ASSIGN_OR_RETURN(const std::optional<std::vector<SeriesKey>> components,
                      ComponentsOf(rule, place, total, period));
  if (!components || components->empty()) return absl::OkStatus();
  if (components->size() > limits::kMaxComponents) {
    ++counts_.identities_not_testable;
    return absl::OkStatus();
  }
  TW_ASSIGN_OR_RETURN(std::optional<Known> sum, KnownAfter(total, period));
  if (!sum) return absl::OkStatus();
  std::vector<Operand> operands = {{total, period}};
  bool changed = sum->changed;
  std::vector<Known> known = {*std::move(sum)};
  for (const SeriesKey& component : *components) {
    TW_ASSIGN_OR_RETURN(std::optional<Known> cell, KnownAfter(component, period));
    const bool adds_nothing = !cell || (!cell->datum.has_value() && cell->datum.absence() == Absence::kNil);
    changed = changed || (cell && cell->changed);
    if (adds_nothing && rule.terms == TotalRule::Terms::kEvery) continue;
    if (!cell) return absl::OkStatus();
    operands.push_back({component, period});
    known.push_back(*std::move(cell));
  }
  if (changed && operands.size() > 1) Judge(Identity::kComponents, operands, known);
  return absl::OkStatus();
}

void ReleaseChecker::Judge(Identity identity, const std::vector<Operand>& operands,
                           const std::vector<Known>& known) {
  std::vector<SignedTerm> sum;
  for (std::size_t i = 1; i < known.size(); ++i) sum.push_back({known[i].datum, operands[i].subtracted});
  const IdentityResult result = CheckIdentity(sum, known[0].datum, release_.conventions.rounding);
  if (result.verdict == IdentityVerdict::kNotTestable) ++counts_.identities_not_testable;
  if (result.verdict == IdentityVerdict::kHolds) ++counts_.identities_hold;
  if (result.verdict == IdentityVerdict::kBroken) KeepBroken(identity, operands, known[0].datum, result);
}

void ReleaseChecker::KeepBroken(Identity identity, const std::vector<Operand>& operands, const Datum& total,
                                const IdentityResult& result) {
  ++counts_.identities_broken;
  Finding finding = NewFinding(FindingKind::kBrokenIdentity, operands[0].period);
  finding.identity = identity;
  for (const Operand& operand : operands) {
    if (finding.series.size() > kMostSeriesTold) break;
    if (finding.series.empty() || operand.series != finding.series.back()) {
      finding.series.push_back(operand.series);
    }
  }
  finding.printed = total;
  finding.held = Datum::Value(result.sum);
  finding.amount = result.residual;
  const auto low = Decimal::Subtract(result.sum, result.bound);
  const auto high = Decimal::Add(result.sum, result.bound);
  if (low.ok()) finding.implied_low = *low;
  if (high.ok()) finding.implied_high = *high;
  Keep(std::move(finding));
}

}  // namespace tidewaiter
