// Reading in pages and as streams, and listing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "domain/errors.h"
#include "tests/daemon/rpc/testing.h"

namespace tidewaiter::rpc {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class ReadTest : public ::testing::Test {
 protected:
  ReadTest() {
    server_.Push(
        "release A r1 2025-01-10\nmerge T\nCN.M 2024-11 1.0 source=p1\nCN.M 2024-12 2.0\nCN.X 2024-12 3.0");
    server_.Push("release A r2 2025-02-10T03:00:00Z\nmerge T\nCN.M 2024-12 2.5\nRU.X 2025-01 (NIL)");
  }

  absl::Status Get(const v1::GetObservationsRequest& request, v1::GetObservationsResponse* response) {
    return Call(*stubs_.observations, &v1::ObservationService::Stub::GetObservations, request, response);
  }
  absl::Status Get(const v1::GetHistoryRequest& request, v1::GetHistoryResponse* response) {
    return Call(*stubs_.observations, &v1::ObservationService::Stub::GetHistory, request, response);
  }
  static v1::GetObservationsRequest Rows() {
    v1::GetObservationsRequest request;
    request.set_dataset("T");
    request.set_format(v1::FORMAT_ROWS);
    return request;
  }
  static std::vector<std::string> Lines(const v1::GetObservationsResponse& response) {
    std::vector<std::string> lines;
    for (const v1::Observation& row : response.observations()) {
      lines.push_back(absl::StrCat(row.series(), " ", row.period(), " ", row.value()));
    }
    for (const v1::ObservationBlock& block : response.blocks()) {
      for (std::string& line : CellsOf(block)) lines.push_back(std::move(line));
    }
    return lines;
  }

  TestServer server_;
  Stubs stubs_ = server_.Connect();
};

TEST_F(ReadTest, RowsAndColumnsSayTheSame) {
  v1::GetObservationsRequest request = Rows();
  v1::GetObservationsResponse rows;
  ASSERT_TRUE(Get(request, &rows).ok());
  EXPECT_THAT(Lines(rows),
              ElementsAre("CN.M 2024-11 1.0", "CN.M 2024-12 2.5", "CN.X 2024-12 3.0", "RU.X 2025-01 "));
  EXPECT_EQ(rows.observations(0).source(), "p1");
  EXPECT_EQ(rows.observations(0).published_on(), "2025-01-10");
  EXPECT_EQ(rows.observations(1).published_on(), "");
  EXPECT_EQ(rows.observations(1).sequence(), 2u);
  EXPECT_EQ(rows.observations(3).absence(), v1::ABSENCE_NIL);
  EXPECT_EQ(rows.vintage().sequence(), 2u);
  EXPECT_FALSE(rows.vintage().has_as_of());
  request.set_format(v1::FORMAT_UNSPECIFIED);
  v1::GetObservationsResponse columns;
  ASSERT_TRUE(Get(request, &columns).ok());
  EXPECT_THAT(Lines(columns),
              ElementsAre("CN.M 2024-11 1.0", "CN.M 2024-12 2.5", "CN.X 2024-12 3.0", "RU.X 2025-01 (NIL)"));
  request.set_omit_texts(true);
  ASSERT_TRUE(Get(request, &columns).ok());
  EXPECT_EQ(columns.blocks(0).texts_size(), 0);
}

TEST_F(ReadTest, VintagesPeriodsAndKeys) {
  v1::GetObservationsRequest request = Rows();
  v1::GetObservationsResponse response;
  request.mutable_vintage()->set_as_of_date("2025-01-31");
  request.add_keys("CN.M");
  request.mutable_periods()->set_from("2024-12");
  ASSERT_TRUE(Get(request, &response).ok());
  EXPECT_THAT(Lines(response), ElementsAre("CN.M 2024-12 2.0"));
  EXPECT_TRUE(response.vintage().has_as_of());
  request.mutable_vintage()->Clear();
  request.mutable_vintage()->set_sequence(1);
  ASSERT_TRUE(Get(request, &response).ok());
  EXPECT_THAT(Lines(response), ElementsAre("CN.M 2024-12 2.0"));
}

TEST_F(ReadTest, ReadsThatAreWrong) {
  v1::GetObservationsResponse response;
  v1::GetObservationsRequest request = Rows();
  request.mutable_periods()->set_from("2024-13");
  request.mutable_vintage()->set_as_of_date("2025-02-30");
  EXPECT_THAT(FieldsOf(Get(request, &response)), UnorderedElementsAre("periods.from", "vintage.as_of_date"));
  request = Rows();
  request.add_keys("CN..X");
  EXPECT_THAT(FieldsOf(Get(request, &response)), ElementsAre("keys[0]"));
  request = Rows();
  request.mutable_vintage()->set_sequence(3);
  const absl::Status ahead = Get(request, &response);
  EXPECT_EQ(ReasonOf(ahead), Reason::kSequenceAhead);
  EXPECT_TRUE(absl::IsOutOfRange(ahead));
  EXPECT_EQ(DetailsOf(ahead).metadata.at("head"), "2");
  request = Rows();
  request.add_keys("CN.NONE");
  EXPECT_EQ(ReasonOf(Get(request, &response)), Reason::kSeriesNotFound);
  request = Rows();
  request.set_dataset("NONE");
  EXPECT_EQ(ReasonOf(Get(request, &response)), Reason::kDatasetNotFound);
  request = Rows();
  request.set_format(static_cast<v1::Format>(9));
  EXPECT_THAT(FieldsOf(Get(request, &response)), ElementsAre("format"));
}

TEST_F(ReadTest, PagesBelongTogetherWhateverComesMeanwhile) {
  v1::GetObservationsRequest request = Rows();
  request.set_page_size(1);
  v1::GetObservationsResponse response;
  std::vector<std::string> lines;
  std::vector<int> sizes;
  for (int page = 0;; ++page) {
    ASSERT_TRUE(Get(request, &response).ok());
    EXPECT_EQ(response.vintage().sequence(), 2u);
    sizes.push_back(response.observations_size());
    for (const std::string& line : Lines(response)) lines.push_back(line);
    if (response.next_page_token().empty()) break;
    request.set_page_token(response.next_page_token());
    server_.Push(absl::StrCat("release A more", page, " 2025-03-01\nmerge T\nCN.X 2024-12 9.", page,
                              "\nAA.X 2024-01 1\nZZ.X 2024-01 1"));
  }
  EXPECT_THAT(lines,
              ElementsAre("CN.M 2024-11 1.0", "CN.M 2024-12 2.5", "CN.X 2024-12 3.0", "RU.X 2025-01 "));
  EXPECT_THAT(sizes, testing::Each(testing::Le(2))) << "a series is never split";
}

TEST_F(ReadTest, ATokenOfAnotherRequestIsRefused) {
  v1::GetObservationsRequest request = Rows();
  request.set_page_size(1);
  v1::GetObservationsResponse response;
  ASSERT_TRUE(Get(request, &response).ok());
  const std::string token = response.next_page_token();
  ASSERT_FALSE(token.empty());
  request.set_page_token(token);
  request.set_page_size(2);
  EXPECT_TRUE(Get(request, &response).ok()) << "the page size may change";
  request.mutable_periods()->set_from("2020-01");
  EXPECT_EQ(ReasonOf(Get(request, &response)), Reason::kMalformedToken);
  v1::GetHistoryRequest history;
  history.set_dataset("T");
  history.set_page_token(token);
  v1::GetHistoryResponse entries;
  EXPECT_EQ(ReasonOf(Get(history, &entries)), Reason::kMalformedToken);
  for (const std::string& garbage :
       {std::string("x"), std::string("!!!"), token.substr(1), token + "A", std::string(5000, 'A')}) {
    v1::GetObservationsRequest bad = Rows();
    bad.set_page_token(garbage);
    const absl::Status status = Get(bad, &response);
    EXPECT_EQ(ReasonOf(status), Reason::kMalformedToken) << garbage;
    EXPECT_THAT(FieldsOf(status), ElementsAre("page_token"));
  }
}

TEST_F(ReadTest, HistoryIsSplitWithinASeries) {
  for (int i = 0; i < 5; ++i)
    server_.Push(absl::StrCat("release A h", i, " 2025-04-0", i + 1, "\nmerge T\nCN.M 2024-12 7.", i));
  v1::GetHistoryRequest request;
  request.set_dataset("T");
  v1::GetHistoryResponse whole;
  ASSERT_TRUE(Get(request, &whole).ok());
  ASSERT_EQ(whole.entries_size(), 10);
  EXPECT_EQ(whole.entries(1).observation().value(), "2.0");
  EXPECT_EQ(whole.entries(1).vintage_change().change_class(), v1::CHANGE_CLASS_NEW);
  EXPECT_EQ(whole.entries(2).vintage_change().change_class(), v1::CHANGE_CLASS_REVISED);
  EXPECT_EQ(whole.entries(2).published_to_on(), "2025-04-01");
  request.set_page_size(3);
  std::string paged;
  v1::GetHistoryResponse page;
  do {
    ASSERT_TRUE(Get(request, &page).ok());
    for (const v1::HistoryEntry& entry : page.entries()) paged += entry.SerializeAsString();
    request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  std::string expected;
  for (const v1::HistoryEntry& entry : whole.entries()) expected += entry.SerializeAsString();
  EXPECT_EQ(paged, expected);
}

TEST_F(ReadTest, HistoryTypes) {
  v1::GetHistoryRequest request;
  v1::GetHistoryResponse response;
  request.set_dataset("T");
  request.set_n(2);
  EXPECT_THAT(FieldsOf(Get(request, &response)), ElementsAre("n"));
  request.set_type(v1::HISTORY_TYPE_NTH);
  ASSERT_TRUE(Get(request, &response).ok());
  ASSERT_EQ(response.entries_size(), 1);
  EXPECT_EQ(response.entries(0).observation().value(), "2.5");
  request.set_n(0);
  EXPECT_THAT(FieldsOf(Get(request, &response)), ElementsAre("n"));
  request.set_type(v1::HISTORY_TYPE_INITIAL);
  ASSERT_TRUE(Get(request, &response).ok());
  EXPECT_EQ(response.entries_size(), 3);
}

TEST_F(ReadTest, StreamsSayWhatPagesSay) {
  for (int i = 0; i < 3000; ++i) {
    if (i % 1000 == 0)
      server_.Push(absl::StrCat("release A s", i, " 2025-05-01\nmerge U\nS", i, " 2025-01 1.", i, " note=n"));
  }
  for (const std::string dataset : {"T", "U"}) {
    v1::GetObservationsRequest get;
    get.set_dataset(dataset);
    v1::GetObservationsResponse page;
    ASSERT_TRUE(Get(get, &page).ok());
    v1::StreamObservationsRequest request;
    request.set_dataset(dataset);
    grpc::ClientContext context;
    auto reader = stubs_.observations->StreamObservations(&context, request);
    std::vector<std::string> lines;
    v1::StreamObservationsResponse message;
    for (bool first = true; reader->Read(&message); first = false) {
      EXPECT_EQ(message.has_vintage(), first);
      for (std::string& line : CellsOf(message.block())) lines.push_back(std::move(line));
    }
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_EQ(lines, Lines(page));
  }
  v1::StreamHistoryRequest request;
  request.set_dataset("T");
  grpc::ClientContext context;
  auto reader = stubs_.observations->StreamHistory(&context, request);
  v1::StreamHistoryResponse message;
  int entries = 0;
  while (reader->Read(&message)) entries += message.entries_size();
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(entries, 5);
}

TEST_F(ReadTest, AStreamOfNothingTellsItsVintage) {
  v1::StreamObservationsRequest request;
  request.set_dataset("U");
  grpc::ClientContext context;
  auto reader = stubs_.observations->StreamObservations(&context, request);
  v1::StreamObservationsResponse message;
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_EQ(message.vintage().sequence(), 2u);
  EXPECT_FALSE(message.has_block());
  EXPECT_FALSE(reader->Read(&message));
  EXPECT_TRUE(reader->Finish().ok());
}

// A page ends before it is larger than what callers take, and a stream's messages stay small.
TEST_F(ReadTest, LongTextsDoNotMakeLargeAnswers) {
  const std::string note(4000, 'n');
  std::string release = "release A long 2025-05-01\nmerge U\n";
  for (int i = 0; i < 700; ++i)
    absl::StrAppend(&release, "S", 1000 + i, " 2025-01 1 note=", i, note.substr(4), "\n");
  server_.Push(release);
  for (const v1::Format format : {v1::FORMAT_ROWS, v1::FORMAT_COLUMNS}) {
    v1::GetObservationsRequest request;
    request.set_dataset("U");
    request.set_format(format);
    request.set_page_size(100'000);
    v1::GetObservationsResponse response;
    std::size_t cells = 0;
    do {
      const absl::Status status = Get(request, &response);
      ASSERT_TRUE(status.ok()) << status;
      cells += Lines(response).size();
      request.set_page_token(response.next_page_token());
    } while (!response.next_page_token().empty());
    EXPECT_EQ(cells, 700u);
  }
  v1::StreamObservationsRequest request;
  request.set_dataset("U");
  grpc::ClientContext context;
  auto reader = stubs_.observations->StreamObservations(&context, request);
  v1::StreamObservationsResponse message;
  std::size_t cells = 0;
  while (reader->Read(&message)) {
    EXPECT_LT(message.ByteSizeLong(), 300u << 10);
    cells += CellsOf(message.block()).size();
  }
  EXPECT_EQ(cells, 700u);
}

TEST_F(ReadTest, DeadlinesAndCallersThatLeaveEndAStream) {
  v1::StreamObservationsRequest request;
  request.set_dataset("T");
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() - absl::Seconds(1)));
  v1::StreamObservationsResponse message;
  auto reader = stubs_.observations->StreamObservations(&context, request);
  while (reader->Read(&message)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(ReadTest, SeriesAreListedInPages) {
  v1::ListSeriesRequest request;
  request.mutable_selector()->set_dataset("T");
  request.set_page_size(2);
  v1::ListSeriesResponse response;
  std::vector<std::string> keys;
  do {
    ASSERT_TRUE(Call(*stubs_.datasets, &v1::DatasetService::Stub::ListSeries, request, &response).ok());
    for (const auto& series : response.series()) keys.push_back(series.key());
    request.set_page_token(response.next_page_token());
  } while (!response.next_page_token().empty());
  EXPECT_THAT(keys, ElementsAre("CN.M", "CN.X", "RU.X"));
  request.Clear();
  request.mutable_selector()->set_dataset("T");
  request.mutable_selector()->set_key(".X");
  ASSERT_TRUE(Call(*stubs_.datasets, &v1::DatasetService::Stub::ListSeries, request, &response).ok());
  EXPECT_EQ(response.series_size(), 2);
  request.mutable_selector()->set_key("..");
  EXPECT_THAT(FieldsOf(Call(*stubs_.datasets, &v1::DatasetService::Stub::ListSeries, request, &response)),
              ElementsAre("selector.key"));
}

TEST_F(ReadTest, Datasets) {
  v1::ListDatasetsResponse all;
  ASSERT_TRUE(
      Call(*stubs_.datasets, &v1::DatasetService::Stub::ListDatasets, v1::ListDatasetsRequest(), &all).ok());
  ASSERT_EQ(all.datasets_size(), 2);
  v1::CreateDatasetRequest create;
  *create.mutable_dataset() = all.datasets(0);
  v1::CreateDatasetResponse created;
  ASSERT_TRUE(Call(*stubs_.datasets, &v1::DatasetService::Stub::CreateDataset, create, &created).ok());
  EXPECT_EQ(created.dataset().version(), 1u);
  create.mutable_dataset()->set_title("A title");
  ASSERT_TRUE(Call(*stubs_.datasets, &v1::DatasetService::Stub::CreateDataset, create, &created).ok());
  EXPECT_EQ(created.dataset().version(), 2u);
  create.mutable_dataset()->set_time_zone("Mars/Olympus");
  create.mutable_dataset()->mutable_dimensions(0)->set_id("");
  EXPECT_THAT(FieldsOf(Call(*stubs_.datasets, &v1::DatasetService::Stub::CreateDataset, create, &created)),
              Contains("dataset.dimensions[0].id"));
  create.mutable_dataset()->mutable_dimensions(0)->set_id("other");
  create.mutable_dataset()->set_time_zone("UTC");
  const absl::Status conflict =
      Call(*stubs_.datasets, &v1::DatasetService::Stub::CreateDataset, create, &created);
  EXPECT_EQ(ReasonOf(conflict), Reason::kDatasetConflict);
  v1::GetDatasetRequest get;
  v1::GetDatasetResponse got;
  get.set_id("T");
  ASSERT_TRUE(Call(*stubs_.datasets, &v1::DatasetService::Stub::GetDataset, get, &got).ok());
  EXPECT_EQ(got.dataset().title(), "A title");
  get.set_id("NONE");
  EXPECT_EQ(ReasonOf(Call(*stubs_.datasets, &v1::DatasetService::Stub::GetDataset, get, &got)),
            Reason::kDatasetNotFound);
}

}  // namespace
}  // namespace tidewaiter::rpc
