#include "daemon/engine/aggregate_sums.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/engine/measures.h"
#include "daemon/engine/series_listing.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::engine {
namespace {

constexpr std::size_t kSeriesBetweenChecks = 1024;
// Codes of groups that nobody has are looked for in the whole dataset, which takes a walk through it: so many
// of them.
constexpr int kUnknownCodesTold = 8;

struct ByKey {
  bool operator()(const std::string& a, const std::string& b) const { return CompareSeriesKeys(a, b) < 0; }
};

// A selector that keeps what differs between units: the measure, the currency and the unit of a series.
std::string SuggestedSelector(const AggregatePlan& plan, std::string_view key) {
  const SeriesKey series = SeriesKey::FromValid(std::string(key));
  std::string text;
  for (std::size_t i = 0; i < series.dimensions(); ++i) {
    const Role role = plan.dataset().dimensions[i].role;
    const bool shown = role == Role::kMeasure || role == Role::kCurrency || role == Role::kUnit;
    absl::StrAppend(&text, i == 0 ? "" : ".", shown ? ToAbsl(series.code(i)) : absl::string_view());
  }
  return text;
}

absl::Status MixedUnits(const AggregatePlan& plan, const PlannedSum& sum, std::string_view unit,
                        std::string_view key, std::string_view output) {
  return InvalidField(
      "keys", absl::StrCat("one sum has one unit, but ", ToAbsl(output), " would add ", Quoted(sum.unit),
                           " (", sum.first_key, ") and ", Quoted(unit), " (", ToAbsl(key),
                           "); select one of them, as in ", plan.dataset().id, "/",
                           SuggestedSelector(plan, sum.first_key), ", or keep them apart by group_by"));
}

absl::Status NotAdditive(std::string_view key, std::string_view output) {
  return InvalidField(
      "keys", absl::StrCat("rates, prices and indices are not summed, but ", ToAbsl(output), " would add ",
                           ToAbsl(key), " to others; select a measure of values or quantities"));
}

// Finds the figures of all series, one after the other.
class Planner {
 public:
  Planner(const AggregatePlan& plan, SumPlan* sums) : plan_(plan), sums_(*sums) {}

  absl::Status Add(const storage::SeriesEntry& series) {
    const SeriesKey key = SeriesKey::FromValid(series.key);
    const AggregatePlan::Codes codes = key.codes();
    for (std::size_t g = 0; g < plan_.query().groups.size(); ++g) Note(g, codes);
    if (plan_.IsAbove(series.key)) {
      if (plan_.combines()) {
        AddToPair(series, codes);
      } else {
        TW_RETURN_IF_ERROR(AddAbove(codes, {{series.id, 1, 0}}, series.key));
      }
    }
    if (plan_.IsBelow(series.key, codes)) TW_RETURN_IF_ERROR(AddBelow(series, codes));
    return absl::OkStatus();
  }

  absl::Status Finish() {
    for (auto& [key, pair] : pairs_) {
      const SeriesKey series = SeriesKey::FromValid(pair.key);
      TW_RETURN_IF_ERROR(AddAbove(series.codes(), {pair.imports, pair.exports}, pair.key));
    }
    for (auto& [key, output] : outputs_) {
      if (plan_.is_paired()) TakeDenominator(output);
      sums_.outputs.push_back(std::move(output));
    }
    return absl::OkStatus();
  }

  bool Saw(std::size_t group, const std::string& code) const { return seen_.contains({group, code}); }

 private:
  struct Pair {
    std::string key;  // of one of the two
    PlannedMember exports;
    PlannedMember imports;
  };

  void Note(std::size_t group, const AggregatePlan::Codes& codes) {
    const std::optional<std::size_t> place = PlaceOf(plan_.dataset(), plan_.query().groups[group].dimension);
    seen_.emplace(group, std::string(codes[*place]));
  }

  void AddToPair(const storage::SeriesEntry& series, const AggregatePlan::Codes& codes) {
    AggregatePlan::Codes rest = codes;
    const bool exports = rest[plan_.flow_place()] == "X";
    rest[plan_.flow_place()] = "";
    Pair& pair =
        pairs_[absl::StrJoin(rest, ".", [](std::string* out, std::string_view code) { out->append(code); })];
    if (pair.key.empty()) pair.key = series.key;
    pair.imports.sign = plan_.query().combine == Combine::kBalance ? -1 : 1;
    (exports ? pair.exports : pair.imports).id = series.id;
  }

  std::uint32_t IndexOf(std::vector<PeriodRange> when) {
    if (when.empty()) return 0;
    // Members of one group mostly belong to it at the same times.
    for (std::size_t i = sums_.whens.size(); i-- > 1 && i + 8 > sums_.whens.size();) {
      if (sums_.whens[i] == when) return static_cast<std::uint32_t>(i);
    }
    sums_.whens.push_back(std::move(when));
    return static_cast<std::uint32_t>(sums_.whens.size() - 1);
  }

  absl::Status AddAbove(const AggregatePlan::Codes& codes, const std::vector<PlannedMember>& members,
                        std::string_view key) {
    for (AggregatePlan::Output& output : plan_.OutputsOf(codes)) {
      PlannedOutput& planned = outputs_[output.key];
      planned.key = output.key;
      TW_RETURN_IF_ERROR(planned.above.Admit(plan_, key, output.key));
      const std::uint32_t when = IndexOf(std::move(output.when));
      for (PlannedMember member : members) {
        member.when = when;
        planned.above.members.push_back(member);
      }
    }
    if (!plan_.needs_total() || plan_.names_total()) return absl::OkStatus();
    PlannedSum& total = sums_.totals[plan_.TotalClassOfSeries(codes)];
    TW_RETURN_IF_ERROR(total.Admit(plan_, key, "the total"));
    total.members.insert(total.members.end(), members.begin(), members.end());
    return absl::OkStatus();
  }

  absl::Status AddBelow(const storage::SeriesEntry& series, const AggregatePlan::Codes& codes) {
    for (AggregatePlan::Output& output : plan_.OutputsOf(codes)) {
      PlannedSum& sum = below_[plan_.PairClass(output.key)][plan_.DenominatorRank(codes)];
      TW_RETURN_IF_ERROR(sum.Admit(plan_, series.key, output.key));
      sum.members.push_back({series.id, 1, IndexOf(std::move(output.when))});
    }
    return absl::OkStatus();
  }

  void TakeDenominator(PlannedOutput& output) {
    const auto found = below_.find(plan_.PairClass(output.key));
    if (found != below_.end()) output.below = found->second.begin()->second;
  }

  const AggregatePlan& plan_;
  SumPlan& sums_;
  std::map<std::string, PlannedOutput, ByKey> outputs_;
  std::map<std::string, Pair> pairs_;
  absl::flat_hash_map<std::string, std::map<std::size_t, PlannedSum>> below_;  // by class, by rank
  std::set<std::pair<std::size_t, std::string>> seen_;  // codes at the places of groups
};

// A selector of all series that have `code` in a place.
absl::StatusOr<Selector> WithCode(std::size_t places, std::size_t place, std::string_view code) {
  std::string text;
  for (std::size_t i = 0; i < places; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ".", i == place ? ToAbsl(code) : absl::string_view());
  }
  return Selector::Parse(text);
}

absl::Status CheckGroups(const storage::Catalogue& catalogue, const AggregatePlan& plan,
                         const Planner& planner) {
  Violations violations;
  int told = 0;
  const std::size_t places = plan.dataset().dimensions.size();
  for (std::size_t g = 0; g < plan.query().groups.size(); ++g) {
    const CodeGroup& group = plan.query().groups[g];
    if (group.kept) continue;
    for (std::size_t m = 0; m < group.members.size() && told < kUnknownCodesTold; ++m) {
      const std::string& code = group.members[m].code;
      if (planner.Saw(g, code)) continue;
      const std::optional<std::size_t> place = PlaceOf(plan.dataset(), group.dimension);
      TW_ASSIGN_OR_RETURN(const Selector selector, WithCode(places, *place, code));
      TW_ASSIGN_OR_RETURN(const std::vector<storage::SeriesEntry> any,
                          catalogue.ListSeries(plan.dataset().id, selector, "", 1));
      if (!any.empty()) continue;
      ++told;
      violations.Add(absl::StrCat("groups[", g, "].members[", m, "].code"),
                     absl::StrCat("no series of ", plan.dataset().id, " has the ", group.dimension, " ",
                                  Quoted(code), "; see ListSeries for the codes"));
    }
  }
  return violations.ToStatus();
}

// A total that nobody has would make every figure undefined: better one error than many.
absl::Status CheckTotal(const storage::Catalogue& catalogue, const AggregatePlan& plan) {
  if (!plan.needs_total() || !plan.names_total()) return absl::OkStatus();
  for (const std::string& text : plan.TotalSelectors()) {
    TW_ASSIGN_OR_RETURN(const Selector selector, Selector::Parse(text));
    TW_ASSIGN_OR_RETURN(const std::vector<storage::SeriesEntry> any,
                        catalogue.ListSeries(plan.dataset().id, selector, "", 1));
    if (!any.empty()) return absl::OkStatus();
  }
  return InvalidField("total", absl::StrCat(Quoted(plan.query().total),
                                            " is the total of nothing selected: no "
                                            "series of ",
                                            plan.dataset().id, " matches ", plan.TotalSelectors().front(),
                                            "; list what there is with `tidewaiter series ",
                                            plan.dataset().id, "` or ListSeries"));
}

absl::Status TooManySeries() {
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
                   absl::StrCat("keys: more than ", limits::kMaxPlannedSeries,
                                " series to join or to sum; narrow the selector"),
                   {{"limit", "kMaxPlannedSeries"}, {"maximum", absl::StrCat(limits::kMaxPlannedSeries)}},
                   {{"keys", "selects too many series to join or to sum"}});
}

}  // namespace

absl::Status PlannedSum::Admit(const AggregatePlan& plan, std::string_view key, std::string_view output) {
  const SeriesKey series = SeriesKey::FromValid(std::string(key));
  const bool series_additive = IsAdditive(plan.dataset(), series.codes());
  std::string series_unit = UnitOf(plan.dataset(), key);
  if (first_key.empty()) {
    unit = std::move(series_unit);
    first_key = key;
    additive = series_additive;
    if (!additive && plan.combines()) return NotAdditive(key, output);
    return absl::OkStatus();
  }
  if (series_unit != unit) return MixedUnits(plan, *this, series_unit, key, output);
  if (!series_additive || !additive) return NotAdditive(key, output);
  return absl::OkStatus();
}

absl::StatusOr<SumPlan> PlanSums(const storage::Catalogue& catalogue, const AggregatePlan& plan,
                                 SeriesReader& listing, absl::FunctionRef<absl::Status()> check_alive) {
  SumPlan sums;
  Planner planner(plan, &sums);
  for (std::size_t n = 1;; ++n) {
    TW_ASSIGN_OR_RETURN(const bool more, listing.Next());
    if (!more) break;
    if (n > limits::kMaxPlannedSeries) return TooManySeries();
    if (n % kSeriesBetweenChecks == 0) TW_RETURN_IF_ERROR(check_alive());
    TW_RETURN_IF_ERROR(planner.Add(listing.series()));
  }
  TW_RETURN_IF_ERROR(CheckGroups(catalogue, plan, planner));
  TW_RETURN_IF_ERROR(planner.Finish());
  // Of what is not selected there is no total either, and that is said first.
  if (!sums.outputs.empty()) TW_RETURN_IF_ERROR(CheckTotal(catalogue, plan));
  return sums;
}

absl::StatusOr<PlannedSum> PlanTotal(const storage::Catalogue& catalogue, const AggregatePlan& plan,
                                     const std::string& output_key) {
  TW_ASSIGN_OR_RETURN(const Selector selector, Selector::Parse(plan.TotalSelector(output_key)));
  std::vector<Selector> selectors;
  selectors.push_back(selector);
  SeriesListing listing(&catalogue, plan.dataset().id, std::move(selectors), "");
  PlannedSum total;
  for (std::size_t n = 1;; ++n) {
    TW_ASSIGN_OR_RETURN(const storage::SeriesEntry* const series, listing.Next());
    if (series == nullptr) return total;
    if (n > limits::kMaxPlannedSeries) return TooManySeries();
    if (const absl::Status admitted = total.Admit(plan, series->key, "the total"); !admitted.ok()) {
      return InvalidField("total", DetailsOf(admitted).violations.front().description);
    }
    const SeriesKey key = SeriesKey::FromValid(series->key);
    total.members.push_back({series->id, static_cast<std::int8_t>(plan.SignOf(key.codes())), 0});
  }
}

}  // namespace tidewaiter::engine
