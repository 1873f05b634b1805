// Taking releases in: what the wire gives becomes a valid release, checked against the clock and the
// catalogue.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
  storage::Digest digest{};
  // Set: this very release had been accepted before. Push would answer with it, and change nothing.
  std::optional<storage::LogEntry> replay_of;
  std::vector<SeriesChanges> changes;  // against (unbounded, head); see PreviewChanges
  // Withdrawals by its scopes that `changes` leaves out, being too many for one answer.
  std::uint64_t omitted_withdrawals = 0;
};

// Thread-safe; calls block (disk): never from a gRPC callback thread. Owns neither store nor clock.
class Intake {
 public:
  Intake(storage::Store* store, const Clock* clock) : store_(store), clock_(clock) {}

  // As DatasetService.CreateDataset; the time zone must exist. Fields named as in the definition.
  absl::StatusOr<storage::DatasetInfo> PutDataset(DatasetDefinition definition);
  // At most limits::kMaxUnaryObservations. Every violation at once, fields named "header.x",
  // "sections[i].observations[j].period". Errors: kDatasetNotFound (alone: without it the rest cannot be
  // judged), kPublishedInFuture (if nothing else is wrong), and those of ReleaseLog::Push.
  absl::StatusOr<storage::PushOutcome> Push(HeaderInput header, std::vector<Release::Section> sections);
  // What Push would do, errors included; stores nothing.
  absl::StatusOr<Preview> DryRun(HeaderInput header, std::vector<Release::Section> sections);
  // `first_dataset` is that of the first section, for its zone and publisher. Fields named "header.x".
  absl::StatusOr<std::unique_ptr<storage::Upload>> BeginUpload(HeaderInput header,
                                                               std::string_view first_dataset);
  absl::StatusOr<storage::LogEntry> Retract(std::string_view agency, std::string_view release_id,
                                            std::string_view reason);

 private:
  // What a header says, as far as it says it right; `problem` is OK if it does altogether.
  struct ResolvedHeader {
    ReleaseHeader header;
    absl::Status problem;
  };
  // `dataset`: of the first section; nullptr if there is none.
  ResolvedHeader ResolveHeader(HeaderInput input, const DatasetDefinition* dataset) const;
  absl::StatusOr<Release> ToRelease(HeaderInput header, std::vector<Release::Section> sections) const;

  storage::Store* const store_;
  const Clock* const clock_;
};

}  // namespace tidewaiter::engine
