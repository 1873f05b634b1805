#include "domain/instant.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::size_t kDayBytes = 10;       // "2025-08-07"
constexpr std::size_t kSecondsBytes = 19;   // "2025-08-07T11:00:00"
constexpr std::size_t kFractionDigits = 6;  // microseconds

absl::Status NotAnInstant(std::string_view text, std::string_view why) {
  return InvalidField(
      "", absl::StrCat(Quoted(text), " is not an instant: ", absl::string_view(why.data(), why.size()),
                       "; write RFC 3339 with Z or an offset, as in 2025-08-07T11:00:00+08:00"));
}

absl::Status YearOutOfRange(std::string_view text) {
  return InvalidField("", absl::StrCat(Quoted(text), " is out of range: the year (in UTC too) must be ",
                                       limits::kMinYear, " to ", limits::kMaxYear));
}

bool YearInRange(absl::civil_year_t year) { return year >= limits::kMinYear && year <= limits::kMaxYear; }

// Two digits at `at`, at most `max`.
std::optional<int> TwoDigits(std::string_view text, std::size_t at, int max) {
  if (text.size() < at + 2) return std::nullopt;
  const auto number = ParseDigits(text.substr(at, 2));
  return number && *number <= max ? number : std::nullopt;
}

// "11:00:00" at `at`, as seconds of the day.
std::optional<int> SecondsOfDay(std::string_view text, std::size_t at) {
  const auto hour = TwoDigits(text, at, 23);
  const auto minute = TwoDigits(text, at + 3, 59);
  const auto second = TwoDigits(text, at + 6, 59);
  if (!hour || !minute || !second || text[at + 2] != ':' || text[at + 5] != ':') return std::nullopt;
  return (*hour * 60 + *minute) * 60 + *second;
}

// Takes ".123456" off the front of `rest`. Digits beyond microseconds must be zeros: nothing is rounded.
std::optional<std::int64_t> TakeFraction(std::string_view& rest) {
  if (rest.empty() || rest.front() != '.') return 0;
  std::size_t digits = 0;
  std::int64_t micros = 0;
  for (rest.remove_prefix(1); !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; ++digits) {
    const int digit = rest.front() - '0';
    if (digits < kFractionDigits) micros = micros * 10 + digit;
    if (digits >= kFractionDigits && digit != 0) return std::nullopt;
    rest.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (std::size_t i = digits; i < kFractionDigits; ++i) micros *= 10;
  return micros;
}

// "Z" or "+08:00", as seconds east of UTC.
std::optional<int> ParseOffset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = TwoDigits(text, 1, 23);
  const auto minutes = TwoDigits(text, 4, 59);
  if (!hours || !minutes) return std::nullopt;
  const int seconds = (*hours * 60 + *minutes) * 60;
  return text[0] == '-' ? -seconds : seconds;
}

// "2025-08-07T08:30Z", "2025-08-07T08:30+08:00".
bool LacksSeconds(std::string_view text) {
  constexpr std::size_t kMinutesBytes = 16;
  return text.size() > kMinutesBytes && text[13] == ':' && text[kMinutesBytes] != ':' &&
         ParseOffset(text.substr(kMinutesBytes)).has_value();
}

}  // namespace

absl::StatusOr<Instant> Instant::Parse(std::string_view text) {
  if (LacksSeconds(text)) return NotAnInstant(text, "the seconds are missing");
  if (text.size() <= kSecondsBytes) return NotAnInstant(text, "it is too short");
  const auto day = ParseDay(text.substr(0, kDayBytes));
  if (!day.ok()) return NotAnInstant(text, "it does not begin with a date");
  if (text[kDayBytes] != 'T' && text[kDayBytes] != 't') return NotAnInstant(text, "a T must follow the date");
  const auto seconds = SecondsOfDay(text, kDayBytes + 1);
  if (!seconds) return NotAnInstant(text, "the time must be 00:00:00 to 23:59:59");
  std::string_view rest = text.substr(kSecondsBytes);
  const auto fraction = TakeFraction(rest);
  if (!fraction) return NotAnInstant(text, "the fraction must have digits, none finer than a microsecond");
  const auto offset = ParseOffset(rest);
  if (!offset) return NotAnInstant(text, "the time must be followed by Z or an offset such as +08:00");
  const std::int64_t midnight = absl::ToUnixSeconds(absl::FromCivil(*day, absl::UTCTimeZone()));
  const Instant instant((midnight + *seconds - *offset) * kMicrosPerSecond + *fraction);
  const auto utc = absl::ToCivilSecond(absl::FromUnixMicros(instant.micros()), absl::UTCTimeZone());
  if (!YearInRange(utc.year())) return YearOutOfRange(text);
  return instant;
}

std::string Instant::ToString() const {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixMicros(micros_), absl::UTCTimeZone());
}

PublishedAt PublishedAt::OnDay(absl::CivilDay day, absl::TimeZone zone) {
  // A clock that is set back across midnight passes it twice: the day ends at the second time. One that is
  // set forward across midnight has no such moment: the day ends where it jumps.
  const absl::TimeZone::TimeInfo midnight = zone.At(absl::CivilSecond(day + 1));
  const absl::Time end = midnight.kind == absl::TimeZone::TimeInfo::SKIPPED ? midnight.trans : midnight.post;
  return {Instant::FromMicros(absl::ToUnixMicros(end) - 1), day};
}

std::string PublishedAt::ToString() const { return day ? DayToString(*day) : instant.ToString(); }

absl::StatusOr<absl::CivilDay> ParseDay(std::string_view text) {
  if (text.size() == kDayBytes && text[4] == '-' && text[7] == '-') {
    const auto year = ParseDigits(text.substr(0, 4));
    const auto month = ParseDigits(text.substr(5, 2));
    const auto number = ParseDigits(text.substr(8, 2));
    if (year && month && number) {
      if (!YearInRange(*year)) return YearOutOfRange(text);
      const absl::CivilDay day(*year, *month, *number);
      // CivilDay carries the 31st of a short month over into the next one; a date that moves is none.
      if (day.month() == *month && day.day() == *number) return day;
      return InvalidField("", absl::StrCat(Quoted(text), " is not a day: the calendar has no such date"));
    }
  }
  return InvalidField("", absl::StrCat(Quoted(text), " is not a day: write YYYY-MM-DD, as in 2025-08-07"));
}

// By hand: a read of one series writes one for each release that it comes from.
std::string DayToString(absl::CivilDay day) {
  if (day.year() < 0 || day.year() > 9999) {
    return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
  }
  std::string text = "0000-00-00";
  const auto put = [&text](std::size_t last, int number) {
    for (; number != 0; number /= 10) text[last--] = static_cast<char>('0' + number % 10);
  };
  put(3, static_cast<int>(day.year()));
  put(6, day.month());
  put(9, day.day());
  return text;
}

}  // namespace tidewaiter
