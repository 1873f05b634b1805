// UN Comtrade's data as JSON, as its API gives them since version 1.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// {"elapsedTime": "...", "count": 2, "data": [{...}, {...}], "error": ""}, or the array alone; read object by
// object. See comtrade_rows.h for what becomes of them.
class ComtradeJsonFeeder : public Feeder {
 public:
  FormatInfo info() const override;
  bool Recognises(std::string_view head, std::string_view file) const override;
  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override;
};

}  // namespace tidewaiter::feeders
