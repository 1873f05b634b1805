#include "daemon/rpc/stream_call.h"

#include <utility>

#include "domain/errors.h"

namespace tidewaiter::rpc {

StreamCall::StreamCall(Backend* backend, grpc::CallbackServerContext* context, Method method,
                       const grpc::ByteBuffer* request, Open open)
    : backend_(*backend),
      method_(method),
      call_(*backend, context, method),
      request_(request),
      open_(std::move(open)) {
  backend_.Run(method_, [this] { Work(); });
}

void StreamCall::OnWriteDone(bool ok) {
  if (!ok) return Finish(call_.Close(absl::CancelledError("the caller hung up")));
  backend_.Run(method_, [this] { Work(); });
}

void StreamCall::Work() {
  absl::StatusOr<std::optional<grpc::ByteBuffer>> next = Produce();
  if (!next.ok() || !next->has_value()) {
    source_.reset();
    return Finish(call_.Close(next.status()));
  }
  message_ = **std::move(next);
  StartWrite(&message_);
}

absl::StatusOr<std::optional<grpc::ByteBuffer>> StreamCall::Produce() {
  TW_RETURN_IF_ERROR(call_.CheckAlive());
  TW_RETURN_IF_ERROR(backend_.CheckNotDraining());
  if (source_ == nullptr) {
    TW_ASSIGN_OR_RETURN(source_, open_(call_, *request_));
  }
  return source_->Next(call_);
}

}  // namespace tidewaiter::rpc
