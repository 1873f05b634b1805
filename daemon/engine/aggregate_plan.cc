#include "daemon/engine/aggregate_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/engine/measures.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::engine {

namespace {

// Codes of the FLOW dimension by custom; see domain/dataset.h.
constexpr char kExports[] = "X";
constexpr char kImports[] = "M";
constexpr char kBalance[] = "B";
constexpr char kTurnover[] = "T";
constexpr char kUnitValueCode[] = "UNIT_VALUE";
// As a total: the sum of all that is selected.
constexpr char kSelectedTotal[] = "*";

std::string DimensionsOf(const DatasetDefinition& dataset) {
  return absl::StrJoin(dataset.dimensions, ", ",
                       [](std::string* out, const Dimension& dimension) { out->append(dimension.id); });
}

std::string NoDimension(const DatasetDefinition& dataset, std::string_view id) {
  return absl::StrCat("dataset ", dataset.id, " has no dimension ", Quoted(id), "; it has ",
                      DimensionsOf(dataset));
}

std::string JoinCodes(const std::vector<std::string>& codes) { return absl::StrJoin(codes, "."); }

std::string Text(const std::vector<std::vector<std::string>>& places) {
  return absl::StrJoin(places, ".", [](std::string* out, const std::vector<std::string>& codes) {
    absl::StrAppend(out, absl::StrJoin(codes, "+"));
  });
}

bool MatchesAny(const std::vector<Selector>& selectors, const std::string& key) {
  return selectors.empty() || std::any_of(selectors.begin(), selectors.end(), [&](const Selector& selector) {
           return selector.MatchesText(key);
         });
}

// Months that lie in both; none if there is none.
std::optional<PeriodRange> Intersection(const PeriodRange& a, const PeriodRange& b) {
  PeriodRange both;
  both.from = !a.from ? b.from : !b.from ? a.from : std::max(*a.from, *b.from);
  both.to = !a.to ? b.to : !b.to ? a.to : std::min(*a.to, *b.to);
  if (both.from && both.to && *both.from > *both.to) return std::nullopt;
  return both;
}

// When a series belongs to a group, and to another of another dimension. False: never.
bool Narrow(const std::vector<PeriodRange>& by, std::vector<PeriodRange>* when) {
  if (by.empty()) return true;
  if (when->empty()) {
    *when = by;
    return true;
  }
  std::vector<PeriodRange> narrowed;
  for (const PeriodRange& a : *when) {
    for (const PeriodRange& b : by) {
      if (const std::optional<PeriodRange> both = Intersection(a, b)) narrowed.push_back(*both);
    }
  }
  *when = std::move(narrowed);
  return !when->empty();
}

// When a code belongs to a group: none if never; empty: always.
std::optional<std::vector<PeriodRange>> Membership(const CodeGroup& group, std::string_view code) {
  std::vector<PeriodRange> when;
  for (const CodeGroup::Member& member : group.members) {
    if (member.code != code) continue;
    if (member.when == PeriodRange()) return std::vector<PeriodRange>();
    when.push_back(member.when);
  }
  if (when.empty()) return std::nullopt;
  return when;
}

}  // namespace

AggregatePlan::AggregatePlan(const AggregateQuery& query, const DatasetDefinition& dataset)
    : query_(query),
      spec_(SpecOf(query, dataset.year_start_month)),
      dataset_(dataset),
      sums_(query.sum || !query.group_by.empty()),
      kept_(dataset.dimensions.size(), false),
      groups_at_(dataset.dimensions.size()),
      flow_place_(PlaceOf(dataset, Role::kFlow)) {
  query_.window = spec_.window;
  query_.lag_months = spec_.lag_months;
  query_.decimals = spec_.decimals;
  query_.composition = spec_.composition;
  query_.sum = sums_;
}

bool AggregatePlan::needs_total() const {
  return spec_.transform == Transform::kShare || spec_.transform == Transform::kContribution;
}

absl::StatusOr<AggregatePlan> AggregatePlan::Create(const AggregateQuery& query,
                                                    const DatasetDefinition& dataset) {
  AggregatePlan plan(query, dataset);
  Violations violations;
  violations.Add("", Validate(plan.spec_));
  plan.ReadDimensions(violations);
  plan.ReadPairs(violations);
  plan.CheckTotal(violations);
  if (violations.empty()) plan.ReadKeys(violations);
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return plan;
}

void AggregatePlan::ReadDimensions(Violations& violations) {
  for (std::size_t i = 0; i < query_.group_by.size(); ++i) {
    const std::optional<std::size_t> place = PlaceOf(dataset_, query_.group_by[i]);
    if (place) {
      kept_[*place] = true;
    } else {
      violations.Add(absl::StrCat("group_by[", i, "]"), NoDimension(dataset_, query_.group_by[i]));
    }
  }
  for (std::size_t i = 0; i < query_.groups.size(); ++i) {
    const std::optional<std::size_t> place = PlaceOf(dataset_, query_.groups[i].dimension);
    const std::string field = absl::StrCat("groups[", i, "]");
    if (!place) {
      violations.Add(absl::StrCat(field, ".dimension"), NoDimension(dataset_, query_.groups[i].dimension));
      continue;
    }
    for (const std::size_t other : groups_at_[*place]) {
      if (query_.groups[other].name != query_.groups[i].name) continue;
      violations.Add(absl::StrCat(field, ".name"), absl::StrCat(Quoted(query_.groups[i].name), " is groups[",
                                                                other, "], too; give all members in one"));
    }
    groups_at_[*place].push_back(i);
  }
  if (!combines()) return;
  if (!flow_place_) {
    violations.Add("combine",
                   absl::StrCat("dataset ", dataset_.id, " has no dimension of role FLOW: X and M ",
                                "cannot be told apart"));
    return;
  }
  if (kept_[*flow_place_] || !groups_at_[*flow_place_].empty()) {
    violations.Add("combine", absl::StrCat("joins the flows; leave ", dataset_.dimensions[*flow_place_].id,
                                           " out of group_by and groups"));
  }
  if (spec_.composition != Composition::kComplete) {
    violations.Add("composition", "combine needs both X and M of every pair: COMPLETE, or leave it unset");
  }
}

void AggregatePlan::ReadPairs(Violations& violations) {
  const bool ratio = spec_.transform == Transform::kRatio;
  const bool unit_value = spec_.transform == Transform::kUnitValue;
  if (!ratio && !unit_value) {
    if (!query_.numerator.empty()) violations.Add("numerator", "goes with RATIO and UNIT_VALUE only");
    if (!query_.denominators.empty()) violations.Add("denominators", "goes with RATIO and UNIT_VALUE only");
    return;
  }
  pair_place_ = ratio ? flow_place_ : PlaceOf(dataset_, Role::kMeasure);
  if (!pair_place_) {
    violations.Add("transform", absl::StrCat("dataset ", dataset_.id, " has no dimension of role ",
                                             ratio ? "FLOW" : "MEASURE", ", which this transform needs"));
    return;
  }
  if (ratio && combines()) violations.Add("combine", "does not go with RATIO, which takes the flows itself");
  if (unit_value && query_.combine == Combine::kBalance)
    violations.Add("combine", "a balance has no unit value");
  if (kept_[*pair_place_] || !groups_at_[*pair_place_].empty()) {
    violations.Add("transform", absl::StrCat("takes the place of ", dataset_.dimensions[*pair_place_].id,
                                             "; leave that out of group_by and groups"));
  }
  if (query_.numerator.empty()) query_.numerator = std::string(ratio ? kExports : "VALUE");
  if (query_.denominators.empty() && ratio) query_.denominators = {kImports};
  if (query_.denominators.empty()) query_.denominators = {"QUANTITY", "WEIGHT"};
  const std::size_t most = ratio ? 1 : limits::kMaxDenominators;
  if (query_.denominators.size() > most) {
    violations.Add("denominators", absl::StrCat("at most ", most, ", not ", query_.denominators.size()));
    return;
  }
  violations.Add("numerator", ValidateCode(query_.numerator));
  for (std::size_t i = 0; i < query_.denominators.size(); ++i) {
    violations.Add(absl::StrCat("denominators[", i, "]"), ValidateCode(query_.denominators[i]));
  }
  pair_code_ =
      ratio ? absl::StrCat(query_.numerator, "_", query_.denominators.front()) : std::string(kUnitValueCode);
  if (ratio) return;
  for (const Role role : {Role::kCurrency, Role::kUnit}) {
    if (const std::optional<std::size_t> place = PlaceOf(dataset_, role)) blank_places_.push_back(*place);
  }
}

void AggregatePlan::CheckTotal(Violations& violations) {
  if (spec_.transform == Transform::kShare && query_.combine == Combine::kBalance) {
    violations.Add("combine", "a balance has no share: it may be negative");
  }
  if (!needs_total()) {
    if (!query_.total.empty()) violations.Add("total", "goes with SHARE and CONTRIBUTION only");
    return;
  }
  // The sum of what is selected is no default: the world may be selected beside its parts.
  if (query_.total.empty()) {
    violations.Add(
        "total",
        absl::StrCat("is needed by ", ToAbsl(TransformName(spec_.transform)),
                     ": give the key of the total, an empty place being the figure's own "
                     "code, or \"*\" for the sum of what is selected of its flow, measure and unit"));
    return;
  }
  if (query_.total == kSelectedTotal) return;
  absl::StatusOr<Selector> total = Selector::Parse(query_.total);
  violations.Add("total", total.status());
  if (!total.ok()) return;
  // "" and "all" select everything, too, which is no total of anything.
  const absl::Status fits =
      total->places() == 0 ? absl::InvalidArgumentError("must have a place for each dimension, or be \"*\"")
                           : total->Validate(dataset_.dimensions.size());
  violations.Add("total", fits);
  if (!fits.ok()) return;
  if (spec_.transform == Transform::kShare && flow_place_ &&
      total->codes(*flow_place_) == std::vector<std::string>{kBalance}) {
    violations.Add("total", "a balance has no shares: its parts may be negative");
  }
  total_ = *std::move(total);
}

AggregatePlan::Places AggregatePlan::PlacesOf(const Selector& selector) const {
  Places places(dataset_.dimensions.size());
  for (std::size_t i = 0; i < std::min(selector.places(), places.size()); ++i) places[i] = selector.codes(i);
  return places;
}

void AggregatePlan::ReadKeys(Violations& violations) {
  std::vector<std::string> keys = query_.keys;
  if (keys.empty()) keys.emplace_back();
  if (keys.size() > limits::kMaxSeriesPerCall) {
    violations.Add("keys", absl::StrCat("at most ", limits::kMaxSeriesPerCall, ", not ", keys.size()));
    return;
  }
  for (std::size_t i = 0; i < keys.size() && !violations.full(); ++i) {
    const std::string field = absl::StrCat("keys[", i, "]");
    const absl::StatusOr<Selector> selector = Selector::Parse(keys[i]);
    violations.Add(field, selector.status());
    if (!selector.ok()) continue;
    const absl::Status fits = selector->Validate(dataset_.dimensions.size());
    violations.Add(field, fits);
    if (fits.ok()) violations.Add(field, AddListed(*selector));
  }
  // Behind the others, so that an error about a key names it by the number that it has in the query.
  for (const Selector& below : below_) listed_keys_.push_back(below.ToString());
}

// A figure made of two flows or of two measures needs both, whichever the selector names.
absl::Status AggregatePlan::AddListed(const Selector& selector) {
  if (!combines() && !is_paired()) {
    listed_keys_.push_back(selector.ToString());
    above_.push_back(selector);
    return absl::OkStatus();
  }
  Places above = PlacesOf(selector);
  if (combines()) above[*flow_place_] = {kExports, kImports};
  Places below = above;
  if (is_paired()) {
    above[*pair_place_] = {query_.numerator};
    below[*pair_place_] = query_.denominators;
    for (const std::size_t place : blank_places_) below[place].clear();
    TW_ASSIGN_OR_RETURN(below_.emplace_back(), Selector::Parse(Text(below)));
  }
  TW_ASSIGN_OR_RETURN(above_.emplace_back(), Selector::Parse(Text(above)));
  listed_keys_.push_back(above_.back().ToString());
  return absl::OkStatus();
}

bool AggregatePlan::IsAbove(const std::string& key) const { return MatchesAny(above_, key); }

bool AggregatePlan::IsBelow(const std::string& key, const Codes& codes) const {
  return is_paired() && DenominatorRank(codes) < query_.denominators.size() && MatchesAny(below_, key);
}

int AggregatePlan::SignOf(const Codes& codes) const {
  return query_.combine == Combine::kBalance && codes[*flow_place_] == kImports ? -1 : 1;
}

std::vector<std::string> AggregatePlan::Project(const Codes& codes) const {
  std::vector<std::string> projected(codes.begin(), codes.end());
  for (std::size_t i = 0; i < projected.size(); ++i) {
    if (sums_ && !kept_[i] && groups_at_[i].empty()) projected[i] = std::string(kTotalCode);
  }
  if (combines())
    projected[*flow_place_] = std::string(query_.combine == Combine::kBalance ? kBalance : kTurnover);
  if (is_paired()) projected[*pair_place_] = pair_code_;
  return projected;
}

std::vector<AggregatePlan::Output> AggregatePlan::OutputsOf(const Codes& codes) const {
  struct Alternative {
    std::vector<std::string> codes;
    std::vector<PeriodRange> when;
  };
  std::vector<Alternative> alternatives = {{Project(codes), {}}};
  for (std::size_t place = 0; place < groups_at_.size(); ++place) {
    if (groups_at_[place].empty()) continue;
    std::vector<Alternative> grouped;
    for (const Alternative& alternative : alternatives) {
      for (const std::size_t index : groups_at_[place]) {
        const CodeGroup& group = query_.groups[index];
        const std::optional<std::vector<PeriodRange>> when = Membership(group, codes[place]);
        if (!when) continue;
        Alternative member = alternative;
        member.codes[place] = group.name;
        if (Narrow(*when, &member.when)) grouped.push_back(std::move(member));
      }
    }
    alternatives = std::move(grouped);
  }
  std::vector<Output> outputs;
  for (Alternative& alternative : alternatives) {
    outputs.push_back({JoinCodes(alternative.codes), std::move(alternative.when)});
  }
  return outputs;
}

std::string AggregatePlan::PairClass(const std::string& output_key) const {
  if (blank_places_.empty()) return output_key;
  const SeriesKey key = SeriesKey::FromValid(output_key);
  Codes codes = key.codes();
  for (const std::size_t place : blank_places_) codes[place] = "";
  return absl::StrJoin(codes, ".", [](std::string* out, std::string_view code) { out->append(code); });
}

std::size_t AggregatePlan::DenominatorRank(const Codes& codes) const {
  const auto at = std::find(query_.denominators.begin(), query_.denominators.end(), codes[*pair_place_]);
  return static_cast<std::size_t>(at - query_.denominators.begin());
}

// Of the places in which a total is of one kind; what has groups there is not of one kind.
std::string AggregatePlan::ClassOf(const std::vector<std::string_view>& codes) const {
  std::string text;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (IsOfTotalClass(dataset_.dimensions[i].role) && groups_at_[i].empty()) {
      absl::StrAppend(&text, ToAbsl(codes[i]), ".");
    }
  }
  return text;
}

std::string AggregatePlan::TotalClassOfSeries(const Codes& codes) const {
  const std::vector<std::string> projected = Project(codes);
  return ClassOf(Codes(projected.begin(), projected.end()));
}

std::string AggregatePlan::TotalClassOfOutput(const std::string& output_key) const {
  const SeriesKey key = SeriesKey::FromValid(output_key);
  return ClassOf(key.codes());
}

bool AggregatePlan::IsBalance(std::string_view output_key) const {
  return flow_place_ && SeriesKey::FromValid(std::string(output_key)).code(*flow_place_) == kBalance;
}

std::string AggregatePlan::TotalSelector(const std::string& output_key) const {
  const SeriesKey key = SeriesKey::FromValid(output_key);
  Places places = PlacesOf(*total_);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool summed = (sums_ && !kept_[i]) || !groups_at_[i].empty();
    if (places[i].empty() && !summed) places[i] = {std::string(key.code(i))};
  }
  if (combines()) places[*flow_place_] = {kExports, kImports};
  return Text(places);
}

std::vector<std::string> AggregatePlan::TotalSelectors() const {
  std::vector<std::string> selectors;
  for (const Selector& selected : above_) {
    Places places = PlacesOf(*total_);
    const Places own = PlacesOf(selected);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const bool summed = (sums_ && !kept_[i]) || !groups_at_[i].empty();
      if (places[i].empty() && !summed) places[i] = own[i];
    }
    if (combines()) places[*flow_place_] = {kExports, kImports};
    selectors.push_back(Text(places));
  }
  return selectors;
}

}  // namespace tidewaiter::engine
