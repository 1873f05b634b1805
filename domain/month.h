// A calendar month: the grain of customs statistics.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tidewaiter {

// A month of the proleptic Gregorian calendar, limits::kMinYear .. limits::kMaxYear. Immutable value type.
// Its index is 12 * year + (month - 1); differences of indexes are numbers of months.
class Month {
 public:
  constexpr Month() = default;  // 1970-01
  // Error: year or month out of range.
  static absl::StatusOr<Month> FromYearMonth(int year, int month);
  // "2025-07" exactly (four digits, hyphen, two digits).
  static absl::StatusOr<Month> Parse(std::string_view text);
  static absl::StatusOr<Month> FromIndexChecked(std::int64_t index);
  // REQUIRES: index in range (it came from a Month or was checked).
  static constexpr Month FromIndex(std::int32_t index) { return Month(index); }

  constexpr std::int32_t index() const { return index_; }
  constexpr int year() const { return index_ / 12; }
  constexpr int month() const { return index_ % 12 + 1; }
  std::string ToString() const;  // "2025-07"

  friend constexpr auto operator<=>(Month, Month) = default;
  friend constexpr Month operator+(Month m, int months) { return Month(m.index_ + months); }
  friend constexpr Month operator-(Month m, int months) { return Month(m.index_ - months); }
  friend constexpr int operator-(Month a, Month b) { return a.index_ - b.index_; }

 private:
  explicit constexpr Month(std::int32_t index) : index_(index) {}
  std::int32_t index_ = 1970 * 12;
};

}  // namespace tidewaiter
