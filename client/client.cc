#include "client/client.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/core.h"
#include "client/subscription.h"
#include "client/wire.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "proto/convert/dataset.h"
#include "proto/convert/time.h"

namespace tidewaiter::client {
namespace {

// A page of the largest size has some 100,000 cells with their texts.
constexpr int kMaxAnswerBytes = 64 << 20;
constexpr int kFirstReconnectMs = 100;
constexpr int kLastReconnectMs = 5000;
// A peer that is gone without a word is noticed while a call waits for it. The daemon takes a ping every 5 s.
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 20'000;

absl::Status WrongAddress(std::string_view address) {
  return InvalidField("address", absl::StrCat(Quoted(address),
                                              " is not an address; write host:port, as in 127.0.0.1:7443, or "
                                              "unix:/path/of/socket"));
}

// "unix:/path" as it is, "host:port" after a look at the port.
absl::StatusOr<std::string> TargetOf(std::string_view address) {
  if (absl::StartsWith(ToAbsl(address), "unix:")) {
    if (address.size() == 5) return WrongAddress(address);
    return std::string(address);
  }
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return WrongAddress(address);
  const std::string_view host = address.substr(0, colon);
  const auto port = ParseDigits(address.substr(colon + 1));
  const bool bare_ipv6 =
      host.find(':') != std::string_view::npos && (host.front() != '[' || host.back() != ']');
  if (!port || *port < 1 || *port > 65535 || bare_ipv6) return WrongAddress(address);
  return absl::StrCat("dns:///", ToAbsl(address));
}

bool IsLoopback(std::string_view address) {
  return absl::StartsWith(ToAbsl(address), "127.") || absl::StartsWith(ToAbsl(address), "localhost:") ||
         absl::StartsWith(ToAbsl(address), "[::1]:") || absl::StartsWith(ToAbsl(address), "unix:");
}

absl::StatusOr<std::string> ReadPem(const std::string& file, std::string_view field) {
  if (file.empty()) return std::string();
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.good() && !in.eof()) return InvalidField(field, absl::StrCat("the file ", file, " cannot be read"));
  if (!absl::StrContains(text, "-----BEGIN ")) {
    return InvalidField(field, absl::StrCat("the file ", file, " is missing or holds no PEM"));
  }
  return text;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(const std::optional<Tls>& tls) {
  if (!tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  TW_ASSIGN_OR_RETURN(options.pem_root_certs, ReadPem(tls->ca_file, "tls.ca_file"));
  TW_ASSIGN_OR_RETURN(options.pem_cert_chain, ReadPem(tls->cert_file, "tls.cert_file"));
  TW_ASSIGN_OR_RETURN(options.pem_private_key, ReadPem(tls->key_file, "tls.key_file"));
  if (options.pem_cert_chain.empty() != options.pem_private_key.empty()) {
    return InvalidField("tls", "a certificate and its key go together; give both or none");
  }
  return grpc::SslCredentials(options);
}

absl::StatusOr<DatasetInfo> InfoOf(const v1::Dataset& dataset) {
  auto definition = convert::FromWire(dataset);
  if (!definition.ok()) return UnreadableAnswer(definition.status());
  return DatasetInfo{*std::move(definition), dataset.version()};
}

}  // namespace

Client::Core::Core(std::shared_ptr<grpc::Channel> channel_in, absl::Duration timeout_in)
    : channel(std::move(channel_in)),
      timeout(timeout_in),
      datasets(v1::DatasetService::NewStub(channel)),
      releases(v1::ReleaseService::NewStub(channel)),
      observations(v1::ObservationService::NewStub(channel)),
      aggregates(v1::AggregateService::NewStub(channel)),
      status(v1::StatusService::NewStub(channel)),
      updates(v1::UpdateService::NewStub(channel)),
      analysis(v1::AnalysisService::NewStub(channel)) {}

void Client::Core::CancelAll() {
  absl::MutexLock lock(&mutex);
  cancelled_all = true;
  for (grpc::ClientContext* context : under_way) context->TryCancel();
}

bool Client::Core::cancelled() {
  absl::MutexLock lock(&mutex);
  return cancelled_all;
}

CallScope::CallScope(Client::Core* core, Kind kind, const CallOptions& options) : core_(core) {
  const absl::Duration timeout =
      options.timeout.value_or(kind == Kind::kUnary ? core->timeout : absl::InfiniteDuration());
  if (timeout != absl::InfiniteDuration()) {
    context_.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(timeout));
  }
  absl::MutexLock lock(&core_->mutex);
  core_->under_way.insert(&context_);
  if (core_->cancelled_all) context_.TryCancel();
}

CallScope::~CallScope() {
  absl::MutexLock lock(&core_->mutex);
  core_->under_way.erase(&context_);
}

absl::Status UnreadableAnswer(const absl::Status& why) {
  return MakeError(absl::StatusCode::kInternal, Reason::kUnknown,
                   absl::StrCat("the daemon's answer cannot be read: ", why.message()));
}

Client::Client(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Client::~Client() = default;

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const ConnectOptions& options) {
  TW_ASSIGN_OR_RETURN(const std::string target, TargetOf(options.address));
  TW_ASSIGN_OR_RETURN(const auto credentials, CredentialsOf(options.tls));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLastReconnectMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // as many as it takes
  // Clients have connections of their own: one's failed attempts do not make another wait.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (IsLoopback(options.address)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (options.tls && !options.tls->server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls->server_name);
  }
  arguments.SetUserAgentPrefix(options.user_agent);
  auto core =
      std::make_unique<Core>(grpc::CreateCustomChannel(target, credentials, arguments), options.timeout);
  return std::unique_ptr<Client>(new Client(std::move(core)));
}

bool Client::cancelled() const { return core_->cancelled(); }

void Client::CancelAll() { core_->CancelAll(); }

absl::StatusOr<DatasetInfo> Client::CreateDataset(const DatasetDefinition& definition,
                                                  const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::CreateDatasetRequest request;
  *request.mutable_dataset() = convert::ToWire(definition);
  v1::CreateDatasetResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->datasets->CreateDataset(call.context(), request, &response)));
  return InfoOf(response.dataset());
}

absl::StatusOr<DatasetInfo> Client::GetDataset(std::string_view id, const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::GetDatasetRequest request;
  request.set_id(std::string(id));
  v1::GetDatasetResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->datasets->GetDataset(call.context(), request, &response)));
  return InfoOf(response.dataset());
}

absl::StatusOr<std::vector<DatasetInfo>> Client::ListDatasets(const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::ListDatasetsResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->datasets->ListDatasets(call.context(), {}, &response)));
  std::vector<DatasetInfo> datasets;
  for (const v1::Dataset& dataset : response.datasets()) {
    TW_ASSIGN_OR_RETURN(datasets.emplace_back(), InfoOf(dataset));
  }
  return datasets;
}

absl::StatusOr<SeriesPage> Client::ListSeries(std::string_view dataset, std::string_view key,
                                              std::uint32_t page_size, std::string_view page_token,
                                              const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::ListSeriesRequest request;
  request.mutable_selector()->set_dataset(std::string(dataset));
  request.mutable_selector()->set_key(std::string(key));
  request.set_page_size(page_size);
  request.set_page_token(std::string(page_token));
  v1::ListSeriesResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->datasets->ListSeries(call.context(), request, &response)));
  SeriesPage page;
  page.series.reserve(static_cast<std::size_t>(response.series_size()));
  for (auto& series : *response.mutable_series()) {
    page.series.push_back({std::move(*series.mutable_key()), std::move(*series.mutable_unit())});
  }
  page.next_page_token = std::move(*response.mutable_next_page_token());
  return page;
}

absl::StatusOr<StoreStatus> Client::GetStatus(const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::GetStatusResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->status->GetStatus(call.context(), {}, &response)));
  StoreStatus status;
  status.version = response.version();
  status.log_id = response.log_id();
  status.head = static_cast<Sequence>(response.head());
  status.resume_token = response.resume_token();
  status.datasets = response.datasets();
  status.series = response.series();
  status.observations = response.observations();
  status.directory = response.directory();
  status.format_version = response.format_version();
  status.disk_bytes = response.disk_bytes();
  status.free_disk_bytes = response.free_disk_bytes();
  status.reserve_bytes = response.reserve_bytes();
  status.accepting = response.accepting();
  status.subscribers = response.subscribers();
  status.uploads = response.uploads();
  if (response.has_started_at()) {
    auto started = convert::FromWire(response.started_at());
    if (!started.ok()) return UnreadableAnswer(started.status());
    status.started_at = *started;
  }
  return status;
}

}  // namespace tidewaiter::client
