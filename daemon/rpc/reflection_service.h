// grpc.reflection: what tools ask for before they call, so that they need no files.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace tidewaiter::rpc {

using ReflectionReactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

// Our own rather than gRPC's, which is a synchronous service: a server that has one keeps a thread that polls
// its connections, takes what arrives, and wakes another thread for it, call by call (decision 0008).
//
// The two versions of the service have the same messages under two names, and one reactor answers both.
class ReflectionV1 final
    : public grpc::reflection::v1::ServerReflection::WithRawCallbackMethod_ServerReflectionInfo<
          grpc::reflection::v1::ServerReflection::Service> {
 public:
  ReflectionReactor* ServerReflectionInfo(grpc::CallbackServerContext* context) override;
};

class ReflectionV1Alpha final
    : public grpc::reflection::v1alpha::ServerReflection::WithRawCallbackMethod_ServerReflectionInfo<
          grpc::reflection::v1alpha::ServerReflection::Service> {
 public:
  ReflectionReactor* ServerReflectionInfo(grpc::CallbackServerContext* context) override;
};

}  // namespace tidewaiter::rpc
