// Publication time: an instant, and how precisely it is known.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace tidewaiter {

// Microseconds since 1970-01-01T00:00:00Z. Immutable value type.
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant FromMicros(std::int64_t micros) { return Instant(micros); }
  static constexpr Instant Max() { return Instant(std::numeric_limits<std::int64_t>::max()); }
  // RFC 3339 with an offset or Z: "2025-08-07T11:00:00+08:00". Years 1600 to 2999.
  static absl::StatusOr<Instant> Parse(std::string_view text);

  constexpr std::int64_t micros() const { return micros_; }
  // RFC 3339 in UTC, fraction only when there is one: "2025-08-07T03:00:00Z".
  std::string ToString() const;

  friend constexpr auto operator<=>(Instant, Instant) = default;

 private:
  explicit constexpr Instant(std::int64_t micros) : micros_(micros) {}
  std::int64_t micros_ = 0;
};

// When a publisher made a release public. Where only the day is known, `day` holds it and `instant` is the
// last microsecond of that day in the publisher's zone, so that "as of that day" includes it.
struct PublishedAt {
  Instant instant;
  std::optional<absl::CivilDay> day;

  // The last microsecond of `day` in `zone`.
  static PublishedAt OnDay(absl::CivilDay day, absl::TimeZone zone);
  static PublishedAt At(Instant instant) { return {instant, std::nullopt}; }
  // "2025-08-07" if only the day is known, else Instant::ToString().
  std::string ToString() const;
  friend bool operator==(const PublishedAt&, const PublishedAt&) = default;
};

// "2025-08-07" exactly.
absl::StatusOr<absl::CivilDay> ParseDay(std::string_view text);
std::string DayToString(absl::CivilDay day);

}  // namespace tidewaiter
