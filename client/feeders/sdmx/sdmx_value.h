// What a measure, its status and its confidentiality say together.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "domain/observation.h"

namespace tidewaiter::feeders {

// What an empty measure means where neither the status nor the confidentiality says why it is empty.
enum class SdmxEmpty {
  kMissing,    // the message states whole observations: the value is missing
  kUnchanged,  // the message merges components (actions M and A): nothing is said of the value
};

struct SdmxValueTexts {
  std::string_view value;   // "244.819", "1.5E3", "NaN", "#N/A" or empty
  std::string_view status;  // "A", or empty
  std::string_view conf;    // "F", or empty
  bool decimal_comma = false;
  SdmxEmpty empty = SdmxEmpty::kMissing;
};

struct SdmxValue {
  Datum datum;
  Attributes attributes;
};

// Numbers as xs:decimal and xs:double write them, exactly: an exponent is multiplied out, its step is the
// last digit that then stands. NaN, #N/A and nothing are absences: by the status O, L, H, J, K, S missing, M
// nil, Q suppressed; without one of those suppressed if the confidentiality is anything but free (F), else
// missing. An absence that has no status of its own gets O or Q. All violations at once, their fields value,
// status, conf.
absl::StatusOr<SdmxValue> ParseSdmxValue(const SdmxValueTexts& texts);

// "1.5E3" -> 1500. The error says what is wrong.
absl::StatusOr<Decimal> ParseSdmxNumber(std::string_view text, bool decimal_comma = false);

}  // namespace tidewaiter::feeders
