#include "client/feeders/gacc/months.h"

#include <array>

#include "absl/strings/match.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {

std::optional<int> MonthOfName(std::string_view word) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  if (word.size() < 3) return std::nullopt;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (absl::EqualsIgnoreCase(ToAbsl(kNames[i].substr(0, word.size())), ToAbsl(word))) {
      return static_cast<int>(i) + 1;
    }
  }
  return std::nullopt;
}

}  // namespace tidewaiter::feeders
