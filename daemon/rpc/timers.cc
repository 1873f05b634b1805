#include "daemon/rpc/timers.h"

#include <utility>

#include "absl/time/clock.h"

namespace tidewaiter::rpc {

Timers::Timers() : thread_([this] { Work(); }) {}

void Timers::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    queue_.clear();
    changed_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

void Timers::After(absl::Duration delay, std::function<void()> callback) {
  const absl::Time due = absl::Now() + delay;
  absl::MutexLock lock(&mutex_);
  if (ending_) return;
  const auto [it, added] = queue_.try_emplace({due, next_++}, std::move(callback));
  if (it == queue_.begin()) changed_.Signal();
}

void Timers::Work() {
  absl::MutexLock lock(&mutex_);
  while (!ending_) {
    if (queue_.empty()) {
      changed_.Wait(&mutex_);
      continue;
    }
    const auto first = queue_.begin();
    if (first->first.first > absl::Now()) {
      changed_.WaitWithDeadline(&mutex_, first->first.first);
      continue;
    }
    std::function<void()> callback = std::move(first->second);
    queue_.erase(first);
    mutex_.Unlock();
    callback();
    callback = nullptr;  // what it holds goes without the lock, too
    mutex_.Lock();
  }
}

}  // namespace tidewaiter::rpc
