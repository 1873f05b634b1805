#include "storage/rocks/scope_index.h"

#include <algorithm>

#include "domain/strings.h"

namespace tidewaiter::storage {

void ScopeIndex::Add(std::uint32_t dataset, Sequence sequence, std::uint32_t section, const Scope& scope) {
  const Covering covering{sequence, section, scope.periods};
  absl::MutexLock lock(&mutex_);
  Dataset& scopes = datasets_[dataset];
  if (scope.selector.is_single_series()) {
    scopes.by_series[scope.selector.ToString()].push_back(covering);
  } else {
    scopes.wide.push_back({covering, scope.selector});
  }
  empty_.store(false, std::memory_order_release);
}

std::vector<ScopeIndex::Covering> ScopeIndex::Find(std::uint32_t dataset, std::string_view series_key,
                                                   Sequence sequence) const {
  std::vector<Covering> found;
  absl::ReaderMutexLock lock(&mutex_);
  const auto it = datasets_.find(dataset);
  if (it == datasets_.end()) return found;
  for (const Wide& wide : it->second.wide) {
    if (wide.covering.sequence > sequence) break;
    if (wide.selector.MatchesText(series_key)) found.push_back(wide.covering);
  }
  if (const auto own = it->second.by_series.find(ToAbsl(series_key)); own != it->second.by_series.end()) {
    for (const Covering& covering : own->second) {
      if (covering.sequence <= sequence) found.push_back(covering);
    }
    std::stable_sort(found.begin(), found.end(), [](const Covering& a, const Covering& b) {
      return a.sequence != b.sequence ? a.sequence < b.sequence : a.section < b.section;
    });
  }
  return found;
}

std::optional<std::vector<ScopeIndex::Covering>> ScopeIndex::FindIfOfAllSeries(std::uint32_t dataset,
                                                                               Sequence sequence) const {
  std::vector<Covering> found;
  absl::ReaderMutexLock lock(&mutex_);
  const auto it = datasets_.find(dataset);
  if (it == datasets_.end()) return found;
  for (const Wide& wide : it->second.wide) {
    if (wide.covering.sequence > sequence) break;
    if (!wide.selector.selects_all()) return std::nullopt;
    found.push_back(wide.covering);
  }
  for (const auto& [key, coverings] : it->second.by_series) {
    if (coverings.front().sequence <= sequence) return std::nullopt;
  }
  return found;
}

}  // namespace tidewaiter::storage
