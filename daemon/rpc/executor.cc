#include "daemon/rpc/executor.h"

#include <utility>

namespace tidewaiter::rpc {

Executor::Executor(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

Executor::~Executor() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

void Executor::Run(Task task) {
  absl::MutexLock lock(&mutex_);
  tasks_.push_back(std::move(task));
}

void Executor::Work() {
  const auto something_to_do = [this]()
                                   ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return ending_ || !tasks_.empty(); };
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(&something_to_do));
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace tidewaiter::rpc
