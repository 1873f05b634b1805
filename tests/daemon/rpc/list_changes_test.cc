// What a release changed, page by page: the same as subscribers were sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daemon/rpc/page_token.h"
#include "domain/errors.h"
#include "storage/memory/memory_store.h"
#include "tests/daemon/engine/random_releases.h"
#include "tests/daemon/rpc/testing.h"
#include "tests/support/release_text.h"

namespace tidewaiter::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using Lines = std::vector<std::string>;

v1::ListChangesRequest Of(Sequence sequence) {
  v1::ListChangesRequest request;
  request.set_sequence(sequence);
  return request;
}

// "T NEW CN.X 2025-01 1" of every cell.
template <typename Blocks>
void Append(const Blocks& blocks, Lines* lines) {
  for (const v1::ChangeBlock& block : blocks) {
    for (const std::string& line : ChangesOf(block))
      lines->push_back(absl::StrCat(block.dataset(), " ", line));
  }
}

class Caller {
 public:
  explicit Caller(const TestServer& server) : stubs_(server.Connect()) {}

  absl::Status List(const v1::ListChangesRequest& request, v1::ListChangesResponse* response) {
    return Call(*stubs_.releases, &v1::ReleaseService::Stub::ListChanges, request, response);
  }
  absl::Status Error(const v1::ListChangesRequest& request) {
    v1::ListChangesResponse response;
    return List(request, &response);
  }
  // All pages; `next_size` says how large each may be.
  template <typename NextSize>
  Lines All(v1::ListChangesRequest request, NextSize next_size, std::uint64_t* omitted = nullptr) {
    Lines lines;
    while (true) {
      request.set_page_size(next_size());
      v1::ListChangesResponse response;
      const absl::Status status = List(request, &response);
      if (!status.ok()) ADD_FAILURE() << status;
      const std::size_t before = lines.size();
      Append(response.changes(), &lines);
      EXPECT_LE(lines.size() - before, request.page_size());
      if (omitted != nullptr) *omitted += response.omitted_confirmed();
      if (!status.ok() || response.next_page_token().empty()) return lines;
      request.set_page_token(response.next_page_token());
    }
  }
  Lines All(const v1::ListChangesRequest& request) {
    return All(request, [] { return 1000u; });
  }
  // What subscribers are sent, by sequence.
  std::map<std::uint64_t, Lines> Streamed(Sequence head) {
    grpc::ClientContext context;
    v1::SubscribeRequest request;
    request.set_after_sequence(0);
    const auto reader = stubs_.updates->Subscribe(&context, request);
    std::map<std::uint64_t, Lines> changes;
    v1::SubscribeResponse message;
    while (reader->Read(&message)) {
      if (!message.has_release()) continue;
      Append(message.release().changes(), &changes[message.release().sequence()]);
      if (message.release().last() && message.release().sequence() == head) break;
    }
    context.TryCancel();
    return changes;
  }

 private:
  Stubs stubs_;
};

class ListChangesTest : public ::testing::Test {
 protected:
  ListChangesTest() {
    server_.Push(
        "release A r1 2025-01-10\nmerge T\nCN.M 2024-12 2.0\nCN.X 2024-12 3.0\nmerge U\nA 2024-12 1");
    server_.Push(
        "release A r2 2025-02-10 kind=correction\nmerge T\nCN.M 2024-12 2.5\nCN.X 2024-12 3.0\nRU.X 2025-01 "
        "(NIL)");
  }
  TestServer server_;
  Caller caller_{server_};
};

TEST_F(ListChangesTest, BySequenceAndByName) {
  v1::ListChangesResponse response;
  ASSERT_TRUE(caller_.List(Of(2), &response).ok());
  Lines lines;
  Append(response.changes(), &lines);
  EXPECT_THAT(lines, ElementsAre("T REVISED CN.M 2024-12 2.5", "T CONFIRMED CN.X 2024-12 3.0",
                                 "T NEW RU.X 2025-01 (NIL)"));
  EXPECT_EQ(response.release().header().release_id(), "r2");
  EXPECT_EQ(response.release().header().kind(), v1::RELEASE_KIND_CORRECTION);
  EXPECT_EQ(response.omitted_confirmed(), 0u);
  EXPECT_EQ(response.next_page_token(), "");
  EXPECT_EQ(response.changes(0).before().coefficients(0), 20);

  v1::ListChangesRequest by_name;
  by_name.set_agency("A");
  by_name.set_release_id("r2");
  v1::ListChangesResponse same;
  ASSERT_TRUE(caller_.List(by_name, &same).ok());
  EXPECT_EQ(same.SerializeAsString(), response.SerializeAsString());
}

TEST_F(ListChangesTest, ConfirmedOnesAreCountedWhenLeftOut) {
  v1::ListChangesRequest request = Of(2);
  request.set_omit_confirmed(true);
  std::uint64_t omitted = 0;
  EXPECT_THAT(caller_.All(
                  request, [] { return 1u; }, &omitted),
              ElementsAre("T REVISED CN.M 2024-12 2.5", "T NEW RU.X 2025-01 (NIL)"));
  EXPECT_EQ(omitted, 1u);
}

TEST_F(ListChangesTest, SelectorsLeaveOutTheRest) {
  v1::ListChangesRequest request = Of(1);
  v1::SeriesSelector& selector = *request.add_selectors();
  selector.set_dataset("T");
  selector.set_key(".X");
  EXPECT_THAT(caller_.All(request), ElementsAre("T NEW CN.X 2024-12 3.0"));
  selector.set_dataset("U");
  selector.set_key("NONE");
  EXPECT_THAT(caller_.All(request), IsEmpty()) << "a series need not exist";
  request.set_sequence(2);
  v1::ListChangesResponse untouched;
  ASSERT_TRUE(caller_.List(request, &untouched).ok());
  EXPECT_EQ(untouched.release().header().release_id(), "r2");
  EXPECT_EQ(untouched.changes_size(), 0);
}

TEST_F(ListChangesTest, ARetractionSaysWhatItUncovered) {
  ASSERT_TRUE(server_.store().Retract("A", "r2", "wrong file", Instant()).ok());
  EXPECT_THAT(caller_.All(Of(3)), ElementsAre("T REVISED CN.M 2024-12 2.0", "T CONFIRMED CN.X 2024-12 3.0",
                                              "T WITHDRAWN RU.X 2025-01 (WITHDRAWN)"));
  v1::ListChangesResponse response;
  ASSERT_TRUE(caller_.List(Of(3), &response).ok());
  EXPECT_EQ(response.release().retracts(), 2u);
  EXPECT_EQ(response.release().header().title(), "wrong file");
  ASSERT_TRUE(caller_.List(Of(2), &response).ok());
  EXPECT_EQ(response.release().retracted_by(), 3u);
  EXPECT_THAT(caller_.All(Of(2)).front(), "T REVISED CN.M 2024-12 2.5") << "what it changed then stays so";
}

TEST_F(ListChangesTest, WhatIsAskedWrongly) {
  EXPECT_EQ(ReasonOf(caller_.Error(Of(3))), Reason::kSequenceAhead);
  v1::ListChangesRequest unknown;
  unknown.set_agency("A");
  unknown.set_release_id("r3");
  EXPECT_EQ(ReasonOf(caller_.Error(unknown)), Reason::kReleaseNotFound);
  EXPECT_THAT(FieldsOf(caller_.Error(v1::ListChangesRequest())),
              UnorderedElementsAre("agency", "release_id"));
  v1::ListChangesRequest request = Of(1);
  request.set_page_size(100'001);
  EXPECT_THAT(FieldsOf(caller_.Error(request)), ElementsAre("page_size"));
  request = Of(1);
  request.add_selectors()->set_dataset("T");
  request.mutable_selectors(0)->set_key("CN.X.Y");
  request.add_selectors();
  EXPECT_THAT(FieldsOf(caller_.Error(request)), ElementsAre("selectors[0].key", "selectors[1].dataset"));
  request.mutable_selectors(1)->set_dataset("NONE");
  EXPECT_EQ(ReasonOf(caller_.Error(request)), Reason::kDatasetNotFound);
}

TEST_F(ListChangesTest, ATokenServesItsOwnRequestOnly) {
  v1::ListChangesRequest request = Of(1);
  request.set_page_size(1);
  v1::ListChangesResponse response;
  ASSERT_TRUE(caller_.List(request, &response).ok());
  request = Of(2);
  request.set_page_token(response.next_page_token());
  EXPECT_EQ(ReasonOf(caller_.Error(request)), Reason::kMalformedToken);
  for (const char* made_up : {"", "0", "0.0", "0.0.x", "0.9.0", "7.0.0", "0.0.0.0", "-1.0.0"}) {
    PageToken token;
    token.vintage.sequence = 2;
    token.after = made_up;
    request.set_page_token(EncodePageToken(token, request));
    EXPECT_EQ(ReasonOf(caller_.Error(request)), Reason::kMalformedToken) << made_up;
  }
}

// Random releases and retractions; pages of random size, put together, are what the stream says.
TEST(ListChangesModelTest, PagesPutTogetherAreTheStream) {
  for (const std::uint32_t seed : {1u, 2u, 3u, 4u, 5u}) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    engine::RandomReleases random(seed);
    std::unique_ptr<storage::Store> store = storage::NewMemoryStore(storage::LogId{7});
    for (const std::string& id : engine::RandomReleases::Datasets()) {
      ASSERT_TRUE(store->PutDataset(support::MakeDataset(id, "reporter flow")).ok());
    }
    TestServer server({}, std::move(store));
    for (int i = 0; i < 30; ++i) {
      server.Push(random.Next(absl::StrCat("r", i)));
      if (random.Chance(20)) {
        (void)server.store().Retract("A", absl::StrCat("r", random.Pick(i + 1)), "", Instant());
      }
    }
    Caller caller(server);
    const Sequence head = server.store().head();
    for (const auto& [sequence, streamed] : caller.Streamed(head)) {
      SCOPED_TRACE(absl::StrCat("sequence ", sequence));
      const auto size = [&] { return 1u + static_cast<unsigned>(random.Pick(5)); };
      EXPECT_EQ(caller.All(Of(sequence), size), streamed);
      v1::ListChangesRequest request = Of(sequence);
      request.set_omit_confirmed(true);
      std::uint64_t omitted = 0;
      Lines kept;
      for (const std::string& line : streamed) {
        if (!absl::StrContains(line, " CONFIRMED ")) kept.push_back(line);
      }
      EXPECT_EQ(caller.All(request, size, &omitted), kept);
      EXPECT_EQ(omitted + kept.size(), streamed.size());
    }
  }
}

}  // namespace
}  // namespace tidewaiter::rpc
