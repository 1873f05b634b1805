// A vintage: a state of knowledge, on two clocks.
#pragma once

#include <cstdint>

#include "domain/instant.h"

namespace tidewaiter {

// The store's counter of accepted releases and retractions: 1, 2, 3 ... without gaps. 0 is "before the first".
using Sequence = std::uint32_t;

// What was known at (as_of, sequence): the statements with published_at <= as_of and sequence <= sequence,
// less the releases retracted at or before sequence. A reader resolves "head" to a number before reading, so
// that every answer can be asked for again.
struct Vintage {
  Instant as_of = Instant::Max();  // Max: unbounded
  Sequence sequence = 0;
  friend bool operator==(const Vintage&, const Vintage&) = default;
};

}  // namespace tidewaiter
