// UN Comtrade's data as CSV, as its site and its API give them since version 1.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// The columns by their names, in any order; see comtrade_rows.h for what becomes of them.
class ComtradeCsvFeeder : public Feeder {
 public:
  FormatInfo info() const override;
  bool Recognises(std::string_view head, std::string_view file) const override;
  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override;
};

}  // namespace tidewaiter::feeders
