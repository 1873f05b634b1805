// SDMX-JSON 2.0 and 2.1 data messages.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

class SdmxJsonFeeder : public Feeder {
 public:
  FormatInfo info() const override;
  bool Recognises(std::string_view head, std::string_view file) const override;
  // Holds the file in memory: at most kMaxSdmxJsonBytes.
  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override;
};

}  // namespace tidewaiter::feeders
