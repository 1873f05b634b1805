#include "client/cli/gatherer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::cli {

absl::Status Located(const absl::Status& status, const Gatherer& release) {
  constexpr std::string_view kSections = "sections[";
  constexpr std::string_view kObservations = "].observations[";
  ErrorDetails details = DetailsOf(status);
  Violations located;
  bool moved = false;
  for (const FieldViolation& violation : details.violations) {
    const std::string_view field = violation.field;
    const std::size_t middle = field.find(kObservations);
    const std::size_t end =
        middle == std::string_view::npos ? middle : field.find(']', middle + kObservations.size());
    if (field.substr(0, kSections.size()) != kSections || end == std::string_view::npos) {
      located.Add(field, violation.description);
      continue;
    }
    const auto section = ParseDigits(field.substr(kSections.size(), middle - kSections.size()));
    const std::size_t from = middle + kObservations.size();
    const auto index = ParseDigits(field.substr(from, end - from));
    if (!section || !index || static_cast<std::size_t>(*section) >= release.places.size()) return status;
    const std::vector<std::string>& places = release.places[static_cast<std::size_t>(*section)];
    if (static_cast<std::size_t>(*index) >= places.size()) return status;
    moved = true;
    const std::string_view member = field.substr(std::min(end + 2, field.size()));
    located.Add(
        absl::StrCat(places[static_cast<std::size_t>(*index)], member.empty() ? "" : ", ", ToAbsl(member)),
        violation.description);
  }
  return moved ? located.ToStatus(details.reason) : status;
}

}  // namespace tidewaiter::cli
