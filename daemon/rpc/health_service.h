// grpc.health.v1.Health. Our own rather than gRPC's: its Watch ends when the daemon drains, and its
// descriptor is linked, so that reflection works.
#pragma once

#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "daemon/rpc/backend.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace tidewaiter::rpc {

using RawHealth = grpc::health::v1::Health::WithRawCallbackMethod_Check<
    grpc::health::v1::Health::WithRawCallbackMethod_Watch<grpc::health::v1::Health::Service>>;

// Knows the whole daemon ("") and each service of ours by its full name; all have one state. Thread-safe.
class HealthService final : public RawHealth {
 public:
  explicit HealthService(Backend* backend) : backend_(*backend) {}
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request) override;
  // Tells every watcher.
  void SetServing(bool serving);
  // Ends every watch, and new ones at once.
  void EndWatches();
  bool serving() const;

 private:
  class Watcher;
  // False: watches have ended.
  bool Add(std::shared_ptr<Watcher> watcher);
  void Remove(Watcher* watcher);
  void NotifyAll(bool end);

  Backend& backend_;
  mutable absl::Mutex mutex_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<Watcher*, std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tidewaiter::rpc
