#include "storage/store.h"

#include <utility>

#include "domain/errors.h"

namespace tidewaiter::storage {

absl::StatusOr<bool> VintageStore::ReadSlicesWithin(std::size_t, std::string_view dataset,
                                                    const PeriodRange& range, const Vintage& vintage,
                                                    absl::FunctionRef<bool(const Period&)> wanted,
                                                    std::vector<PeriodSlice>* slices) const {
  TW_RETURN_IF_ERROR(ReadSlices(dataset, range, vintage, wanted, slices));
  return true;
}

absl::Status VintageStore::ReadSharedSlices(std::string_view dataset, const PeriodRange& range,
                                            const Vintage& vintage,
                                            absl::FunctionRef<bool(const Period&)> wanted,
                                            SharedSlices* slices) const {
  std::vector<PeriodSlice> own;
  TW_RETURN_IF_ERROR(ReadSlices(dataset, range, vintage, wanted, &own));
  slices->clear();
  for (PeriodSlice& slice : own) slices->push_back(std::make_shared<const PeriodSlice>(std::move(slice)));
  return absl::OkStatus();
}

std::uint64_t LogEntry::observations() const {
  std::uint64_t count = 0;
  for (const SectionInfo& section : sections) count += section.observations;
  return count;
}

}  // namespace tidewaiter::storage
