// Calling back later.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace tidewaiter::rpc {

// One thread that calls back at set times. Callbacks must be short and must not block. Thread-safe.
class Timers {
 public:
  Timers();
  ~Timers() { Stop(); }
  // What has not been called will not be, and nothing is taken any more. Returns when nothing is running.
  void Stop();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  void After(absl::Duration delay, std::function<void()> callback);

 private:
  using Due = std::pair<absl::Time, std::uint64_t>;  // in order of time, then of asking
  void Work();

  absl::Mutex mutex_;
  absl::CondVar changed_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<Due, std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace tidewaiter::rpc
