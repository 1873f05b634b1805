// The total below many figures: summed once a month, however many figures stand in it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "daemon/engine/member_cells.h"
#include "domain/aggregate.h"

namespace tidewaiter::engine {

// Not thread-safe.
class SharedTotal {
 public:
  // Of more members than this the sum is kept, not computed again with every figure.
  static constexpr std::size_t kDirectMembers = 32;
  // `pairs`: as LoadedSum::Load.
  SharedTotal(PlannedSum sum, bool pairs) : sum_(std::move(sum)), pairs_(pairs) {}

  const PlannedSum& sum() const { return sum_; }
  // Whether one of the series is a member: looked up once, for all figures.
  bool IsTouchedBy(const absl::flat_hash_set<storage::SeriesId>& series);
  // Reads the members at `at`, unless that has been done. Errors as LoadedSum::Load.
  absl::Status Load(const CellReader& reader, const Vintage& at,
                    const std::vector<std::vector<PeriodRange>>& whens, const SumColumns* columns = nullptr);

  // What stands for the total in a figure.
  struct Below {
    const std::vector<Member>* members = nullptr;
    // Of the kept sum; nullptr where the members themselves stand below.
    const AggregateValue* kept = nullptr;
  };
  // For the figure of `spec` whose window ends with `last`.
  Below For(const AggregateSpec& spec, Month last);
  const LoadedSum& loaded() const { return loaded_; }

 private:
  // A value as cells of one run: as many as its rounding bound has steps, so that the bound is kept exactly.
  //
  //   233.949 +- 0.06, that is a unit of 0.12   =>   233.949 step 0.1, 0 step 0.01, 0 step 0.01
  struct Kept {
    AggregateValue value;
    std::vector<CellState> cells;
    std::vector<std::unique_ptr<IntervalAlgebra>> algebras;
    std::vector<Member> members;
  };
  static void Spread(Period run, Kept* kept);

  const PlannedSum sum_;
  const bool pairs_;
  std::optional<bool> touched_;
  std::optional<Vintage> loaded_at_;
  LoadedSum loaded_;
  std::map<Month, Kept> kept_;
};

}  // namespace tidewaiter::engine
