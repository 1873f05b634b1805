#include "daemon/rpc/subscriber_hub.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "domain/errors.h"

namespace tidewaiter::rpc {
namespace {

// How exactly progress messages keep their time.
constexpr absl::Duration kTick = absl::Milliseconds(50);
// Turns that one task gives, one after the other.
constexpr std::size_t kTurnsPerTask = 32;
// An answer that has not left by then is not waited for.
constexpr absl::Duration kLongestAnswer = absl::Milliseconds(2);

}  // namespace

absl::Status SubscriberHub::Enter() {
  TW_RETURN_IF_ERROR(backend_.CheckNotDraining());
  if (backend_.subscribers.fetch_add(1) < backend_.options.max_subscribers) return absl::OkStatus();
  backend_.subscribers.fetch_sub(1);
  return MakeError(
      absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
      absl::StrCat("the daemon has its ", backend_.options.max_subscribers, " subscribers; try again later"),
      {{"limit", "max_subscribers"}, {"maximum", absl::StrCat(backend_.options.max_subscribers)}});
}

void SubscriberHub::Leave() { backend_.subscribers.fetch_sub(1); }

bool SubscriberHub::Park(std::shared_ptr<Waiting> waiting, Sequence after, absl::Time until) {
  bool arm = false;
  {
    absl::MutexLock lock(&mutex_);
    if (draining_ || waiting->cancelled() || backend_.feed.head() > after || until <= absl::Now())
      return false;
    Waiting* const key = waiting.get();
    parked_.try_emplace(key, Parked{std::move(waiting), after, until});
    if (!std::exchange(ticking_, true)) backend_.timers.After(kTick, [this] { OnTick(); });
    arm = !std::exchange(armed_, true);
  }
  if (arm) Arm(after);
  return true;
}

bool SubscriberHub::Unpark(Waiting* waiting) {
  absl::MutexLock lock(&mutex_);
  return parked_.erase(waiting) != 0;
}

void SubscriberHub::Drain() {
  Turns turns;
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    for (auto& [key, parked] : parked_) turns.push_back(std::move(parked.waiting));
    parked_.clear();
  }
  GiveTurns(std::move(turns));
}

// REQUIRES: armed_ was set by this thread just now.
void SubscriberHub::Arm(Sequence after) {
  backend_.feed.Wait(after, [this] { OnHead(); });
}

// On a committing thread: no more than a note.
void SubscriberHub::OnHead() {
  absl::MutexLock lock(&mutex_);
  armed_ = false;
  if (draining_ || std::exchange(dispatching_, true)) return;
  if (!parked_.empty()) backend_.NoteDelivery(absl::Now());
  answer_due_.store(true);
  backend_.timers.After(kLongestAnswer, [this] { OnAnswer(); });
}

void SubscriberHub::OnAnswer() {
  if (!answer_due_.load(std::memory_order_relaxed) || !answer_due_.exchange(false)) return;
  backend_.Run(Lane::kStreams, [this] { Dispatch(); });
}

void SubscriberHub::OnTick() {
  absl::MutexLock lock(&mutex_);
  ticking_ = false;
  if (draining_ || parked_.empty() || std::exchange(dispatching_, true)) return;
  const absl::Time now = absl::Now();
  const bool due = std::any_of(parked_.begin(), parked_.end(),
                               [now](const auto& entry) { return entry.second.until <= now; });
  if (due) {
    backend_.Run(Lane::kStreams, [this] { Dispatch(); });
    return;
  }
  dispatching_ = false;
  ticking_ = true;
  backend_.timers.After(kTick, [this] { OnTick(); });
}

void SubscriberHub::Dispatch() {
  Turns turns;
  bool arm = false;
  Sequence head = 0;
  {
    absl::MutexLock lock(&mutex_);
    // Under the lock: of a head from before it, somebody might be left waiting for a release that has come
    // since, if another who waits for the next one has armed the feed meanwhile.
    head = backend_.feed.head();
    dispatching_ = false;
    turns = TakeReady(head, absl::Now());
    if (!parked_.empty() && !draining_) {
      arm = !std::exchange(armed_, true);
      if (!std::exchange(ticking_, true)) backend_.timers.After(kTick, [this] { OnTick(); });
    }
  }
  if (arm) Arm(head);
  GiveTurns(std::move(turns));
}

SubscriberHub::Turns SubscriberHub::TakeReady(Sequence head, absl::Time now) {
  Turns turns;
  for (auto it = parked_.begin(); it != parked_.end();) {
    const auto at = it++;
    if (at->second.after >= head && at->second.until > now) continue;
    turns.push_back(std::move(at->second.waiting));
    parked_.erase(at);
  }
  return turns;
}

void SubscriberHub::GiveTurns(Turns turns) {
  for (std::size_t begin = 0; begin < turns.size(); begin += kTurnsPerTask) {
    const std::size_t end = std::min(begin + kTurnsPerTask, turns.size());
    Turns some(std::make_move_iterator(turns.begin() + static_cast<std::ptrdiff_t>(begin)),
               std::make_move_iterator(turns.begin() + static_cast<std::ptrdiff_t>(end)));
    backend_.Run(Lane::kStreams, [some = std::move(some)] {
      for (const std::shared_ptr<Waiting>& waiting : some) waiting->TakeTurn();
    });
  }
}

}  // namespace tidewaiter::rpc
