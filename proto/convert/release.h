// Releases without their observations, between wire and domain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "domain/release.h"
#include "domain/vintage.h"
#include "proto/convert/enums.h"
#include "tidewaiter/v1/release_service.pb.h"

namespace tidewaiter::convert {

// A release header as a feeder states it.
struct HeaderFields {
  std::string agency;  // empty: the publisher of the first section's dataset
  std::string release_id;
  std::optional<Instant> published_at;         // exactly one of the two
  std::optional<absl::CivilDay> published_on;  // in the dataset's zone
  std::string stage;
  ReleaseKind kind = ReleaseKind::kRegular;
  std::string title;
};
v1::ReleaseHeader ToWire(const HeaderFields& fields);
// Only that the texts of times and the enum can be read; fields named as in the message, every violation at
// once.
absl::StatusOr<HeaderFields> FromWire(const v1::ReleaseHeader& header);

// The header of an accepted release: published_at always, published_on where only the day is known.
v1::ReleaseHeader ToWire(const ReleaseHeader& header);
absl::StatusOr<ReleaseHeader> AcceptedFromWire(const v1::ReleaseHeader& header);

v1::Scope ToWire(const Scope& scope);
absl::StatusOr<Scope> FromWire(const v1::Scope& scope);

// For v1::Section, v1::UploadReleaseRequest::SectionStart and v1::SectionSummary alike.
template <typename SectionMessage>
void SetSectionHeader(const SectionHeader& header, SectionMessage* section) {
  section->set_dataset(header.dataset);
  section->set_action(ToWire(header.action));
  if (header.scope) *section->mutable_scope() = ToWire(*header.scope);
}
// Fields named "dataset", "action", "scope.key" ...
absl::StatusOr<SectionHeader> FromWire(const v1::Section& section);
absl::StatusOr<SectionHeader> FromWire(const v1::UploadReleaseRequest::SectionStart& section);
absl::StatusOr<SectionHeader> FromWire(const v1::SectionSummary& section);

// What stands in the log under one sequence, as v1::Release tells it.
struct ReleaseRecord {
  struct Section {
    SectionHeader header;
    std::uint64_t observations = 0;
    std::uint32_t dataset_version = 1;
  };
  Sequence sequence = 0;
  ReleaseHeader header;
  std::vector<Section> sections;
  std::string digest;  // lower-case hex
  std::string chain;   // lower-case hex
  Instant accepted_at;
  Sequence retracts = 0;      // not 0: a retraction; header.title is the reason
  Sequence retracted_by = 0;  // not 0: retracted
  std::uint64_t observations = 0;
};
v1::Release ToWire(const ReleaseRecord& record);
absl::StatusOr<ReleaseRecord> FromWire(const v1::Release& release);

}  // namespace tidewaiter::convert
