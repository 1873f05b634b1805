// Answers of the daemon, turned into the client's types. Internal to this room.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/aggregates.h"
#include "client/types.h"
#include "proto/convert/block.h"
#include "tidewaiter/v1/analysis_service.pb.h"
#include "tidewaiter/v1/finding.pb.h"
#include "tidewaiter/v1/observation_service.pb.h"
#include "tidewaiter/v1/release_service.pb.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::client {

v1::VintageSpec ToWire(const VintageQuery& query);
v1::ReleaseHeader ToWire(const ReleaseDraft& draft);

// Errors are INTERNAL.
absl::StatusOr<ReleaseInfo> FromWire(const v1::Release& release);
absl::StatusOr<Vintage> FromWire(const v1::Vintage& vintage);
absl::StatusOr<HistoryLine> FromWire(const v1::HistoryEntry& entry);
absl::StatusOr<DatasetChanges> FromWire(const v1::ChangeBlock& block);
absl::StatusOr<FindingInfo> FromWire(const v1::Finding& message);
absl::StatusOr<AggregateMoves> FromWire(const v1::AggregateMoves& moves);
ExpectedRelease FromWire(const v1::ExpectedReleaseEntry& entry);

// Decodes blocks one after the other, keeping its memory. Not thread-safe.
class BlockReader {
 public:
  // The series of a block; valid until the next call.
  absl::StatusOr<std::vector<SeriesCells>*> Read(const v1::ObservationBlock& block);

 private:
  convert::DecodedBlock decoded_;
  std::vector<SeriesCells> series_;
};

}  // namespace tidewaiter::client
