// Work that is split in two where a thread is to be had.
#pragma once

#include <atomic>
#include <system_error>
#include <thread>

namespace tidewaiter::engine {

// Whether the one further thread has work.
inline std::atomic<bool> second_is_taken{false};

// Runs both, at the same time if no other call does so now: a question that comes alone is answered sooner,
// and many at once, which keep the processors busy anyway, cost nothing more. They share nothing that either
// changes.
template <typename First, typename Second>
void RunBoth(First first, Second second) {
  if (second_is_taken.exchange(true, std::memory_order_acquire)) {
    first();
    second();
    return;
  }
  std::thread thread;
  try {
    thread = std::thread(second);
  } catch (const std::system_error&) {  // no thread is to be had
  }
  first();
  if (thread.joinable()) {
    thread.join();
  } else {
    second();
  }
  second_is_taken.store(false, std::memory_order_release);
}

}  // namespace tidewaiter::engine
