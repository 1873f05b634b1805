#include "client/feeders/gacc/gacc_bycountry_html.h"
#include "tests/fuzz/feeder_fuzz.h"

namespace tidewaiter::feeders {

const Feeder& TheFeeder() { return GaccByCountryHtml(); }

FeedOptions TheOptions() {
  FeedOptions options;
  options.file = "x";
  options.published = ParsePublication("2025-08-07").value();
  return options;
}

}  // namespace tidewaiter::feeders
