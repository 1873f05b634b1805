// What the client sends, and what it makes of answers.
#include "client/client.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/upload.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/convert/block.h"
#include "tests/client/fake_daemon.h"

namespace tidewaiter::client {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::tidewaiter::testing::FakeDaemon;

Observation Stated(std::string_view series, std::string_view period, std::string_view value) {
  return {
      *SeriesKey::Parse(series), *Period::Parse(period), Datum::Value(*Decimal::Parse(value)), {}, "", ""};
}

// "CN.X 2024-12 10.5", in the order of the block.
std::vector<std::string> CellsOf(const v1::ObservationBlock& message) {
  convert::DecodedBlock block;
  EXPECT_TRUE(convert::DecodeBlock(message, convert::BlockUse::kStatements, &block).ok());
  std::vector<std::string> cells;
  for (const auto& series : block.series) {
    for (const StatedCell& cell : block.CellsOf(series)) {
      cells.push_back(
          absl::StrCat(std::string(series.key), " ", cell.period.ToString(), " ", cell.datum.ToString()));
    }
  }
  return cells;
}

ReleaseDraft Draft() {
  ReleaseDraft draft;
  draft.release_id = "r1";
  draft.published_on = absl::CivilDay(2025, 8, 7);
  return draft;
}

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() : client_(*Client::Connect({.address = daemon_.address()})) {}
  FakeDaemon daemon_;
  std::unique_ptr<Client> client_;
};

TEST(ClientAddress, OtherFormsAreRefused) {
  for (const char* address :
       {"", "host", "host:", ":7443", "host:0", "host:65536", "host:7443x", "::1:7443", "unix:"}) {
    const auto client = Client::Connect({.address = address});
    EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
  for (const char* address :
       {"127.0.0.1:7443", "[::1]:7443", "host.example:1", "unix:/tmp/socket", "unix:socket"}) {
    EXPECT_TRUE(Client::Connect({.address = address}).ok()) << address;
  }
}

TEST(ClientAddress, CertificatesMustBeReadable) {
  ConnectOptions options;
  options.tls = Tls{.ca_file = "/nonexistent/ca.pem", .cert_file = "", .key_file = "", .server_name = ""};
  const auto client = Client::Connect(options);
  EXPECT_THAT(std::string(client.status().message()), HasSubstr("/nonexistent/ca.pem"));
}

TEST_F(ClientTest, PushSendsObservationsSortedAndViolationsComeBackInTheOrderGiven) {
  Release::Section section;
  section.header.dataset = "T";
  section.observations = {Stated("CN.X", "2025-01", "3"), Stated("CN.M", "2025-01", "1"),
                          Stated("CN.X", "2024-12", "2")};
  const auto result = client_->Push(Draft(), {section});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->release.sequence, 1u);
  const v1::PushReleaseRequest request = daemon_.pushes().at(0);
  EXPECT_EQ(request.header().published_on(), "2025-08-07");
  EXPECT_FALSE(request.header().has_published_at());
  ASSERT_EQ(request.sections(0).blocks_size(), 1);
  EXPECT_THAT(CellsOf(request.sections(0).blocks(0)),
              ElementsAre("CN.M 2025-01 1", "CN.X 2024-12 2", "CN.X 2025-01 3"));

  daemon_.accept = [](const v1::ReleaseHeader&) {
    return MakeError(absl::StatusCode::kInvalidArgument, Reason::kDuplicateCell, "two problems",
                     {{"limit", "7"}},
                     {{"sections[0].observations[0].period", "first sent"},
                      {"sections[0].observations[2].period", "last sent"},
                      {"header.stage", "elsewhere"}});
  };
  const absl::Status refused = client_->Push(Draft(), {section}).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  const ErrorDetails details = DetailsOf(refused);
  EXPECT_EQ(details.reason, Reason::kDuplicateCell);
  EXPECT_EQ(details.metadata.at("limit"), "7");
  EXPECT_EQ(details.metadata.at("request_id"), "request-1");
  ASSERT_THAT(details.violations, SizeIs(3));
  EXPECT_EQ(details.violations[0].field, "sections[0].observations[1].period");
  EXPECT_EQ(details.violations[1].field, "sections[0].observations[0].period");
  EXPECT_EQ(details.violations[2].field, "header.stage");
}

TEST_F(ClientTest, APushThatIsTooLargeForOneCallIsUploaded) {
  Release::Section section;
  section.header.dataset = "T";
  const std::size_t count = limits::kMaxUnaryObservations + 1;
  for (std::size_t i = 0; i < count; ++i) {
    section.observations.push_back(Stated(absl::StrCat("S", i % 1000), "2025-01", "1.5"));
    section.observations.back().period =
        *Period::Create(*Month::FromYearMonth(2000, 1) + static_cast<int>(i / 1000), 1);
  }
  const auto result = client_->Push(Draft(), {section});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->release.observations, count);
  EXPECT_TRUE(daemon_.pushes().empty());
  const auto messages = daemon_.uploads().at(0);
  EXPECT_TRUE(messages.front().has_header());
  EXPECT_EQ(messages.at(1).section().dataset(), "T");
  EXPECT_EQ(messages.back().end().observations(), count);
  std::vector<std::string> cells;
  for (const v1::UploadReleaseRequest& message : messages) {
    EXPECT_LE(message.ByteSizeLong(), 1u << 20);
    if (!message.has_block()) continue;
    EXPECT_LE(message.block().period_start_deltas_size(), static_cast<int>(limits::kMaxChunkObservations));
    for (std::string& cell : CellsOf(message.block())) cells.push_back(std::move(cell));
  }
  EXPECT_EQ(cells.size(), count);
  EXPECT_TRUE(std::is_sorted(cells.begin(), cells.end()));
}

TEST_F(ClientTest, LongTextsCutBlocksBeforeTheyAreTooLarge) {
  auto upload = client_->StartUpload(Draft());
  ASSERT_TRUE(upload.ok());
  ASSERT_TRUE((*upload)->BeginSection({"T", Action::kMerge, std::nullopt}).ok());
  ASSERT_TRUE((*upload)->BeginSeries("CN.X").ok());
  for (int i = 0; i < 1000; ++i) {
    const std::string note = absl::StrCat(i, std::string(4000, 'n'));
    const Period period = Period::FromValid(*Month::FromYearMonth(1900, 1) + i, 1);
    ASSERT_TRUE((*upload)->Add({period, Datum::Value(*Decimal::Parse("1")), {}, "", note}).ok());
  }
  ASSERT_TRUE((*upload)->Finish().ok());
  std::size_t cells = 0;
  const auto messages = daemon_.uploads().at(0);
  for (const v1::UploadReleaseRequest& message : messages) {
    EXPECT_LE(message.ByteSizeLong(), 1u << 20);
    if (message.has_block()) cells += CellsOf(message.block()).size();
  }
  EXPECT_EQ(cells, 1000u);
}

TEST_F(ClientTest, ARefusedUploadSaysWhy) {
  daemon_.accept = [](const v1::ReleaseHeader&) {
    return MakeError(absl::StatusCode::kAlreadyExists, Reason::kReleaseConflict, "held with other content");
  };
  auto upload = client_->StartUpload(Draft());
  ASSERT_TRUE(upload.ok());
  (void)(*upload)->BeginSection({"T", Action::kMerge, std::nullopt});
  (void)(*upload)->BeginSeries("CN.X");
  absl::Status status;
  for (int i = 0; i < 10'000'000 && status.ok(); ++i) {
    status = (*upload)->Add(
        {Period::FromValid(*Month::FromYearMonth(1900, 1) + i % 1000, 1), Datum(), {}, "", ""});
  }
  EXPECT_EQ(DetailsOf(status).reason, Reason::kReleaseConflict) << status;
  EXPECT_EQ((*upload)->Finish().status(), status);
}

TEST_F(ClientTest, AnUploadThatIsDroppedHasNoEnd) {
  {
    auto upload = client_->StartUpload(Draft());
    ASSERT_TRUE(upload.ok());
    ASSERT_TRUE((*upload)->BeginSection({"T", Action::kMerge, std::nullopt}).ok());
  }
  daemon_.Stop();  // waits for the call
  for (const auto& messages : daemon_.uploads()) {
    for (const auto& message : messages) EXPECT_FALSE(message.has_end());
  }
}

TEST_F(ClientTest, DeadlinesAndUnreachableDaemons) {
  daemon_.get = [](const v1::GetObservationsRequest&, v1::GetObservationsResponse*) {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    return absl::OkStatus();
  };
  EXPECT_EQ(client_->Read({.dataset = "T"}, 0, {}, {absl::Milliseconds(20)}).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  daemon_.Stop();
  EXPECT_EQ(client_->Read({.dataset = "T"}).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ClientTest, CancelAllEndsCallsUnderWayAndLaterOnes) {
  std::atomic<bool> entered = false;
  daemon_.get = [&entered](const v1::GetObservationsRequest&, v1::GetObservationsResponse*) {
    entered = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return absl::OkStatus();
  };
  std::thread canceller([&] {
    while (!entered) std::this_thread::yield();
    client_->CancelAll();
  });
  EXPECT_EQ(client_->Read({.dataset = "T"}).status().code(), absl::StatusCode::kCancelled);
  canceller.join();
  EXPECT_EQ(client_->GetStatus().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(ClientTest, ReadDecodesCellsWithTheirOrigins) {
  daemon_.get = [](const v1::GetObservationsRequest& request, v1::GetObservationsResponse* response) {
    EXPECT_EQ(request.vintage().as_of_date(), "2025-08-07");
    EXPECT_EQ(request.periods().from(), "2024-01");
    response->mutable_vintage()->set_sequence(12);
    v1::ObservationBlock& block = *response->add_blocks();
    block.add_series("CN.X");
    block.add_cell_counts(2);
    block.add_period_start_deltas(660);  // 2025-01
    block.add_period_start_deltas(1);
    block.mutable_data()->add_coefficients(1258);
    block.mutable_data()->add_coefficients(0);
    block.mutable_data()->set_scale(1);
    block.mutable_data()->add_absences(v1::ABSENCE_UNSPECIFIED);
    block.mutable_data()->add_absences(v1::ABSENCE_SUPPRESSED);
    block.add_texts("the press");
    block.add_sources(1);
    block.add_sources(0);
    auto* release = block.add_releases();
    release->set_sequence(7);
    release->set_published_at_micros(1754611199999999);
    release->set_published_on("2025-08-07");
    block.add_release_indexes(0);
    block.add_release_indexes(0);
    block.add_value_age_micros(0);
    block.add_value_age_micros(1'000'000);
    return absl::OkStatus();
  };
  ReadQuery query;
  query.dataset = "T";
  query.vintage.as_of_day = absl::CivilDay(2025, 8, 7);
  query.periods.from = *Month::Parse("2024-01");
  const auto page = client_->Read(query);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->vintage.sequence, 12u);
  EXPECT_EQ(page->vintage.as_of, Instant::Max());
  ASSERT_THAT(page->series, SizeIs(1));
  const Cell& first = page->series[0].cells.at(0);
  EXPECT_EQ(first.period.ToString(), "2025-01");
  EXPECT_EQ(first.datum.ToString(), "125.8");
  EXPECT_EQ(first.source, "the press");
  EXPECT_EQ(first.sequence, 7u);
  EXPECT_EQ(first.published_at.ToString(), "2025-08-07");
  EXPECT_EQ(first.value_since, first.published_at.instant);
  const Cell& second = page->series[0].cells.at(1);
  EXPECT_EQ(second.datum.ToString(), "(SUPPRESSED)");
  EXPECT_EQ(second.value_since.ToString(), "2025-08-07T23:59:58.999999Z");
}

TEST_F(ClientTest, AnAnswerThatCannotBeReadIsInternal) {
  daemon_.get = [](const v1::GetObservationsRequest&, v1::GetObservationsResponse* response) {
    response->add_blocks()->add_cell_counts(7);
    return absl::OkStatus();
  };
  EXPECT_EQ(client_->Read({.dataset = "T"}).status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace tidewaiter::client
