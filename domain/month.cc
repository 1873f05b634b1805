#include "domain/month.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/text.h"

namespace tidewaiter {

absl::StatusOr<Month> Month::FromYearMonth(int year, int month) {
  if (year < limits::kMinYear || year > limits::kMaxYear) {
    return InvalidField(
        "", absl::StrCat("the year must be ", limits::kMinYear, " to ", limits::kMaxYear, ", not ", year));
  }
  if (month < 1 || month > 12) {
    return InvalidField("", absl::StrCat("the month must be 1 to 12, not ", month));
  }
  return Month(12 * year + (month - 1));
}

absl::StatusOr<Month> Month::Parse(std::string_view text) {
  if (text.size() == 7 && text[4] == '-') {
    const auto year = ParseDigits(text.substr(0, 4));
    const auto month = ParseDigits(text.substr(5, 2));
    if (year && month) return FromYearMonth(*year, *month);
  }
  return InvalidField("", absl::StrCat(Quoted(text), " is not a month: write YYYY-MM, as in 2025-07"));
}

absl::StatusOr<Month> Month::FromIndexChecked(std::int64_t index) {
  if (index < 12 * limits::kMinYear || index > 12 * limits::kMaxYear + 11) {
    return InvalidField("",
                        absl::StrCat("the month index must be ", 12 * limits::kMinYear, " to ",
                                     12 * limits::kMaxYear + 11, " (12 * year + month - 1), not ", index));
  }
  return Month(static_cast<std::int32_t>(index));
}

std::string Month::ToString() const { return absl::StrFormat("%04d-%02d", year(), month()); }

}  // namespace tidewaiter
