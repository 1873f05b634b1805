#include "daemon/engine/newest_publication.h"

#include <algorithm>
#include <vector>

#include "domain/errors.h"

namespace tidewaiter::engine {
namespace {

constexpr std::size_t kEntriesAtOnce = 1000;

}  // namespace

absl::StatusOr<Instant> NewestPublication(const storage::Store& store, const std::string& dataset,
                                          Sequence head) {
  Instant newest;
  for (Sequence after = 0;;) {
    TW_ASSIGN_OR_RETURN(const std::vector<storage::LogEntry> entries,
                        store.ListEntries(dataset, after, kEntriesAtOnce));
    for (const storage::LogEntry& entry : entries) {
      if (entry.sequence > head) return newest;
      const bool retracted = entry.retracted_by != 0 && entry.retracted_by <= head;
      if (entry.retracts == 0 && !retracted) newest = std::max(newest, entry.header.published_at.instant);
    }
    if (entries.empty()) return newest;
    after = entries.back().sequence;
  }
}

}  // namespace tidewaiter::engine
