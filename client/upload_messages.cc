#include "client/upload_messages.h"

#include <utility>

#include "client/wire.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "proto/convert/release.h"

namespace tidewaiter::client {
namespace {

// What the daemon takes in one message, with room for what the estimate does not see.
constexpr std::size_t kMaxBlockBytes = (1u << 20) - (64u << 10);

}  // namespace

absl::Status UploadMessages::Pass(const v1::UploadReleaseRequest& message) {
  if (status_.ok()) status_ = send_(message);
  return status_;
}

absl::Status UploadMessages::Flush() {
  if (encoder_.cells() == 0 || !status_.ok()) return status_;
  absl::StatusOr<v1::ObservationBlock> block = encoder_.Finish();
  series_begun_ = false;
  if (!block.ok()) return status_ = block.status();
  v1::UploadReleaseRequest message;
  *message.mutable_block() = *std::move(block);
  return Pass(message);
}

absl::Status UploadMessages::Begin(const ReleaseDraft& draft) {
  observations_ = 0;
  v1::UploadReleaseRequest message;
  *message.mutable_header() = ToWire(draft);
  return Pass(message);
}

absl::Status UploadMessages::BeginSection(const SectionHeader& header) {
  TW_RETURN_IF_ERROR(Flush());
  series_.clear();
  v1::UploadReleaseRequest message;
  convert::SetSectionHeader(header, message.mutable_section());
  return Pass(message);
}

absl::Status UploadMessages::BeginSeries(std::string_view key) {
  if (series_begun_ && series_ == key) return status_;
  series_ = key;
  series_begun_ = false;
  return status_;
}

absl::Status UploadMessages::Add(const StatedCell& cell) {
  if (encoder_.cells() == limits::kMaxChunkObservations || encoder_.bytes() > kMaxBlockBytes) {
    TW_RETURN_IF_ERROR(Flush());
  }
  if (!status_.ok()) return status_;
  if (!series_begun_) {
    encoder_.BeginSeries(series_);
    series_begun_ = true;
  }
  encoder_.Add(cell);
  ++observations_;
  return absl::OkStatus();
}

absl::Status UploadMessages::End() {
  TW_RETURN_IF_ERROR(Flush());
  v1::UploadReleaseRequest message;
  message.mutable_end()->set_observations(observations_);
  return Pass(message);
}

}  // namespace tidewaiter::client
