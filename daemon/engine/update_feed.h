// The update feed: who waits for which release, and what each release changed, computed once.
//
// A subscriber is a cursor, not a queue: woken, it asks for the next part, writes it, asks again. The feed
// keeps nothing per subscriber but a callback while it waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "daemon/engine/release_changes.h"
#include "daemon/engine/scope_horizon.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Thread-safe. Registers itself as the store's head listener; must not outlive the store. Destroyed when no
// push is under way and no Changes() is being computed.
class UpdateFeed {
 public:
  explicit UpdateFeed(storage::Store* store, std::size_t cache_bytes = 64u << 20);
  ~UpdateFeed();  // as Close()
  UpdateFeed(const UpdateFeed&) = delete;
  UpdateFeed& operator=(const UpdateFeed&) = delete;

  // The newest sequence that the feed has heard of: never beyond the store's head, and behind it only while
  // the commit that moved that is still returning.
  Sequence head() const;

  using WaiterId = std::uint64_t;
  // Calls `wake` once, as soon as head() > `after` (at once, from this thread, if it is already) or on
  // Close(). `wake` must not block nor call the store; it runs on a committing thread, without a lock of the
  // feed held. Returns 0 if it was called at once.
  WaiterId Wait(Sequence after, std::function<void()> wake);
  // True: `wake` has not been called and never will be. False: the call has been made, or another thread is
  // in it at this moment (Cancel does not wait for it: what `wake` uses, it must hold itself). No call that
  // has not begun begins after Cancel has.
  bool Cancel(WaiterId id);

  // The part of a release's changes, from the cache or computed (once, however many ask at the same time).
  // Blocks. Errors are not kept: the next to ask computes again.
  absl::StatusOr<std::shared_ptr<const ChangesPart>> Changes(Sequence sequence, std::uint32_t part);

  // Wakes everyone; later Wait()s wake at once. Changes() goes on.
  void Close();

 private:
  struct Waiter {
    Sequence after;
    std::function<void()> wake;
  };
  struct Slot;  // one cached or in-flight part
  using Key = std::pair<Sequence, std::uint32_t>;
  using Order = std::list<Key>;

  void OnHead(Sequence head);
  // Calls those of `ids` that still wait.
  void Wake(const std::vector<WaiterId>& ids);
  absl::StatusOr<std::shared_ptr<const ChangesPart>> Compute(const Key& key);
  // Keeps what was computed, or forgets that it was asked for, and answers those who wait.
  void Complete(const Key& key, Slot& slot, absl::StatusOr<std::shared_ptr<const ChangesPart>> result);
  // Remembers where the next part begins.
  void KeepStart(const ChangesPart& part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(cache_mutex_);
  void Evict() ABSL_EXCLUSIVE_LOCKS_REQUIRED(cache_mutex_);

  storage::Store* const store_;
  const std::size_t cache_bytes_;
  ScopeHorizon horizon_;
  mutable absl::Mutex waiters_mutex_;  // no other lock is taken while it is held
  Sequence head_ ABSL_GUARDED_BY(waiters_mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(waiters_mutex_) = false;
  WaiterId next_waiter_ ABSL_GUARDED_BY(waiters_mutex_) = 1;
  absl::flat_hash_map<WaiterId, Waiter> waiters_ ABSL_GUARDED_BY(waiters_mutex_);
  absl::Mutex cache_mutex_;  // no other lock is taken while it is held
  absl::flat_hash_map<Key, std::shared_ptr<Slot>> cache_ ABSL_GUARDED_BY(cache_mutex_);
  Order order_ ABSL_GUARDED_BY(cache_mutex_);  // of what is complete; least recently used first
  std::size_t used_bytes_ ABSL_GUARDED_BY(cache_mutex_) = 0;
  absl::flat_hash_map<Key, ScopeCursor> starts_ ABSL_GUARDED_BY(cache_mutex_);
  Order starts_order_ ABSL_GUARDED_BY(cache_mutex_);  // oldest first
};

}  // namespace tidewaiter::engine
