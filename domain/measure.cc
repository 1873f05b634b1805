#include "domain/measure.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "domain/strings.h"

namespace tidewaiter {
namespace {

constexpr auto kWords = std::to_array<std::string_view>(
    {"YOY",   "MOM",   "QOQ",     "GROWTH",     "RATE",    "CHG",      "CHANGE",
     "PCT",   "PC",    "PERCENT", "PERCENTAGE", "PT",      "PP",       "PPT",
     "INDEX", "IX",    "IDX",     "PRICE",      "PRICES",  "UV",       "UNITVALUE",
     "SHARE", "RATIO", "AVG",     "MEAN",       "AVERAGE", "DEFLATOR", "WEIGHTING"});

bool Same(std::string_view a, std::string_view b) { return absl::EqualsIgnoreCase(ToAbsl(a), ToAbsl(b)); }

bool IsNotAdditiveWord(std::string_view word) {
  return std::ranges::any_of(kWords, [word](std::string_view known) { return Same(word, known); });
}

}  // namespace

bool IsAdditive(std::string_view code) {
  std::string_view previous;
  while (!code.empty()) {
    const std::size_t end = std::min(code.find_first_of("_-"), code.size());
    const std::string_view word = code.substr(0, end);
    if (IsNotAdditiveWord(word) || (Same(previous, "UNIT") && Same(word, "VALUE"))) return false;
    previous = word;
    code.remove_prefix(std::min(end + 1, code.size()));
  }
  return true;
}

}  // namespace tidewaiter
