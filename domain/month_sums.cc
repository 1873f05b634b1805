#include "domain/month_sums.h"

#include <algorithm>

#include "domain/decimal.h"
#include "domain/limits.h"

namespace tidewaiter {

void MonthSums::Cell::Add(const Cell& other) {
  value += other.value;
  steps += other.steps;
  oldest = std::min(oldest, other.oldest);
  newest = std::max(newest, other.newest);
  scale = std::max(scale, other.scale);
  step_scale = std::max(step_scale, other.step_scale);
}

std::uint32_t MonthSums::AddStretch(Month start, Month end) {
  const auto [at, is_new] =
      known_.try_emplace({start.index(), end.index()}, static_cast<std::uint32_t>(stretches_.size()));
  if (is_new) {
    first_ = stretches_.empty() ? start : std::min(first_, start);
    last_ = stretches_.empty() ? end - 1 : std::max(last_, end - 1);
    stretches_.push_back({.start = start, .series = 0, .months = {}});
    stretches_.back().months.resize(static_cast<std::size_t>(end - start));
    cells_ += stretches_.back().months.size();
  }
  ++stretches_[at->second].series;
  return at->second;
}

void MonthSums::Merge(const MonthSums& other) {
  for (const Stretch& stretch : other.stretches_) {
    Stretch& into = stretches_[AddStretch(stretch.start, stretch.end())];
    into.series += stretch.series - 1;
    for (std::size_t i = 0; i < stretch.months.size(); ++i) into.months[i].Add(stretch.months[i]);
  }
  series_ += other.series_;
}

MonthSums::Total MonthSums::Of(Period run) const {
  Total total;
  Cell sum;
  for (const Stretch& stretch : stretches_) {
    if (run.start() < stretch.start || stretch.end() < run.end()) continue;
    total.members += stretch.series;
    for (Month month = run.start(); month < run.end(); month = month + 1) {
      sum.Add(stretch.months[static_cast<std::size_t>(month - stretch.start)]);
    }
  }
  total.left_out = series_ - total.members;
  if (total.left_out > 0) total.missing = MissingIn(run);
  if (total.members == 0) return total;
  total.scale = sum.scale;
  total.value = AtScale(sum.value, sum.scale);
  total.step_scale = sum.step_scale;
  total.steps = AtScale(sum.steps, sum.step_scale);
  total.derivation = run.months() > 1 ? Derivation::kSummed : Derivation::kPublished;
  total.across_releases = sum.oldest != sum.newest;
  total.newest = (*releases_)[sum.newest];
  return total;
}

// No number that was added has more decimals: nothing is lost.
absl::int128 MonthSums::AtScale(absl::int128 sum, int scale) const {
  return sum / PowerOfTen(scale_ - scale);
}

// A month that some series do not know is missing to one that is left out.
std::vector<Month> MonthSums::MissingIn(Period run) const {
  std::vector<Month> missing;
  for (Month month = run.start(); month < run.end() && missing.size() < limits::kMaxMonthsAtFault;
       month = month + 1) {
    std::uint32_t known = 0;
    for (const Stretch& stretch : stretches_) {
      if (stretch.start <= month && month < stretch.end()) known += stretch.series;
    }
    if (known < series_) missing.push_back(month);
  }
  return missing;
}

}  // namespace tidewaiter
