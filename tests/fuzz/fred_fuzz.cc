#include "client/feeders/fred/fred.h"
#include "tests/fuzz/feeder_fuzz.h"

namespace tidewaiter::feeders {

const Feeder& TheFeeder() {
  static const FredFeeder feeder;
  return feeder;
}

FeedOptions TheOptions() {
  FeedOptions options;
  options.file = "x.csv";
  options.constants["series_id"] = "BAL";
  return options;
}

}  // namespace tidewaiter::feeders
