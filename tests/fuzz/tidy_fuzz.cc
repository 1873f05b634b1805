#include "client/feeders/tidy/tidy.h"
#include "tests/fuzz/feeder_fuzz.h"

namespace tidewaiter::feeders {

const Feeder& TheFeeder() { return TidyFeeder(); }

FeedOptions TheOptions() {
  FeedOptions options;
  options.file = "x.csv";
  options.dataset = "X";
  return options;
}

}  // namespace tidewaiter::feeders
