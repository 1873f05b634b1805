#include "client/cli/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <ctime>
#include <utility>

#include "client/cli/exit_code.h"

namespace tidewaiter::cli {
namespace {

constexpr int kWake = SIGUSR1;  // ends the waiting thread
constexpr int kGraceSeconds = 3;

sigset_t Awaited() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, kWake);
  return set;
}

}  // namespace

Interrupt::Interrupt(std::function<void()> on_interrupt) : on_interrupt_(std::move(on_interrupt)) {
  signal(SIGPIPE, SIG_IGN);
  const sigset_t set = Awaited();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);  // inherited by every thread
  thread_ = std::thread([this] { Wait(); });
}

Interrupt::~Interrupt() {
  over_ = true;
  pthread_kill(thread_.native_handle(), kWake);
  thread_.join();
}

void Interrupt::Wait() {
  const sigset_t set = Awaited();
  int signal_number = 0;
  while (sigwait(&set, &signal_number) != 0) {
  }
  if (over_) return;
  happened_ = true;
  on_interrupt_();
  const timespec grace = {kGraceSeconds, 0};
  sigtimedwait(&set, nullptr, &grace);
  if (!over_) _exit(kInterrupted);
}

}  // namespace tidewaiter::cli
