// What an SDMX-JSON message says of its structures: the lists that the indices of its data sets point into.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/feeders/sdmx/sdmx_components.h"
#include "client/feeders/sdmx/sdmx_structure.h"

namespace tidewaiter::feeders {

// Where components are given: once a data set, by group of dimensions, by series, by observation.
enum class SdmxJsonLevel : std::size_t { kDataSet, kDimensionGroup, kSeries, kObservation };
inline constexpr std::size_t kSdmxJsonLevels = 4;

struct SdmxJsonComponent {
  std::string id;
  int key_position = -1;
  bool is_time = false;
  bool has_values = false;  // then data are indices into them, else the values themselves
  std::vector<std::string> values;
  std::string by_default;     // of an attribute that is left out; empty: none
  std::size_t component = 0;  // its number in the plan
};

struct SdmxJsonStructure {
  std::string urn;
  std::string title;
  std::array<std::vector<SdmxJsonComponent>, kSdmxJsonLevels> dimensions;
  std::vector<SdmxJsonComponent> measures;
  std::array<std::vector<SdmxJsonComponent>, kSdmxJsonLevels> attributes;
  std::vector<std::string> annotations;
  bool has_measures = false;                    // without: one, OBS_VALUE
  std::vector<SdmxJsonComponent*> by_position;  // dimensions in key order, time among them
  std::optional<std::size_t> annotation_component;
  std::optional<SdmxPlan> plan;
  std::optional<std::size_t> set;  // of the message

  // Numbers the components, and makes the plan. `published`: see SdmxWishes. Call once; the lists must not
  // change behind it.
  void MakePlan(const std::vector<std::string>& measures_wished, std::string_view published);
};

}  // namespace tidewaiter::feeders
