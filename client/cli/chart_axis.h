// The axes of a chart: round, exact ticks, and where things lie between them. Whole numbers only.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "domain/decimal.h"
#include "domain/month.h"

namespace tidewaiter::cli {

// Values, from a tick at the bottom to a tick at the top. Immutable.
class ValueAxis {
 public:
  // Wide enough for all `values`, of which there is one at least, in at most `intervals` >= 1 steps of 1, 2
  // or 5 times a power of ten; of values on both sides of zero in two, if `intervals` is 1.
  ValueAxis(const std::vector<Decimal>& values, int intervals);

  struct Tick {
    std::size_t dot;  // from the top
    std::string label;
  };
  // Ascending; of an axis of `dots` >= 2 dots from top to bottom.
  std::vector<Tick> Ticks(std::size_t dots) const;
  // The dot of a value, from the top.
  std::size_t DotOf(const Decimal& value, std::size_t dots) const;

 private:
  absl::int128 Units(const Decimal& value) const;  // of 10^-scale_, rounded if that is coarser
  std::size_t DotOfUnits(absl::int128 units, std::size_t dots) const;
  std::string LabelOf(absl::int128 units) const;

  int scale_ = 0;
  absl::int128 step_ = 1;
  int step_digits_ = 0;  // step_ is 1, 2 or 5 times ten to this
  absl::int128 bottom_ = 0;
  absl::int128 top_ = 1;
};

// Months, from the first to the last. Immutable.
class MonthAxis {
 public:
  // REQUIRES: first <= last.
  MonthAxis(Month first, Month last) : first_(first), last_(last) {}

  // The dot in the middle of a month, of `dots` from left to right.
  std::size_t DotOf(Month month, std::size_t dots) const;

  struct Tick {
    std::size_t column;
    std::string label;
  };
  // Ticks on an axis of `columns` columns, with labels that do not touch: years, or months within them.
  std::vector<Tick> Ticks(std::size_t columns) const;

 private:
  int months() const { return last_ - first_ + 1; }
  Month first_;
  Month last_;
};

}  // namespace tidewaiter::cli
