#include "client/feeders/sdmx/sdmx_ml.h"
#include "tests/fuzz/feeder_fuzz.h"

namespace tidewaiter::feeders {

const Feeder& TheFeeder() {
  static const SdmxMlFeeder feeder;
  return feeder;
}

FeedOptions TheOptions() {
  FeedOptions options;
  options.file = "x";
  options.published = ParsePublication("2025-08-07").value();
  return options;
}

}  // namespace tidewaiter::feeders
