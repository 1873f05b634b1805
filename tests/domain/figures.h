// Series and figures for the tests of aggregates.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/aggregate.h"
#include "tests/domain/cells.h"

namespace tidewaiter {

// The cells of a series with their algebra.
class Series {
 public:
  explicit Series(std::vector<CellState> cells, bool additive = true)
      : cells_(std::make_unique<std::vector<CellState>>(std::move(cells))),
        algebra_(std::make_unique<IntervalAlgebra>(*cells_, additive)) {}
  Series(std::initializer_list<std::string_view> cells) : Series(Cells(cells)) {}

  Member member(int sign = 1, std::vector<PeriodRange> when = {}) {
    return {algebra_.get(), sign, std::move(when)};
  }
  IntervalAlgebra& algebra() { return *algebra_; }
  const std::vector<CellState>& cells() const { return *cells_; }

 private:
  // Neither moves when the series does.
  std::unique_ptr<std::vector<CellState>> cells_;
  std::unique_ptr<IntervalAlgebra> algebra_;
};

// "-6.8 +-0.028 PUBLISHED", or "COMBINED_MONTHS: 2025-01 2025-02".
inline std::string Text(const AggregateValue& figure) {
  if (!figure.value)
    return absl::StrCat(ToAbsl(UndefinedName(figure.reason)), ": ", MonthsText(figure.months));
  return absl::StrCat(figure.value->ToString(), " +-", figure.bound ? figure.bound->ToString() : "?", " ",
                      ToAbsl(DerivationName(figure.derivation)));
}

}  // namespace tidewaiter
