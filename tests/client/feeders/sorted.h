// What a file makes of the way through a feeder and the sorter, kept in memory for tests.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/feeders/release_sorter.h"
#include "tests/client/feeders/collected.h"

namespace tidewaiter::feeders {

struct Sorted {
  struct Release {
    FedRelease about;
    std::vector<Observation> cells;  // of all sections, in order
    std::vector<std::string> lines;  // "input.csv 4": where each was read
  };
  std::vector<std::string> dimensions;  // of the first dataset
  std::vector<Release> releases;
  FileTally tally;  // of the first file
};

// Goes through the releases of a finished sorter.
Sorted Visited(const ReleaseSorter& sorter);
absl::StatusOr<Sorted> Sort(const Feeder& feeder, std::string_view text, const FeedOptions& options,
                            SorterOptions sorter_options);
// "CN.RU.X 2025-07 19.14" for each cell.
std::vector<std::string> TextsOf(const Sorted::Release& release);
std::string ContentOf(const std::filesystem::path& path);

}  // namespace tidewaiter::feeders
