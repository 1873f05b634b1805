// AnalysisService: check, call, map, fill.
#pragma once

#include "daemon/rpc/backend.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "tidewaiter/v1/analysis_service.grpc.pb.h"

namespace tidewaiter::rpc {

using RawAnalysisService = v1::AnalysisService::WithRawCallbackMethod_ListFindings<
    v1::AnalysisService::WithRawCallbackMethod_GetRevisionStatistics<
        v1::AnalysisService::WithRawCallbackMethod_CompareMirror<
            v1::AnalysisService::WithRawCallbackMethod_SetConventions<
                v1::AnalysisService::WithRawCallbackMethod_GetConventions<
                    v1::AnalysisService::WithRawCallbackMethod_TallyImpliedRevisions<
                        v1::AnalysisService::WithRawCallbackMethod_SetCalendar<
                            v1::AnalysisService::WithRawCallbackMethod_GetCalendar<
                                v1::AnalysisService::WithRawCallbackMethod_ListExpectedReleases<
                                    v1::AnalysisService::Service>>>>>>>>>;

class AnalysisService final : public RawAnalysisService {
 public:
  explicit AnalysisService(Backend* backend) : backend_(*backend) {}
  grpc::ServerUnaryReactor* ListFindings(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetRevisionStatistics(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* request,
                                                  grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* CompareMirror(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* SetConventions(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetConventions(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* TallyImpliedRevisions(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* request,
                                                  grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* SetCalendar(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetCalendar(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListExpectedReleases(grpc::CallbackServerContext* context,
                                                 const grpc::ByteBuffer* request,
                                                 grpc::ByteBuffer* response) override;

 private:
  Backend& backend_;
};

}  // namespace tidewaiter::rpc
