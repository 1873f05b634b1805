// A part of a release on its way to many.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "daemon/engine/release_changes.h"
#include "daemon/rpc/change_columns.h"
#include "daemon/rpc/series_index.h"
#include "proto/convert/lookup.h"

namespace tidewaiter::rpc {

// With an index of its series, so that a thousand subscribers need not look at all of them, and with its
// columns encoded, so that they need not each encode the same again. Both are made when enough have asked.
// Thread-safe.
class IndexedPart {
 public:
  // `many_ask`: it is known already that enough will. `index`: of the same series, if there is one already.
  explicit IndexedPart(std::shared_ptr<const engine::ChangesPart> part, bool many_ask = false,
                       std::shared_ptr<const SeriesIndex> index = nullptr);
  // From this many askers on what is made pays.
  static constexpr int kAskersForIndex = 8;

  const engine::ChangesPart& part() const { return *part_; }
  // Another one asks: for Index(), for ColumnsOf(), or both.
  void Ask() const;
  // nullptr while few have asked and none was given. Blocks the first time.
  const SeriesIndex* Index() const;
  // nullptr while few have asked. Blocks the first time.
  absl::StatusOr<const ChangeColumns*> ColumnsOf(const convert::Lookup& lookup, bool omit_confirmed) const;
  // Neither of them would block.
  bool IsReady(bool omit_confirmed) const;
  // What Index() gives, for other parts; nullptr if it has not been made.
  std::shared_ptr<const SeriesIndex> SharedIndex() const;

 private:
  struct Encoded {
    std::atomic<const ChangeColumns*> made{nullptr};
    absl::Mutex mutex;                     // held while it is made; an error is not kept
    std::optional<ChangeColumns> columns;  // never changed once made
  };
  bool ManyAsk() const { return asked_.load(std::memory_order_relaxed) > kAskersForIndex; }

  const std::shared_ptr<const engine::ChangesPart> part_;
  mutable std::atomic<int> asked_;
  mutable std::atomic<const SeriesIndex*> index_made_{nullptr};
  mutable absl::Mutex index_mutex_;                                                 // held while it is made
  mutable std::shared_ptr<const SeriesIndex> index_ ABSL_GUARDED_BY(index_mutex_);  // never changed once made
  mutable Encoded encoded_[2];                                                      // [omit_confirmed]
};

}  // namespace tidewaiter::rpc
