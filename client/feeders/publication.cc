#include "client/feeders/publication.h"

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// The next `count` digits of `text` as a number, and `text` behind them; none if there are fewer.
std::optional<int> Digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  const auto number = ParseDigits(text.substr(0, count));
  if (number) text.remove_prefix(count);
  return number;
}

bool Skip(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool IsMark(char c) { return c == '-' || c == '_' || c == '.'; }

// Year, month and day with the same mark between them, or none; `text` behind it.
std::optional<absl::CivilDay> Day(std::string_view& text) {
  std::string_view rest = text;
  const auto year = Digits(rest, 4);
  if (!year || rest.empty()) return std::nullopt;
  const char mark = IsMark(rest.front()) ? rest.front() : '\0';
  if (mark != '\0') rest.remove_prefix(1);
  const auto month = Digits(rest, 2);
  if (!month || (mark != '\0' && !Skip(rest, mark))) return std::nullopt;
  const auto day = Digits(rest, 2);
  if (!day) return std::nullopt;
  const absl::CivilDay civil(*year, *month, *day);
  if (civil.year() != *year || civil.month() != *month || civil.day() != *day) return std::nullopt;
  text = rest;
  return civil;
}

// "T11:00", "T110000", "T11-00-00": the time of day behind a day; `text` behind it.
std::optional<absl::CivilSecond> Clock(absl::CivilDay day, std::string_view& text) {
  std::string_view rest = text;
  if (!Skip(rest, 'T')) return std::nullopt;
  std::array<int, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && !Skip(rest, ':')) Skip(rest, '-');
    const auto number = Digits(rest, 2);
    if (!number && i < 2) return std::nullopt;
    parts[i] = number.value_or(0);
  }
  if (parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return std::nullopt;
  text = rest;
  return absl::CivilSecond(day.year(), day.month(), day.day(), parts[0], parts[1], parts[2]);
}

// "Z", "+08:00", "+0800", "-05:00": the zone behind a clock time, as Instant::Parse takes it; `text` behind
// it. A bare "-0500" is none: a name goes on like that.
std::optional<std::string> Zone(std::string_view& text) {
  std::string_view rest = text;
  if (Skip(rest, 'Z')) {
    text = rest;
    return "Z";
  }
  const char sign = rest.empty() ? '\0' : rest.front();
  if (!Skip(rest, '+') && !Skip(rest, '-')) return std::nullopt;
  const auto hours = Digits(rest, 2);
  const bool has_colon = Skip(rest, ':');
  const auto minutes = Digits(rest, 2);
  if (!hours || !minutes || (sign == '-' && !has_colon)) return std::nullopt;
  text = rest;
  return absl::StrFormat("%c%02d:%02d", sign, *hours, *minutes);
}

// The publication that begins with a day in a name, and `text` behind it; none if it is no day, or if what is
// behind it looks like a clock time and is none.
std::optional<Publication> DayInName(std::string_view& text) {
  const auto day = Day(text);
  if (!day) return std::nullopt;
  Publication publication;
  const bool has_clock = text.size() > 1 && text[0] == 'T' && IsDigit(text[1]);
  publication.local = Clock(*day, text);
  if (has_clock && !publication.local) return std::nullopt;
  if (!publication.local) {
    publication.on = *day;
    return publication;
  }
  const auto zone = Zone(text);
  if (!zone) return publication;
  const absl::CivilSecond at = *std::exchange(publication.local, std::nullopt);
  const absl::StatusOr<Instant> instant = Instant::Parse(
      absl::StrCat(DayToString(absl::CivilDay(at)),
                   absl::StrFormat("T%02d:%02d:%02d", at.hour(), at.minute(), at.second()), *zone));
  if (!instant.ok()) return std::nullopt;
  publication.at = *instant;
  return publication;
}

}  // namespace

std::string Publication::ToString() const {
  if (at) return at->ToString();
  if (on) return DayToString(*on);
  if (!local) return "never";
  return absl::StrCat(
      DayToString(absl::CivilDay(*local)),
      absl::StrFormat("T%02d:%02d:%02d local time", local->hour(), local->minute(), local->second()));
}

absl::StatusOr<Publication> ParsePublication(std::string_view text) {
  Publication publication;
  std::string_view rest = text;
  if (text.size() == 10) {
    TW_ASSIGN_OR_RETURN(publication.on, ParseDay(text));
    return publication;
  }
  const auto day = Day(rest);
  if (day && text[4] == '-') {
    publication.local = Clock(*day, rest);
    if (publication.local && rest.empty()) return publication;
    const bool has_clock = publication.local.has_value();
    publication.local.reset();
    absl::StatusOr<Instant> instant = Instant::Parse(text);
    if (instant.ok()) {
      publication.at = *instant;
      return publication;
    }
    if (has_clock) return instant.status();  // something follows, and that is what is wrong
  }
  return InvalidField("", absl::StrCat(Quoted(text),
                                       " is not a time of publication; write a day, 2025-08-07, an instant, "
                                       "2025-08-07T11:00:00+08:00, or a clock time in the dataset's zone, "
                                       "2025-08-07T11:00"));
}

std::optional<Publication> PublicationInName(std::string_view file) {
  std::optional<Publication> found;
  for (std::size_t i = 0; i < file.size(); ++i) {
    if (!IsDigit(file[i])) continue;
    std::size_t end = i;
    while (end < file.size() && IsDigit(file[end])) ++end;
    std::string_view rest = file.substr(i);
    if (const auto publication = DayInName(rest); publication && (rest.empty() || !IsDigit(rest.front()))) {
      if (found) return std::nullopt;
      found = publication;
      end = file.size() - rest.size();
    }
    i = end - 1;
  }
  return found;
}

absl::StatusOr<Publication> ResolvePublication(const std::optional<Publication>& own,
                                               std::string_view own_place, std::string_view file,
                                               const std::optional<Publication>& said) {
  const std::optional<Publication> named = own ? own : PublicationInName(file);
  if (named && said && *named != *said) {
    return InvalidField("--published-at",
                        absl::StrCat("says ", said->ToString(), ", and ",
                                     own ? ToAbsl(own_place) : absl::string_view("the file's name"), " says ",
                                     named->ToString(), "; leave the option out, or give the same"));
  }
  if (named) return *named;
  if (said) return *said;
  return InvalidField(
      "--published-at",
      absl::StrCat("is needed: neither the content of ", Quoted(file),
                   " nor its name says when it was published. Give --published-at 2025-08-07 or "
                   "--published-at 2025-08-07T11:00:00+08:00, or put the day into the file's name"));
}

}  // namespace tidewaiter::feeders
