// Sums of many series over all periods, out of slices: no series is read, no cell is put into words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "daemon/engine/aggregate_sums.h"
#include "daemon/engine/release_order.h"
#include "domain/month_sums.h"
#include "domain/vintage.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Of each sum the members of which single months are known and nothing else: one value a month, no absence,
// no run of several months, steps and scales not too far apart. That is nearly all of a table of months. The
// others must be read one by one. Immutable once read; thread-safe.
class SumColumns {
 public:
  struct Sum {
    Sum(const std::vector<MonthSums::Release>* releases, int scale) : months(releases, scale) {}
    MonthSums months;
    std::size_t cells = 0;  // of its members
  };
  // Reads what is known of a dataset at a vintage, and numbers the sums. nullptr: there is too much of it, or
  // its series are spread too thinly. `check_alive` is asked now and then whether anybody still waits.
  // Blocks. Errors: the store's; what `check_alive` says.
  static absl::StatusOr<std::unique_ptr<SumColumns>> Read(const storage::Store& store,
                                                          const std::string& dataset, const Vintage& vintage,
                                                          const std::vector<PlannedSum*>& sums,
                                                          absl::FunctionRef<absl::Status()> check_alive);

  // nullptr: it was not among those that were read.
  const Sum* Find(const PlannedSum& sum) const { return sum.number == 0 ? nullptr : &sums_[sum.number - 1]; }
  // Whether something is known of the member, of a sum that is found, that is not in the sum's months.
  bool MustRead(const PlannedMember& member) const;

 private:
  enum class State : std::uint8_t { kNothing, kMonths, kOther };
  // A series as one member of one sum.
  struct Slot {
    std::uint32_t sum = 0;
    std::int8_t sign = 1;
  };
  class Part;

  SumColumns() = default;
  bool TakeMembers(const std::vector<PlannedSum*>& sums);
  absl::StatusOr<bool> ReadSlices(const storage::Store& store, const std::string& dataset,
                                  const Vintage& vintage);
  void TakeScale();
  bool Fits(CellForm form) const;
  void AddUp(std::size_t sums);
  MonthSums::Share ShareOf(CellForm form) const;
  absl::int128 FactorOf(CellForm form) const;
  bool IsMember(storage::SeriesId id) const {
    const auto number = static_cast<std::uint32_t>(id);
    return number >= first_ && number - first_ < states_.size();
  }
  std::size_t PlaceOf(storage::SeriesId id) const { return static_cast<std::uint32_t>(id) - first_; }

  storage::SharedSlices slices_;  // while reading
  ReleaseOrder order_;
  int scale_ = 0;
  std::vector<Sum> sums_;  // by number, less 1
  // By number of the series, less the first.
  std::uint32_t first_ = 0;
  std::vector<State> states_;
  std::vector<std::uint32_t> begins_;  // of its slots, and the end
  std::vector<Slot> slots_;
};

}  // namespace tidewaiter::engine
