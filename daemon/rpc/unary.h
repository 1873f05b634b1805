// Unary calls: decode, handle, encode, on the method's own threads.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "daemon/rpc/bytes.h"
#include "daemon/rpc/call.h"
#include "daemon/rpc/subscriber_hub.h"
#include "domain/errors.h"
#include "google/protobuf/arena.h"
#include "grpcpp/support/server_callback.h"

namespace tidewaiter::rpc {

// A request of more bytes is not looked at on gRPC's threads.
inline constexpr std::size_t kQuickRequestBytes = 256;
// A write of more bytes is one of few at a time: decoded, it may take twenty times as much.
inline constexpr std::size_t kBulkRequestBytes = 64u << 10;
// Requests and answers of usual size need no allocation of their own.
inline constexpr std::size_t kArenaBytes = 8 << 10;

// Runs `handle(call, request, response)` -> absl::Status. `quick(request)` says whether it may be done at
// once, while the backend's quick reads are open; nullptr: never. Owns itself until it is finished; the buffers
// are gRPC's, and live longer. The reactor is gRPC's own, too: the OnDone of any other is called on a thread of
// an executor, and waking that costs as much as a read.
template <typename Request, typename Response, typename Handle>
class UnaryCall final {
 public:
  using Quick = bool (*)(const Request&);
  UnaryCall(Backend& backend, grpc::CallbackServerContext* context, Method method,
            const convert::ParseLimits& limits, const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
            Handle handle)
      : call_(backend, context, method),
        reactor_(context->DefaultReactor()),
        limits_(limits),
        bytes_(request),
        response_bytes_(response),
        handle_(std::move(handle)),
        arena_(Options()),
        request_(google::protobuf::Arena::CreateMessage<Request>(&arena_)) {}
  UnaryCall(const UnaryCall&) = delete;

  grpc::ServerUnaryReactor* reactor() const { return reactor_; }
  // It may be gone on return.
  void Start(Method method, Quick quick) {
    Backend& backend = call_.backend();
    if (quick != nullptr && bytes_->Length() <= kQuickRequestBytes &&
        backend.quick_reads.Open(call_.start())) {
      const absl::Status status = Read();
      if (!status.ok()) return Finish(status);
      if (quick(*request_)) return AnswerQuickly(backend.quick_reads);
    }
    const bool writes = InfoOf(method).lane == Lane::kWrites;
    const bool bulk = writes && bytes_->Length() > kBulkRequestBytes;
    backend.Run(bulk ? Lane::kBulkWrites : InfoOf(method).lane, [this, writes, hub = backend.hub.get()] {
      Finish(ReadAndAnswer());
      if (writes) hub->OnAnswer();
    });
  }
 private:
  ~UnaryCall() = default;

  void Finish(const absl::Status& status) { Finish(call_.Close(status)); }
  void Finish(const grpc::Status& closed) {
    grpc::ServerUnaryReactor* const reactor = reactor_;
    delete this;
    reactor->Finish(closed);  // the last of this call: nothing of it may be used from here
  }

  google::protobuf::ArenaOptions Options() {
    google::protobuf::ArenaOptions options;
    options.initial_block = block_;
    options.initial_block_size = sizeof block_;
    options.start_block_size = 4 * kArenaBytes;
    options.max_block_size = 64 * kArenaBytes;
    return options;
  }

  absl::Status Read() {
    TW_RETURN_IF_ERROR(call_.CheckAlive());
    TW_RETURN_IF_ERROR(Parse(*bytes_, limits_, request_));
    read_ = true;
    return absl::OkStatus();
  }

  absl::Status Answer() {
    auto* response = google::protobuf::Arena::CreateMessage<Response>(&arena_);
    TW_RETURN_IF_ERROR(handle_(call_, *request_, response));
    std::string& more = call_.more_fields();
    *response_bytes_ = more.empty() ? Serialize(*response) : Serialize(*response, std::move(more));
    return absl::OkStatus();
  }

  void AnswerQuickly(QuickReads& quick_reads) {
    std::optional<WaitWatch> watch;
    if (quick_reads.WatchNext()) watch.emplace();
    const grpc::Status closed = call_.Close(Answer());
    std::optional<bool> waited;
    if (watch) waited = watch->Waited();
    quick_reads.Report(call_.end(), call_.end() - call_.start(), waited);
    Finish(closed);
  }

  absl::Status ReadAndAnswer() {
    if (!read_) TW_RETURN_IF_ERROR(Read());
    TW_RETURN_IF_ERROR(call_.CheckAlive());
    return Answer();
  }

  Call call_;
  grpc::ServerUnaryReactor* const reactor_;
  const convert::ParseLimits limits_;
  const grpc::ByteBuffer* const bytes_;
  grpc::ByteBuffer* const response_bytes_;
  Handle handle_;
  bool read_ = false;
  alignas(8) char block_[kArenaBytes];
  google::protobuf::Arena arena_;
  Request* const request_;
};

template <typename Request, typename Response, typename Handle>
grpc::ServerUnaryReactor* ServeUnary(Backend& backend, grpc::CallbackServerContext* context, Method method,
                                     const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
                                     Handle handle,
                                     const convert::ParseLimits& limits = convert::kSmallRequest,
                                     bool (*quick)(const Request&) = nullptr) {
  auto* call = new UnaryCall<Request, Response, Handle>(backend, context, method, limits, request, response,
                                                        std::move(handle));
  grpc::ServerUnaryReactor* const reactor = call->reactor();
  call->Start(method, quick);
  return reactor;
}

}  // namespace tidewaiter::rpc
