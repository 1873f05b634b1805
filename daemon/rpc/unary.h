// Unary calls: decode, handle, encode, on the method's own threads.
#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "daemon/rpc/bytes.h"
#include "daemon/rpc/call.h"
#include "domain/errors.h"
#include "google/protobuf/arena.h"
#include "grpcpp/support/server_callback.h"

namespace tidewaiter::rpc {

// Runs `handle(call, request, response)` -> absl::Status. Owns itself; the buffers are gRPC's, and live until
// OnDone.
template <typename Request, typename Response, typename Handle>
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  UnaryCall(Backend& backend, grpc::CallbackServerContext* context, Method method,
            const convert::ParseLimits& limits, const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
            Handle handle)
      : call_(backend, context, method),
        limits_(limits),
        request_(request),
        response_(response),
        handle_(std::move(handle)) {}

  void Work() { Finish(call_.Close(Answer())); }
  void OnDone() override { delete this; }

 private:
  absl::Status Answer() {
    TW_RETURN_IF_ERROR(call_.CheckAlive());
    google::protobuf::Arena arena;
    auto* request = google::protobuf::Arena::CreateMessage<Request>(&arena);
    auto* response = google::protobuf::Arena::CreateMessage<Response>(&arena);
    TW_RETURN_IF_ERROR(Parse(*request_, limits_, request));
    TW_RETURN_IF_ERROR(handle_(call_, *request, response));
    *response_ = Serialize(*response);
    return absl::OkStatus();
  }

  Call call_;
  const convert::ParseLimits limits_;
  const grpc::ByteBuffer* const request_;
  grpc::ByteBuffer* const response_;
  Handle handle_;
};

template <typename Request, typename Response, typename Handle>
grpc::ServerUnaryReactor* ServeUnary(Backend& backend, grpc::CallbackServerContext* context, Method method,
                                     const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
                                     Handle handle,
                                     const convert::ParseLimits& limits = convert::kSmallRequest) {
  auto* call = new UnaryCall<Request, Response, Handle>(backend, context, method, limits, request, response,
                                                        std::move(handle));
  backend.Run(method, [call] { call->Work(); });
  return call;
}

}  // namespace tidewaiter::rpc
