#include "daemon/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "daemon/listen_address.h"
#include "daemon/rpc/aggregate_service.h"
#include "daemon/rpc/analysis_service.h"
#include "daemon/rpc/dataset_service.h"
#include "daemon/rpc/health_service.h"
#include "daemon/rpc/observation_service.h"
#include "daemon/rpc/reflection_service.h"
#include "daemon/rpc/release_service.h"
#include "daemon/rpc/status_service.h"
#include "daemon/rpc/subscriber_hub.h"
#include "daemon/rpc/update_service.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace tidewaiter::daemon {
namespace {

// A message of limits::kMaxMessageBytes, and what gRPC clients add by mistake: then it is we who say what is
// wrong.
constexpr int kMaxReceiveBytes = static_cast<int>(limits::kMaxMessageBytes) + (64 << 10);
// The default, two minutes, lets idle connections hold descriptors.
constexpr int kHandshakeTimeoutMs = 5'000;
// Clients may ping this often.
constexpr int kMinPingIntervalMs = 5'000;

// On draining, how long calls are still taken and answered with UNAVAILABLE. gRPC kills calls that are on
// their way when it begins to shut down: their callers would read CANCELLED, which does not say that they may
// try again.
constexpr absl::Duration kLameDuck = absl::Milliseconds(150);

std::shared_ptr<grpc::ServerCredentials> CredentialsFor(const ListenAddress& address,
                                                        const std::optional<TlsKeys>& tls) {
  if (!tls || address.is_unix()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = tls->client_ca;
  options.pem_key_cert_pairs.push_back({tls->key, tls->certificate});
  return grpc::SslServerCredentials(options);
}

void SetLimits(const ServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_calls_per_connection);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS,
                             static_cast<int>(absl::ToInt64Milliseconds(options.keepalive)));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             static_cast<int>(absl::ToInt64Milliseconds(options.keepalive_timeout)));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingIntervalMs);
  grpc::ResourceQuota quota("tidewaiterd");
  quota.Resize(options.memory_bytes);
  builder.SetResourceQuota(quota);
}

class GrpcServer final : public Server {
 public:
  GrpcServer(ServerOptions options, storage::Store* store, const engine::Clock* clock, telemetry::Log* log,
             telemetry::Metrics* metrics)
      : options_(std::move(options)),
        backend_(options_.backend, store, clock, log, metrics, options_.version),
        datasets_(&backend_),
        releases_(&backend_),
        observations_(&backend_),
        aggregates_(&backend_),
        updates_(&backend_),
        analysis_(&backend_),
        status_(&backend_),
        health_(&backend_) {
    backend_.on_store_failure = options_.on_store_failure;
    metrics->SetState([this] { return rpc::StateOf(backend_); });
  }
  ~GrpcServer() override {
    Stop(absl::ZeroDuration());
    backend_.metrics->SetState([] { return telemetry::DaemonState(); });
  }

  absl::Status Listen() {
    grpc::ServerBuilder builder;
    SetLimits(options_, builder);
    for (grpc::Service* service : std::initializer_list<grpc::Service*>{
             &datasets_, &releases_, &observations_, &aggregates_, &updates_, &analysis_, &status_, &health_,
             &reflection_, &reflection_alpha_}) {
      builder.RegisterService(service);
    }
    std::vector<ListenAddress> addresses;
    std::vector<int> ports(options_.listen.size(), 0);
    for (std::size_t i = 0; i < options_.listen.size(); ++i) {
      TW_ASSIGN_OR_RETURN(ListenAddress address, ParseListenAddress(options_.listen[i]));
      if (address.is_unix()) TW_RETURN_IF_ERROR(CheckUnixSocketIsFree(address.path));
      builder.AddListeningPort(address.text, CredentialsFor(address, options_.tls), &ports[i]);
      addresses.push_back(std::move(address));
    }
    server_ = builder.BuildAndStart();
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      if (server_ == nullptr || ports[i] == 0) return CannotListen(addresses, ports);
      addresses_.push_back(BoundText(addresses[i], ports[i]));
    }
    if (server_ == nullptr) return absl::UnavailableError("the server does not start");
    health_.SetServing(true);
    return absl::OkStatus();
  }

  const std::vector<std::string>& addresses() const override { return addresses_; }
  bool serving() const override { return health_.serving(); }

  void Stop(absl::Duration patience) override {
    absl::MutexLock lock(&stop_mutex_);
    if (server_ == nullptr || stopped_) return;
    stopped_ = true;
    backend_.draining.store(true);
    health_.SetServing(false);
    health_.EndWatches();
    backend_.hub->Drain();
    absl::SleepFor(std::min(patience, kLameDuck));
    server_->Shutdown(absl::ToChronoTime(absl::Now() + patience));
    server_->Wait();
    backend_.findings.Stop();
  }

 private:
  static std::string BoundText(const ListenAddress& address, int port) {
    if (address.is_unix()) return address.text;
    return absl::StrCat(address.text.substr(0, address.text.rfind(':')), ":", port);
  }

  static absl::Status CannotListen(const std::vector<ListenAddress>& addresses,
                                   const std::vector<int>& ports) {
    std::string which;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      if (ports[i] == 0) absl::StrAppend(&which, which.empty() ? "" : ", ", addresses[i].text);
    }
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", which,
                     ": is the port in use, the host another machine's, the folder missing, or the "
                     "certificate not fitting its key?"));
  }

  const ServerOptions options_;
  rpc::Backend backend_;
  rpc::DatasetService datasets_;
  rpc::ReleaseService releases_;
  rpc::ObservationService observations_;
  rpc::AggregateService aggregates_;
  rpc::UpdateService updates_;
  rpc::AnalysisService analysis_;
  rpc::StatusService status_;
  rpc::HealthService health_;
  rpc::ReflectionV1 reflection_;
  rpc::ReflectionV1Alpha reflection_alpha_;
  std::vector<std::string> addresses_;
  absl::Mutex stop_mutex_;
  bool stopped_ ABSL_GUARDED_BY(stop_mutex_) = false;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options, storage::Store* store,
                                                      const engine::Clock* clock, telemetry::Log* log,
                                                      telemetry::Metrics* metrics) {
  auto server = std::make_unique<GrpcServer>(std::move(options), store, clock, log, metrics);
  TW_RETURN_IF_ERROR(server->Listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace tidewaiter::daemon
