#include "client/feeders/gacc/gacc_query.h"
#include "tests/fuzz/feeder_fuzz.h"

namespace tidewaiter::feeders {

const Feeder& TheFeeder() { return GaccQuery(); }

FeedOptions TheOptions() {
  FeedOptions options;
  options.file = "x";
  options.published = ParsePublication("2025-08-07").value();
  options.constants["flow"] = "M";
  return options;
}

}  // namespace tidewaiter::feeders
