// SDMX-ML 2.1 and 3.0 structure-specific data messages.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

class SdmxMlFeeder : public Feeder {
 public:
  FormatInfo info() const override;
  bool Recognises(std::string_view head, std::string_view file) const override;
  // Reads as it goes; what it holds is one series, and the attributes of groups.
  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override;
};

}  // namespace tidewaiter::feeders
