// ReleaseService: pushing, uploading, retracting, listing releases and what they changed.
#pragma once

#include "daemon/rpc/backend.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "tidewaiter/v1/release_service.grpc.pb.h"

namespace tidewaiter::rpc {

using RawReleaseService = v1::ReleaseService::WithRawCallbackMethod_PushRelease<
    v1::ReleaseService::WithRawCallbackMethod_UploadRelease<
        v1::ReleaseService::WithRawCallbackMethod_RetractRelease<
            v1::ReleaseService::WithRawCallbackMethod_GetRelease<
                v1::ReleaseService::WithRawCallbackMethod_ListReleases<
                    v1::ReleaseService::WithRawCallbackMethod_ListChanges<v1::ReleaseService::Service>>>>>>;

class ReleaseService final : public RawReleaseService {
 public:
  explicit ReleaseService(Backend* backend) : backend_(*backend) {}
  grpc::ServerUnaryReactor* PushRelease(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerReadReactor<grpc::ByteBuffer>* UploadRelease(grpc::CallbackServerContext* context,
                                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* RetractRelease(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetRelease(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListReleases(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListChanges(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;

 private:
  Backend& backend_;
};

}  // namespace tidewaiter::rpc
