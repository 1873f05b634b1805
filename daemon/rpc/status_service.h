// StatusService.
#pragma once

#include "daemon/rpc/backend.h"
#include "daemon/telemetry/metrics.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "tidewaiter/v1/status_service.grpc.pb.h"

namespace tidewaiter::rpc {

// The same for dashboards.
telemetry::DaemonState StateOf(const Backend& backend);

class StatusService final
    : public v1::StatusService::WithRawCallbackMethod_GetStatus<v1::StatusService::Service> {
 public:
  explicit StatusService(Backend* backend) : backend_(*backend) {}
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;

 private:
  Backend& backend_;
};

}  // namespace tidewaiter::rpc
