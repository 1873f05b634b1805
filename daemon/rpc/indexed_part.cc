#include "daemon/rpc/indexed_part.h"

#include <utility>

#include "domain/errors.h"

namespace tidewaiter::rpc {

IndexedPart::IndexedPart(std::shared_ptr<const engine::ChangesPart> part, bool many_ask,
                         std::shared_ptr<const SeriesIndex> index)
    : part_(std::move(part)),
      asked_(many_ask ? kAskersForIndex : 0),
      index_made_(index.get()),
      index_(std::move(index)) {}

void IndexedPart::Ask() const {
  if (!ManyAsk()) asked_.fetch_add(1, std::memory_order_relaxed);
}

const SeriesIndex* IndexedPart::Index() const {
  if (const SeriesIndex* const made = index_made_.load(std::memory_order_acquire)) return made;
  if (!ManyAsk()) return nullptr;
  absl::MutexLock lock(&index_mutex_);
  if (index_ == nullptr) {
    index_ = std::make_shared<const SeriesIndex>(part_->series);
    index_made_.store(index_.get(), std::memory_order_release);
  }
  return index_.get();
}

absl::StatusOr<const ChangeColumns*> IndexedPart::ColumnsOf(const convert::Lookup& lookup,
                                                            bool omit_confirmed) const {
  if (!ManyAsk()) return nullptr;
  Encoded& encoded = encoded_[omit_confirmed ? 1 : 0];
  if (const ChangeColumns* const made = encoded.made.load(std::memory_order_acquire)) return made;
  absl::MutexLock lock(&encoded.mutex);
  if (!encoded.columns) {
    TW_ASSIGN_OR_RETURN(encoded.columns, ChangeColumns::Encode(*part_, lookup, omit_confirmed));
    encoded.made.store(&*encoded.columns, std::memory_order_release);
  }
  return &*encoded.columns;
}

bool IndexedPart::IsReady(bool omit_confirmed) const {
  return index_made_.load(std::memory_order_acquire) != nullptr &&
         encoded_[omit_confirmed ? 1 : 0].made.load(std::memory_order_acquire) != nullptr;
}

std::shared_ptr<const SeriesIndex> IndexedPart::SharedIndex() const {
  if (index_made_.load(std::memory_order_acquire) == nullptr) return nullptr;
  absl::MutexLock lock(&index_mutex_);
  return index_;
}

}  // namespace tidewaiter::rpc
