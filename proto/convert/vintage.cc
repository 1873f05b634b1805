#include "proto/convert/vintage.h"

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "proto/convert/time.h"

namespace tidewaiter::convert {

v1::Vintage ToWire(const Vintage& vintage) {
  v1::Vintage message;
  FillWire(vintage, &message);
  return message;
}

void FillWire(const Vintage& vintage, v1::Vintage* message) {
  if (vintage.as_of != Instant::Max()) *message->mutable_as_of() = ToWire(vintage.as_of);
  message->set_sequence(vintage.sequence);
}

absl::StatusOr<Vintage> FromWire(const v1::Vintage& message) {
  Vintage vintage;
  if (message.has_as_of()) {
    const absl::StatusOr<Instant> as_of = FromWire(message.as_of());
    if (!as_of.ok()) return PrefixFields(as_of.status(), "as_of");
    vintage.as_of = *as_of;
  }
  TW_ASSIGN_OR_RETURN(vintage.sequence, SequenceFromWire(message.sequence()));
  return vintage;
}

v1::VintageSpec ToWire(const VintageFields& fields) {
  v1::VintageSpec spec;
  if (fields.as_of) *spec.mutable_as_of_time() = ToWire(*fields.as_of);
  if (fields.as_of_date) spec.set_as_of_date(DayToString(*fields.as_of_date));
  if (fields.sequence) spec.set_sequence(*fields.sequence);
  return spec;
}

absl::StatusOr<VintageFields> FromWire(const v1::VintageSpec& spec) {
  VintageFields fields;
  Violations violations;
  if (spec.has_as_of_time()) {
    const absl::StatusOr<Instant> as_of = FromWire(spec.as_of_time());
    violations.Add("as_of_time", as_of.status());
    if (as_of.ok()) fields.as_of = *as_of;
  }
  if (spec.has_as_of_date()) {
    const absl::StatusOr<absl::CivilDay> day = ParseDay(spec.as_of_date());
    violations.Add("as_of_date", day.status());
    if (day.ok()) fields.as_of_date = *day;
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  if (spec.has_sequence()) {
    const absl::StatusOr<Sequence> sequence = SequenceFromWire(spec.sequence());
    if (!sequence.ok()) return PrefixFields(sequence.status(), "sequence");
    fields.sequence = *sequence;
  }
  return fields;
}

v1::PeriodRange ToWire(const PeriodRange& range) {
  v1::PeriodRange message;
  if (range.from) message.set_from(range.from->ToString());
  if (range.to) message.set_to(range.to->ToString());
  return message;
}

absl::StatusOr<PeriodRange> FromWire(const v1::PeriodRange& message) {
  PeriodRange range;
  Violations violations;
  const auto parse = [&violations](const std::string& text, std::string_view field,
                                   std::optional<Month>* month) {
    if (text.empty()) return;
    const absl::StatusOr<Month> parsed = Month::Parse(text);
    violations.Add(field, parsed.status());
    if (parsed.ok()) *month = *parsed;
  };
  parse(message.from(), "from", &range.from);
  parse(message.to(), "to", &range.to);
  violations.Add("", range.Validate());
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return range;
}

absl::StatusOr<Sequence> SequenceFromWire(std::uint64_t sequence) {
  if (sequence > limits::kMaxSequence) {
    const std::string what = absl::StrCat("sequence ", sequence, " is beyond what any store can hold");
    return MakeError(absl::StatusCode::kOutOfRange, Reason::kSequenceAhead, what, {}, {{"", what}});
  }
  return static_cast<Sequence>(sequence);
}

}  // namespace tidewaiter::convert
