#include "client/upload.h"

#include <string>
#include <utility>

#include "client/core.h"
#include "client/wire.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "proto/convert/block.h"
#include "proto/convert/release.h"

namespace tidewaiter::client {
namespace {

// What the daemon takes in one message, with room for what the estimate does not see.
constexpr std::size_t kMaxBlockBytes = (1u << 20) - (64u << 10);

}  // namespace

struct Upload::Call {
  Call(Client::Core* core, const CallOptions& options) : scope(core, CallScope::Kind::kStream, options) {}

  absl::Status Send(v1::UploadReleaseRequest& message);
  absl::Status Flush();
  void Close();

  CallScope scope;
  v1::UploadReleaseResponse response;
  std::unique_ptr<grpc::ClientWriter<v1::UploadReleaseRequest>> writer;
  convert::BlockEncoder encoder;
  std::string series;
  bool series_begun = false;  // in the block that is being filled
  std::uint64_t observations = 0;
  bool closed = false;
  absl::Status status;  // the first error
};

absl::Status Upload::Call::Send(v1::UploadReleaseRequest& message) {
  if (!status.ok()) return status;
  if (writer->Write(message)) return status;
  Close();  // the daemon has ended the stream: it says why
  if (status.ok()) {
    status = MakeError(absl::StatusCode::kInternal, Reason::kUnknown,
                       "the daemon ended the upload before its end");
  }
  return status;
}

absl::Status Upload::Call::Flush() {
  if (encoder.cells() == 0 || !status.ok()) return status;
  absl::StatusOr<v1::ObservationBlock> block = encoder.Finish();
  series_begun = false;
  if (!block.ok()) return status = block.status();
  v1::UploadReleaseRequest message;
  *message.mutable_block() = *std::move(block);
  return Send(message);
}

void Upload::Call::Close() {
  if (closed) return;
  closed = true;
  const absl::Status finished = convert::FromGrpc(writer->Finish());
  if (status.ok()) status = finished;
}

Upload::Upload(std::unique_ptr<Call> call) : call_(std::move(call)) {}

Upload::~Upload() {
  if (call_->closed) return;
  call_->scope.context()->TryCancel();
  call_->Close();
}

absl::StatusOr<std::unique_ptr<Upload>> Client::StartUpload(const ReleaseDraft& draft,
                                                            const CallOptions& options) {
  auto call = std::make_unique<Upload::Call>(core_.get(), options);
  call->writer = core_->releases->UploadRelease(call->scope.context(), &call->response);
  std::unique_ptr<Upload> upload(new Upload(std::move(call)));
  v1::UploadReleaseRequest message;
  *message.mutable_header() = ToWire(draft);
  TW_RETURN_IF_ERROR(upload->call_->Send(message));
  return upload;
}

absl::Status Upload::BeginSection(const SectionHeader& header) {
  TW_RETURN_IF_ERROR(call_->Flush());
  call_->series.clear();
  v1::UploadReleaseRequest message;
  convert::SetSectionHeader(header, message.mutable_section());
  return call_->Send(message);
}

absl::Status Upload::BeginSeries(std::string_view key) {
  if (call_->series_begun && call_->series == key) return call_->status;
  call_->series = key;
  call_->series_begun = false;
  return call_->status;
}

absl::Status Upload::Add(const StatedCell& cell) {
  Call& call = *call_;
  if (call.encoder.cells() == limits::kMaxChunkObservations || call.encoder.bytes() > kMaxBlockBytes) {
    TW_RETURN_IF_ERROR(call.Flush());
  }
  if (!call.status.ok()) return call.status;
  if (!call.series_begun) {
    call.encoder.BeginSeries(call.series);
    call.series_begun = true;
  }
  call.encoder.Add(cell);
  ++call.observations;
  return absl::OkStatus();
}

absl::StatusOr<PushResult> Upload::Finish() {
  Call& call = *call_;
  TW_RETURN_IF_ERROR(call.Flush());
  v1::UploadReleaseRequest message;
  message.mutable_end()->set_observations(call.observations);
  TW_RETURN_IF_ERROR(call.Send(message));
  call.writer->WritesDone();
  call.Close();
  TW_RETURN_IF_ERROR(call.status);
  PushResult result;
  TW_ASSIGN_OR_RETURN(result.release, FromWire(call.response.release()));
  result.replayed = call.response.replayed();
  result.twin = std::move(*call.response.mutable_twin());
  return result;
}

std::uint64_t Upload::observations() const { return call_->observations; }

}  // namespace tidewaiter::client
