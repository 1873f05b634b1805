// Which component of an SDMX message is a dimension, which an attribute: by their ids, as far as those tell.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace tidewaiter::feeders {

enum class SdmxPart {
  kTime,       // TIME_PERIOD
  kMeasure,    // OBS_VALUE
  kStatus,     // OBS_STATUS
  kConf,       // OBS_CONF, CONF_STATUS
  kYearStart,  // REPORTING_YEAR_START_DAY
  kUnit,       // CURRENCY, UNIT, UNIT_MEASURE, UNIT_MULT: part of the series here, whatever SDMX makes of it
  kDimension,  // FREQ, and what has a role by custom: REF_AREA, COUNTERPART_AREA, PRODUCT, ...
  kAttribute,  // of SDMX's cross-domain concepts: DECIMALS, OBS_COMMENT, TITLE, ...
  kUnknown,    // the id does not tell
};
SdmxPart PartOfComponent(std::string_view id);

// What is what among the components of one structure. Components are numbered by whoever reads the message;
// an index here is such a number.
struct SdmxPlan {
  std::vector<std::string> ids;         // of all components, as the message names them
  std::vector<std::size_t> dimensions;  // in key order, without time
  std::vector<std::size_t> units;       // attributes that belong into the key, behind the dimensions
  std::vector<std::size_t> measures;    // several make one more dimension, "measure"
  std::vector<std::size_t> conf;        // of several at most one has a value
  std::vector<std::size_t> attributes;  // all others: they go to the note
  std::optional<std::size_t> time;
  std::optional<std::size_t> status;
  std::optional<std::size_t> year_start;
  std::optional<std::size_t> published;  // of which each value is a time of publication
};

// Puts the component `index`, which is no dimension for certain, where its id says; kUnknown and kDimension
// go to the attributes. Units are kept in the order of SdmxPart's list. REQUIRES: plan.ids[index] exists.
void AddByPart(SdmxPlan& plan, std::size_t index);

// Lists as users write them: "FREQ+REF_AREA". Empty for an empty text.
std::vector<std::string> SplitIds(std::string_view text);

}  // namespace tidewaiter::feeders
