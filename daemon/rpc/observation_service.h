// ObservationService: reading at a vintage, in pages and as streams.
#pragma once

#include "daemon/rpc/backend.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "tidewaiter/v1/observation_service.grpc.pb.h"

namespace tidewaiter::rpc {

using RawObservationService = v1::ObservationService::WithRawCallbackMethod_GetObservations<
    v1::ObservationService::WithRawCallbackMethod_StreamObservations<
        v1::ObservationService::WithRawCallbackMethod_GetHistory<
            v1::ObservationService::WithRawCallbackMethod_StreamHistory<v1::ObservationService::Service>>>>;

class ObservationService final : public RawObservationService {
 public:
  explicit ObservationService(Backend* backend) : backend_(*backend) {}
  grpc::ServerUnaryReactor* GetObservations(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamObservations(grpc::CallbackServerContext* context,
                                                                 const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* GetHistory(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamHistory(grpc::CallbackServerContext* context,
                                                            const grpc::ByteBuffer* request) override;

 private:
  Backend& backend_;
};

}  // namespace tidewaiter::rpc
