// UpdateService: the streams.
#pragma once

#include "daemon/rpc/backend.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "tidewaiter/v1/update_service.grpc.pb.h"

namespace tidewaiter::rpc {

class UpdateService final
    : public v1::UpdateService::WithRawCallbackMethod_Subscribe<v1::UpdateService::Service> {
 public:
  explicit UpdateService(Backend* backend) : backend_(*backend) {}
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request) override;

 private:
  Backend& backend_;
};

}  // namespace tidewaiter::rpc
