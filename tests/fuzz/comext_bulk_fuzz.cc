#include "client/feeders/trade/comext_bulk.h"
#include "tests/fuzz/feeder_fuzz.h"

namespace tidewaiter::feeders {

const Feeder& TheFeeder() {
  static const ComextBulkFeeder feeder;
  return feeder;
}

FeedOptions TheOptions() {
  FeedOptions options;
  options.file = "x.csv";
  options.published = ParsePublication("2026-01-07").value();
  return options;
}

}  // namespace tidewaiter::feeders
