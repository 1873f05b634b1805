// What a release would change if it were taken in now.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/release_changes.h"
#include "domain/release.h"
#include "domain/vintage.h"
#include "storage/store.h"

namespace tidewaiter::engine {

struct PreviewedChanges {
  // As ComputeChanges would give for the release as sequence `head` + 1, all parts together, but: the states
  // carry sequence 0 and no texts (they are not interned yet), and `series` is 0 where the series does not
  // exist yet.
  std::vector<SeriesChanges> series;
  // Cells that its scopes would withdraw beyond the first limits::kMaxUnaryObservations of them: counted
  // only.
  std::uint64_t omitted_withdrawals = 0;
};

// Against what is known at (unbounded, head). Thread-safe, blocking.
absl::StatusOr<PreviewedChanges> PreviewChanges(const storage::Store& store, const Release& release,
                                                Sequence head);

}  // namespace tidewaiter::engine
