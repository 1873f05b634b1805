// A run of whole months: what a published figure speaks about.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "domain/month.h"

namespace tidewaiter {

// The half-open run [start, start + months) of whole months, 1 <= months <= limits::kMaxPeriodMonths.
// A year-to-date figure of July 2025 has the period 2025-01/P7M. Immutable value type, ordered by start,
// then by length.
class Period {
 public:
  constexpr Period() = default;  // 1970-01
  static absl::StatusOr<Period> Create(Month start, int months);
  // ISO 8601: "2025-07" (one month), "2025-01/P7M" (a run), "2025-01/P1Y" (a run of years).
  static absl::StatusOr<Period> Parse(std::string_view text);
  // REQUIRES: months in range and the end representable.
  static constexpr Period FromValid(Month start, int months) { return Period(start, months); }

  constexpr Month start() const { return start_; }
  constexpr int months() const { return months_; }
  constexpr Month end() const { return start_ + months_; }    // exclusive
  constexpr Month last() const { return start_ + (months_ - 1); }
  std::string ToString() const;  // "2025-07" or "2025-01/P7M"

  friend constexpr auto operator<=>(const Period&, const Period&) = default;

 private:
  constexpr Period(Month start, int months) : start_(start), months_(months) {}
  Month start_;
  std::int32_t months_ = 1;
};

// A range of periods as users ask for it: periods that lie wholly within [from, to] (both inclusive
// months, either side open).
struct PeriodRange {
  std::optional<Month> from;  // first month allowed
  std::optional<Month> to;    // last month allowed, inclusive
  bool Contains(const Period& p) const {
    return (!from || p.start() >= *from) && (!to || p.last() <= *to);
  }
  // Error if from > to.
  absl::Status Validate() const;
  friend bool operator==(const PeriodRange&, const PeriodRange&) = default;
};

}  // namespace tidewaiter
