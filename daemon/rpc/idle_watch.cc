#include "daemon/rpc/idle_watch.h"

#include <utility>

#include "absl/time/clock.h"

namespace tidewaiter::rpc {

IdleWatch::IdleWatch(Timers* timers, absl::Duration limit, std::function<void()> on_idle)
    : state_(std::make_shared<State>()) {
  state_->timers = timers;
  state_->limit = limit;
  {
    absl::MutexLock lock(&state_->mutex);
    state_->on_idle = std::move(on_idle);
  }
  Arm(state_, limit);
}

IdleWatch::~IdleWatch() {
  absl::MutexLock lock(&state_->mutex);
  state_->on_idle = nullptr;
}

void IdleWatch::Wait() {
  absl::MutexLock lock(&state_->mutex);
  state_->since = absl::Now();
}

void IdleWatch::Stop() {
  absl::MutexLock lock(&state_->mutex);
  state_->since = absl::InfiniteFuture();
}

void IdleWatch::Arm(const std::shared_ptr<State>& state, absl::Duration delay) {
  state->timers->After(delay, [state] { Look(state); });
}

void IdleWatch::Look(const std::shared_ptr<State>& state) {
  absl::Duration left = state->limit;
  {
    absl::MutexLock lock(&state->mutex);
    if (!state->on_idle) return;
    const absl::Duration waited = absl::Now() - state->since;
    if (waited >= state->limit) {
      state->on_idle();
      return;
    }
    if (waited > absl::ZeroDuration()) left = state->limit - waited;
  }
  Arm(state, left);
}

}  // namespace tidewaiter::rpc
