// Vintages, period ranges and selectors between wire and domain.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "domain/period.h"
#include "domain/selector.h"
#include "domain/vintage.h"
#include "tidewaiter/v1/observation.pb.h"

namespace tidewaiter::convert {

v1::Vintage ToWire(const Vintage& vintage);
// The same in its place; `message` is empty.
void FillWire(const Vintage& vintage, v1::Vintage* message);
absl::StatusOr<Vintage> FromWire(const v1::Vintage& vintage);

// A vintage as it is asked for. Everything unset: everything known now.
struct VintageFields {
  std::optional<Instant> as_of;              // at most one of the two
  std::optional<absl::CivilDay> as_of_date;  // that day included, in the dataset's zone
  std::optional<Sequence> sequence;          // none: head
};
v1::VintageSpec ToWire(const VintageFields& fields);
// Fields named as in the message. A sequence that no store can reach: OUT_OF_RANGE kSequenceAhead.
absl::StatusOr<VintageFields> FromWire(const v1::VintageSpec& spec);

v1::PeriodRange ToWire(const PeriodRange& range);
absl::StatusOr<PeriodRange> FromWire(const v1::PeriodRange& range);

// Error kSequenceAhead for a number beyond limits::kMaxSequence.
absl::StatusOr<Sequence> SequenceFromWire(std::uint64_t sequence);

}  // namespace tidewaiter::convert
