// The changes of a release, with how far each went, and which of them come first.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/options.h"
#include "client/types.h"
#include "domain/decimal.h"

namespace tidewaiter::cli {

// A change, with how far the value moved.
struct DiffRow {
  std::string dataset;
  client::ChangedCell cell;
  std::optional<Decimal> amount;  // after - before; none where one of the two is no number, or nothing moved
};
// Of a change.
std::optional<Decimal> AmountOf(const client::ChangedCell& cell);
// 100 * amount / |before|, rounded half-even once, to one decimal. None without an amount, if `before` is
// zero, or if the result has more digits than a Decimal.
std::optional<Decimal> PercentOf(const DiffRow& row);

// The changes to be shown. Holds about twice as many as --top asks for, or all. Does not own its arguments.
// Not thread-safe.
class DiffRows {
 public:
  explicit DiffRows(const DiffArguments& arguments) : arguments_(arguments) {}

  void Add(DiffRow row);
  std::size_t count() const { return count_; }  // of what was added
  // The first ones, in order: those that moved, the largest first; then what was withdrawn, restored, new,
  // older than what is held, confirmed. The order is the same whatever the order of Add().
  const std::vector<DiffRow>& Sorted();

 private:
  void Cut();

  const DiffArguments& arguments_;
  std::vector<DiffRow> rows_;
  std::size_t count_ = 0;
};

}  // namespace tidewaiter::cli
