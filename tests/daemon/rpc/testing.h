// A server of one test's own: memory store, unix socket, stubs.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "daemon/server.h"
#include "domain/errors.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "storage/store.h"
#include "tests/support/temporary_directory.h"
#include "tidewaiter/v1/analysis_service.grpc.pb.h"
#include "tidewaiter/v1/dataset_service.grpc.pb.h"
#include "tidewaiter/v1/observation_service.grpc.pb.h"
#include "tidewaiter/v1/release_service.grpc.pb.h"
#include "tidewaiter/v1/status_service.grpc.pb.h"
#include "tidewaiter/v1/update_service.grpc.pb.h"

namespace tidewaiter::rpc {

// The test's day, until it is set to another.
class FixedClock final : public engine::Clock {
 public:
  FixedClock() { Set("2025-09-01T00:00:00Z"); }
  void Set(std::string_view now) { micros_ = Instant::Parse(now).value().micros(); }
  Instant Now() const override { return Instant::FromMicros(micros_); }

 private:
  std::atomic<std::int64_t> micros_;
};

// Stubs over a channel of their own connection.
struct Stubs {
  explicit Stubs(const std::shared_ptr<grpc::Channel>& channel);
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::AnalysisService::Stub> analysis;
  std::unique_ptr<v1::DatasetService::Stub> datasets;
  std::unique_ptr<v1::ReleaseService::Stub> releases;
  std::unique_ptr<v1::ObservationService::Stub> observations;
  std::unique_ptr<v1::UpdateService::Stub> updates;
  std::unique_ptr<v1::StatusService::Stub> status;
  std::unique_ptr<grpc::health::v1::Health::Stub> health;
};

class TestServer {
 public:
  // `store` null: a new one in memory, with the datasets T (reporter, flow) and U (one).
  explicit TestServer(daemon::ServerOptions options = {}, std::unique_ptr<storage::Store> store = nullptr);
  ~TestServer();

  storage::Store& store() { return *store_; }
  daemon::Server& server() { return *server_; }
  telemetry::Metrics& metrics() { return metrics_; }
  FixedClock& clock() { return clock_; }
  const std::string& address() const { return server_->addresses().front(); }
  Stubs Connect() const;
  // Pushes a release as tests/support/release_text.h writes it, past the server.
  Sequence Push(std::string_view text);

 private:
  support::TemporaryDirectory directory_;
  std::unique_ptr<storage::Store> store_;
  FixedClock clock_;
  telemetry::Log log_;
  telemetry::Metrics metrics_;
  std::unique_ptr<daemon::Server> server_;
};

// One unary call; the error with its details, as the client library reads it.
template <typename Stub, typename Request, typename Response>
absl::Status Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response);

absl::Status FromWireStatus(const grpc::Status& status);
std::vector<std::string> FieldsOf(const absl::Status& status);
Reason ReasonOf(const absl::Status& status);

template <typename Stub, typename Request, typename Response>
absl::Status Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  return FromWireStatus((stub.*method)(&context, request, response));
}

// A push of rows "series period value" to a dataset, published on a day.
v1::PushReleaseRequest PushRequest(const std::string& release_id, const std::string& day,
                                   const std::string& dataset,
                                   const std::vector<std::vector<std::string>>& rows);

// "A.X 2025-01 1.5" of every cell of a block.
std::vector<std::string> CellsOf(const v1::ObservationBlock& block);
// The same with the class in front: "NEW A.X 2025-01 1.5".
std::vector<std::string> ChangesOf(const v1::ChangeBlock& block);

}  // namespace tidewaiter::rpc
