#include "client/feeders/tidy/tidy_value.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/tidy/numbers.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kAbsences = "(MISSING), (NIL), (SUPPRESSED), (WITHDRAWN), (NOT_YET_DUE)";

// The absence that an empty value has by its status; none if the status says nothing of the kind.
std::optional<Absence> AbsenceOfStatus(char status) {
  switch (status) {
    case 'O':
    case 'L':
      return Absence::kMissing;
    case 'M':
      return Absence::kNil;
    case 'Q':
      return Absence::kSuppressed;
    default:
      return std::nullopt;
  }
}

char StatusOfAbsence(Absence absence) {
  if (absence == Absence::kMissing) return 'O';
  return absence == Absence::kSuppressed ? 'Q' : 'A';
}

// "(SUPPRESSED)", "suppressed"; none if it is no word at all.
std::optional<std::string> AbsenceWord(std::string_view text) {
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') text = text.substr(1, text.size() - 2);
  if (text.empty() || !absl::ascii_isalpha(static_cast<unsigned char>(text.front()))) return std::nullopt;
  return absl::AsciiStrToUpper(ToAbsl(text));
}

// The letter in `text`, or what stands there by default.
char Letter(std::string_view column, std::string_view text, absl::Status (*validate)(char), char by_default,
            Violations& violations) {
  if (text.empty()) return by_default;
  if (text.size() != 1) {
    violations.Add(column, absl::StrCat(Quoted(text), " is not one SDMX letter"));
    return by_default;
  }
  if (absl::Status s = validate(text[0]); !s.ok()) violations.Add(column, WhatIsWrong(text, s));
  return text[0];
}

// None if there is a number, or a violation.
std::optional<Absence> AbsenceOf(const TidyValueTexts& texts, char status, Violations& violations) {
  if (const auto word = AbsenceWord(texts.value)) {
    const auto absence = ParseAbsence(*word);
    if (absence.ok()) return *absence;
    violations.Add("value",
                   absl::StrCat(Quoted(texts.value),
                                " is neither a number nor an absence; write a number such as 244.819, or ",
                                ToAbsl(kAbsences)));
    return std::nullopt;
  }
  if (!texts.value.empty()) return std::nullopt;
  const auto absence = AbsenceOfStatus(status);
  if (!absence) {
    violations.Add("value", absl::StrCat("is empty, and the status ", Quoted(std::string_view(&status, 1)),
                                         " does not say why; write a number, or ", ToAbsl(kAbsences),
                                         ", or a status: O or L missing, M nil, Q suppressed"));
  }
  return absence;
}

Datum NumberOf(const TidyValueTexts& texts, char mark, Violations& violations) {
  const auto value = ParseNumber(texts.value, mark);
  if (!value.ok()) violations.Add("value", WhatIsWrong(texts.value, value.status()));
  if (texts.step.empty()) return value.ok() ? Datum::Value(*value) : Datum();
  const auto exponent = ParseStep(texts.step);
  if (!exponent.ok()) violations.Add("step", WhatIsWrong(texts.step, exponent.status()));
  if (!value.ok() || !exponent.ok()) return Datum();
  const auto datum = Datum::ValueWithStep(*value, *exponent);
  if (!datum.ok()) violations.Add("step", WhatIsWrong(texts.step, datum.status()));
  return datum.ok() ? *datum : Datum();
}

}  // namespace

std::string WhatIsWrong(std::string_view text, const absl::Status& why) {
  const bool shown = absl::StrContains(why.message(), Quoted(text));
  return shown ? std::string(why.message()) : absl::StrCat(Quoted(text), ": ", why.message());
}

absl::StatusOr<TidyValue> ParseTidyValue(const TidyValueTexts& texts, char mark) {
  Violations violations;
  TidyValue value;
  Attributes& attributes = value.attributes;
  attributes.status = Letter("status", texts.status, ValidateStatus, attributes.status, violations);
  attributes.conf = Letter("conf", texts.conf, ValidateConf, attributes.conf, violations);
  if (const auto absence = AbsenceOf(texts, attributes.status, violations)) {
    value.datum = Datum::Absent(*absence);
    if (texts.status.empty()) attributes.status = StatusOfAbsence(*absence);
    if (!texts.step.empty()) {
      violations.Add("step",
                     absl::StrCat(Quoted(texts.step), " stands beside an absence; only a number has a step"));
    }
  } else if (!texts.value.empty() && !AbsenceWord(texts.value)) {
    value.datum = NumberOf(texts, mark, violations);
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return value;
}

}  // namespace tidewaiter::feeders
