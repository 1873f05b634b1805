// Pushing, uploading, retracting: what is taken, what is refused, and how it is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "grpcpp/generic/generic_stub.h"
#include "proto/convert/block.h"
#include "tests/daemon/rpc/testing.h"

namespace tidewaiter::rpc {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class PushTest : public ::testing::Test {
 protected:
  absl::Status Push(const v1::PushReleaseRequest& request, v1::PushReleaseResponse* response = nullptr) {
    v1::PushReleaseResponse ignored;
    return Call(*stubs_.releases, &v1::ReleaseService::Stub::PushRelease, request,
                response ? response : &ignored);
  }
  // Sends bytes as they are, and gives the status.
  grpc::Status SendRaw(const std::string& path, const std::string& bytes) {
    const grpc::Slice slice(bytes);
    grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    grpc::GenericStub generic(stubs_.channel);
    auto call = generic.PrepareUnaryCall(&context, path, request, &queue);
    call->StartCall();
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    return status;
  }

  TestServer server_;
  Stubs stubs_ = server_.Connect();
};

TEST_F(PushTest, AReleaseIsTakenOnceAndAnsweredTheSameForEver) {
  const auto request =
      PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}, {"CN.M", "2025-07", "2.5"}});
  v1::PushReleaseResponse first;
  ASSERT_TRUE(Push(request, &first).ok());
  EXPECT_EQ(first.release().sequence(), 1u);
  EXPECT_EQ(first.release().header().agency(), "GACC") << "the dataset's publisher";
  EXPECT_EQ(first.release().header().published_on(), "2025-08-07");
  EXPECT_EQ(first.release().observations(), 2u);
  EXPECT_EQ(first.release().digest().size(), 64u);
  EXPECT_FALSE(first.replayed());

  v1::PushReleaseResponse again;
  ASSERT_TRUE(Push(request, &again).ok());
  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.release().SerializeAsString(), first.release().SerializeAsString());

  v1::PushReleaseResponse twin;
  ASSERT_TRUE(
      Push(PushRequest("r2", "2025-08-07", "T", {{"CN.M", "2025-07", "2.5"}, {"CN.X", "2025-07", "1.5"}}),
           &twin)
          .ok());
  EXPECT_EQ(twin.release().sequence(), 2u);
}

TEST_F(PushTest, OtherContentUnderTheSameIdIsAConflict) {
  ASSERT_TRUE(Push(PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}})).ok());
  const absl::Status status = Push(PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.6"}}));
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_EQ(ReasonOf(status), Reason::kReleaseConflict);
  EXPECT_EQ(DetailsOf(status).metadata.at("held_digest").size(), 64u);
  EXPECT_NE(DetailsOf(status).metadata.at("held_digest"), DetailsOf(status).metadata.at("given_digest"));
}

TEST_F(PushTest, BlocksAndRowsMakeTheSameRelease) {
  convert::BlockEncoder encoder;
  encoder.BeginSeries("CN.X");
  encoder.Add(StatedCell{*Period::Parse("2025-07"), Datum::Value(*Decimal::Parse("1.5")), {}, "", ""});
  v1::PushReleaseRequest blocks = PushRequest("r1", "2025-08-07", "T", {});
  *blocks.mutable_sections(0)->add_blocks() = *encoder.Finish();
  v1::PushReleaseResponse first;
  ASSERT_TRUE(Push(blocks, &first).ok());
  v1::PushReleaseResponse second;
  ASSERT_TRUE(Push(PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}}), &second).ok());
  EXPECT_TRUE(second.replayed());
}

// What cannot be read and what the domain refuses come in one answer, and rows keep their numbers.
TEST_F(PushTest, EveryViolationAtOnce) {
  auto request = PushRequest("", "2025-02-30", "T",
                             {{"CN.X", "2025-13", "1.2.3"},
                              {"CN", "2025-07", "1"},
                              {"CN.X", "2025-07", "1"},
                              {"CN.X", "2025-07", "2"}});
  request.mutable_header()->set_stage("no spaces");
  const absl::Status status = Push(request);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(FieldsOf(status),
              IsSupersetOf({"header.published_on", "sections[0].observations[0].period",
                            "sections[0].observations[0].value", "sections[0].observations[1].series"}));
  // A header that can be read is judged together with the rows that cannot.
  request.mutable_header()->set_published_on("2025-08-07");
  EXPECT_THAT(FieldsOf(Push(request)),
              IsSupersetOf({"header.release_id", "header.stage", "sections[0].observations[0].period"}));
  EXPECT_EQ(server_.store().head(), 0u);
}

TEST_F(PushTest, ViolationsOfBlocksNameTheBlockAndItsCell) {
  v1::PushReleaseRequest request = PushRequest("r1", "2025-08-07", "T", {});
  for (const char* key : {"CN.X", "CN"}) {
    convert::BlockEncoder encoder;
    encoder.BeginSeries(key);
    encoder.Add(StatedCell{*Period::Parse("2025-06"), Datum::Value(*Decimal::Parse("1.5")), {}, "", ""});
    encoder.Add(StatedCell{*Period::Parse("2025-07"), Datum::Value(*Decimal::Parse("1.5")), {}, "", ""});
    *request.mutable_sections(0)->add_blocks() = *encoder.Finish();
  }
  absl::Status status = Push(request);
  EXPECT_THAT(FieldsOf(status), Contains("sections[0].blocks[1]"));
  EXPECT_THAT(DetailsOf(status).violations[0].description, HasSubstr("cell 0"));
  request.mutable_sections(0)->mutable_blocks(0)->mutable_data()->set_scale(19);
  EXPECT_THAT(FieldsOf(Push(request)),
              IsSupersetOf({"sections[0].blocks[0].data.scale", "sections[0].blocks[1]"}));
}

TEST_F(PushTest, RowsAndBlocksInOneSectionAreRefused) {
  auto request = PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}});
  request.mutable_sections(0)->add_blocks();
  EXPECT_THAT(FieldsOf(Push(request)), Contains("sections[0].blocks"));
}

// An echo of what was left out is no violation of its own.
TEST_F(PushTest, ARowThatCannotBeReadDoesNotMakeItsSectionEmpty) {
  auto request = PushRequest("r1", "2025-08-07", "T", {{"CN.X", "not a period", ""}});
  request.mutable_sections(0)->set_action(v1::ACTION_DELETE);
  EXPECT_THAT(FieldsOf(Push(request)), ElementsAre("sections[0].observations[0].period"));
}

TEST_F(PushTest, ADryRunTellsAndStoresNothing) {
  ASSERT_TRUE(
      Push(PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}, {"CN.Y", "2025-07", "3"}}))
          .ok());
  auto request =
      PushRequest("r2", "2025-08-08", "T",
                  {{"CN.X", "2025-07", "1.6"}, {"CN.Y", "2025-07", "3"}, {"CN.Z", "2025-07", "9"}});
  request.set_validate_only(true);
  v1::PushReleaseResponse response;
  ASSERT_TRUE(Push(request, &response).ok());
  EXPECT_EQ(response.release().sequence(), 0u);
  EXPECT_EQ(response.release().digest().size(), 64u);
  ASSERT_EQ(response.changes_size(), 1);
  EXPECT_THAT(ChangesOf(response.changes(0)),
              ElementsAre("REVISED CN.X 2025-07 1.6", "CONFIRMED CN.Y 2025-07 3", "NEW CN.Z 2025-07 9"));
  EXPECT_EQ(server_.store().head(), 1u);
  const std::string digest = response.release().digest();
  request.set_validate_only(false);
  ASSERT_TRUE(Push(request, &response).ok());
  EXPECT_EQ(response.release().digest(), digest);
}

TEST_F(PushTest, GarbageIsAnInvalidArgumentEverywhere) {
  for (const char* path :
       {"/tidewaiter.v1.ReleaseService/PushRelease", "/tidewaiter.v1.ReleaseService/GetRelease",
        "/tidewaiter.v1.ReleaseService/ListChanges", "/tidewaiter.v1.DatasetService/CreateDataset",
        "/tidewaiter.v1.ObservationService/GetObservations", "/tidewaiter.v1.StatusService/GetStatus",
        "/grpc.health.v1.Health/Check"}) {
    for (const std::string& bytes : {std::string(100, '\xff'), std::string("\x0a\x7f", 2)}) {
      const grpc::Status status = SendRaw(path, bytes);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
          << path << ": " << status.error_message();
    }
  }
}

TEST_F(PushTest, ManyEmptyPartsAreRefusedUnread) {
  std::string sections;
  for (int i = 0; i < 1'900'000; ++i) sections.append("\x12\x00", 2);
  const grpc::Status status = SendRaw("/tidewaiter.v1.ReleaseService/PushRelease", sections);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(FromWireStatus(status)), Reason::kLimitExceeded);
}

TEST_F(PushTest, WhatIsTooLargeIsRefused) {
  auto request = PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1"}});
  request.mutable_sections(0)->mutable_observations(0)->set_note(std::string(5 << 20, 'x'));
  EXPECT_TRUE(absl::IsResourceExhausted(Push(request)));
  v1::PushReleaseRequest many = PushRequest("r1", "2025-08-07", "T", {});
  for (int b = 0; b < 2; ++b) {
    convert::BlockEncoder encoder;
    for (int i = 0; i < 50'001; ++i) {
      encoder.BeginSeries(absl::StrCat("CN.S", b, i));
      encoder.Add(StatedCell{*Period::Parse("2025-06"), Datum::Value(*Decimal::Parse("1")), {}, "", ""});
    }
    *many.mutable_sections(0)->add_blocks() = *encoder.Finish();
  }
  const absl::Status status = Push(many);
  EXPECT_EQ(ReasonOf(status), Reason::kLimitExceeded) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("upload"));
}

TEST_F(PushTest, VeryManyViolationsArriveWithTheirCount) {
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < 2000; ++i) rows.push_back({"CN.X.Y", "2025-13", "1.2.3"});
  const absl::Status status = Push(PushRequest("r1", "2025-08-07", "T", rows));
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_GT(DetailsOf(status).violations.size(), 5u);
  EXPECT_EQ(DetailsOf(status).metadata.at("violations_found"), "4000");
}

TEST_F(PushTest, CompressedRequestsAreRefusedClearly) {
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::PushReleaseResponse response;
  auto request = PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1"}});
  request.mutable_header()->set_title(std::string(1000, 'x'));
  const grpc::Status status = stubs_.releases->PushRelease(&context, request, &response);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.error_message(), HasSubstr("ompress")) << status.error_code();
}

// ---- retracting, finding, listing
// --------------------------------------------------------------------------------

TEST_F(PushTest, RetractionsAndWhatStandsInTheLog) {
  ASSERT_TRUE(Push(PushRequest("r1", "2025-08-07", "T", {{"CN.X", "2025-07", "1.5"}})).ok());
  v1::RetractReleaseRequest retract;
  retract.set_agency("GACC");
  retract.set_release_id("r1");
  retract.set_reason("wrong file");
  v1::RetractReleaseResponse retracted;
  ASSERT_TRUE(Call(*stubs_.releases, &v1::ReleaseService::Stub::RetractRelease, retract, &retracted).ok());
  EXPECT_EQ(retracted.retraction().sequence(), 2u);
  EXPECT_EQ(retracted.retraction().retracts(), 1u);
  EXPECT_EQ(retracted.retraction().header().title(), "wrong file");
  const absl::Status again =
      Call(*stubs_.releases, &v1::ReleaseService::Stub::RetractRelease, retract, &retracted);
  EXPECT_EQ(ReasonOf(again), Reason::kReleaseRetracted);
  EXPECT_TRUE(absl::IsFailedPrecondition(again));

  v1::GetReleaseRequest get;
  v1::GetReleaseResponse got;
  get.set_agency("GACC");
  get.set_release_id("r1");
  ASSERT_TRUE(Call(*stubs_.releases, &v1::ReleaseService::Stub::GetRelease, get, &got).ok());
  EXPECT_EQ(got.release().retracted_by(), 2u);
  EXPECT_FALSE(got.resume_token().empty());
  get.Clear();
  get.set_sequence(3);
  EXPECT_EQ(ReasonOf(Call(*stubs_.releases, &v1::ReleaseService::Stub::GetRelease, get, &got)),
            Reason::kSequenceAhead);
  get.set_agency("GACC");
  get.set_sequence(0);
  get.set_release_id("none");
  EXPECT_EQ(ReasonOf(Call(*stubs_.releases, &v1::ReleaseService::Stub::GetRelease, get, &got)),
            Reason::kReleaseNotFound);
  get.Clear();
  EXPECT_THAT(FieldsOf(Call(*stubs_.releases, &v1::ReleaseService::Stub::GetRelease, get, &got)),
              UnorderedElementsAre("agency", "release_id"));
}

TEST_F(PushTest, ReleasesAreListedInPages) {
  for (int i = 1; i <= 5; ++i) {
    server_.Push(absl::StrCat("release A r", i, " 2025-01-01\nmerge ", i % 2 ? "T" : "U", "\n",
                              i % 2 ? "CN.X" : "A", " 2025-01 ", i));
  }
  v1::ListReleasesRequest request;
  v1::ListReleasesResponse response;
  request.set_page_size(2);
  std::vector<std::uint64_t> sequences;
  do {
    ASSERT_TRUE(Call(*stubs_.releases, &v1::ReleaseService::Stub::ListReleases, request, &response).ok());
    EXPECT_LE(response.releases_size(), 2);
    for (const v1::Release& release : response.releases()) sequences.push_back(release.sequence());
    request.set_after_sequence(response.next_after_sequence());
  } while (response.next_after_sequence() != 0);
  EXPECT_THAT(sequences, ElementsAre(1, 2, 3, 4, 5));
  request.Clear();
  request.set_dataset("U");
  ASSERT_TRUE(Call(*stubs_.releases, &v1::ReleaseService::Stub::ListReleases, request, &response).ok());
  EXPECT_EQ(response.releases_size(), 2);
  request.set_dataset("NONE");
  EXPECT_EQ(ReasonOf(Call(*stubs_.releases, &v1::ReleaseService::Stub::ListReleases, request, &response)),
            Reason::kDatasetNotFound);
  request.set_page_size(100'001);
  request.clear_dataset();
  EXPECT_THAT(FieldsOf(Call(*stubs_.releases, &v1::ReleaseService::Stub::ListReleases, request, &response)),
              ElementsAre("page_size"));
}

// ---- uploads
// -----------------------------------------------------------------------------------------------------

class UploadTest : public PushTest {
 protected:
  using Message = v1::UploadReleaseRequest;

  static Message Header(const std::string& id = "u1") {
    Message message;
    message.mutable_header()->set_release_id(id);
    message.mutable_header()->set_published_on("2025-08-07");
    return message;
  }
  static Message Section(const std::string& dataset = "T") {
    Message message;
    message.mutable_section()->set_dataset(dataset);
    return message;
  }
  static Message Block(const std::vector<std::string>& keys, const std::string& value = "1.5") {
    convert::BlockEncoder encoder;
    for (const std::string& key : keys) {
      encoder.BeginSeries(key);
      encoder.Add(StatedCell{*Period::Parse("2025-06"), Datum::Value(*Decimal::Parse(value)), {}, "", ""});
    }
    Message message;
    *message.mutable_block() = *encoder.Finish();
    return message;
  }
  static Message End(std::uint64_t observations) {
    Message message;
    message.mutable_end()->set_observations(observations);
    return message;
  }

  absl::Status Upload(const std::vector<Message>& messages, v1::UploadReleaseResponse* response = nullptr) {
    v1::UploadReleaseResponse ignored;
    grpc::ClientContext context;
    auto writer = stubs_.releases->UploadRelease(&context, response ? response : &ignored);
    for (const Message& message : messages) {
      if (!writer->Write(message)) break;
    }
    writer->WritesDone();
    return FromWireStatus(writer->Finish());
  }
};

TEST_F(UploadTest, AnUploadIsAReleaseLikeAnyOther) {
  v1::UploadReleaseResponse response;
  const absl::Status status = Upload(
      {Header(), Section(), Block({"CN.M", "CN.X"}), Block({"CN.Y"}), Section("U"), Block({"A"}), End(4)},
      &response);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(response.release().sequence(), 1u);
  EXPECT_EQ(response.release().observations(), 4u);
  EXPECT_EQ(response.release().sections_size(), 2);
  ASSERT_TRUE(
      Upload({Header(), Section(), Block({"CN.M", "CN.X", "CN.Y"}), Section("U"), Block({"A"}), End(4)},
             &response)
          .ok());
  EXPECT_TRUE(response.replayed()) << "however it is cut";
}

TEST_F(UploadTest, WhatIsNotAnUploadLeavesNothing) {
  const Message block = Block({"CN.X"});
  struct Case {
    const char* name;
    std::vector<Message> messages;
    Reason reason;
  };
  const Case cases[] = {
      {"nothing", {}, Reason::kInvalidArgument},
      {"no end", {Header(), Section(), block}, Reason::kInvalidArgument},
      {"no header", {Section(), block, End(1)}, Reason::kInvalidArgument},
      {"two headers", {Header(), Header(), Section(), block, End(1)}, Reason::kInvalidArgument},
      {"no section", {Header(), block, End(1)}, Reason::kInvalidArgument},
      {"an end without a section", {Header(), End(0)}, Reason::kInvalidArgument},
      {"after the end", {Header(), Section(), block, End(1), block}, Reason::kInvalidArgument},
      {"empty message", {Header(), Message()}, Reason::kInvalidArgument},
      {"wrong count", {Header(), Section(), block, End(2)}, Reason::kInvalidArgument},
      {"not sorted", {Header(), Section(), Block({"CN.Y"}), Block({"CN.X"}), End(2)}, Reason::kNotSorted},
      {"no such dataset", {Header(), Section("NONE"), block, End(1)}, Reason::kDatasetNotFound},
      {"a key of another dataset", {Header(), Section(), Block({"A"}), End(1)}, Reason::kInvalidArgument},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const absl::Status status = Upload(c.messages);
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(ReasonOf(status), c.reason) << status;
  }
  EXPECT_EQ(server_.store().head(), 0u);
  EXPECT_TRUE(Upload({Header(), Section(), block, End(1)}).ok()) << "every place is free again";
}

TEST_F(UploadTest, AFaultyBlockNamesItsMessage) {
  Message broken = Block({"CN.X"});
  broken.mutable_block()->mutable_data()->set_scale(19);
  EXPECT_THAT(FieldsOf(Upload({Header(), Section(), Block({"CN.M"}), broken, End(2)})),
              ElementsAre("messages[3].block.data.scale"));
}

TEST_F(UploadTest, PlacesAreFewAndComeBack) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientWriter<Message>>> writers;
  std::vector<v1::UploadReleaseResponse> responses(limits::kMaxConcurrentUploads);
  for (int i = 0; i < limits::kMaxConcurrentUploads; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    writers.push_back(
        stubs_.releases->UploadRelease(contexts.back().get(), &responses[static_cast<std::size_t>(i)]));
    writers.back()->Write(Header(absl::StrCat("u", i)));
    writers.back()->Write(Section());
  }
  v1::GetStatusResponse status;
  do {  // until all have begun
    ASSERT_TRUE(
        Call(*stubs_.status, &v1::StatusService::Stub::GetStatus, v1::GetStatusRequest(), &status).ok());
  } while (status.uploads() < limits::kMaxConcurrentUploads);
  const absl::Status refused = Upload({Header("more"), Section(), Block({"CN.X"}), End(1)});
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  for (auto& context : contexts) context->TryCancel();
  for (auto& writer : writers) EXPECT_FALSE(writer->Finish().ok());
  do {
    ASSERT_TRUE(
        Call(*stubs_.status, &v1::StatusService::Stub::GetStatus, v1::GetStatusRequest(), &status).ok());
  } while (status.uploads() > 0);
  EXPECT_TRUE(Upload({Header("more"), Section(), Block({"CN.X"}), End(1)}).ok());
}

TEST(UploadIdleTest, AnUploadThatFallsSilentIsGivenUp) {
  daemon::ServerOptions options;
  options.backend.upload_idle_limit = absl::Milliseconds(100);
  TestServer server(options);
  const Stubs stubs = server.Connect();
  grpc::ClientContext context;
  v1::UploadReleaseResponse response;
  auto writer = stubs.releases->UploadRelease(&context, &response);
  v1::UploadReleaseRequest header;
  header.mutable_header()->set_release_id("u1");
  writer->Write(header);
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace tidewaiter::rpc
