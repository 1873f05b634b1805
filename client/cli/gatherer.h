// A release that is small enough to be held.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "client/feeders/release_drafts.h"
#include "domain/release.h"

namespace tidewaiter::cli {

// The sections of a release that fits one call, and the place in a file of each observation.
class Gatherer : public feeders::ReleaseVisitor {
 public:
  absl::Status BeginSection(const SectionHeader& header) override {
    sections.push_back({header, {}});
    places.emplace_back();
    return absl::OkStatus();
  }
  absl::Status BeginSeries(std::string_view key) override {
    series_ = SeriesKey::FromValid(std::string(key));
    return absl::OkStatus();
  }
  absl::Status Add(const StatedCell& cell) override {
    sections.back().observations.push_back({series_, cell.period, cell.datum, cell.attributes,
                                            std::string(cell.source), std::string(cell.note)});
    return absl::OkStatus();
  }
  void At(std::string_view file, std::uint64_t line) override {
    places.back().push_back(absl::StrCat(std::string(file), " line ", line));
  }

  std::vector<Release::Section> sections;
  std::vector<std::vector<std::string>> places;

 private:
  SeriesKey series_;
};

// The daemon counts observations; people have lines.
absl::Status Located(const absl::Status& status, const Gatherer& release);

}  // namespace tidewaiter::cli
