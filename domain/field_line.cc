#include "domain/field_line.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {

absl::Status At(const Field& field, std::string_view description) {
  return InvalidField(absl::StrCat("column ", field.column), description);
}

absl::Status At(const Field& field, const absl::Status& status) {
  const ErrorDetails details = DetailsOf(status);
  return At(field, details.violations.empty() ? ToStd(status.message())
                                              : std::string_view(details.violations.front().description));
}

std::vector<Field> SplitField(const Field& field, char separator) {
  std::vector<Field> parts;
  for (std::size_t begin = 0; begin <= field.text.size();) {
    const std::size_t end = std::min(field.text.find(separator, begin), field.text.size());
    parts.push_back({field.text.substr(begin, end - begin), field.column + begin});
    begin = end + 1;
  }
  return parts;
}

FieldLine::FieldLine(std::string_view text)
    : fields_(SplitField({text, 1}, ',')), end_{"", text.size() + 1} {}

absl::StatusOr<Field> FieldLine::Require(std::string_view what) {
  if (done()) return At(end_, absl::StrCat(ToAbsl(what), " is missing"));
  return Next();
}

absl::StatusOr<FieldOptions::Option> FieldOptions::Split(const Field& field) {
  const std::size_t equals = field.text.find('=');
  if (equals == std::string_view::npos) {
    return At(field, absl::StrCat(Quoted(field.text), " is not an option: write name=value"));
  }
  const std::string_view name = field.text.substr(0, equals);
  if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) {
    return At(field, absl::StrCat(Quoted(name), " stands twice"));
  }
  seen_.push_back(name);
  return Option{field, name, {field.text.substr(equals + 1), field.column + equals + 1}};
}

absl::Status ForEachLine(std::string_view text,
                         const std::function<absl::Status(std::size_t, std::string_view)>& take) {
  Violations violations;
  for (std::size_t begin = 0, number = 1; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    for (const FieldViolation& violation : DetailsOf(take(number, line)).violations) {
      violations.Add(absl::StrCat("line ", number, ", ", violation.field), violation.description);
    }
    begin = end + 1;
  }
  return violations.ToStatus();
}

}  // namespace tidewaiter
