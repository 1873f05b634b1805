#include "daemon/engine/series_listing.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::engine {
namespace {

// Series held at once.
constexpr std::size_t kPage = 1000;
// Codes listed in one place of a hull: all places together stay within the limit of a selector.
constexpr std::size_t kMaxHullCodes = limits::kMaxSelectorCodes / limits::kMaxDimensions;

}  // namespace

Selector Hull(const std::vector<Selector>& selectors) {
  if (selectors.size() == 1) return selectors.front();
  for (const Selector& selector : selectors) {
    if (selector.places() == 0) return Selector();
  }
  std::string text;
  for (std::size_t place = 0; !selectors.empty() && place < selectors.front().places(); ++place) {
    std::set<std::string> codes;
    bool every = false;
    for (const Selector& selector : selectors) {
      every = every || selector.codes(place).empty();
      codes.insert(selector.codes(place).begin(), selector.codes(place).end());
    }
    if (every || codes.size() > kMaxHullCodes) codes.clear();
    absl::StrAppend(&text, place == 0 ? "" : ".", absl::StrJoin(codes, "+"));
  }
  // Whatever does not parse, the whole is a hull.
  return Selector::Parse(text).value_or(Selector());
}

std::string SingleKey(const Selector& selector) {
  std::string key;
  for (std::size_t i = 0; i < selector.places(); ++i) {
    absl::StrAppend(&key, i == 0 ? "" : ".", selector.codes(i).front());
  }
  return key;
}

SeriesListing::SeriesListing(const storage::Catalogue* catalogue, std::string dataset,
                             std::vector<Selector> selectors, std::string_view after)
    : dataset_(std::move(dataset)), after_(after) {
  if (selectors.empty()) return;
  catalogue_ = catalogue;
  TakeSelectors(std::move(selectors));
}

SeriesListing::SeriesListing(std::shared_ptr<const SeriesTable> table, std::vector<Selector> selectors,
                             std::string_view after)
    : table_(std::move(table)) {
  row_ = after.empty() ? 0 : table_->After(after);
  if (selectors.empty()) row_ = table_->size();
  TakeSelectors(std::move(selectors));
  every_row_ = hull_.places() == 0 && patterns_.empty() && singles_.empty();
}

void SeriesListing::TakeSelectors(std::vector<Selector> selectors) {
  hull_ = Hull(selectors);
  if (selectors.size() == 1) return;
  for (Selector& selector : selectors) {
    if (selector.is_single_series()) {
      singles_.insert(SingleKey(selector));
    } else {
      patterns_.push_back(std::move(selector));
    }
  }
}

bool SeriesListing::Matches(std::string_view key) const {
  if (patterns_.empty() && singles_.empty()) return true;
  if (!singles_.empty() && singles_.contains(std::string(key))) return true;
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const Selector& pattern) { return pattern.MatchesText(key); });
}

absl::Status SeriesListing::Fill() {
  page_.clear();
  position_ = 0;
  TW_ASSIGN_OR_RETURN(page_, catalogue_->ListSeries(dataset_, hull_, after_, kPage));
  if (page_.size() < kPage) {
    catalogue_ = nullptr;
  } else {
    after_ = page_.back().key;
  }
  std::erase_if(page_, [&](const storage::SeriesEntry& series) { return !Matches(series.key); });
  return absl::OkStatus();
}

std::size_t SeriesListing::RowFrom(std::size_t row) const {
  if (every_row_) return row;
  while (row < table_->size() && !(hull_.MatchesText(table_->key(row)) && Matches(table_->key(row)))) ++row;
  return row;
}

std::size_t SeriesListing::NextRow() {
  const std::size_t row = RowFrom(row_);
  row_ = std::min(row + 1, table_->size());
  return row;
}

std::size_t SeriesListing::CountRows(std::size_t most) const {
  std::size_t count = 0;
  for (std::size_t row = RowFrom(row_); row < table_->size() && count < most; row = RowFrom(row + 1)) ++count;
  return count;
}

absl::StatusOr<const storage::SeriesEntry*> SeriesListing::Next() {
  if (table_ != nullptr) {
    const std::size_t row = NextRow();
    if (row == table_->size()) return nullptr;
    current_.id = table_->id(row);
    current_.key = table_->key(row);
    return &current_;
  }
  while (position_ == page_.size()) {
    if (catalogue_ == nullptr) return nullptr;
    TW_RETURN_IF_ERROR(Fill());
  }
  return &page_[position_++];
}

}  // namespace tidewaiter::engine
