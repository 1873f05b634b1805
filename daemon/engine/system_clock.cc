#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "daemon/engine/clock.h"

namespace tidewaiter::engine {
namespace {

class RealClock final : public Clock {
 public:
  Instant Now() const override { return Instant::FromMicros(absl::ToUnixMicros(absl::Now())); }
};

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

}  // namespace tidewaiter::engine
