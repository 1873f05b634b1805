#include "daemon/rpc/upload_call.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/bytes.h"
#include "daemon/rpc/log_entry.h"
#include "daemon/rpc/push_content.h"
#include "daemon/rpc/subscriber_hub.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"

namespace tidewaiter::rpc {
namespace {

// A message holds one block: as many series, texts and wide coefficients as cells, and the columns.
constexpr convert::ParseLimits kUploadMessage = {.messages = limits::kMaxChunkObservations + 1'000,
                                                 .texts = 4 * limits::kMaxChunkObservations};
// 1 MiB, and room for the rest of the message.
constexpr std::size_t kMaxUploadMessageBytes = (1u << 20) + (16u << 10);

}  // namespace

UploadSteps::~UploadSteps() {
  if (upload_ != nullptr) backend_.uploads.fetch_sub(1);
}

absl::Status UploadSteps::OutOfOrder(std::string_view what) const {
  return InvalidField("step", absl::StrCat(ToAbsl(what),
                                           "; an upload is its header, then (a section, its blocks ...) "
                                           "..., then the end"));
}

absl::Status UploadSteps::Take(const v1::UploadReleaseRequest& message) {
  const auto take = [&]() -> absl::Status {
    if (ended_) return OutOfOrder("something comes after the end");
    switch (message.step_case()) {
      case v1::UploadReleaseRequest::kHeader:
        return PrefixFields(TakeHeader(message.header()), "header");
      case v1::UploadReleaseRequest::kSection:
        return TakeSection(message.section());
      case v1::UploadReleaseRequest::kBlock:
        return PrefixFields(TakeBlock(message.block()), "block");
      case v1::UploadReleaseRequest::kEnd:
        return TakeEnd(message.end());
      case v1::UploadReleaseRequest::STEP_NOT_SET:
        return OutOfOrder("the message is empty");
    }
    return OutOfOrder("the message is of an unknown kind");
  };
  const absl::Status status = take();
  const std::uint64_t number = messages_++;
  // The header's fields are named as in a push; of the rest the caller must know which message it was.
  if (message.has_header() || status.ok()) return status;
  return PrefixFields(status, absl::StrCat("messages[", number, "]"));
}

absl::Status UploadSteps::TakeHeader(const v1::ReleaseHeader& header) {
  if (header_) return OutOfOrder("there is a second header");
  TW_ASSIGN_OR_RETURN(header_, convert::FromWire(header));
  return absl::OkStatus();
}

absl::Status UploadSteps::TakeSection(const v1::UploadReleaseRequest::SectionStart& section) {
  if (!header_) return OutOfOrder("a section comes before the header");
  const absl::StatusOr<SectionHeader> header = convert::FromWire(section);
  if (!header.ok()) return PrefixFields(header.status(), "section");
  if (upload_ == nullptr) {
    TW_ASSIGN_OR_RETURN(upload_, backend_.intake.BeginUpload(ToInput(*header_), header->dataset));
    backend_.uploads.fetch_add(1);
  }
  action_ = header->action;
  return PrefixFields(upload_->BeginSection(*header), "section");
}

absl::Status UploadSteps::TakeBlock(const v1::ObservationBlock& message) {
  if (upload_ == nullptr) return OutOfOrder("a block comes before its section");
  const convert::BlockUse use =
      action_ == Action::kDelete ? convert::BlockUse::kCells : convert::BlockUse::kStatements;
  TW_RETURN_IF_ERROR(convert::DecodeBlock(message, use, &block_));
  for (const convert::DecodedBlock::Series& series : block_.series) {
    TW_RETURN_IF_ERROR(upload_->Add(series.key, block_.CellsOf(series)));
  }
  observations_ += block_.cells.size();
  return absl::OkStatus();
}

absl::Status UploadSteps::TakeEnd(const v1::UploadReleaseRequest::End& end) {
  if (upload_ == nullptr) return OutOfOrder("the end comes before any section");
  if (end.observations() != observations_) {
    return InvalidField("end.observations",
                        absl::StrCat("says ", end.observations(), ", but ", observations_,
                                     " observations came; something was lost on the way"));
  }
  ended_ = true;
  return absl::OkStatus();
}

absl::StatusOr<storage::PushOutcome> UploadSteps::Commit() {
  if (!ended_) return OutOfOrder("the stream ended before its end message, and nothing was stored");
  return upload_->Commit();
}

UploadCall::UploadCall(Backend* backend, grpc::CallbackServerContext* context, grpc::ByteBuffer* response)
    : backend_(*backend),
      call_(*backend, context, Method::kUploadRelease),
      response_(response),
      idle_(&backend->timers, backend->options.upload_idle_limit, [this] { call_.Abort(); }) {
  if (const absl::Status status = backend_.CheckNotDraining(); !status.ok()) {
    Close(status);
    return;
  }
  steps_.emplace(backend);
  Read();
}

void UploadCall::Read() {
  idle_.Wait();
  StartRead(&message_);
}

void UploadCall::OnReadDone(bool ok) {
  idle_.Stop();
  backend_.Run(Method::kUploadRelease, [this, ok] { Work(ok); });
}

void UploadCall::Work(bool ok) {
  if (!ok) return Close(Answer());
  if (const absl::Status status = TakeMessage(); !status.ok()) return Close(status);
  Read();
}

absl::Status UploadCall::TakeMessage() {
  if (message_.Length() > kMaxUploadMessageBytes) {
    const std::string what =
        absl::StrCat("a message of an upload has at most 1 MiB, not ", message_.Length(), " bytes");
    return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded, what,
                     {{"limit_bytes", absl::StrCat(kMaxUploadMessageBytes)}});
  }
  TW_RETURN_IF_ERROR(Parse(message_, kUploadMessage, &request_));
  message_.Clear();
  return steps_->Take(request_);
}

absl::Status UploadCall::Answer() {
  TW_RETURN_IF_ERROR(call_.CheckAlive());
  TW_ASSIGN_OR_RETURN(const storage::PushOutcome outcome, steps_->Commit());
  if (!outcome.replayed)
    backend_.metrics->Pushed(outcome.entry.observations(), absl::ToDoubleSeconds(call_.elapsed()));
  v1::UploadReleaseResponse response;
  *response.mutable_release() = ToWire(outcome.entry);
  response.set_replayed(outcome.replayed);
  response.set_twin(outcome.twin);
  *response_ = Serialize(response);
  return absl::OkStatus();
}

void UploadCall::Close(const absl::Status& status) {
  steps_.reset();  // before the caller knows: its place is free again
  Backend& backend = backend_;
  Finish(call_.Close(status));  // the last of this call: it may be gone now
  backend.hub->OnAnswer();
}

}  // namespace tidewaiter::rpc
