// A release of any size as the messages of an upload; for this room only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/types.h"
#include "domain/release.h"
#include "domain/stated_cell.h"
#include "proto/convert/block.h"
#include "tidewaiter/v1/release_service.pb.h"

namespace tidewaiter::client {

// Cuts what it is given into messages, and sends each as soon as it is full. The order of calls is that of
// Upload. The first error sticks. Not thread-safe.
class UploadMessages {
 public:
  using Send = std::function<absl::Status(const v1::UploadReleaseRequest& message)>;
  explicit UploadMessages(Send send) : send_(std::move(send)) {}

  absl::Status Begin(const ReleaseDraft& draft);
  absl::Status BeginSection(const SectionHeader& header);
  absl::Status BeginSeries(std::string_view key);
  absl::Status Add(const StatedCell& cell);
  absl::Status End();

  std::uint64_t observations() const { return observations_; }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status Flush();
  absl::Status Pass(const v1::UploadReleaseRequest& message);

  Send send_;
  convert::BlockEncoder encoder_;
  std::string series_;
  bool series_begun_ = false;  // in the block that is being filled
  std::uint64_t observations_ = 0;
  absl::Status status_;
};

}  // namespace tidewaiter::client
