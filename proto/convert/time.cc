#include "proto/convert/time.h"

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::convert {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kNanosPerMicro = 1'000;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

std::int64_t SecondsAtStartOf(int year) {
  return absl::ToUnixSeconds(absl::FromCivil(absl::CivilSecond(year, 1, 1), absl::UTCTimeZone()));
}

}  // namespace

absl::StatusOr<Instant> FromWire(const google::protobuf::Timestamp& timestamp) {
  static const std::int64_t kFirst = SecondsAtStartOf(limits::kMinYear);
  static const std::int64_t kEnd = SecondsAtStartOf(limits::kMaxYear + 1);
  if (timestamp.nanos() < 0 || timestamp.nanos() >= kNanosPerSecond) {
    return InvalidField(
        "", absl::StrCat("not a timestamp: nanos is ", timestamp.nanos(), ", and must be 0 to 999,999,999"));
  }
  if (timestamp.seconds() < kFirst || timestamp.seconds() >= kEnd) {
    return InvalidField("", absl::StrCat("the timestamp lies outside the years ", limits::kMinYear, " to ",
                                         limits::kMaxYear));
  }
  return Instant::FromMicros(timestamp.seconds() * kMicrosPerSecond + timestamp.nanos() / kNanosPerMicro);
}

google::protobuf::Timestamp ToWire(Instant instant) {
  std::int64_t seconds = instant.micros() / kMicrosPerSecond;
  std::int64_t micros = instant.micros() % kMicrosPerSecond;
  if (micros < 0) {
    micros += kMicrosPerSecond;
    --seconds;
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<std::int32_t>(micros * kNanosPerMicro));
  return timestamp;
}

absl::StatusOr<std::optional<absl::CivilDay>> DayFromWire(std::string_view text) {
  if (text.empty()) return std::nullopt;
  TW_ASSIGN_OR_RETURN(const absl::CivilDay day, ParseDay(text));
  return std::optional<absl::CivilDay>(day);
}

}  // namespace tidewaiter::convert
