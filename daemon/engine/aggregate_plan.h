// From the words of an aggregate query to what is done with each series: which figure it is part of, and how.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "domain/aggregate_query.h"
#include "domain/dataset.h"
#include "domain/errors.h"
#include "domain/selector.h"

namespace tidewaiter::engine {

// The place of a dimension over which was summed, in an output key.
inline constexpr std::string_view kTotalCode = "_T";

// A query that fits its dataset. Immutable.
//
//   query                                             a series               its figure
//   level                                             CN.RU.X.VALUE.USD.BN   CN.RU.X.VALUE.USD.BN
//   combine BALANCE                                   CN.RU.M.VALUE.USD.BN   CN.RU.B.VALUE.USD.BN, subtracted
//   group_by flow measure currency unit               CN.RU.X.VALUE.USD.BN   _T._T.X.VALUE.USD.BN
//   groups BRICS = partner: RU BR IN ZA               CN.RU.X.VALUE.USD.BN   CN.BRICS.X.VALUE.USD.BN
//   RATIO                                             CN.RU.M.VALUE.USD.BN   CN.RU.X_M.VALUE.USD.BN, below
//   UNIT_VALUE                                        CN.RU.M.WEIGHT._Z.T    CN.RU.M.UNIT_VALUE.USD.BN, below
class AggregatePlan {
 public:
  // Every violation at once, fields named as in AggregateQuery.
  static absl::StatusOr<AggregatePlan> Create(const AggregateQuery& query, const DatasetDefinition& dataset);

  const AggregateQuery& query() const { return query_; }  // every default filled in
  const AggregateSpec& spec() const { return spec_; }
  const DatasetDefinition& dataset() const { return dataset_; }

  // Every series is a figure's one and only operand, and the figure has its key.
  bool is_plain() const { return !is_grouped() && !combines() && !is_paired() && !needs_total(); }
  bool is_grouped() const { return sums_ || !query_.groups.empty(); }
  bool combines() const { return query_.combine != Combine::kNone; }
  // Figures have series of their own below: the denominator of a ratio, the quantity of a unit value.
  bool is_paired() const { return pair_place_.has_value(); }
  // Figures stand in a total.
  bool needs_total() const;

  // Selectors of the series to look at.
  const std::vector<std::string>& listed_keys() const { return listed_keys_; }

  using Codes = std::vector<std::string_view>;
  // Whether a series stands above or below, or was listed by the way. A series may do both.
  bool IsAbove(const std::string& key) const;
  bool IsBelow(const std::string& key, const Codes& codes) const;
  // With kBalance -1 for imports; else 1.
  int SignOf(const Codes& codes) const;
  // With `combine`, the place of the flow.
  std::size_t flow_place() const { return *flow_place_; }

  struct Output {
    std::string key;
    std::vector<PeriodRange> when;  // months in which the series belongs to it; empty: always
  };
  // The figures that a series is part of; none if it is in none of the groups.
  std::vector<Output> OutputsOf(const Codes& codes) const;
  // Of an output key: equal for what stands above and below in one figure.
  std::string PairClass(const std::string& output_key) const;
  // Rank among the denominators: the first that there is, is taken.
  std::size_t DenominatorRank(const Codes& codes) const;

  // The total is a key of its own; else ("*") it is the sum of what is selected.
  bool names_total() const { return total_.has_value(); }
  // The figure is X - M, computed or as published: it has no share.
  bool IsBalance(std::string_view output_key) const;

  // Unless names_total(): equal for the series that are summed in one total, and for the figures that stand
  // in it.
  std::string TotalClassOfSeries(const Codes& codes) const;
  std::string TotalClassOfOutput(const std::string& output_key) const;
  // With names_total(): the selector of the total of a figure.
  std::string TotalSelector(const std::string& output_key) const;
  // With names_total(): where the totals of all figures lie, a selector for each that was asked for.
  std::vector<std::string> TotalSelectors() const;

 private:
  using Places = std::vector<std::vector<std::string>>;
  AggregatePlan(const AggregateQuery& query, const DatasetDefinition& dataset);
  void ReadDimensions(Violations& violations);
  void ReadPairs(Violations& violations);
  void ReadKeys(Violations& violations);
  void CheckTotal(Violations& violations);
  Places PlacesOf(const Selector& selector) const;
  absl::Status AddListed(const Selector& selector);
  // The codes of the figure, but for groups.
  std::vector<std::string> Project(const Codes& codes) const;
  std::string ClassOf(const std::vector<std::string_view>& codes) const;

  AggregateQuery query_;
  AggregateSpec spec_;
  DatasetDefinition dataset_;
  bool sums_ = false;
  std::vector<bool> kept_;                           // by place: not summed over
  std::vector<std::vector<std::size_t>> groups_at_;  // by place: indexes of query_.groups
  std::optional<std::size_t> flow_place_;
  std::optional<std::size_t> pair_place_;  // where numerator and denominator differ
  std::vector<std::size_t> blank_places_;  // where else a quantity may differ from its value
  std::string pair_code_;                  // stands in pair_place_ of output keys
  std::vector<std::string> listed_keys_;
  std::vector<Selector> above_;  // empty: every series
  std::vector<Selector> below_;
  std::optional<Selector> total_;
};

}  // namespace tidewaiter::engine
