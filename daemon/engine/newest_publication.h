// How far time has come, as far as the log tells. No clock is asked: an answer at a vintage is the same for
// ever.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "domain/instant.h"
#include "domain/vintage.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// When the newest release of a dataset was published, of those accepted up to `head` and not retracted by
// then; Instant() if there is none. Reads the whole log of the dataset.
absl::StatusOr<Instant> NewestPublication(const storage::Store& store, const std::string& dataset,
                                          Sequence head);

}  // namespace tidewaiter::engine
