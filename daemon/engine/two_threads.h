// Work that is split in two where a thread is to be had.
#pragma once

#include <atomic>
#include <system_error>
#include <thread>

namespace tidewaiter::engine {

// Whether the one thread that helps has work.
inline std::atomic<bool> helper_is_taken{false};

// Runs both, at the same time if no other call does so now: a question that comes alone is answered sooner,
// and many at once, which keep the processors busy anyway, cost nothing more. They share nothing that either
// changes.
template <typename First, typename Second>
void RunBoth(First first, Second second) {
  if (helper_is_taken.exchange(true, std::memory_order_acquire)) {
    first();
    second();
    return;
  }
  std::thread helper;
  try {
    helper = std::thread(second);
  } catch (const std::system_error&) {  // no thread is to be had
  }
  first();
  if (helper.joinable()) {
    helper.join();
  } else {
    second();
  }
  helper_is_taken.store(false, std::memory_order_release);
}

}  // namespace tidewaiter::engine
