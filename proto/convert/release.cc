#include "proto/convert/release.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::convert {
namespace {

// The fields that the two kinds of header share.
template <typename Header>
v1::ReleaseHeader CommonToWire(const Header& header) {
  v1::ReleaseHeader message;
  message.set_agency(header.agency);
  message.set_release_id(header.release_id);
  message.set_stage(header.stage);
  message.set_kind(ToWire(header.kind));
  message.set_title(header.title);
  return message;
}

template <typename SectionMessage>
absl::StatusOr<SectionHeader> SectionFromWire(const SectionMessage& section) {
  SectionHeader header;
  header.dataset = section.dataset();
  Violations violations;
  const absl::StatusOr<Action> action = FromWire(section.action());
  violations.Add("action", action.status());
  header.action = action.value_or(Action::kMerge);
  if (section.has_scope()) {
    absl::StatusOr<Scope> scope = FromWire(section.scope());
    violations.Add("scope", scope.status());
    if (scope.ok()) header.scope = *std::move(scope);
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return header;
}

}  // namespace

v1::ReleaseHeader ToWire(const HeaderFields& fields) {
  v1::ReleaseHeader message = CommonToWire(fields);
  if (fields.published_at) *message.mutable_published_at() = ToWire(*fields.published_at);
  if (fields.published_on) message.set_published_on(DayToString(*fields.published_on));
  return message;
}

absl::StatusOr<HeaderFields> FromWire(const v1::ReleaseHeader& header) {
  HeaderFields fields;
  Violations violations;
  fields.agency = header.agency();
  fields.release_id = header.release_id();
  if (header.has_published_at()) {
    const absl::StatusOr<Instant> at = FromWire(header.published_at());
    violations.Add("published_at", at.status());
    if (at.ok()) fields.published_at = *at;
  }
  const absl::StatusOr<std::optional<absl::CivilDay>> day = DayFromWire(header.published_on());
  violations.Add("published_on", day.status());
  if (day.ok()) fields.published_on = *day;
  fields.stage = header.stage();
  const absl::StatusOr<ReleaseKind> kind = FromWire(header.kind());
  violations.Add("kind", kind.status());
  fields.kind = kind.value_or(ReleaseKind::kRegular);
  fields.title = header.title();
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return fields;
}

v1::ReleaseHeader ToWire(const ReleaseHeader& header) {
  v1::ReleaseHeader message = CommonToWire(header);
  *message.mutable_published_at() = ToWire(header.published_at.instant);
  if (header.published_at.day) message.set_published_on(DayToString(*header.published_at.day));
  return message;
}

absl::StatusOr<ReleaseHeader> AcceptedFromWire(const v1::ReleaseHeader& message) {
  TW_ASSIGN_OR_RETURN(HeaderFields fields, FromWire(message));
  if (!fields.published_at) return InvalidField("published_at", "an accepted release has one");
  return ReleaseHeader{.agency = std::move(fields.agency),
                       .release_id = std::move(fields.release_id),
                       .published_at = {*fields.published_at, fields.published_on},
                       .stage = std::move(fields.stage),
                       .kind = fields.kind,
                       .title = std::move(fields.title)};
}

v1::Scope ToWire(const Scope& scope) {
  v1::Scope message;
  message.set_key(scope.selector.ToString());
  if (scope.periods.from || scope.periods.to) *message.mutable_periods() = ToWire(scope.periods);
  return message;
}

absl::StatusOr<Scope> FromWire(const v1::Scope& message) {
  Scope scope;
  Violations violations;
  absl::StatusOr<Selector> selector = Selector::Parse(message.key());
  violations.Add("key", selector.status());
  if (selector.ok()) scope.selector = *std::move(selector);
  const absl::StatusOr<PeriodRange> periods = FromWire(message.periods());
  violations.Add("periods", periods.status());
  if (periods.ok()) scope.periods = *periods;
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return scope;
}

absl::StatusOr<SectionHeader> FromWire(const v1::Section& section) { return SectionFromWire(section); }
absl::StatusOr<SectionHeader> FromWire(const v1::UploadReleaseRequest::SectionStart& section) {
  return SectionFromWire(section);
}
absl::StatusOr<SectionHeader> FromWire(const v1::SectionSummary& section) { return SectionFromWire(section); }

v1::Release ToWire(const ReleaseRecord& record) {
  v1::Release message;
  message.set_sequence(record.sequence);
  *message.mutable_header() = ToWire(record.header);
  for (const ReleaseRecord::Section& section : record.sections) {
    v1::SectionSummary* summary = message.add_sections();
    SetSectionHeader(section.header, summary);
    summary->set_observations(section.observations);
    summary->set_dataset_version(section.dataset_version);
  }
  message.set_digest(record.digest);
  message.set_chain(record.chain);
  if (record.accepted_at != Instant()) *message.mutable_accepted_at() = ToWire(record.accepted_at);
  message.set_retracts(record.retracts);
  message.set_retracted_by(record.retracted_by);
  message.set_observations(record.observations);
  return message;
}

absl::StatusOr<ReleaseRecord> FromWire(const v1::Release& release) {
  ReleaseRecord record;
  TW_ASSIGN_OR_RETURN(record.sequence, SequenceFromWire(release.sequence()));
  TW_ASSIGN_OR_RETURN(record.header, AcceptedFromWire(release.header()));
  for (const v1::SectionSummary& summary : release.sections()) {
    TW_ASSIGN_OR_RETURN(SectionHeader header, FromWire(summary));
    record.sections.push_back({std::move(header), summary.observations(), summary.dataset_version()});
  }
  record.digest = release.digest();
  record.chain = release.chain();
  if (release.has_accepted_at()) {
    TW_ASSIGN_OR_RETURN(record.accepted_at, FromWire(release.accepted_at()));
  }
  TW_ASSIGN_OR_RETURN(record.retracts, SequenceFromWire(release.retracts()));
  TW_ASSIGN_OR_RETURN(record.retracted_by, SequenceFromWire(release.retracted_by()));
  record.observations = release.observations();
  return record;
}

}  // namespace tidewaiter::convert
