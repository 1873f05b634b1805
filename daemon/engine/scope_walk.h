// The series that the scopes of a release cover.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/series_listing.h"
#include "domain/period.h"
#include "domain/release.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// A place in the walk: before the first series, or after one. Ordered as the walk goes.
struct ScopeCursor {
  std::size_t dataset = 0;  // which of the datasets that have scopes
  std::string after;        // a series key; "" before the first
  friend bool operator==(const ScopeCursor&, const ScopeCursor&) = default;
};

// Walks the series that any scope of a release covers: dataset by dataset, in order of their first scopes;
// within a dataset in key order, each series once. Memory does not grow with the number of series. Not
// thread-safe; must not outlive the catalogue nor the sections.
class ScopeWalk {
 public:
  // `sections`: the headers of the release, in order.
  ScopeWalk(const storage::Catalogue* catalogue, std::vector<const SectionHeader*> sections,
            ScopeCursor start);

  absl::StatusOr<bool> Next();  // false at the end
  const std::string& dataset() const { return datasets_[cursor_.dataset].id; }
  const storage::SeriesEntry& series() const { return *current_; }
  // The least range that holds every period the scopes cover of this series.
  PeriodRange range() const;
  bool Covers(Period period) const;
  // Right after this series.
  ScopeCursor cursor() const { return {cursor_.dataset, current_->key}; }

 private:
  struct Dataset {
    std::string id;
    std::vector<const Scope*> scopes;
  };
  void List();

  const storage::Catalogue* const catalogue_;
  std::vector<Dataset> datasets_;
  ScopeCursor cursor_;
  SeriesListing listing_;
  const storage::SeriesEntry* current_ = nullptr;
  std::vector<const Scope*> covering_;  // the current series
};

std::vector<const SectionHeader*> HeadersOf(const std::vector<storage::SectionInfo>& sections);
bool HasScope(const std::vector<const SectionHeader*>& sections);
// Does a scope of a section after `section` cover the cell? The release's last word on it is then WITHDRAWN.
bool LaterScopeCovers(const std::vector<const SectionHeader*>& sections, std::size_t section,
                      std::string_view series, Period period);

}  // namespace tidewaiter::engine
