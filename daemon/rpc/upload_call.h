// An upload: header, then sections with their blocks, then the end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/rpc/backend.h"
#include "daemon/rpc/call.h"
#include "daemon/rpc/idle_watch.h"
#include "grpcpp/support/server_callback.h"
#include "proto/convert/block.h"
#include "proto/convert/release.h"
#include "storage/store.h"
#include "tidewaiter/v1/release_service.pb.h"

namespace tidewaiter::rpc {

// What one upload has come to. Not thread-safe; calls block.
class UploadSteps {
 public:
  explicit UploadSteps(Backend* backend) : backend_(*backend) {}
  ~UploadSteps();
  absl::Status Take(const v1::UploadReleaseRequest& message);
  // The caller is done sending.
  absl::StatusOr<storage::PushOutcome> Commit();

 private:
  absl::Status TakeHeader(const v1::ReleaseHeader& header);
  absl::Status TakeSection(const v1::UploadReleaseRequest::SectionStart& section);
  absl::Status TakeBlock(const v1::ObservationBlock& block);
  absl::Status TakeEnd(const v1::UploadReleaseRequest::End& end);
  absl::Status OutOfOrder(std::string_view what) const;

  Backend& backend_;
  std::optional<convert::HeaderFields> header_;
  std::unique_ptr<storage::Upload> upload_;  // from the first section on
  Action action_ = Action::kMerge;
  bool ended_ = false;
  std::uint64_t messages_ = 0;
  std::uint64_t observations_ = 0;
  convert::DecodedBlock block_;  // kept for its memory
};

// Owns itself.
class UploadCall final : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  UploadCall(Backend* backend, grpc::CallbackServerContext* context, grpc::ByteBuffer* response);
  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  void Read();
  void Work(bool ok);
  absl::Status TakeMessage();
  absl::Status Answer();
  void Close(const absl::Status& status);

  Backend& backend_;
  Call call_;
  grpc::ByteBuffer* const response_;
  grpc::ByteBuffer message_;
  v1::UploadReleaseRequest request_;  // kept for its memory
  std::optional<UploadSteps> steps_;
  IdleWatch idle_;
};

}  // namespace tidewaiter::rpc
