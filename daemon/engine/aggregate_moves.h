// What a release did to aggregates: computed once for all who wish the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "daemon/engine/aggregates.h"
#include "daemon/engine/update_feed.h"
#include "domain/aggregate_query.h"

namespace tidewaiter::engine {

// A figure that a release moved: its value is another, or there is one only before or only after.
//
//   March 2025 is revised   =>   YTD of March to December 2025, T12M of March 2025 to February 2026, growth a
//   year later
struct AggregateMove {
  std::string series;
  Period period;
  std::string unit;
  // At (unbounded, sequence - 1) and (unbounded, sequence); either may be undefined, not both.
  AggregateValue before;
  AggregateValue after;
};

// All moves of one query under one entry of the log, in key order, months ascending.
struct AggregateMoves {
  std::vector<AggregateMove> moves;
  // Not empty: why they cannot be told, as a sentence (a new series brought another unit into a sum, too many
  // figures).
  std::string problem;
  std::size_t ApproximateBytes() const;
};

// Figures that are computed for one query and one release, before and after; beyond it that is a problem to
// tell.
inline constexpr std::size_t kMaxFiguresPerMove = 1'000'000;

// The moves of `query` under `sequence`: those figures that two reads at (unbounded, sequence - 1) and
// (unbounded, sequence) would show to differ. Only sums are read in which a series of `touched` is. A
// selection of nothing has no moves.
absl::StatusOr<AggregateMoves> ComputeMoves(const Aggregates& aggregates, const AggregateQuery& query,
                                            Sequence sequence, const SeriesSet& touched);

// Keeps what was computed lately. Thread-safe; calls block. Must not outlive its parts.
class AggregateFeed {
 public:
  AggregateFeed(const storage::Store* store, const Aggregates* aggregates, UpdateFeed* updates,
                std::size_t cache_bytes = 16u << 20)
      : store_(store), aggregates_(*aggregates), updates_(*updates), cache_bytes_(cache_bytes) {}
  AggregateFeed(const AggregateFeed&) = delete;

  // `name`: equal for equal queries, and for them only. However many ask at the same time, it is computed
  // once. Errors are not kept.
  absl::StatusOr<std::shared_ptr<const AggregateMoves>> Moves(Sequence sequence, const AggregateQuery& query,
                                                              const std::string& name);

 private:
  struct Slot;
  using Key = std::pair<Sequence, std::string>;
  absl::StatusOr<std::shared_ptr<const AggregateMoves>> Compute(Sequence sequence,
                                                                const AggregateQuery& query);
  // The series of which the entry says anything that counts at its time.
  absl::StatusOr<bool> IsFirst(storage::SeriesId series, Sequence sequence) const;
  absl::StatusOr<SeriesSet> TouchedBy(Sequence sequence, const std::string& dataset);
  void Complete(const Key& key, Slot& slot, absl::StatusOr<std::shared_ptr<const AggregateMoves>> result);

  const storage::Store* const store_;
  const Aggregates& aggregates_;
  UpdateFeed& updates_;
  const std::size_t cache_bytes_;
  absl::Mutex mutex_;  // no other lock is taken while it is held
  absl::flat_hash_map<Key, std::shared_ptr<Slot>> slots_ ABSL_GUARDED_BY(mutex_);
  std::list<Key> order_ ABSL_GUARDED_BY(mutex_);  // of what is complete, oldest first
  std::size_t used_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tidewaiter::engine
