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

// A fixed number of threads; tasks are first come, first served. Of threads that have nothing to do the one
// that had something last goes on: its memory is the warmest. What waits is bounded by who submits: a call
// has one task at a time. Thread-safe.
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
  // A thread with nothing to do.
  struct Idle {
    absl::CondVar wake;
    Task task;  // what it is to do
  };
  void Work();
  // The next task; none: the end.
  Task Next();

  absl::Mutex mutex_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);   // only while nobody is idle
  std::vector<Idle*> idle_ ABSL_GUARDED_BY(mutex_);  // who has been so for longest first
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tidewaiter::rpc
