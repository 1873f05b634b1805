// How the figures of each dataset are to be read, kept beside the log.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "domain/aggregate_query.h"
#include "domain/conventions.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Never nullptr.
using ConventionsOf =
    std::function<absl::StatusOr<std::shared_ptr<const Conventions>>(std::string_view dataset)>;

// Table "conventions" of the annexes: dataset -> the canonical text (domain/conventions_text.h). Not part of
// a dataset's definition, of which title and description only may change: groups grow, and how a publisher
// rounds is found out later. Conventions have no vintages: the last ones that were set hold, for what is read
// and checked from then on; what was found under earlier ones stays. Thread-safe; must not outlive the store.
class KeptConventions {
 public:
  explicit KeptConventions(storage::Store* store) : store_(store) {}

  // Those that say nothing if the dataset has none. Errors: kDatasetNotFound, kCorruption, those of the
  // store.
  absl::StatusOr<std::shared_ptr<const Conventions>> Get(std::string_view dataset) const;
  // An empty text removes them. Returns the canonical text. Errors: kDatasetNotFound; every wrong line,
  // fields "line 3, column 8"; those of the store. Without `allow_unknown_codes` each code must stand in some
  // series.
  absl::StatusOr<std::string> Set(std::string_view dataset, std::string_view text, bool allow_unknown_codes);

  // The query with all that the conventions of its dataset add: the kept groups that it names, in `groups`
  // and in `group_by`, and the rounding if it says none. Errors: as Get(); fields "groups[i].name",
  // "group_by[i]".
  absl::StatusOr<AggregateQuery> Complete(AggregateQuery query) const;

 private:
  storage::Store* const store_;
  mutable absl::Mutex mutex_;  // no other lock is taken while it is held
  mutable absl::flat_hash_map<std::string, std::shared_ptr<const Conventions>> kept_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t sets_ ABSL_GUARDED_BY(mutex_) = 0;  // so far
};

}  // namespace tidewaiter::engine
