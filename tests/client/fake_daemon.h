// A daemon of few words, in this process: enough for the client to talk to. What the real one does with a
// release is tested elsewhere; here it is what the client sends, and what it makes of answers and of broken
// connections.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server.h"
#include "tidewaiter/v1/dataset_service.grpc.pb.h"
#include "tidewaiter/v1/observation_service.grpc.pb.h"
#include "tidewaiter/v1/release_service.grpc.pb.h"
#include "tidewaiter/v1/status_service.grpc.pb.h"
#include "tidewaiter/v1/update_service.grpc.pb.h"

namespace tidewaiter::testing {

// Listens on a socket of its own in a temporary folder. Thread-safe.
class FakeDaemon final : public v1::DatasetService::Service,
                         public v1::ReleaseService::Service,
                         public v1::ObservationService::Service,
                         public v1::StatusService::Service,
                         public v1::UpdateService::Service {
 public:
  FakeDaemon();
  ~FakeDaemon() override;

  std::string address() const;
  void Stop();
  void Start();

  // What the services answer. Set before the calls that use them.
  std::map<std::string, v1::Dataset> datasets;
  // Asked at every push and upload; an error refuses it.
  std::function<absl::Status(const v1::ReleaseHeader&)> accept = [](const v1::ReleaseHeader&) {
    return absl::OkStatus();
  };
  std::function<absl::Status(const v1::GetObservationsRequest&, v1::GetObservationsResponse*)> get;
  std::function<absl::Status(const v1::StreamHistoryRequest&, grpc::ServerWriter<v1::StreamHistoryResponse>*)>
      history;
  std::function<absl::Status(const v1::ListChangesRequest&, v1::ListChangesResponse*)> changes;
  // What is listed; any other that is asked for by sequence or name is made up.
  std::vector<v1::Release> releases;
  // May be changed while calls run: those go on with what they began with.
  using SubscribeFunction = std::function<grpc::Status(grpc::ServerContext*, const v1::SubscribeRequest&,
                                                       grpc::ServerWriter<v1::SubscribeResponse>*)>;
  void OnSubscribe(SubscribeFunction subscribe);

  // What came, in order: whole pushes, uploads message by message.
  std::vector<v1::PushReleaseRequest> pushes();
  std::vector<std::vector<v1::UploadReleaseRequest>> uploads();

 private:
  using Context = grpc::ServerContext;
  grpc::Status CreateDataset(Context*, const v1::CreateDatasetRequest*, v1::CreateDatasetResponse*) override;
  grpc::Status GetDataset(Context*, const v1::GetDatasetRequest*, v1::GetDatasetResponse*) override;
  grpc::Status ListDatasets(Context*, const v1::ListDatasetsRequest*, v1::ListDatasetsResponse*) override;
  grpc::Status ListSeries(Context*, const v1::ListSeriesRequest*, v1::ListSeriesResponse*) override;
  grpc::Status PushRelease(Context*, const v1::PushReleaseRequest*, v1::PushReleaseResponse*) override;
  grpc::Status UploadRelease(Context*, grpc::ServerReader<v1::UploadReleaseRequest>*,
                             v1::UploadReleaseResponse*) override;
  grpc::Status RetractRelease(Context*, const v1::RetractReleaseRequest*,
                              v1::RetractReleaseResponse*) override;
  grpc::Status GetRelease(Context*, const v1::GetReleaseRequest*, v1::GetReleaseResponse*) override;
  grpc::Status ListReleases(Context*, const v1::ListReleasesRequest*, v1::ListReleasesResponse*) override;
  grpc::Status ListChanges(Context*, const v1::ListChangesRequest*, v1::ListChangesResponse*) override;
  grpc::Status GetObservations(Context*, const v1::GetObservationsRequest*,
                               v1::GetObservationsResponse*) override;
  grpc::Status StreamHistory(Context*, const v1::StreamHistoryRequest*,
                             grpc::ServerWriter<v1::StreamHistoryResponse>*) override;
  grpc::Status GetStatus(Context*, const v1::GetStatusRequest*, v1::GetStatusResponse*) override;
  grpc::Status Subscribe(Context*, const v1::SubscribeRequest*,
                         grpc::ServerWriter<v1::SubscribeResponse>*) override;

  std::string folder_;
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex mutex_;
  SubscribeFunction subscribe_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::PushReleaseRequest> pushes_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::vector<v1::UploadReleaseRequest>> uploads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tidewaiter::testing
