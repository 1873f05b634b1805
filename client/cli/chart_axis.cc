#include "client/cli/chart_axis.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"

namespace tidewaiter::cli {
namespace {

using absl::int128;

// Zero is a tick of its own: whatever the step, values on both sides of it need two.
constexpr int kAcrossZero = 2;

// a / b, rounded down. REQUIRES: b > 0.
int128 FloorDiv(int128 a, int128 b) {
  const int128 quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

int128 CeilDiv(int128 a, int128 b) { return -FloorDiv(-a, b); }

// The finest scale at which every value still is a Decimal: nearly always that of the finest of them.
int CommonScale(const std::vector<Decimal>& values) {
  int scale = 0;
  for (const Decimal& value : values) scale = std::max(scale, value.scale());
  const auto fits = [&](const Decimal& value) { return value.RoundHalfEven(scale).ok(); };
  while (scale > 0 && !std::all_of(values.begin(), values.end(), fits)) --scale;
  return scale;
}

}  // namespace

ValueAxis::ValueAxis(const std::vector<Decimal>& values, int intervals) : scale_(CommonScale(values)) {
  int128 low = Units(values.front());
  int128 high = low;
  for (const Decimal& value : values) {
    low = std::min(low, Units(value));
    high = std::max(high, Units(value));
  }
  // Ends for certain: over 10^28 everything lies within one step of zero on either side.
  static constexpr std::array<int, 3> kSteps = {1, 2, 5};
  for (std::size_t i = 0;; ++i) {
    step_digits_ = static_cast<int>(i / kSteps.size());
    step_ = kSteps[i % kSteps.size()] * PowerOfTen(step_digits_);
    bottom_ = FloorDiv(low, step_) * step_;
    top_ = CeilDiv(high, step_) * step_;
    if (bottom_ == top_) top_ += step_;
    const int most = bottom_ < 0 && top_ > 0 ? std::max(intervals, kAcrossZero) : intervals;
    if ((top_ - bottom_) / step_ <= most || step_digits_ >= 30) return;
  }
}

int128 ValueAxis::Units(const Decimal& value) const {
  const absl::StatusOr<Decimal> scaled = value.RoundHalfEven(scale_);
  return scaled.ok() ? scaled->coefficient() : value.coefficient();
}

std::size_t ValueAxis::DotOfUnits(int128 units, std::size_t dots) const {
  const int128 range = top_ - bottom_;
  const int128 scaled = (top_ - units) * static_cast<std::int64_t>(dots - 1);
  return static_cast<std::size_t>((2 * scaled + range) / (2 * range));
}

std::size_t ValueAxis::DotOf(const Decimal& value, std::size_t dots) const {
  return DotOfUnits(Units(value), dots);
}

// A step of 0.05 needs two decimals, one of 20 none.
std::string ValueAxis::LabelOf(int128 units) const {
  const int dropped = std::min(scale_, step_digits_);
  return Decimal::FromValidParts(units / PowerOfTen(dropped), scale_ - dropped).ToString();
}

std::vector<ValueAxis::Tick> ValueAxis::Ticks(std::size_t dots) const {
  std::vector<Tick> ticks;
  for (int128 at = bottom_; at <= top_; at += step_) ticks.push_back({DotOfUnits(at, dots), LabelOf(at)});
  return ticks;
}

std::size_t MonthAxis::DotOf(Month month, std::size_t dots) const {
  const std::int64_t middle = 2 * std::int64_t{month - first_} + 1;
  return static_cast<std::size_t>(middle * static_cast<std::int64_t>(dots) / (2 * months()));
}

std::vector<MonthAxis::Tick> MonthAxis::Ticks(std::size_t columns) const {
  static constexpr std::array<int, 11> kSteps = {1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200};
  constexpr int kGap = 2;
  constexpr int kYearWidth = 4;
  constexpr int kMonthWidth = 7;
  const auto width_of = [](int step) { return step < 12 ? kMonthWidth : kYearWidth; };
  const auto fits = [&](int step) {
    return step * static_cast<std::int64_t>(columns) >= std::int64_t{width_of(step) + kGap} * months();
  };
  const auto found = std::find_if(kSteps.begin(), kSteps.end(), fits);
  const int step = found == kSteps.end() ? kSteps.back() : *found;
  std::vector<Tick> ticks;
  for (Month month = first_; month <= last_; month = month + 1) {
    if (month.index() % step != 0) continue;
    const std::size_t column = DotOf(month, columns);
    if (column + static_cast<std::size_t>(width_of(step)) > columns) break;
    ticks.push_back({column, step < 12 ? month.ToString() : absl::StrCat(month.year())});
  }
  // A few months without a January between them.
  if (ticks.empty()) ticks.push_back({DotOf(first_, columns), first_.ToString()});
  return ticks;
}

}  // namespace tidewaiter::cli
