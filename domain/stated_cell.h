// One cell as a release states it.
#pragma once

#include <string_view>

#include "domain/observation.h"
#include "domain/period.h"

namespace tidewaiter {

// What a release says about one cell of a series; the texts live as long as whatever handed it out.
struct StatedCell {
  Period period;
  Datum datum;
  Attributes attributes;
  std::string_view source;
  std::string_view note;
  friend bool operator==(const StatedCell&, const StatedCell&) = default;
};

}  // namespace tidewaiter
