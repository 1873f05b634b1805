// Datasets of GACC, the customs of China, as its formats declare them.
#pragma once

#include <string>
#include <string_view>

#include "client/feeders/feeder.h"
#include "domain/dataset.h"

namespace tidewaiter::feeders {

inline constexpr std::string_view kChina = "CN";

// A dataset of GACC with these dimensions, parted by blanks ("reporter partner flow"), whose roles follow
// from their names, in Beijing's time; with what `options` puts in place of id, publisher and zone.
DatasetDefinition GaccProfile(std::string_view id, std::string_view dimensions, std::string_view title,
                              std::string_view description, const FeedOptions& options);

// DATASET:PUBLISHED:PART, cut to what a release id may have. GACC publishes several tables a day, so the
// dataset and the day do not name a release.
std::string GaccReleaseId(const DatasetDefinition& dataset, const Publication& published,
                          std::string_view part);

}  // namespace tidewaiter::feeders
