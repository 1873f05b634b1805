#include "domain/period.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

absl::Status NotAPeriod(std::string_view text) {
  return InvalidField("", absl::StrCat(Quoted(text),
                                       " is not a period: write one month as 2025-07, a run of months as "
                                       "2025-01/P7M, a run of years as 2025-01/P1Y"));
}

// "P7M" -> 7, "P2Y" -> 24.
std::optional<int> ParseMonths(std::string_view duration) {
  if (duration.size() < 3 || duration.size() > 6 || duration.front() != 'P') return std::nullopt;
  const auto count = ParseDigits(duration.substr(1, duration.size() - 2));
  if (!count) return std::nullopt;
  if (duration.back() == 'M') return *count;
  if (duration.back() == 'Y') return *count * 12;
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Period> Period::Create(Month start, int months) {
  if (months < 1 || months > limits::kMaxPeriodMonths) {
    return InvalidField(
        "", absl::StrCat("a period has 1 to ", limits::kMaxPeriodMonths, " months, not ", months));
  }
  TW_RETURN_IF_ERROR(Month::FromIndexChecked(start.index()).status());
  if (!Month::FromIndexChecked(std::int64_t{start.index()} + months - 1).ok()) {
    return InvalidField("", absl::StrCat("a period must end by ", limits::kMaxYear, "-12; ", months,
                                         " months from ", start.ToString(), " do not"));
  }
  return Period(start, months);
}

absl::StatusOr<Period> Period::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto months =
      slash == std::string_view::npos ? std::optional<int>(1) : ParseMonths(text.substr(slash + 1));
  const std::string_view start_text = text.substr(0, slash);
  if (!months || start_text.size() != 7) return NotAPeriod(text);
  TW_ASSIGN_OR_RETURN(const Month start, Month::Parse(start_text));
  return Create(start, *months);
}

std::string Period::ToString() const {
  if (months_ == 1) return start_.ToString();
  return absl::StrCat(start_.ToString(), "/P", months_, "M");
}

absl::Status PeriodRange::Validate() const {
  if (!from || !to || *from <= *to) return absl::OkStatus();
  return InvalidField("from", absl::StrCat(from->ToString(), " is after the range's end ", to->ToString(),
                                           "; give from <= to, both inclusive"));
}

}  // namespace tidewaiter
