#include "daemon/rpc/store_lookup.h"

#include "domain/errors.h"

namespace tidewaiter::rpc {
namespace {

// What a slot holds that is not a number of days since 1970-01-01.
constexpr std::int32_t kNotAsked = 0x7FFF'FFFF;
constexpr std::int32_t kNoDay = 0x7FFF'FFFE;
const absl::CivilDay kEpoch(1970, 1, 1);

}  // namespace

StoreLookup::~StoreLookup() {
  for (std::atomic<Page*>& page : pages_) delete page.load();
}

absl::StatusOr<std::optional<absl::CivilDay>> StoreLookup::PublishedDay(Sequence sequence) const {
  std::atomic<std::int32_t>* const slot = SlotOf(sequence);
  if (slot == nullptr) return Ask(sequence);
  const std::int32_t held = slot->load(std::memory_order_relaxed);
  if (held == kNoDay) return std::nullopt;
  if (held != kNotAsked) return std::optional<absl::CivilDay>(kEpoch + held);
  TW_ASSIGN_OR_RETURN(const std::optional<absl::CivilDay> day, Ask(sequence));
  slot->store(day ? static_cast<std::int32_t>(*day - kEpoch) : kNoDay, std::memory_order_relaxed);
  return day;
}

std::atomic<std::int32_t>* StoreLookup::SlotOf(Sequence sequence) const {
  const std::size_t page = sequence >> kPageBits;
  if (page >= kPages) return nullptr;
  Page* held = pages_[page].load(std::memory_order_acquire);
  if (held == nullptr) {
    auto made = std::make_unique<Page>();
    for (std::atomic<std::int32_t>& slot : *made) slot.store(kNotAsked, std::memory_order_relaxed);
    if (pages_[page].compare_exchange_strong(held, made.get(), std::memory_order_acq_rel))
      held = made.release();
  }
  return &(*held)[sequence & (kPageSize - 1)];
}

absl::StatusOr<std::optional<absl::CivilDay>> StoreLookup::Ask(Sequence sequence) const {
  if (sequence == 0) return std::nullopt;  // a preview's
  TW_ASSIGN_OR_RETURN(const storage::LogEntry entry, store_->GetEntry(sequence));
  return entry.header.published_at.day;
}

}  // namespace tidewaiter::rpc
