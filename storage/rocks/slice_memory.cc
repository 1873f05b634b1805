#include "storage/rocks/slice_memory.h"

namespace tidewaiter::storage {
namespace {

// A slice of more than this part of the room would drive out all others.
constexpr std::size_t kMostShare = 8;

template <typename Column>
std::size_t BytesOf(const Column& column) {
  return column.capacity() * sizeof(column[0]);
}

std::size_t BytesOf(const PeriodSlice& slice) {
  return sizeof(slice) + BytesOf(slice.series) + BytesOf(slice.coefficients) + BytesOf(slice.sequences) +
         BytesOf(slice.forms) + BytesOf(slice.wide) + BytesOf(slice.releases);
}

}  // namespace

SliceMemory::Slice SliceMemory::Find(const SliceOrigin& origin) {
  absl::MutexLock lock(&mutex_);
  const auto at = known_.find(origin);
  if (at == known_.end()) return nullptr;
  held_.splice(held_.begin(), held_, at->second);
  return at->second->slice;
}

void SliceMemory::Insert(SliceOrigin origin, Slice slice) {
  // The origin is held twice.
  const std::size_t bytes = BytesOf(*slice) + 2 * (sizeof(Held) + BytesOf(origin.statements));
  if (bytes > most_bytes_ / kMostShare) return;
  absl::MutexLock lock(&mutex_);
  if (known_.contains(origin)) return;
  held_.push_front({std::move(origin), std::move(slice), bytes});
  known_.emplace(held_.front().origin, held_.begin());
  bytes_ += bytes;
  Forget();
}

void SliceMemory::Forget() {
  while (bytes_ > most_bytes_) {
    bytes_ -= held_.back().bytes;
    known_.erase(held_.back().origin);
    held_.pop_back();
  }
}

}  // namespace tidewaiter::storage
