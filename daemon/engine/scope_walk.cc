#include "daemon/engine/scope_walk.h"

#include <algorithm>
#include <utility>

#include "domain/errors.h"

namespace tidewaiter::engine {

ScopeWalk::ScopeWalk(const storage::Catalogue* catalogue, std::vector<const SectionHeader*> sections,
                     ScopeCursor start)
    : catalogue_(catalogue), cursor_(std::move(start)) {
  for (const SectionHeader* section : sections) {
    if (!section->scope) continue;
    auto it = std::find_if(datasets_.begin(), datasets_.end(),
                           [&](const Dataset& dataset) { return dataset.id == section->dataset; });
    if (it == datasets_.end()) it = datasets_.insert(it, {section->dataset, {}});
    it->scopes.push_back(&*section->scope);
  }
  List();
}

void ScopeWalk::List() {
  listing_ = SeriesListing();
  if (cursor_.dataset >= datasets_.size()) return;
  std::vector<Selector> selectors;
  for (const Scope* scope : datasets_[cursor_.dataset].scopes) selectors.push_back(scope->selector);
  listing_ = SeriesListing(catalogue_, dataset(), std::move(selectors), cursor_.after);
}

absl::StatusOr<bool> ScopeWalk::Next() {
  for (; cursor_.dataset < datasets_.size(); ++cursor_.dataset, cursor_.after.clear(), List()) {
    TW_ASSIGN_OR_RETURN(current_, listing_.Next());
    if (current_ == nullptr) continue;
    covering_.clear();
    for (const Scope* scope : datasets_[cursor_.dataset].scopes) {
      if (scope->selector.MatchesText(current_->key)) covering_.push_back(scope);
    }
    return true;
  }
  return false;
}

PeriodRange ScopeWalk::range() const {
  PeriodRange range = covering_.front()->periods;
  for (const Scope* scope : covering_) {
    const PeriodRange& other = scope->periods;
    range.from = range.from && other.from ? std::optional(std::min(*range.from, *other.from)) : std::nullopt;
    range.to = range.to && other.to ? std::optional(std::max(*range.to, *other.to)) : std::nullopt;
  }
  return range;
}

bool ScopeWalk::Covers(Period period) const {
  return std::any_of(covering_.begin(), covering_.end(),
                     [&](const Scope* scope) { return scope->periods.Contains(period); });
}

std::vector<const SectionHeader*> HeadersOf(const std::vector<storage::SectionInfo>& sections) {
  std::vector<const SectionHeader*> headers;
  for (const storage::SectionInfo& section : sections) headers.push_back(&section.header);
  return headers;
}

bool HasScope(const std::vector<const SectionHeader*>& sections) {
  return std::any_of(sections.begin(), sections.end(),
                     [](const SectionHeader* section) { return section->scope.has_value(); });
}

bool LaterScopeCovers(const std::vector<const SectionHeader*>& sections, std::size_t section,
                      std::string_view series, Period period) {
  for (std::size_t i = section + 1; i < sections.size(); ++i) {
    const SectionHeader& later = *sections[i];
    if (later.scope && later.dataset == sections[section]->dataset && later.scope->periods.Contains(period) &&
        later.scope->selector.MatchesText(series)) {
      return true;
    }
  }
  return false;
}

}  // namespace tidewaiter::engine
