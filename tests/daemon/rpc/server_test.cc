// What operators and tools see: health, reflection, status, metrics, request ids, draining.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "daemon/telemetry/http_listener.h"
#include "domain/errors.h"
#include "grpcpp/generic/generic_stub.h"
#include "storage/memory/memory_store.h"
#include "tests/daemon/engine/forwarding_store.h"
#include "tests/daemon/rpc/testing.h"
#include "tests/support/release_text.h"

namespace tidewaiter::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(HealthTest, KnowsTheDaemonAndItsServices) {
  TestServer server;
  const Stubs stubs = server.Connect();
  HealthCheckResponse response;
  for (const char* service :
       {"", "tidewaiter.v1.ReleaseService", "tidewaiter.v1.UpdateService", "grpc.health.v1.Health"}) {
    HealthCheckRequest request;
    request.set_service(service);
    ASSERT_TRUE(Call(*stubs.health, &grpc::health::v1::Health::Stub::Check, request, &response).ok())
        << service;
    EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  }
  HealthCheckRequest unknown;
  unknown.set_service("x.Y");
  EXPECT_TRUE(
      absl::IsNotFound(Call(*stubs.health, &grpc::health::v1::Health::Stub::Check, unknown, &response)));
}

TEST(HealthTest, AWatchSeesTheDrainAndEnds) {
  TestServer server;
  const Stubs stubs = server.Connect();
  grpc::ClientContext context;
  auto watch = stubs.health->Watch(&context, HealthCheckRequest());
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  EXPECT_TRUE(server.server().serving());
  std::thread stop([&] { server.server().Stop(absl::Seconds(60)); });
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  stop.join();
  EXPECT_FALSE(server.server().serving());
}

TEST(HealthTest, WatchersComeAndGo) {
  TestServer server;
  const Stubs stubs = server.Connect();
  for (int i = 0; i < 50; ++i) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(i % 2 ? "" : "x.Y");
    auto watch = stubs.health->Watch(&context, request);
    HealthCheckResponse response;
    ASSERT_TRUE(watch->Read(&response));
    EXPECT_EQ(response.status(), i % 2 ? HealthCheckResponse::SERVING : HealthCheckResponse::SERVICE_UNKNOWN);
    context.TryCancel();
    watch->Finish();
  }
}

// Bytes of grpc.reflection: what `version` of the service answers to `question`.
std::string Reflect(const Stubs& stubs, const std::string& version, const std::string& question) {
  grpc::GenericStub generic(stubs.channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  auto call = generic.PrepareCall(
      &context, absl::StrCat("/grpc.reflection.", version, ".ServerReflection/ServerReflectionInfo"), &queue);
  call->StartCall(nullptr);
  EXPECT_TRUE(queue.Next(&tag, &ok) && ok);
  const grpc::Slice slice(question);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  EXPECT_TRUE(queue.Next(&tag, &ok) && ok);
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  EXPECT_TRUE(queue.Next(&tag, &ok) && ok);
  grpc::Slice bytes;
  EXPECT_TRUE(answer.DumpToSingleSlice(&bytes).ok());
  context.TryCancel();
  return std::string(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
}

// Requests with list_services (7) set to "*", and with file_containing_symbol (4).
TEST(ReflectionTest, ListsOurServicesAndDescribesThem) {
  TestServer server;
  const Stubs stubs = server.Connect();
  for (const std::string version : {"v1", "v1alpha"}) {
    const std::string listed = Reflect(stubs, version, std::string("\x3a\x01*", 3));
    for (const std::string name :
         {"tidewaiter.v1.DatasetService", "tidewaiter.v1.ReleaseService", "tidewaiter.v1.ObservationService",
          "tidewaiter.v1.UpdateService", "tidewaiter.v1.StatusService", "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}) {
      EXPECT_THAT(listed, HasSubstr(name));
      const std::string described =
          Reflect(stubs, version, absl::StrCat("\x22", std::string(1, static_cast<char>(name.size())), name));
      EXPECT_THAT(described, HasSubstr(".proto")) << version << " of " << name;
    }
    EXPECT_THAT(Reflect(stubs, version, std::string("\x22\x03x.Y", 5)), HasSubstr("there is no symbol x.Y"));
  }
}

TEST(StatusTest, TellsWhatIsHeld) {
  TestServer server;
  const Stubs stubs = server.Connect();
  server.Push("release A r1 2025-01-10\nmerge T\nCN.X 2024-11 1.0\nCN.M 2024-11 1.0");
  v1::GetStatusResponse status;
  ASSERT_TRUE(Call(*stubs.status, &v1::StatusService::Stub::GetStatus, v1::GetStatusRequest(), &status).ok());
  EXPECT_EQ(status.head(), 1u);
  EXPECT_EQ(status.datasets(), 2u);
  EXPECT_EQ(status.series(), 2u);
  EXPECT_EQ(status.observations(), 2u);
  EXPECT_TRUE(status.accepting());
  EXPECT_EQ(status.version(), "0.0.0-test");
  EXPECT_EQ(status.log_id().size(), 32u);
  EXPECT_EQ(status.resume_token(), storage::EncodeToken(*server.store().PointAt(1)));
}

TEST(RequestIdTest, ComesBackWithTheAnswerAndWithTheError) {
  TestServer server;
  const Stubs stubs = server.Connect();
  const auto call = [&](const std::string& id, bool fails) {
    grpc::ClientContext context;
    if (!id.empty()) context.AddMetadata("x-request-id", id);
    v1::GetReleaseRequest request;
    request.set_sequence(fails ? 99 : 1);
    v1::GetReleaseResponse response;
    const grpc::Status status = stubs.releases->GetRelease(&context, request, &response);
    const auto it = context.GetServerTrailingMetadata().find("x-request-id");
    const std::string trailer = it == context.GetServerTrailingMetadata().end()
                                    ? ""
                                    : std::string(it->second.data(), it->second.size());
    EXPECT_EQ(status.ok(), !fails);
    if (fails) {
      EXPECT_EQ(DetailsOf(FromWireStatus(status)).metadata.at("request_id"), trailer);
    }
    return trailer;
  };
  v1::PushReleaseResponse pushed;
  const auto push = PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}});
  ASSERT_TRUE(Call(*stubs.releases, &v1::ReleaseService::Stub::PushRelease, push, &pushed).ok());
  EXPECT_EQ(call("my-id-17", true), "my-id-17");
  EXPECT_EQ(call("my-id-18", false), "my-id-18");
  EXPECT_EQ(call("", false), "") << "nobody asked";
  const std::string drawn = call("", true);
  EXPECT_EQ(drawn.size(), 16u);
  EXPECT_NE(call("", true), drawn);
  EXPECT_EQ(call(std::string(500, 'x'), true).size(), 16u) << "an id of any length would fill the log";
}

TEST(MetricsTest, CountsCallsUnderTheNamesOfGrpc) {
  TestServer server;
  const Stubs stubs = server.Connect();
  v1::PushReleaseResponse response;
  const auto push = PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}});
  ASSERT_TRUE(Call(*stubs.releases, &v1::ReleaseService::Stub::PushRelease, push, &response).ok());
  ASSERT_TRUE(Call(*stubs.releases, &v1::ReleaseService::Stub::PushRelease, push, &response).ok());
  const std::string text = server.metrics().Render();
  EXPECT_THAT(text, HasSubstr("grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"PushRelease\","
                              "grpc_service=\"tidewaiter.v1.ReleaseService\",grpc_type=\"unary\"} 2"));
  EXPECT_THAT(text, HasSubstr("grpc_server_started_total{grpc_method=\"PushRelease\""));
  EXPECT_THAT(text, HasSubstr("grpc_server_handling_seconds_bucket{"));
  EXPECT_THAT(text, HasSubstr("\ntidewaiter_head_sequence 1\n"));
  EXPECT_THAT(text, HasSubstr("\ntidewaiter_observations_total 1\n"));
  EXPECT_THAT(text, HasSubstr("\ntidewaiter_pushes_total 1\n")) << "a replay is no push";
  EXPECT_THAT(text, HasSubstr("\ntidewaiter_accepting 1\n"));
}

// A store whose pushes wait, or fail.
class StubbornStore final : public engine::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  absl::StatusOr<storage::PushOutcome> Push(const Release& release, Instant accepted_at) override {
    entered.Notify();
    open.WaitForNotification();
    if (fails) return MakeError(absl::StatusCode::kUnavailable, Reason::kStoreFailed, "fsync failed");
    return ForwardingStore::Push(release, accepted_at);
  }
  absl::Notification entered;
  absl::Notification open;
  bool fails = false;
};

class StubbornTest : public ::testing::Test {
 protected:
  StubbornTest() {
    EXPECT_TRUE(memory_->PutDataset(support::MakeDataset("T", "reporter flow")).ok());
    auto store = std::make_unique<StubbornStore>(memory_.get());
    store_ = store.get();
    options_.on_store_failure = [this] { ++failures_; };
    server_ = std::make_unique<TestServer>(options_, std::move(store));
  }
  const std::unique_ptr<storage::Store> memory_ = storage::NewMemoryStore(storage::LogId{7});
  StubbornStore* store_ = nullptr;
  std::atomic<int> failures_ = 0;
  daemon::ServerOptions options_;
  std::unique_ptr<TestServer> server_;
};

TEST_F(StubbornTest, DrainingLetsAPushEndAndTakesNoMore) {
  const Stubs stubs = server_->Connect();
  const Stubs others = server_->Connect();
  HealthCheckResponse ignored;
  ASSERT_TRUE(
      Call(*others.health, &grpc::health::v1::Health::Stub::Check, HealthCheckRequest(), &ignored).ok());
  absl::Status status;
  std::thread push([&] {
    v1::PushReleaseResponse response;
    status = Call(*stubs.releases, &v1::ReleaseService::Stub::PushRelease,
                  PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}}), &response);
  });
  store_->entered.WaitForNotification();
  std::thread stop([&] { server_->server().Stop(absl::Seconds(60)); });
  while (server_->server().serving()) absl::SleepFor(absl::Milliseconds(1));
  v1::PushReleaseResponse response;
  const absl::Status late =
      Call(*others.releases, &v1::ReleaseService::Stub::PushRelease,
           PushRequest("r2", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}}), &response);
  EXPECT_TRUE(absl::IsUnavailable(late)) << late;
  store_->open.Notify();
  push.join();
  stop.join();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(memory_->head(), 1u);
}

TEST_F(StubbornTest, AWriteThatCouldNotBeMadeDurableIsReported) {
  store_->fails = true;
  store_->open.Notify();
  const Stubs stubs = server_->Connect();
  v1::PushReleaseResponse response;
  const absl::Status status =
      Call(*stubs.releases, &v1::ReleaseService::Stub::PushRelease,
           PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}}), &response);
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(ReasonOf(status), Reason::kStoreFailed);
  EXPECT_EQ(failures_, 1);
}

// A blocked push must not keep others from reading.
TEST_F(StubbornTest, ReadsGoOnWhilePushesWait) {
  std::vector<std::thread> pushes;
  pushes.emplace_back([this] {
    const Stubs stubs = server_->Connect();
    v1::PushReleaseResponse response;
    Call(*stubs.releases, &v1::ReleaseService::Stub::PushRelease,
         PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}}), &response)
        .IgnoreError();
  });
  store_->entered.WaitForNotification();
  const Stubs stubs = server_->Connect();
  v1::GetObservationsRequest request;
  request.set_dataset("T");
  v1::GetObservationsResponse response;
  EXPECT_TRUE(
      Call(*stubs.observations, &v1::ObservationService::Stub::GetObservations, request, &response).ok());
  store_->open.Notify();
  for (std::thread& push : pushes) push.join();
}

TEST(ServerTest, APortInUseIsAnError) {
  TestServer first;
  const auto store = storage::NewMemoryStore(storage::LogId{8});
  FixedClock clock;
  telemetry::Log log(telemetry::Log::Format::kText, telemetry::LogLevel::kError);
  telemetry::Metrics metrics("0");
  daemon::ServerOptions options;
  auto tcp = daemon::Server::Start(options, store.get(), &clock, &log, &metrics);
  ASSERT_TRUE(tcp.ok()) << tcp.status();
  options.listen = (*tcp)->addresses();
  EXPECT_THAT(options.listen[0], testing::Not(testing::EndsWith(":0")));
  telemetry::Metrics other_metrics("0");
  const auto same_port = daemon::Server::Start(options, store.get(), &clock, &log, &other_metrics);
  ASSERT_FALSE(same_port.ok());
  EXPECT_THAT(std::string(same_port.status().message()), HasSubstr(options.listen[0]));
  options.listen = {first.address()};
  telemetry::Metrics third_metrics("0");
  const auto same_socket = daemon::Server::Start(options, store.get(), &clock, &log, &third_metrics);
  ASSERT_FALSE(same_socket.ok());
  EXPECT_THAT(std::string(same_socket.status().message()), HasSubstr("another process"));
}

}  // namespace
}  // namespace tidewaiter::rpc
