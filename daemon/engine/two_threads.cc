#include "daemon/engine/two_threads.h"

#include <system_error>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace tidewaiter::engine {
namespace {

// One piece of work at a time. To start a thread for it costs as much as some thousand figures.
class SecondThread {
 public:
  ~SecondThread() {
    std::thread thread;
    {
      absl::MutexLock lock(&mutex_);
      ending_ = true;
      thread = std::move(thread_);
    }
    if (thread.joinable()) thread.join();
  }

  using Task = absl::FunctionRef<void()>;

  // False: it is at work for somebody else, or no thread is to be had. Else Wait() must be called, before
  // `work` ends.
  bool Start(const Task* work) {
    absl::MutexLock lock(&mutex_);
    if (work_ != nullptr || !HasThread()) return false;
    work_ = work;
    done_ = false;
    return true;
  }
  void Wait() {
    absl::MutexLock lock(&mutex_, absl::Condition(&done_));
    work_ = nullptr;
  }

 private:
  bool HasThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (thread_.joinable()) return true;
    try {
      thread_ = std::thread([this] { Work(); });
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }

  bool SomethingToDo() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return ending_ || (work_ != nullptr && !done_);
  }
  void Work() {
    for (;;) {
      const Task* work = nullptr;
      {
        absl::MutexLock lock(&mutex_, absl::Condition(this, &SecondThread::SomethingToDo));
        if (ending_) return;
        work = work_;
      }
      (*work)();
      absl::MutexLock lock(&mutex_);
      done_ = true;
    }
  }

  absl::Mutex mutex_;                                   // a leaf
  const Task* work_ ABSL_GUARDED_BY(mutex_) = nullptr;  // nullptr: nobody's
  bool done_ ABSL_GUARDED_BY(mutex_) = true;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

void RunBoth(absl::FunctionRef<void()> first, absl::FunctionRef<void()> second) {
  static SecondThread thread;
  const bool both = thread.Start(&second);
  first();
  if (both) {
    thread.Wait();
  } else {
    second();
  }
}

}  // namespace tidewaiter::engine
