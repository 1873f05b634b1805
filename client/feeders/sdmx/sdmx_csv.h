// SDMX-CSV 1.0, 2.0 and 2.1 data messages.
//
// One row is one observation (or one deletion, or the attributes of a partial key). See docs/feeders.md for
// what becomes of each column.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

class SdmxCsvFeeder : public Feeder {
 public:
  FormatInfo info() const override;
  bool Recognises(std::string_view head, std::string_view file) const override;
  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override;
};

}  // namespace tidewaiter::feeders
