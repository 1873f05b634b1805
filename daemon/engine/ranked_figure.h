// Cross-sections in order, the first first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "domain/aggregate_query.h"
#include "domain/decimal.h"

namespace tidewaiter::engine {

// A figure on its way into a ranking. Of those that stand in columns only the value is held until it is known
// that they are wanted.
struct RankedFigure {
  static constexpr std::size_t kNoRow = ~std::size_t{0};
  std::optional<Decimal> value;
  std::size_t row = kNoRow;
  std::unique_ptr<AggregateFigure> figure;  // if it has no row
  std::uint32_t rank = 0;
};

// Sorts figures that stand in key order, gives them their ranks, and drops those that are not wanted. Of
// values that tie all share the better rank, and stay in key order:   9.1  8.0  8.0  3.2   =>   1  2  2  4 By
// magnitude: signs are taken off the values.
void SortByRank(const Ranking& ranking, std::vector<RankedFigure>* figures);

}  // namespace tidewaiter::engine
