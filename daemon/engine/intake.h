// Taking releases in: what the wire gives becomes a valid release, checked against the clock and the catalogue.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/release_changes.h"
#include "domain/release.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// A release header as a caller states it.
struct HeaderInput {
  std::string agency;  // empty: the publisher of the first section's dataset
  std::string release_id;
  std::optional<Instant> published_at;         // exactly one of the two
  std::optional<absl::CivilDay> published_on;  // resolved in the first section's dataset's zone
  std::string stage;
  ReleaseKind kind = ReleaseKind::kRegular;
  std::string title;
};

struct Preview {
  ReleaseHeader header;
  std::vector<storage::SectionInfo> sections;
  std::vector<SeriesChanges> changes;  // against (unbounded, head)
};

// Thread-safe; calls block (disk): never from a gRPC callback thread. Does not own the store.
class Intake {
 public:
  Intake(storage::Store* store, const Clock* clock) : store_(store), clock_(clock) {}

  // As DatasetService.CreateDataset; the time zone must exist.
  absl::StatusOr<storage::DatasetInfo> PutDataset(DatasetDefinition definition);
  // Every violation at once, fields named "header.x", "sections[i].observations[j].period".
  absl::StatusOr<storage::PushOutcome> Push(HeaderInput header, std::vector<Release::Section> sections);
  // What Push would do; stores nothing.
  absl::StatusOr<Preview> DryRun(HeaderInput header, std::vector<Release::Section> sections);
  // `first_dataset` is that of the first section, for its zone and publisher.
  absl::StatusOr<std::unique_ptr<storage::Upload>> BeginUpload(HeaderInput header, std::string_view first_dataset);
  absl::StatusOr<storage::LogEntry> Retract(std::string_view agency, std::string_view release_id,
                                            std::string_view reason);

 private:
  absl::StatusOr<ReleaseHeader> ResolveHeader(HeaderInput input, std::string_view first_dataset) const;
  storage::Store* const store_;
  const Clock* const clock_;
};

}  // namespace tidewaiter::engine
