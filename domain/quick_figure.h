// A figure of one series in few bytes, for answers of many.
#pragma once

#include <cstdint>
#include <string_view>

#include "domain/instant.h"
#include "domain/interval.h"
#include "domain/period.h"
#include "domain/vintage.h"

namespace tidewaiter {

// What an AggregateFigure says of one series, where there is a value of 64 bits. Refers to its texts.
struct QuickFigure {
  std::string_view series;
  std::string_view unit;
  Period period;
  std::int64_t coefficient = 0;
  int scale = 0;
  bool bounded = false;    // there is a bound
  std::int64_t bound = 0;  // value +- bound
  int bound_scale = 0;
  Derivation derivation = Derivation::kPublished;
  bool across_releases = false;
  Instant published_at;
  Sequence sequence = 0;
};

}  // namespace tidewaiter
