// Streams of answers that end: one message at a time, the next made when the last has been written.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "daemon/rpc/backend.h"
#include "daemon/rpc/call.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace tidewaiter::rpc {

// Makes the messages of one stream. Used by one thread at a time; calls block.
class MessageSource {
 public:
  virtual ~MessageSource() = default;
  // None: the end.
  virtual absl::StatusOr<std::optional<grpc::ByteBuffer>> Next(const Call& call) = 0;
};

// Owns itself. At any time it has either one task or one write outstanding.
class StreamCall final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  using Open = std::function<absl::StatusOr<std::unique_ptr<MessageSource>>(Call& call,
                                                                            const grpc::ByteBuffer& request)>;
  StreamCall(Backend* backend, grpc::CallbackServerContext* context, Method method,
             const grpc::ByteBuffer* request, Open open);
  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  void Work();
  absl::StatusOr<std::optional<grpc::ByteBuffer>> Produce();

  Backend& backend_;
  const Method method_;
  Call call_;
  const grpc::ByteBuffer* const request_;
  const Open open_;
  std::unique_ptr<MessageSource> source_;
  grpc::ByteBuffer message_;
};

}  // namespace tidewaiter::rpc
