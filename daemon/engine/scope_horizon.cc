#include "daemon/engine/scope_horizon.h"

#include <algorithm>

#include "daemon/engine/scope_walk.h"
#include "domain/errors.h"

namespace tidewaiter::engine {
namespace {

// Entries read at once.
constexpr std::size_t kPage = 1000;

}  // namespace

absl::Status ScopeHorizon::LearnUpTo(Sequence sequence) {
  while (learnt_ < sequence) {
    const std::size_t limit = std::min<std::size_t>(kPage, sequence - learnt_);
    TW_ASSIGN_OR_RETURN(const std::vector<storage::LogEntry> entries, log_->ListEntries("", learnt_, limit));
    if (entries.empty()) return absl::OutOfRangeError("the log is shorter than what was asked of it");
    for (const storage::LogEntry& entry : entries) {
      const Instant published_at = entry.header.published_at.instant;
      const bool rises = rises_.empty() || published_at > rises_.back().second;
      if (rises && HasScope(HeadersOf(entry.sections))) rises_.emplace_back(entry.sequence, published_at);
    }
    learnt_ = entries.back().sequence;
  }
  return absl::OkStatus();
}

absl::StatusOr<Instant> ScopeHorizon::NewestBefore(Sequence sequence) {
  absl::MutexLock lock(&mutex_);
  if (sequence > 0) TW_RETURN_IF_ERROR(LearnUpTo(sequence - 1));
  const auto it = std::partition_point(rises_.begin(), rises_.end(),
                                       [&](const auto& rise) { return rise.first < sequence; });
  return it == rises_.begin() ? kNever : std::prev(it)->second;
}

}  // namespace tidewaiter::engine
