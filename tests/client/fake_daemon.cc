#include "tests/client/fake_daemon.h"

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "proto/convert/status.h"

namespace tidewaiter::testing {
namespace {

absl::Status NotFound(Reason reason, std::string_view what) {
  return MakeError(absl::StatusCode::kNotFound, reason, absl::StrCat(std::string(what), " does not exist"));
}

v1::Release Accepted(const v1::ReleaseHeader& header, std::uint64_t sequence, std::uint64_t observations) {
  v1::Release release;
  release.set_sequence(sequence);
  *release.mutable_header() = header;
  if (header.agency().empty()) release.mutable_header()->set_agency("AGENCY");
  // The last microsecond of 2025-08-07 in UTC, whatever the day.
  if (!header.has_published_at()) {
    release.mutable_header()->mutable_published_at()->set_seconds(1754611199);
    release.mutable_header()->mutable_published_at()->set_nanos(999999000);
  }
  release.set_digest(std::string(64, 'd'));
  release.set_chain(std::string(64, 'c'));
  release.mutable_accepted_at()->set_seconds(1754600000);
  release.set_observations(observations);
  return release;
}

std::uint64_t CountOf(const v1::ObservationBlock& block) {
  return static_cast<std::uint64_t>(block.period_start_deltas_size());
}

}  // namespace

FakeDaemon::FakeDaemon() {
  std::string pattern = (std::filesystem::temp_directory_path() / "tidewaiter-fake.XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  Start();
}

FakeDaemon::~FakeDaemon() {
  Stop();
  std::filesystem::remove_all(folder_);
}

std::string FakeDaemon::address() const { return absl::StrCat("unix:", folder_, "/socket"); }

void FakeDaemon::Start() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
  builder.SetMaxReceiveMessageSize(4 << 20);
  builder.RegisterService(static_cast<v1::DatasetService::Service*>(this));
  builder.RegisterService(static_cast<v1::ReleaseService::Service*>(this));
  builder.RegisterService(static_cast<v1::ObservationService::Service*>(this));
  builder.RegisterService(static_cast<v1::StatusService::Service*>(this));
  builder.RegisterService(static_cast<v1::UpdateService::Service*>(this));
  server_ = builder.BuildAndStart();
}

void FakeDaemon::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

std::vector<v1::PushReleaseRequest> FakeDaemon::pushes() {
  absl::MutexLock lock(&mutex_);
  return pushes_;
}

std::vector<std::vector<v1::UploadReleaseRequest>> FakeDaemon::uploads() {
  absl::MutexLock lock(&mutex_);
  return uploads_;
}

grpc::Status FakeDaemon::CreateDataset(Context*, const v1::CreateDatasetRequest* request,
                                       v1::CreateDatasetResponse* response) {
  absl::MutexLock lock(&mutex_);
  datasets[request->dataset().id()] = request->dataset();
  *response->mutable_dataset() = request->dataset();
  return grpc::Status::OK;
}

grpc::Status FakeDaemon::GetDataset(Context*, const v1::GetDatasetRequest* request,
                                    v1::GetDatasetResponse* response) {
  absl::MutexLock lock(&mutex_);
  const auto found = datasets.find(request->id());
  if (found == datasets.end()) {
    return convert::ToGrpc(NotFound(Reason::kDatasetNotFound, absl::StrCat("dataset ", request->id())));
  }
  *response->mutable_dataset() = found->second;
  return grpc::Status::OK;
}

grpc::Status FakeDaemon::ListDatasets(Context*, const v1::ListDatasetsRequest*,
                                      v1::ListDatasetsResponse* response) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, dataset] : datasets) *response->add_datasets() = dataset;
  return grpc::Status::OK;
}

// Series 1 to 5, two a page.
grpc::Status FakeDaemon::ListSeries(Context*, const v1::ListSeriesRequest* request,
                                    v1::ListSeriesResponse* response) {
  const int from = request->page_token().empty() ? 1 : std::atoi(request->page_token().c_str());
  for (int i = from; i < from + 2 && i <= 5; ++i) {
    response->add_series()->set_key(absl::StrCat("S", i, ".USD.BN"));
    response->mutable_series(response->series_size() - 1)->set_unit("USD BN");
  }
  if (from + 2 <= 5) response->set_next_page_token(absl::StrCat(from + 2));
  return grpc::Status::OK;
}

grpc::Status FakeDaemon::PushRelease(Context*, const v1::PushReleaseRequest* request,
                                     v1::PushReleaseResponse* response) {
  absl::MutexLock lock(&mutex_);
  pushes_.push_back(*request);
  if (absl::Status s = accept(request->header()); !s.ok()) return convert::ToGrpc(s, "request-1");
  std::uint64_t count = 0;
  for (const v1::Section& section : request->sections()) {
    for (const v1::ObservationBlock& block : section.blocks()) count += CountOf(block);
  }
  *response->mutable_release() =
      Accepted(request->header(), request->validate_only() ? 0 : pushes_.size(), count);
  return grpc::Status::OK;
}

grpc::Status FakeDaemon::UploadRelease(Context*, grpc::ServerReader<v1::UploadReleaseRequest>* reader,
                                       v1::UploadReleaseResponse* response) {
  std::vector<v1::UploadReleaseRequest> messages;
  v1::UploadReleaseRequest message;
  v1::ReleaseHeader header;
  std::uint64_t count = 0;
  while (reader->Read(&message)) {
    if (message.has_header()) {
      header = message.header();
      absl::MutexLock lock(&mutex_);
      if (absl::Status s = accept(header); !s.ok()) return convert::ToGrpc(s);
    }
    if (message.has_block()) count += CountOf(message.block());
    messages.push_back(message);
  }
  absl::MutexLock lock(&mutex_);
  uploads_.push_back(std::move(messages));
  *response->mutable_release() = Accepted(header, 1, count);
  return grpc::Status::OK;
}

grpc::Status FakeDaemon::RetractRelease(Context*, const v1::RetractReleaseRequest* request,
                                        v1::RetractReleaseResponse* response) {
  if (request->release_id() != "r1") {
    return convert::ToGrpc(NotFound(Reason::kReleaseNotFound,
                                    absl::StrCat("release ", request->agency(), "/", request->release_id())));
  }
  v1::ReleaseHeader header;
  header.set_agency(request->agency());
  header.set_release_id("retraction");
  header.set_title(request->reason());
  *response->mutable_retraction() = Accepted(header, 9, 0);
  response->mutable_retraction()->set_retracts(1);
  return grpc::Status::OK;
}

grpc::Status FakeDaemon::GetRelease(Context*, const v1::GetReleaseRequest* request,
                                    v1::GetReleaseResponse* response) {
  v1::ReleaseHeader header;
  header.set_agency(request->agency());
  header.set_release_id(request->sequence() == 0 ? request->release_id()
                                                 : absl::StrCat("r", request->sequence()));
  *response->mutable_release() = Accepted(header, request->sequence(), 1);
  for (const v1::Release& release : releases) {
    if (release.sequence() == request->sequence()) *response->mutable_release() = release;
  }
  response->set_resume_token("token");
  return grpc::Status::OK;
}

// One a page.
grpc::Status FakeDaemon::ListReleases(Context*, const v1::ListReleasesRequest* request,
                                      v1::ListReleasesResponse* response) {
  for (const v1::Release& release : releases) {
    if (release.sequence() <= request->after_sequence()) continue;
    *response->add_releases() = release;
    response->set_next_after_sequence(release.sequence());
    break;
  }
  return grpc::Status::OK;
}

grpc::Status FakeDaemon::ListChanges(Context*, const v1::ListChangesRequest* request,
                                     v1::ListChangesResponse* response) {
  return convert::ToGrpc(changes(*request, response));
}

grpc::Status FakeDaemon::GetObservations(Context*, const v1::GetObservationsRequest* request,
                                         v1::GetObservationsResponse* response) {
  return convert::ToGrpc(get(*request, response));
}

grpc::Status FakeDaemon::StreamHistory(Context*, const v1::StreamHistoryRequest* request,
                                       grpc::ServerWriter<v1::StreamHistoryResponse>* writer) {
  return convert::ToGrpc(history(*request, writer));
}

grpc::Status FakeDaemon::GetStatus(Context*, const v1::GetStatusRequest*, v1::GetStatusResponse* response) {
  response->set_version("0.0.fake");
  response->set_head(96);
  response->set_observations(834);
  response->set_accepting(true);
  response->set_disk_bytes(1536);
  response->mutable_started_at()->set_seconds(1754600000);
  return grpc::Status::OK;
}

grpc::Status FakeDaemon::Subscribe(Context* context, const v1::SubscribeRequest* request,
                                   grpc::ServerWriter<v1::SubscribeResponse>* writer) {
  SubscribeFunction subscribe;
  {
    absl::MutexLock lock(&mutex_);
    subscribe = subscribe_;
  }
  return subscribe(context, *request, writer);
}

void FakeDaemon::OnSubscribe(SubscribeFunction subscribe) {
  absl::MutexLock lock(&mutex_);
  subscribe_ = std::move(subscribe);
}

}  // namespace tidewaiter::testing
