// AggregateReader, where figures are wanted in order.
#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/engine/aggregates.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::engine {
namespace {

// Of two ascending lists.
bool HaveCommon(const std::vector<storage::SeriesId>& a, const std::vector<storage::SeriesId>& b) {
  for (auto at_a = a.begin(), at_b = b.begin(); at_a != a.end() && at_b != b.end();) {
    if (*at_a == *at_b) return true;
    ++(*at_a < *at_b ? at_a : at_b);
  }
  return false;
}

absl::Status TooManyRanked() {
  return InvalidField(
      "keys", absl::StrCat("a ranking has at most ", limits::kMaxRanked, " members; narrow the selector"));
}

}  // namespace

absl::StatusOr<std::optional<Month>> AggregateReader::LatestMonth() {
  std::optional<Month> latest;
  for (;;) {
    TW_ASSIGN_OR_RETURN(const bool more, NextOutput());
    if (!more) break;
    latest = std::max(latest.value_or(above_.span()->last), above_.span()->last);
  }
  next_output_ = 0;
  output_ = nullptr;
  return LastEndUntil(latest);
}

// Periods are tried from the last one on, more and more at once: mostly the last is the one.
absl::StatusOr<std::optional<Month>> AggregateReader::LatestMonthOfRows() {
  std::set<Month> ends;
  const std::string& dataset = plan_.query().dataset;
  storage::SharedSlices slices;
  const auto note = [&ends](const Period& period) {
    ends.insert(period.last());
    return false;
  };
  TW_RETURN_IF_ERROR(store_->ReadSharedSlices(dataset, PeriodRange{}, vintage(), note, &slices));
  std::vector<storage::SeriesId> selected;
  SeriesListing rows = listing_.listing();
  for (std::size_t row = rows.NextRow(); row < rows.table()->size(); row = rows.NextRow()) {
    selected.push_back(rows.table()->id(row));
  }
  std::sort(selected.begin(), selected.end());
  std::optional<Month> latest;
  for (std::size_t at_once = 1; !latest && !ends.empty(); at_once *= 2) {
    std::set<Month> tried;
    while (!ends.empty() && tried.size() < at_once) tried.insert(ends.extract(std::prev(ends.end())));
    const auto wanted = [&tried](const Period& period) { return tried.contains(period.last()); };
    TW_RETURN_IF_ERROR(store_->ReadSharedSlices(dataset, PeriodRange{}, vintage(), wanted, &slices));
    for (const auto& slice : slices) {
      if (HaveCommon(selected, slice->series))
        latest = std::max(latest.value_or(slice->period.last()), slice->period.last());
    }
  }
  return LastEndUntil(latest);
}

// A year has one last month; at the very start of the calendar no window may end at all.
std::optional<Month> AggregateReader::LastEndUntil(std::optional<Month> month) const {
  if (!month) return std::nullopt;
  for (int back = 0; back < 12; ++back) {
    if (plan_.spec().window.RunEnding(*month - back)) return *month - back;
  }
  return std::nullopt;
}

absl::Status AggregateReader::Rank() {
  std::vector<RankedFigure> found;
  if (by_rows_) {
    TW_RETURN_IF_ERROR(CollectRows(&found));
  } else {
    std::optional<Month> month = view_.ranking->month;
    if (!month) {
      TW_ASSIGN_OR_RETURN(month, LatestMonth());
    }
    if (!month) return absl::OkStatus();
    LookInColumns(*month);
    TW_RETURN_IF_ERROR(CollectOutputs(*month, &found));
  }
  SortByRank(*view_.ranking, &found);
  for (RankedFigure& ranked : found) {
    if (ranked.row != RankedFigure::kNoRow) FindRow(row_ = ranked.row);
    ranked_.push_back(ranked.figure == nullptr ? figure() : std::move(*ranked.figure));
    ranked_.back().rank = ranked.rank;
  }
  in_section_ = is_quick_ = false;
  given_ = std::min(start_.skip, ranked_.size());
  return absl::OkStatus();
}

absl::Status AggregateReader::CollectRows(std::vector<RankedFigure>* found) {
  for (;;) {
    TW_ASSIGN_OR_RETURN(const bool more, NextRow());
    if (!more) return absl::OkStatus();
    if (found->size() == limits::kMaxRanked) return TooManyRanked();
    RankedFigure& ranked = found->emplace_back();
    if (is_quick_) {
      ranked.value = Decimal::FromValidParts(quick_.coefficient, quick_.scale);
      ranked.row = row_;
    } else {
      ranked.figure = std::make_unique<AggregateFigure>(figure());
      ranked.value = ranked.figure->value.value;
    }
  }
}

absl::Status AggregateReader::CollectOutputs(Month month, std::vector<RankedFigure>* found) {
  for (;;) {
    TW_ASSIGN_OR_RETURN(const bool more, NextOutput());
    if (!more) return absl::OkStatus();
    if (found->size() == limits::kMaxRanked) return TooManyRanked();
    TW_RETURN_IF_ERROR(Compute(month, *plan_.spec().window.RunEnding(month)));
    RankedFigure& ranked = found->emplace_back();
    ranked.value = figure_.value.value;
    ranked.figure = std::make_unique<AggregateFigure>(std::move(figure_));
  }
}

}  // namespace tidewaiter::engine
