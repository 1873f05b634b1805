// Months that were read before: a table states the same few hundred again and again.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "client/feeders/tidy/numbers.h"

namespace tidewaiter::feeders {

// ParseMonths, with what short texts gave the last time. Not thread-safe.
class MonthMemory {
 public:
  absl::StatusOr<Period> Parse(std::string_view text) {
    if (text.empty() || text.size() > sizeof(std::uint64_t)) return ParseMonths(text);
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), text.size());
    Entry& entry = entries_[word * kSpread >> (64 - kBits)];
    if (entry.text == word && entry.size == text.size()) return entry.period;
    absl::StatusOr<Period> period = ParseMonths(text);
    if (period.ok()) entry = {word, text.size(), *period};
    return period;
  }

 private:
  struct Entry {
    std::uint64_t text = 0;  // its bytes, and zeros
    std::size_t size = 0;    // 0: free
    Period period;
  };
  static constexpr int kBits = 10;
  static constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;
  std::array<Entry, 1u << kBits> entries_{};
};

}  // namespace tidewaiter::feeders
