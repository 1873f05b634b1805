#include "daemon/engine/update_feed.h"

#include <algorithm>
#include <utility>

#include "domain/errors.h"

namespace tidewaiter::engine {
namespace {

// Beginnings of parts remembered: some 100 bytes each, and each saves a walk from the first series of a
// scope.
constexpr std::size_t kMaxStarts = 4096;

}  // namespace

// In the cache while it is being computed (nobody evicts it) and after that until it is evicted. Guarded by
// cache_mutex_.
struct UpdateFeed::Slot {
  bool done = false;
  absl::StatusOr<std::shared_ptr<const ChangesPart>> result = absl::UnknownError("being computed");
  std::size_t bytes = 0;
  Order::iterator place;  // in order_, if done and cached
};

UpdateFeed::UpdateFeed(storage::Store* store, std::size_t cache_bytes)
    : store_(store), cache_bytes_(cache_bytes), horizon_(store) {
  store_->SetHeadListener([this](Sequence head) { OnHead(head); });
  OnHead(store_->head());
}

UpdateFeed::~UpdateFeed() {
  store_->SetHeadListener(nullptr);
  Close();
}

Sequence UpdateFeed::head() const {
  absl::MutexLock lock(&waiters_mutex_);
  return head_;
}

// ---- Waiting

UpdateFeed::WaiterId UpdateFeed::Wait(Sequence after, std::function<void()> wake) {
  {
    absl::MutexLock lock(&waiters_mutex_);
    if (!closed_ && head_ <= after) {
      const WaiterId id = next_waiter_++;
      waiters_.emplace(id, Waiter{after, std::move(wake)});
      return id;
    }
  }
  wake();
  return 0;
}

bool UpdateFeed::Cancel(WaiterId id) {
  absl::MutexLock lock(&waiters_mutex_);
  return waiters_.erase(id) > 0;
}

void UpdateFeed::OnHead(Sequence head) {
  std::vector<WaiterId> ids;
  {
    absl::MutexLock lock(&waiters_mutex_);
    head_ = std::max(head_, head);
    for (const auto& [id, waiter] : waiters_) {
      if (head_ > waiter.after) ids.push_back(id);
    }
  }
  Wake(ids);
}

void UpdateFeed::Close() {
  std::vector<WaiterId> ids;
  {
    absl::MutexLock lock(&waiters_mutex_);
    closed_ = true;
    for (const auto& [id, waiter] : waiters_) ids.push_back(id);
  }
  Wake(ids);
}

// Taken out one by one, each right before its call: until then Cancel() can still take it away.
void UpdateFeed::Wake(const std::vector<WaiterId>& ids) {
  for (const WaiterId id : ids) {
    std::function<void()> wake;
    {
      absl::MutexLock lock(&waiters_mutex_);
      const auto it = waiters_.find(id);
      if (it == waiters_.end()) continue;
      wake = std::move(it->second.wake);
      waiters_.erase(it);
    }
    wake();
  }
}

// ---- Changes

absl::StatusOr<std::shared_ptr<const ChangesPart>> UpdateFeed::Changes(Sequence sequence,
                                                                       std::uint32_t part) {
  const Key key{sequence, part};
  std::shared_ptr<Slot> slot;
  {
    absl::MutexLock lock(&cache_mutex_);
    std::shared_ptr<Slot>& held = cache_[key];
    if (held != nullptr) {
      slot = held;
      if (slot->done) {
        order_.splice(order_.end(), order_, slot->place);
      } else {
        cache_mutex_.Await(absl::Condition(&slot->done));
      }
      return slot->result;
    }
    held = slot = std::make_shared<Slot>();
  }
  auto result = Compute(key);
  Complete(key, *slot, result);
  return result;
}

absl::StatusOr<std::shared_ptr<const ChangesPart>> UpdateFeed::Compute(const Key& key) {
  const auto [sequence, part] = key;
  ChangesHints hints;
  // Beyond the head there is nothing to learn; ComputeChanges says so.
  if (sequence > 0 && sequence <= store_->head()) {
    TW_ASSIGN_OR_RETURN(hints.newest_scope, horizon_.NewestBefore(sequence));
  }
  {
    absl::MutexLock lock(&cache_mutex_);
    if (const auto it = starts_.find(key); it != starts_.end()) hints.start = it->second;
  }
  return ComputeChanges(*store_, sequence, part, hints);
}

void UpdateFeed::Complete(const Key& key, Slot& slot,
                          absl::StatusOr<std::shared_ptr<const ChangesPart>> result) {
  const std::size_t bytes = result.ok() ? (*result)->ApproximateBytes() : 0;
  absl::MutexLock lock(&cache_mutex_);
  slot.done = true;
  if (result.ok()) {
    KeepStart(**result);
    slot.bytes = bytes;
    slot.place = order_.insert(order_.end(), key);
    used_bytes_ += bytes;
  } else {
    cache_.erase(key);
  }
  slot.result = std::move(result);
  Evict();
}

void UpdateFeed::Evict() {
  while (used_bytes_ > cache_bytes_ && !order_.empty()) {
    const auto it = cache_.find(order_.front());
    used_bytes_ -= it->second->bytes;
    cache_.erase(it);
    order_.pop_front();
  }
}

void UpdateFeed::KeepStart(const ChangesPart& part) {
  if (part.next == ScopeCursor{}) return;
  const Key key{part.entry.sequence, part.part + 1};
  if (!starts_.emplace(key, part.next).second) return;
  starts_order_.push_back(key);
  if (starts_order_.size() <= kMaxStarts) return;
  starts_.erase(starts_order_.front());
  starts_order_.pop_front();
}

}  // namespace tidewaiter::engine
