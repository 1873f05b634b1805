// Ctrl-C, met on a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace tidewaiter::cli {

// While it lives, SIGINT and SIGTERM call `on_interrupt` once instead of ending the process; a second signal,
// or three seconds without an end, exit with code 130. SIGPIPE is ignored. Make it first thing in main(),
// before any thread starts, and only once.
class Interrupt {
 public:
  explicit Interrupt(std::function<void()> on_interrupt);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool happened() const { return happened_; }

 private:
  void Wait();
  std::function<void()> on_interrupt_;
  std::atomic<bool> happened_ = false;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace tidewaiter::cli
