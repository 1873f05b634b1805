// DatasetService: check, call, map, fill.
#pragma once

#include "daemon/rpc/backend.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "tidewaiter/v1/dataset_service.grpc.pb.h"

namespace tidewaiter::rpc {

using RawDatasetService = v1::DatasetService::WithRawCallbackMethod_CreateDataset<
    v1::DatasetService::WithRawCallbackMethod_GetDataset<
        v1::DatasetService::WithRawCallbackMethod_ListDatasets<
            v1::DatasetService::WithRawCallbackMethod_ListSeries<v1::DatasetService::Service>>>>;

class DatasetService final : public RawDatasetService {
 public:
  explicit DatasetService(Backend* backend) : backend_(*backend) {}
  grpc::ServerUnaryReactor* CreateDataset(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetDataset(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListDatasets(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListSeries(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;

 private:
  Backend& backend_;
};

}  // namespace tidewaiter::rpc
