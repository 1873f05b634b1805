// AnalysisService: check, call, map, fill.
#pragma once

#include "daemon/rpc/backend.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "tidewaiter/v1/analysis_service.grpc.pb.h"

namespace tidewaiter::rpc {

using RawAnalysisService =
    v1::AnalysisService::WithRawCallbackMethod_ListFindings<v1::AnalysisService::Service>;

class AnalysisService final : public RawAnalysisService {
 public:
  explicit AnalysisService(Backend* backend) : backend_(*backend) {}
  grpc::ServerUnaryReactor* ListFindings(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

 private:
  Backend& backend_;
};

}  // namespace tidewaiter::rpc
