// Texts and days of publication, by number, out of the store.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "proto/convert/lookup.h"
#include "storage/store.h"

namespace tidewaiter::rpc {

// Remembers the day of every release it was asked about, 4 bytes each, in pages that come as they are needed:
// an answer of a hundred months may come from a hundred releases. Thread-safe; blocks for what it has not
// seen.
class StoreLookup final : public convert::Lookup {
 public:
  explicit StoreLookup(const storage::Store* store) : store_(store) {}
  ~StoreLookup() override;
  absl::StatusOr<std::string> Text(TextId id) const override { return store_->Text(id); }
  absl::StatusOr<std::optional<absl::CivilDay>> PublishedDay(Sequence sequence) const override;

 private:
  static constexpr std::size_t kPageBits = 14;
  static constexpr std::size_t kPageSize = std::size_t{1} << kPageBits;
  static constexpr std::size_t kPages = 1024;  // beyond some 16 million releases nothing is remembered
  using Page = std::array<std::atomic<std::int32_t>, kPageSize>;

  std::atomic<std::int32_t>* SlotOf(Sequence sequence) const;
  absl::StatusOr<std::optional<absl::CivilDay>> Ask(Sequence sequence) const;

  const storage::Store* const store_;
  mutable std::array<std::atomic<Page*>, kPages> pages_{};
};

}  // namespace tidewaiter::rpc
