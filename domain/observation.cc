#include "domain/observation.h"

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

constexpr std::array<Absence, 5> kAbsences = {Absence::kMissing, Absence::kNil, Absence::kSuppressed,
                                              Absence::kWithdrawn, Absence::kNotYetDue};
constexpr std::string_view kStatuses = "ABDEFGHIJKLMNOPQSUVWXYZ";  // SDMX CL_OBS_STATUS
constexpr std::string_view kConfs = "ABCDEFGIMNOPQRSTU";           // SDMX CL_CONF_STATUS

absl::Status ValidateLetter(char letter, std::string_view allowed, std::string_view what) {
  if (allowed.find(letter) != std::string_view::npos) return absl::OkStatus();
  return InvalidField("", absl::StrCat(Quoted(std::string_view(&letter, 1)), " is not ", ToAbsl(what),
                                       "; use one of ", ToAbsl(allowed)));
}

// The code point that starts at `at`, and past it; nullopt if ill-formed.
struct CodePoint {
  std::uint32_t value;
  std::size_t end;
};

std::optional<CodePoint> ReadCodePoint(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return CodePoint{lead, at + 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < length) return std::nullopt;
  std::uint32_t value = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0) != 0x80) return std::nullopt;
    value = value << 6 | (byte & 0x3Fu);
  }
  // A value has one form, the shortest; surrogates and what lies beyond Unicode have none.
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return std::nullopt;
  return CodePoint{value, at + length};
}

bool IsControl(std::uint32_t c) { return (c < 0x20 && c != '\t') || (c >= 0x7F && c <= 0x9F); }

}  // namespace

std::string_view AbsenceName(Absence absence) {
  switch (absence) {
    case Absence::kMissing:
      return "MISSING";
    case Absence::kNil:
      return "NIL";
    case Absence::kSuppressed:
      return "SUPPRESSED";
    case Absence::kWithdrawn:
      return "WITHDRAWN";
    case Absence::kNotYetDue:
      return "NOT_YET_DUE";
  }
  return "UNKNOWN";
}

absl::StatusOr<Absence> ParseAbsence(std::string_view name) {
  for (const Absence absence : kAbsences) {
    if (absl::EqualsIgnoreCase(ToAbsl(AbsenceName(absence)), ToAbsl(name))) return absence;
  }
  return InvalidField("", absl::StrCat(Quoted(name),
                                       " is not an absence; use one of MISSING, NIL, SUPPRESSED, WITHDRAWN, "
                                       "NOT_YET_DUE"));
}

absl::StatusOr<Datum> Datum::ValueWithStep(const Decimal& value, int step_exponent) {
  if (step_exponent > limits::kMaxStepExponent) {
    return InvalidField("", absl::StrCat("the step 10^", step_exponent, " is coarser than 10^",
                                         limits::kMaxStepExponent, ", the coarsest allowed"));
  }
  const Datum datum(value, step_exponent);
  if (step_exponent < -value.scale()) {
    return InvalidField("", absl::StrCat("the step 10^", step_exponent, " is finer than the last digit of ",
                                         value.ToString(), "; give the value all its printed decimals"));
  }
  if (step_exponent > -value.scale() &&
      value.coefficient() % PowerOfTen(step_exponent + value.scale()) != 0) {
    return InvalidField("",
                        absl::StrCat(value.ToString(), " is not a multiple of its step ", datum.StepText(),
                                     "; the step is the unit of its last printed digit"));
  }
  return datum;
}

std::string Datum::StepText() const {
  if (!has_value()) return "";
  if (step_exponent_ >= 0) return absl::StrCat("1", std::string(step_exponent_, '0'));
  return absl::StrCat("0.", std::string(-step_exponent_ - 1, '0'), "1");
}

std::string Datum::ToString() const {
  return has_value() ? value_.ToString() : absl::StrCat("(", ToAbsl(AbsenceName(absence())), ")");
}

absl::StatusOr<int> ParseStep(std::string_view text) {
  TW_ASSIGN_OR_RETURN(const Decimal step, Decimal::Parse(text));
  for (int exponent = -step.scale(); exponent <= limits::kMaxStepExponent; ++exponent) {
    if (step.coefficient() == PowerOfTen(exponent + step.scale())) return exponent;
  }
  return InvalidField(
      "", absl::StrCat(Quoted(text), " is not a step: write a power of ten from 10^-", limits::kMaxScale,
                       " to 10^", limits::kMaxStepExponent, ", as in 0.01, 1 or 10"));
}

absl::Status ValidateStatus(char status) {
  return ValidateLetter(status, kStatuses, "an SDMX observation status (CL_OBS_STATUS)");
}

absl::Status ValidateConf(char conf) {
  return ValidateLetter(conf, kConfs, "an SDMX confidentiality status (CL_CONF_STATUS)");
}

bool IsCleanUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto point = ReadCodePoint(text, at);
    if (!point || IsControl(point->value)) return false;
    at = point->end;
  }
  return true;
}

}  // namespace tidewaiter
