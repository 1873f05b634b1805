// Threads for work that may block: gRPC's own must not.
#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace tidewaiter::rpc {

// A fixed number of threads, first come, first served. What waits is bounded by who submits: a call has one
// task at a time. Thread-safe.
class Executor {
 public:
  explicit Executor(int threads);
  // Runs what has been submitted, then ends.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  using Task = absl::AnyInvocable<void()>;
  // Never blocks, never runs the task itself.
  void Run(Task task);

 private:
  void Work();

  absl::Mutex mutex_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tidewaiter::rpc
