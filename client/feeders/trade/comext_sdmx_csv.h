// Eurostat's SDMX-CSV of trade in goods (Comext), as its data browser and its API give it.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// Files of the dataflows ESTAT:DS-..., told by the columns DATAFLOW and LAST UPDATE, with codes, labels or
// both
// ("AT: Austria"). The dataset is the dataflow's id:
//
//   reporter partner flow commodity measure currency unit
//   AT.US.M.HS2022-7204.NETWGT._Z.100KG  2023-09  1772.90
//
// with what other dimensions the dataflow has before the measure.
class ComextSdmxCsvFeeder : public Feeder {
 public:
  FormatInfo info() const override;
  bool Recognises(std::string_view head, std::string_view file) const override;
  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override;
};

}  // namespace tidewaiter::feeders
