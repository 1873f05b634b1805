#include "client/feeders/trade/comext_sdmx_csv.h"
#include "tests/fuzz/feeder_fuzz.h"

namespace tidewaiter::feeders {

const Feeder& TheFeeder() {
  static const ComextSdmxCsvFeeder feeder;
  return feeder;
}

FeedOptions TheOptions() {
  FeedOptions options;
  options.file = "x.csv";
  options.constants["product"] = "8001";
  return options;
}

}  // namespace tidewaiter::feeders
