// Which series each figure of an aggregate query sums, found before any of their cells is read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "daemon/engine/aggregate_plan.h"
#include "daemon/engine/queries.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// A series of a sum. Id 0: one that does not exist, of a pair that needs it.
struct PlannedMember {
  storage::SeriesId id{};
  std::int8_t sign = 1;
  std::uint32_t when = 0;  // index into SumPlan::whens
};

// Series of one unit that are summed.
struct PlannedSum {
  std::vector<PlannedMember> members;  // with `combine`, pairs: M, X, M, X ...
  std::string unit;
  std::string first_key;  // for errors
  bool additive = true;
  std::uint32_t number = 0;  // in SumColumns, whose it is; 0: not there

  // Notes a series that is to be summed. `output`: the key of the figure, for errors. Error: another unit
  // than the others', or a rate or price among several; field "keys".
  absl::Status Admit(const AggregatePlan& plan, std::string_view key, std::string_view output);
};

struct PlannedOutput {
  std::string key;
  PlannedSum above;
  PlannedSum below;  // of ratios and unit values
};

struct SumPlan {
  std::vector<PlannedOutput> outputs;                   // in key order
  absl::flat_hash_map<std::string, PlannedSum> totals;  // by class, where a query names no total
  std::vector<std::vector<PeriodRange>> whens = {{}};   // the first: always
};

// Reads the listing to its end. `check_alive` is asked now and then whether anybody still waits for the
// answer. Errors: as Admit; LIMIT_EXCEEDED beyond limits::kMaxPlannedSeries; a code of a group that no series
// has, field "groups[i].members[j].code".
absl::StatusOr<SumPlan> PlanSums(const storage::Catalogue& catalogue, const AggregatePlan& plan,
                                 SeriesReader& listing, absl::FunctionRef<absl::Status()> check_alive);

// The series of a total that the query names, for one figure. None: no such series.
absl::StatusOr<PlannedSum> PlanTotal(const storage::Catalogue& catalogue, const AggregatePlan& plan,
                                     const std::string& output_key);

}  // namespace tidewaiter::engine
