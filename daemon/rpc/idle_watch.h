// Noticing that a caller has gone quiet.
#pragma once

#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "daemon/rpc/timers.h"

namespace tidewaiter::rpc {

// Calls `on_idle` if the caller is waited for longer than `limit`. Thread-safe; `on_idle` does not run after
// the watch's destructor has returned. Does not own the timers.
class IdleWatch {
 public:
  IdleWatch(Timers* timers, absl::Duration limit, std::function<void()> on_idle);
  ~IdleWatch();
  IdleWatch(const IdleWatch&) = delete;
  // We wait for the caller from now on.
  void Wait();
  // We do not.
  void Stop();

 private:
  struct State {
    Timers* timers;
    absl::Duration limit;
    absl::Mutex mutex;
    std::function<void()> on_idle ABSL_GUARDED_BY(mutex);
    absl::Time since ABSL_GUARDED_BY(mutex) = absl::InfiniteFuture();  // when the wait began
  };
  static void Arm(const std::shared_ptr<State>& state, absl::Duration delay);
  static void Look(const std::shared_ptr<State>& state);
  const std::shared_ptr<State> state_;
};

}  // namespace tidewaiter::rpc
