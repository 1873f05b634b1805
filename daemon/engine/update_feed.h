// The update feed: who waits for which release, and what each release changed, computed once.
//
// A subscriber is a cursor, not a queue: woken, it asks for the next part, writes it, asks again. The feed keeps
// nothing per subscriber but a callback while it waits.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "daemon/engine/release_changes.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Thread-safe. Registers itself as the store's head listener; must not outlive the store.
class UpdateFeed {
 public:
  explicit UpdateFeed(storage::Store* store, std::size_t cache_bytes = 64u << 20);
  ~UpdateFeed();
  UpdateFeed(const UpdateFeed&) = delete;

  Sequence head() const;

  using WaiterId = std::uint64_t;
  // Calls `wake` once, as soon as head() > `after` (at once, from this thread, if it is already) or on Close(). `wake`
  // must not block; it is called without a lock held. Returns 0 if it was called at once.
  WaiterId Wait(Sequence after, std::function<void()> wake);
  // After it returns, `wake` will not be called. False if it has been or is being called.
  bool Cancel(WaiterId id);

  // The part of a release's changes, from the cache or computed (once, however many ask at the same time). Blocks.
  absl::StatusOr<std::shared_ptr<const ChangesPart>> Changes(Sequence sequence, std::uint32_t part);

  // Wakes everyone; later Wait()s wake at once.
  void Close();

 private:
  struct Slot;  // one cached or in-flight part
  using Key = std::pair<Sequence, std::uint32_t>;
  void OnHead(Sequence head);

  storage::Store* const store_;
  const std::size_t cache_bytes_;
  absl::Mutex waiters_mutex_;  // no other lock is taken while it is held
  bool closed_ ABSL_GUARDED_BY(waiters_mutex_) = false;
  WaiterId next_waiter_ ABSL_GUARDED_BY(waiters_mutex_) = 1;
  absl::flat_hash_map<WaiterId, std::function<void()>> waiters_ ABSL_GUARDED_BY(waiters_mutex_);
  absl::Mutex cache_mutex_;    // no other lock is taken while it is held
  absl::flat_hash_map<Key, std::shared_ptr<Slot>> cache_ ABSL_GUARDED_BY(cache_mutex_);
  std::list<Key> order_ ABSL_GUARDED_BY(cache_mutex_);  // least recently used first
  std::size_t used_bytes_ ABSL_GUARDED_BY(cache_mutex_) = 0;
};

}  // namespace tidewaiter::engine
