#include "proto/convert/finding.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "proto/convert/enums.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::convert {
namespace {

absl::StatusOr<std::optional<Decimal>> OptionalDecimal(const std::string& text, std::string_view field) {
  if (text.empty()) return std::nullopt;
  const absl::StatusOr<Decimal> value = Decimal::Parse(text);
  if (!value.ok()) return PrefixFields(value.status(), field);
  return std::optional<Decimal>(*value);
}

absl::StatusOr<std::optional<Identity>> IdentityOf(const std::string& formula) {
  if (formula.empty()) return std::nullopt;
  for (const Identity identity :
       {Identity::kTurnover, Identity::kBalance, Identity::kComponents, Identity::kYearToDate}) {
    if (IdentityFormula(identity) == formula) return std::optional<Identity>(identity);
  }
  return InvalidField("identity", absl::StrCat("there is no sum ", formula));
}

absl::StatusOr<PublishedAt> PublishedOf(const v1::Finding& message) {
  PublishedAt published;
  const absl::StatusOr<Instant> instant = FromWire(message.published_at());
  if (!instant.ok()) return PrefixFields(instant.status(), "published_at");
  published.instant = *instant;
  TW_ASSIGN_OR_RETURN(published.day, DayFromWire(message.published_on()));
  return published;
}

}  // namespace

v1::FindingKind ToWire(FindingKind kind) {
  switch (kind) {
    case FindingKind::kImpliedRevision:
      return v1::FINDING_KIND_IMPLIED_REVISION;
    case FindingKind::kBrokenIdentity:
      return v1::FINDING_KIND_BROKEN_IDENTITY;
    case FindingKind::kUnannouncedRevision:
      return v1::FINDING_KIND_UNANNOUNCED_REVISION;
  }
  return v1::FINDING_KIND_UNSPECIFIED;
}

absl::StatusOr<FindingKind> FromWire(v1::FindingKind kind) {
  switch (kind) {
    case v1::FINDING_KIND_IMPLIED_REVISION:
      return FindingKind::kImpliedRevision;
    case v1::FINDING_KIND_BROKEN_IDENTITY:
      return FindingKind::kBrokenIdentity;
    case v1::FINDING_KIND_UNANNOUNCED_REVISION:
      return FindingKind::kUnannouncedRevision;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("there is no kind of finding number ", static_cast<int>(kind)));
  }
}

v1::FindingStatus ToWire(FindingStatus status) {
  switch (status) {
    case FindingStatus::kOpen:
      return v1::FINDING_STATUS_OPEN;
    case FindingStatus::kConfirmed:
      return v1::FINDING_STATUS_CONFIRMED;
    case FindingStatus::kSuperseded:
      return v1::FINDING_STATUS_SUPERSEDED;
  }
  return v1::FINDING_STATUS_UNSPECIFIED;
}

absl::StatusOr<FindingStatus> FromWire(v1::FindingStatus status) {
  switch (status) {
    case v1::FINDING_STATUS_OPEN:
      return FindingStatus::kOpen;
    case v1::FINDING_STATUS_CONFIRMED:
      return FindingStatus::kConfirmed;
    case v1::FINDING_STATUS_SUPERSEDED:
      return FindingStatus::kSuperseded;
    default:
      return absl::InvalidArgumentError(absl::StrCat("there is no status number ", static_cast<int>(status)));
  }
}

void FillDatum(const Datum& datum, v1::PrintedDatum* message) {
  if (!datum.has_value()) return message->set_absence(ToWire(datum.absence()));
  message->set_value(datum.value().ToString());
  message->set_step(datum.StepText());
}

absl::StatusOr<Datum> FromWire(const v1::PrintedDatum& message) {
  if (message.absence() != v1::ABSENCE_UNSPECIFIED) {
    TW_ASSIGN_OR_RETURN(const Absence absence, FromWire(message.absence()));
    return Datum::Absent(absence);
  }
  TW_ASSIGN_OR_RETURN(const Decimal value, Decimal::Parse(message.value()));
  if (message.step().empty()) return Datum::Value(value);
  TW_ASSIGN_OR_RETURN(const int exponent, ParseStep(message.step()));
  return Datum::ValueWithStep(value, exponent);
}

v1::Finding ToWire(const Finding& finding, Sequence found_by, std::uint32_t ordinal) {
  v1::Finding message;
  message.set_id(absl::StrCat(finding.rules, "-", found_by, "-", ordinal));
  message.set_kind(ToWire(finding.kind));
  message.set_rules(finding.rules);
  message.set_dataset(finding.dataset);
  for (const SeriesKey& series : finding.series) message.add_series(series.text());
  message.set_period(finding.period.ToString());
  message.set_held_period(finding.held_period.ToString());
  message.set_sequence(finding.sequence);
  *message.mutable_published_at() = ToWire(finding.published_at.instant);
  if (finding.published_at.day) message.set_published_on(DayToString(*finding.published_at.day));
  message.set_found_by(found_by);
  FillDatum(finding.printed, message.mutable_printed());
  if (finding.rate) FillDatum(*finding.rate, message.mutable_rate());
  FillDatum(finding.held, message.mutable_held());
  message.set_held_sequence(finding.held_sequence);
  if (finding.implied_low) message.set_implied_low(finding.implied_low->ToString());
  if (finding.implied_high) message.set_implied_high(finding.implied_high->ToString());
  if (finding.amount) message.set_amount(finding.amount->ToString());
  if (finding.identity) message.set_identity(std::string(IdentityFormula(*finding.identity)));
  message.set_status(ToWire(finding.status));
  message.set_settled_by(finding.settled_by);
  message.set_explanation(Explain(finding));
  return message;
}

absl::StatusOr<Finding> FromWire(const v1::Finding& message) {
  Finding finding;
  TW_ASSIGN_OR_RETURN(finding.kind, FromWire(message.kind()));
  finding.rules = message.rules();
  finding.dataset = message.dataset();
  for (const std::string& key : message.series()) {
    TW_ASSIGN_OR_RETURN(finding.series.emplace_back(), SeriesKey::Parse(key));
  }
  TW_ASSIGN_OR_RETURN(finding.period, Period::Parse(message.period()));
  TW_ASSIGN_OR_RETURN(finding.held_period, Period::Parse(message.held_period()));
  TW_ASSIGN_OR_RETURN(finding.sequence, SequenceFromWire(message.sequence()));
  TW_ASSIGN_OR_RETURN(finding.published_at, PublishedOf(message));
  TW_ASSIGN_OR_RETURN(finding.printed, FromWire(message.printed()));
  if (message.has_rate()) {
    TW_ASSIGN_OR_RETURN(finding.rate, FromWire(message.rate()));
  }
  TW_ASSIGN_OR_RETURN(finding.held, FromWire(message.held()));
  TW_ASSIGN_OR_RETURN(finding.held_sequence, SequenceFromWire(message.held_sequence()));
  TW_ASSIGN_OR_RETURN(finding.implied_low, OptionalDecimal(message.implied_low(), "implied_low"));
  TW_ASSIGN_OR_RETURN(finding.implied_high, OptionalDecimal(message.implied_high(), "implied_high"));
  TW_ASSIGN_OR_RETURN(finding.amount, OptionalDecimal(message.amount(), "amount"));
  TW_ASSIGN_OR_RETURN(finding.identity, IdentityOf(message.identity()));
  TW_ASSIGN_OR_RETURN(finding.status, FromWire(message.status()));
  TW_ASSIGN_OR_RETURN(finding.settled_by, SequenceFromWire(message.settled_by()));
  return finding;
}

}  // namespace tidewaiter::convert
