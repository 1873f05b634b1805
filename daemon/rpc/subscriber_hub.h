// Where subscribers wait: for the next release, for the time of a progress message, for the end.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "daemon/rpc/backend.h"
#include "domain/vintage.h"

namespace tidewaiter::rpc {

// Somebody whose turn it is or who waits. Between Park() and the next TakeTurn() it does nothing.
class Waiting {
 public:
  virtual ~Waiting() = default;
  // Its turn: called on a thread that may block.
  virtual void TakeTurn() = 0;
  // It will not go on: it must not wait either.
  virtual bool cancelled() const = 0;
};

// All who wait at the head share one waiter in the feed, so that a push wakes them all at the cost of one,
// and a parked subscriber costs an entry in a table. They are woken when the push has been answered: a
// thousand turns would keep its answer from the processor. Thread-safe.
class SubscriberHub {
 public:
  explicit SubscriberHub(Backend* backend) : backend_(*backend) {}
  SubscriberHub(const SubscriberHub&) = delete;

  // A place for a subscriber: RESOURCE_EXHAUSTED beyond the limit, UNAVAILABLE while draining. Leave() gives
  // it back.
  absl::Status Enter();
  void Leave();

  // Gives the turn away until the head is beyond `after`, or `until`, or the end; false if there is no
  // waiting.
  bool Park(std::shared_ptr<Waiting> waiting, Sequence after, absl::Time until);
  // Takes the turn back from one who waits; false if it does not.
  bool Unpark(Waiting* waiting);
  // The answer to a call that may have moved the head has been handed to gRPC.
  void OnAnswer();
  // Everybody's turn, and nobody waits any more.
  void Drain();

 private:
  struct Parked {
    std::shared_ptr<Waiting> waiting;
    Sequence after;
    absl::Time until;
  };
  using Turns = std::vector<std::shared_ptr<Waiting>>;

  void Arm(Sequence after);
  void OnHead();
  void OnTick();
  void Dispatch();
  Turns TakeReady(Sequence head, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveTurns(Turns turns);

  Backend& backend_;
  absl::Mutex mutex_;  // taken before the feed's; none of a subscriber's is taken while it is held
  absl::flat_hash_map<Waiting*, Parked> parked_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool armed_ ABSL_GUARDED_BY(mutex_) = false;        // there is a waiter in the feed
  bool ticking_ ABSL_GUARDED_BY(mutex_) = false;      // there is a timer
  bool dispatching_ ABSL_GUARDED_BY(mutex_) = false;  // there is, or will be, a task that looks who is ready
  std::atomic<bool> answer_due_{false};               // there will be when the answer has left
};

}  // namespace tidewaiter::rpc
