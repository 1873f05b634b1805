// AggregateService: computing at a vintage, in pages and as a stream.
#pragma once

#include "daemon/rpc/backend.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "tidewaiter/v1/aggregate_service.grpc.pb.h"

namespace tidewaiter::rpc {

using RawAggregateService = v1::AggregateService::WithRawCallbackMethod_GetAggregates<
    v1::AggregateService::WithRawCallbackMethod_StreamAggregates<v1::AggregateService::Service>>;

class AggregateService final : public RawAggregateService {
 public:
  explicit AggregateService(Backend* backend) : backend_(*backend) {}
  grpc::ServerUnaryReactor* GetAggregates(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamAggregates(grpc::CallbackServerContext* context,
                                                               const grpc::ByteBuffer* request) override;

 private:
  Backend& backend_;
};

}  // namespace tidewaiter::rpc
