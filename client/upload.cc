#include "client/upload.h"

#include <string>
#include <utility>

#include "client/core.h"
#include "client/upload_messages.h"
#include "client/wire.h"
#include "domain/errors.h"

namespace tidewaiter::client {

struct Upload::Call {
  Call(Client::Core* core, const CallOptions& options)
      : scope(core, CallScope::Kind::kStream, options),
        messages([this](const v1::UploadReleaseRequest& message) { return Write(message); }) {}

  absl::Status Write(const v1::UploadReleaseRequest& message);
  absl::Status Close();

  CallScope scope;
  v1::UploadReleaseResponse response;
  std::unique_ptr<grpc::ClientWriter<v1::UploadReleaseRequest>> writer;
  UploadMessages messages;
  bool closed = false;
};

absl::Status Upload::Call::Write(const v1::UploadReleaseRequest& message) {
  if (writer->Write(message)) return absl::OkStatus();
  const absl::Status said = Close();  // the daemon has ended the stream: it says why
  if (!said.ok()) return said;
  return MakeError(absl::StatusCode::kInternal, Reason::kUnknown,
                   "the daemon ended the upload before its end");
}

absl::Status Upload::Call::Close() {
  if (closed) return absl::OkStatus();
  closed = true;
  return convert::FromGrpc(writer->Finish());
}

Upload::Upload(std::unique_ptr<Call> call) : call_(std::move(call)) {}

Upload::~Upload() {
  if (call_->closed) return;
  call_->scope.context()->TryCancel();
  (void)call_->Close();
}

absl::StatusOr<std::unique_ptr<Upload>> Client::StartUpload(const ReleaseDraft& draft,
                                                            const CallOptions& options) {
  auto call = std::make_unique<Upload::Call>(core_.get(), options);
  call->writer = core_->releases->UploadRelease(call->scope.context(), &call->response);
  std::unique_ptr<Upload> upload(new Upload(std::move(call)));
  TW_RETURN_IF_ERROR(upload->call_->messages.Begin(draft));
  return upload;
}

absl::Status Upload::BeginSection(const SectionHeader& header) {
  return call_->messages.BeginSection(header);
}
absl::Status Upload::BeginSeries(std::string_view key) { return call_->messages.BeginSeries(key); }
absl::Status Upload::Add(const StatedCell& cell) { return call_->messages.Add(cell); }

absl::StatusOr<PushResult> Upload::Finish() {
  Call& call = *call_;
  TW_RETURN_IF_ERROR(call.messages.End());
  call.writer->WritesDone();
  TW_RETURN_IF_ERROR(call.Close());
  PushResult result;
  TW_ASSIGN_OR_RETURN(result.release, FromWire(call.response.release()));
  result.replayed = call.response.replayed();
  result.twin = std::move(*call.response.mutable_twin());
  return result;
}

std::uint64_t Upload::observations() const { return call_->messages.observations(); }

}  // namespace tidewaiter::client
