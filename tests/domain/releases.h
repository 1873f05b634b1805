// Small releases to test with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/dataset.h"
#include "domain/release.h"
#include "tests/domain/testing.h"

namespace tidewaiter {

// Three dimensions: reporter, partner, flow.
inline DatasetDefinition ThreeDimensions(std::string_view id) {
  DatasetDefinition definition;
  definition.id = id;
  definition.dimensions = {{"reporter", Role::kReporter}, {"partner", Role::kPartner}, {"flow", Role::kFlow}};
  definition.publisher = "GACC";
  return definition;
}

// Knows PRESS and TABLES.
inline absl::StatusOr<DatasetDefinition> TwoDatasets(std::string_view id) {
  if (id == "PRESS" || id == "TABLES") return ThreeDimensions(id);
  return MakeError(absl::StatusCode::kNotFound, Reason::kDatasetNotFound, "no such dataset");
}

inline ReleaseHeader AHeader() {
  ReleaseHeader header;
  header.agency = "GACC";
  header.release_id = "2025-08-07";
  header.published_at = PublishedAt::At(T("2025-08-07T11:00:00+08:00"));
  header.stage = "flash";
  header.title = "July";
  return header;
}

inline Observation Obs(std::string_view series, std::string_view period, std::string_view value) {
  Observation observation;
  observation.series = K(series);
  observation.period = P(period);
  observation.datum = V(value);
  return observation;
}

inline Release::Section Merge(std::string dataset, std::vector<Observation> observations) {
  return {SectionHeader{std::move(dataset), Action::kMerge, std::nullopt}, std::move(observations)};
}

}  // namespace tidewaiter
