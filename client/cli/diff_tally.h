// What a release did, in one line.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "client/types.h"
#include "domain/change.h"

namespace tidewaiter::cli {

// Was the change said to be one? "yes", "no", or "" where the publisher changed nothing of what stood.
std::string_view Announced(const client::ReleaseInfo& release, const Change& change);

// How many cells of each kind, in the order in which people want to know. Not thread-safe.
class DiffTally {
 public:
  void Add(const Change& change) { ++counts_[KindOf(change)]; }
  void AddConfirmed(std::uint64_t count) { counts_[kConfirmed] += count; }

  // "GACC 2025-08-29: 3 new, 2 revised without announcement, 412 confirmed".
  std::string HeadLine(const client::ReleaseInfo& release) const;
  // {"new":3,"revised":2 ...}, all kinds.
  std::string ToJson() const;

 private:
  enum Kind { kNew, kRevised, kWithinRounding, kStatusOnly, kWithdrawn, kRestored, kBackfilled, kConfirmed };
  static constexpr int kKinds = 8;
  static Kind KindOf(const Change& change);
  std::string Counts(const client::ReleaseInfo& release) const;

  std::array<std::uint64_t, kKinds> counts_{};
};

}  // namespace tidewaiter::cli
