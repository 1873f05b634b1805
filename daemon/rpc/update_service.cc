#include "daemon/rpc/update_service.h"

#include "daemon/rpc/subscription.h"

namespace tidewaiter::rpc {

grpc::ServerWriteReactor<grpc::ByteBuffer>* UpdateService::Subscribe(grpc::CallbackServerContext* context,
                                                                     const grpc::ByteBuffer* request) {
  return Subscription::Start(&backend_, context, request);
}

}  // namespace tidewaiter::rpc
