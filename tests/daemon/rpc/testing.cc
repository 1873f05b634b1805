#include "tests/daemon/rpc/testing.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "domain/strings.h"
#include "grpcpp/create_channel.h"
#include "proto/convert/block.h"
#include "proto/convert/status.h"
#include "storage/memory/memory_store.h"
#include "tests/support/release_text.h"

namespace tidewaiter::rpc {

Stubs::Stubs(const std::shared_ptr<grpc::Channel>& c)
    : channel(c),
      analysis(v1::AnalysisService::NewStub(c)),
      datasets(v1::DatasetService::NewStub(c)),
      releases(v1::ReleaseService::NewStub(c)),
      observations(v1::ObservationService::NewStub(c)),
      updates(v1::UpdateService::NewStub(c)),
      status(v1::StatusService::NewStub(c)),
      health(grpc::health::v1::Health::NewStub(c)) {}

TestServer::TestServer(daemon::ServerOptions options, std::unique_ptr<storage::Store> store)
    : store_(std::move(store)),
      log_(telemetry::Log::Format::kText, telemetry::LogLevel::kError),
      metrics_("0.0.0-test") {
  if (store_ == nullptr) {
    store_ = storage::NewMemoryStore(storage::LogId{7});
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("T", "reporter flow")).ok());
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("U", "one")).ok());
  }
  options.listen = {absl::StrCat("unix:", directory_.path(), "/socket")};
  options.version = "0.0.0-test";
  auto server = daemon::Server::Start(std::move(options), store_.get(), &clock_, &log_, &metrics_);
  if (!server.ok()) ADD_FAILURE() << server.status();
  server_ = *std::move(server);
}

TestServer::~TestServer() = default;

Stubs TestServer::Connect() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxSendMessageSize(-1);
  return Stubs(grpc::CreateCustomChannel(address(), grpc::InsecureChannelCredentials(), arguments));
}

Sequence TestServer::Push(std::string_view text) {
  const auto outcome = support::Push(*store_, text);
  if (!outcome.ok()) ADD_FAILURE() << outcome.status();
  return outcome.ok() ? outcome->entry.sequence : 0;
}

absl::Status FromWireStatus(const grpc::Status& status) { return convert::FromGrpc(status); }

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : DetailsOf(status).violations) fields.push_back(violation.field);
  return fields;
}

Reason ReasonOf(const absl::Status& status) { return DetailsOf(status).reason; }

v1::PushReleaseRequest PushRequest(const std::string& release_id, const std::string& day,
                                   const std::string& dataset,
                                   const std::vector<std::vector<std::string>>& rows) {
  v1::PushReleaseRequest request;
  request.mutable_header()->set_release_id(release_id);
  request.mutable_header()->set_published_on(day);
  v1::Section* section = request.add_sections();
  section->set_dataset(dataset);
  for (const std::vector<std::string>& words : rows) {
    v1::Observation* row = section->add_observations();
    row->set_series(words[0]);
    row->set_period(words[1]);
    row->set_value(words[2]);
  }
  return request;
}

namespace {

std::vector<std::string> Lines(const convert::DecodedBlock& block) {
  std::vector<std::string> lines;
  for (const auto& series : block.series) {
    for (const StatedCell& cell : block.CellsOf(series)) {
      lines.push_back(
          absl::StrCat(ToAbsl(series.key), " ", cell.period.ToString(), " ", cell.datum.ToString()));
    }
  }
  return lines;
}

}  // namespace

std::vector<std::string> CellsOf(const v1::ObservationBlock& block) {
  convert::DecodedBlock decoded;
  const absl::Status status = convert::DecodeBlock(block, convert::BlockUse::kAnswer, &decoded);
  if (!status.ok()) ADD_FAILURE() << status;
  return Lines(decoded);
}

std::vector<std::string> ChangesOf(const v1::ChangeBlock& block) {
  convert::DecodedChanges decoded;
  const absl::Status status = convert::DecodeChangeBlock(block, &decoded);
  if (!status.ok()) ADD_FAILURE() << status;
  std::vector<std::string> lines = Lines(decoded.block);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    lines[i] = absl::StrCat(ToAbsl(ChangeClassName(decoded.changes[i].change)), " ", lines[i]);
  }
  return lines;
}

}  // namespace tidewaiter::rpc
