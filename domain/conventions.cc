#include "domain/conventions.h"

#include <algorithm>

namespace tidewaiter {

const CodeGroup* FindGroup(const Conventions& conventions, std::string_view name) {
  const auto found = std::find_if(conventions.groups.begin(), conventions.groups.end(),
                                  [&](const CodeGroup& group) { return group.name == name; });
  return found == conventions.groups.end() ? nullptr : &*found;
}

std::optional<std::vector<std::string>> MembersThroughout(const CodeGroup& group, Period period) {
  std::vector<std::string> codes;
  for (const CodeGroup::Member& member : group.members) {
    if (member.when.Contains(period)) {
      codes.push_back(member.code);
    } else if (Overlap(member.when, {period.start(), period.last()})) {
      return std::nullopt;
    }
  }
  return codes;
}

std::string_view PrintRoundingName(PrintRounding rounding) {
  switch (rounding) {
    case PrintRounding::kNearest:
      return "nearest";
    case PrintRounding::kTruncated:
      return "truncated";
  }
  return "nearest";
}

}  // namespace tidewaiter
