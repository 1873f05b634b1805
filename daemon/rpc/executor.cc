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
    for (Idle* const idle : idle_) idle->wake.Signal();
    idle_.clear();  // what tasks still submit is for those who are not idle
  }
  for (std::thread& thread : threads_) thread.join();
}

void Executor::Run(Task task) {
  absl::MutexLock lock(&mutex_);
  if (idle_.empty()) return tasks_.push_back(std::move(task));
  Idle* const idle = idle_.back();
  idle_.pop_back();
  idle->task = std::move(task);
  idle->wake.Signal();
}

Executor::Task Executor::Next() {
  absl::MutexLock lock(&mutex_);
  if (tasks_.empty()) {
    Idle idle;
    if (!ending_) idle_.push_back(&idle);
    while (!idle.task && !ending_) idle.wake.Wait(&mutex_);
    return std::move(idle.task);
  }
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  return task;
}

void Executor::Work() {
  while (Task task = Next()) task();
}

}  // namespace tidewaiter::rpc
