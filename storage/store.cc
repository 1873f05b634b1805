#include "storage/store.h"

namespace tidewaiter::storage {

std::uint64_t LogEntry::observations() const {
  std::uint64_t count = 0;
  for (const SectionInfo& section : sections) count += section.observations;
  return count;
}

}  // namespace tidewaiter::storage
