// Series of FRED and ALFRED, of the Federal Reserve Bank of St. Louis, as CSV and as JSON.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// Takes, as CSV (or separated by tabs) and as the API's JSON:
//
//   observation_date,BOPGSTB           one vintage; published when the file's name or the user says
//   observation_date,BOPGSTB_20260107,BOPGSTB_20260108     a column a vintage
//   realtime_start,realtime_end,date,value                 a row a value and the days on which it was known
//   period_start_date,BOPGSTB,realtime_start_date,realtime_end_date                       likewise (ALFRED)
//
// The dataset FRED has one dimension, series_id; --set adds others, for a dataset of another name.
class FredFeeder : public Feeder {
 public:
  FormatInfo info() const override;
  bool Recognises(std::string_view head, std::string_view file) const override;
  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override;
};

}  // namespace tidewaiter::feeders
