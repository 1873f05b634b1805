#include "daemon/rpc/following.h"

#include <utility>

namespace tidewaiter::rpc {

Following::Runs Following::Match(const IndexedPart& part) const {
  const SeriesIndex* const index = selection.everything() ? nullptr : part.Index();
  if (index != nullptr) {
    absl::MutexLock lock(&mutex_);
    if (index_ == index->id()) return matched_;
  }
  auto matched = std::make_shared<const std::vector<SeriesRun>>(selection.Match(part));
  if (index != nullptr && matched->size() <= kRunsRemembered) {
    absl::MutexLock lock(&mutex_);
    index_ = index->id();
    matched_ = matched;
  }
  return matched;
}

}  // namespace tidewaiter::rpc
