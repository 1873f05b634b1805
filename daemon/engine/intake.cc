#include "daemon/engine/intake.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daemon/engine/release_preview.h"
#include "daemon/engine/zones.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"
#include "storage/digest.h"

namespace tidewaiter::engine {
namespace {

// Stands for an agency or an instant that is missing, so that the rest can be checked.
constexpr std::string_view kAnyAgency = "X";
constexpr Instant kAnyInstant = Instant::FromMicros(0);

absl::Status CheckSize(const std::vector<Release::Section>& sections) {
  std::size_t observations = 0;
  for (const Release::Section& section : sections) observations += section.observations.size();
  if (observations <= limits::kMaxUnaryObservations) return absl::OkStatus();
  const std::string description =
      absl::StrCat("a push has at most ", limits::kMaxUnaryObservations, " observations, not ", observations,
                   "; upload the release instead");
  return MakeError(
      absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded, absl::StrCat("sections: ", description),
      {{"limit", "kMaxUnaryObservations"}, {"maximum", absl::StrCat(limits::kMaxUnaryObservations)}},
      {{"sections", description}});
}

// A day that has begun where the publisher is lies not in the future, though its end may.
bool HasBegun(absl::CivilDay day, absl::TimeZone zone, Instant now) {
  return day <= absl::ToCivilDay(absl::FromUnixMicros(now.micros()), zone);
}

absl::Status InFuture(std::string_view field, const PublishedAt& published_at, Instant now) {
  const std::string description = absl::StrCat(
      published_at.ToString(), " lies more than ", limits::kFutureToleranceMicros / 3'600'000'000,
      " hours ahead of the server's clock, which reads ", now.ToString(), "; check the date, or the clocks");
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kPublishedInFuture,
                   absl::StrCat(ToAbsl(field), ": ", description),
                   {{"published_at", published_at.instant.ToString()}, {"now", now.ToString()}},
                   {{std::string(field), description}});
}

absl::Status ReleaseConflict(const ReleaseHeader& header, const storage::Digest& held,
                             const storage::Digest& given) {
  return MakeError(absl::StatusCode::kAlreadyExists, Reason::kReleaseConflict,
                   absl::StrCat("release ", header.agency, "/", header.release_id,
                                " is held with other content: held digest ", storage::ToHex(held),
                                ", given digest ", storage::ToHex(given)),
                   {{"held_digest", storage::ToHex(held)}, {"given_digest", storage::ToHex(given)}});
}

}  // namespace

absl::StatusOr<storage::DatasetInfo> Intake::PutDataset(DatasetDefinition definition) {
  Violations violations;
  const absl::Status valid = Validate(definition);
  violations.Add("", valid);
  // A name that is none has been named already.
  bool zone_is_named = false;
  for (const FieldViolation& violation : DetailsOf(valid).violations) {
    zone_is_named = zone_is_named || violation.field == "time_zone";
  }
  if (!zone_is_named) violations.Add("", FindZone(definition.time_zone).status());
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return store_->PutDataset(definition);
}

Intake::ResolvedHeader Intake::ResolveHeader(HeaderInput input, const DatasetDefinition* dataset) const {
  ReleaseHeader header{std::move(input.agency),
                       std::move(input.release_id),
                       PublishedAt::At(kAnyInstant),
                       std::move(input.stage),
                       input.kind,
                       std::move(input.title)};
  if (header.agency.empty()) header.agency = dataset ? dataset->publisher : std::string(kAnyAgency);
  Violations violations;
  absl::Status in_future;
  const Instant now = clock_->Now();
  const Instant latest = Instant::FromMicros(now.micros() + limits::kFutureToleranceMicros);
  if (input.published_at && input.published_on) {
    violations.Add("header.published_at",
                   "published_on is given too; give one of them, the instant if it is known");
  } else if (input.published_at) {
    header.published_at = PublishedAt::At(*input.published_at);
    if (header.published_at.instant > latest)
      in_future = InFuture("header.published_at", header.published_at, now);
  } else if (!input.published_on) {
    violations.Add(
        "header.published_at",
        "it is missing; give when the release was made public, or published_on if only the day is known");
  } else if (input.published_on->year() < limits::kMinYear || input.published_on->year() > limits::kMaxYear) {
    violations.Add("header.published_on",
                   absl::StrCat("the year must be ", limits::kMinYear, " to ", limits::kMaxYear));
  } else if (dataset) {
    const absl::StatusOr<absl::TimeZone> zone = FindZone(dataset->time_zone);
    if (zone.ok()) {
      header.published_at = PublishedAt::OnDay(*input.published_on, *zone);
      if (header.published_at.instant > latest && !HasBegun(*input.published_on, *zone, now)) {
        in_future = InFuture("header.published_on", header.published_at, now);
      }
    } else {
      violations.Add("header.published_on",
                     absl::StrCat("the zone of dataset ", dataset->id,
                                  " is not in the server's tables: ", zone.status().message()));
    }
  }
  violations.Add("header", Validate(header));
  if (violations.empty()) return {std::move(header), in_future};
  violations.Add("", in_future);
  return {std::move(header), violations.ToStatus()};
}

absl::StatusOr<Release> Intake::ToRelease(HeaderInput input, std::vector<Release::Section> sections) const {
  TW_RETURN_IF_ERROR(CheckSize(sections));
  absl::StatusOr<storage::DatasetInfo> first = absl::NotFoundError("no section");
  if (!sections.empty()) first = store_->GetDataset(sections.front().header.dataset);
  auto [header, problem] = ResolveHeader(std::move(input), first.ok() ? &first->definition : nullptr);
  if (!problem.ok()) {
    // One that is valid: what is wrong with the real one has been said.
    header = {std::string(kAnyAgency), "X", PublishedAt::At(kAnyInstant), "", ReleaseKind::kRegular, ""};
  }
  absl::StatusOr<Release> release =
      Release::Create(std::move(header), std::move(sections),
                      [this](std::string_view id) -> absl::StatusOr<DatasetDefinition> {
                        TW_ASSIGN_OR_RETURN(storage::DatasetInfo info, store_->GetDataset(id));
                        return std::move(info.definition);
                      });
  if (problem.ok()) return release;
  if (release.ok()) return problem;
  const absl::Status& other = release.status();
  if (other.code() != absl::StatusCode::kInvalidArgument || DetailsOf(other).violations.empty()) return other;
  Violations violations;
  violations.Add("", problem);
  violations.Add("", other);
  return violations.ToStatus();
}

absl::StatusOr<storage::PushOutcome> Intake::Push(HeaderInput header,
                                                  std::vector<Release::Section> sections) {
  TW_ASSIGN_OR_RETURN(const Release release, ToRelease(std::move(header), std::move(sections)));
  return store_->Push(release, clock_->Now());
}

absl::StatusOr<Preview> Intake::DryRun(HeaderInput header, std::vector<Release::Section> sections) {
  TW_ASSIGN_OR_RETURN(const Release release, ToRelease(std::move(header), std::move(sections)));
  Preview preview;
  preview.header = release.header();
  preview.digest = storage::DigestOf(release);
  for (const Release::Section& section : release.sections()) {
    TW_ASSIGN_OR_RETURN(const storage::DatasetInfo dataset, store_->GetDataset(section.header.dataset));
    preview.sections.push_back({section.header, dataset.version, section.observations.size()});
  }
  const Sequence head = store_->head();
  absl::StatusOr<storage::LogEntry> held =
      store_->FindRelease(preview.header.agency, preview.header.release_id);
  if (held.ok()) {
    if (held->digest != preview.digest) return ReleaseConflict(preview.header, held->digest, preview.digest);
    preview.sections = held->sections;
    preview.replay_of = *std::move(held);
    return preview;
  }
  if (!absl::IsNotFound(held.status())) return held.status();
  TW_ASSIGN_OR_RETURN(PreviewedChanges changes, PreviewChanges(*store_, release, head));
  preview.changes = std::move(changes.series);
  preview.omitted_withdrawals = changes.omitted_withdrawals;
  return preview;
}

absl::StatusOr<std::unique_ptr<storage::Upload>> Intake::BeginUpload(HeaderInput header,
                                                                     std::string_view first_dataset) {
  TW_ASSIGN_OR_RETURN(const storage::DatasetInfo dataset, store_->GetDataset(first_dataset));
  const ResolvedHeader resolved = ResolveHeader(std::move(header), &dataset.definition);
  TW_RETURN_IF_ERROR(resolved.problem);
  return store_->BeginUpload(resolved.header, clock_->Now());
}

absl::StatusOr<storage::LogEntry> Intake::Retract(std::string_view agency, std::string_view release_id,
                                                  std::string_view reason) {
  Violations violations;
  violations.Add("agency", ValidateCode(agency));
  if (release_id.empty()) violations.Add("release_id", "it is empty; name the release to retract");
  if (release_id.size() > limits::kMaxReleaseIdBytes || !IsCleanUtf8(release_id)) {
    violations.Add("release_id", absl::StrCat("a release id is UTF-8 without control characters, of at most ",
                                              limits::kMaxReleaseIdBytes, " bytes"));
  }
  if (reason.size() > limits::kMaxTitleBytes) {
    violations.Add("reason", absl::StrCat("the text has ", reason.size(), " bytes; at most ",
                                          limits::kMaxTitleBytes, " are allowed"));
  } else if (!IsCleanUtf8(reason)) {
    violations.Add("reason", "the text must be UTF-8 without control characters");
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return store_->Retract(agency, release_id, reason, clock_->Now());
}

}  // namespace tidewaiter::engine
