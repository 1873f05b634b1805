// A statement about a cell: an exact decimal or a typed absence, with SDMX status and confidentiality.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "domain/decimal.h"
#include "domain/period.h"
#include "domain/series_key.h"

namespace tidewaiter {

// Why there is no number. Zero is a number. Stored as numbers: never renumber.
enum class Absence : std::uint8_t {
  kMissing = 1,     // expected, and not given
  kNil = 2,         // nothing to report: "-" in the table
  kSuppressed = 3,  // exists, and is confidential
  kWithdrawn = 4,   // was given once, and no longer is
  kNotYetDue = 5,   // will be given
};
std::string_view AbsenceName(Absence absence);  // "SUPPRESSED"
absl::StatusOr<Absence> ParseAbsence(std::string_view name);

// An exact decimal with its printed step, or an absence. Immutable value type of 32 bytes.
class Datum {
 public:
  constexpr Datum() = default;  // MISSING
  // The step is the last digit: 10^-scale.
  static Datum Value(const Decimal& value) { return Datum(value, -value.scale()); }
  // The printed step is 10^step_exponent ("6.48 trillion" in billions: 6480, exponent 1). Error: exponent
  // finer than the last digit, coarser than limits::kMaxStepExponent, or value not a multiple of the step.
  static absl::StatusOr<Datum> ValueWithStep(const Decimal& value, int step_exponent);
  // REQUIRES: as ValueWithStep, checked before.
  static constexpr Datum ValueUnchecked(const Decimal& value, int step_exponent) {
    return Datum(value, step_exponent);
  }
  static constexpr Datum Absent(Absence absence) { return Datum(absence); }

  constexpr bool has_value() const { return absence_ == 0; }
  constexpr const Decimal& value() const { return value_; }               // REQUIRES: has_value()
  constexpr int step_exponent() const { return step_exponent_; }          // REQUIRES: has_value()
  constexpr Absence absence() const { return static_cast<Absence>(absence_); }  // REQUIRES: !has_value()
  // "0.01", "10": the printed step as a decimal text. Empty for an absence.
  std::string StepText() const;
  // The number, or the absence's name in parentheses.
  std::string ToString() const;

  friend constexpr bool operator==(const Datum&, const Datum&) = default;

 private:
  constexpr Datum(const Decimal& value, int step_exponent)
      : value_(value), step_exponent_(static_cast<std::int8_t>(step_exponent)), absence_(0) {}
  explicit constexpr Datum(Absence absence) : absence_(static_cast<std::uint8_t>(absence)) {}
  // The attribute lets the two bytes below lie in the padding of the Decimal: 32 bytes instead of 48.
  [[no_unique_address]] Decimal value_;
  std::int8_t step_exponent_ = 0;
  std::uint8_t absence_ = static_cast<std::uint8_t>(Absence::kMissing);
};
// "0.01" -> -2, "10" -> 1, "1" -> 0. Error unless a power of ten within limits.
absl::StatusOr<int> ParseStep(std::string_view text);

// SDMX CL_OBS_STATUS and CL_CONF_STATUS, as their letters. 'A' normal value, 'F' free to publish.
struct Attributes {
  char status = 'A';  // one of A B D E F G H I J K L M N O P Q S U V W X Y Z
  char conf = 'F';    // one of A B C D E F G I M N O P Q R S T U
  friend bool operator==(const Attributes&, const Attributes&) = default;
};
absl::Status ValidateStatus(char status);
absl::Status ValidateConf(char conf);

// One statement of a release. `source` (where it was read) and `note` are optional free text, UTF-8.
struct Observation {
  SeriesKey series;
  Period period;
  Datum datum;
  Attributes attributes;
  std::string source;
  std::string note;
  friend bool operator==(const Observation&, const Observation&) = default;
};

// True if `text` is well-formed UTF-8 without control characters other than tab.
bool IsCleanUtf8(std::string_view text);

}  // namespace tidewaiter
