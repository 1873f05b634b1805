// Time comes in through the constructor; the real clock is read in system_clock.cc only.
#pragma once

#include <memory>

#include "domain/instant.h"

namespace tidewaiter::engine {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
};

const Clock& SystemClock();

}  // namespace tidewaiter::engine
