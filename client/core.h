// What the parts of the client share: the channel, the stubs, the calls under way. The only header of this
// room that knows gRPC; nothing outside the room includes it.
#pragma once

#include <memory>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "client/client.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "proto/convert/status.h"
#include "tidewaiter/v1/aggregate_service.grpc.pb.h"
#include "tidewaiter/v1/analysis_service.grpc.pb.h"
#include "tidewaiter/v1/dataset_service.grpc.pb.h"
#include "tidewaiter/v1/observation_service.grpc.pb.h"
#include "tidewaiter/v1/release_service.grpc.pb.h"
#include "tidewaiter/v1/status_service.grpc.pb.h"
#include "tidewaiter/v1/update_service.grpc.pb.h"

namespace tidewaiter::client {

// Thread-safe.
struct Client::Core {
  Core(std::shared_ptr<grpc::Channel> channel, absl::Duration timeout);

  // Ends every call under way, and those to come.
  void CancelAll() ABSL_LOCKS_EXCLUDED(mutex);
  bool cancelled() ABSL_LOCKS_EXCLUDED(mutex);

  std::shared_ptr<grpc::Channel> channel;
  absl::Duration timeout;
  std::unique_ptr<v1::DatasetService::Stub> datasets;
  std::unique_ptr<v1::ReleaseService::Stub> releases;
  std::unique_ptr<v1::ObservationService::Stub> observations;
  std::unique_ptr<v1::AggregateService::Stub> aggregates;
  std::unique_ptr<v1::StatusService::Stub> status;
  std::unique_ptr<v1::UpdateService::Stub> updates;
  std::unique_ptr<v1::AnalysisService::Stub> analysis;

  absl::Mutex mutex;
  bool cancelled_all ABSL_GUARDED_BY(mutex) = false;
  absl::flat_hash_set<grpc::ClientContext*> under_way ABSL_GUARDED_BY(mutex);
};

// The context of one call, known to the core as long as it lives. Thread-compatible.
class CallScope {
 public:
  enum class Kind { kUnary, kStream };  // a stream has a deadline only if the caller names one
  CallScope(Client::Core* core, Kind kind, const CallOptions& options);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  grpc::ClientContext* context() { return &context_; }

 private:
  Client::Core* const core_;
  grpc::ClientContext context_;
};

// An answer that cannot be read is the daemon's fault, not the caller's: INTERNAL.
absl::Status UnreadableAnswer(const absl::Status& why);

}  // namespace tidewaiter::client
