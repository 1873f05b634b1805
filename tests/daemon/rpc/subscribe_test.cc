// Subscriptions over the wire: what comes, in what order, and what a subscriber may cost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "domain/errors.h"
#include "storage/memory/memory_store.h"
#include "tests/daemon/rpc/testing.h"
#include "tests/support/release_text.h"

namespace tidewaiter::rpc {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One subscription.
class Subscriber {
 public:
  Subscriber(const Stubs& stubs, const v1::SubscribeRequest& request)
      : reader_(stubs.updates->Subscribe(&context_, request)) {}
  ~Subscriber() {
    context_.TryCancel();
    while (reader_ != nullptr && reader_->Read(&message_)) {
    }
    if (reader_ != nullptr) reader_->Finish();
  }
  // The next message but progress; none at the end.
  const v1::SubscribeResponse* Next() {
    while (reader_->Read(&message_)) {
      if (!message_.has_progress()) return &message_;
    }
    return nullptr;
  }
  const v1::SubscribeResponse* NextOfAnyKind() { return reader_->Read(&message_) ? &message_ : nullptr; }
  absl::Status Finish() {
    const absl::Status status = FromWireStatus(reader_->Finish());
    reader_.reset();
    return status;
  }
  // The next message, in words: "marker 1", "2 NEW CN.X 2025-01 1; ... last".
  std::string Line() {
    const v1::SubscribeResponse* message = Next();
    if (message == nullptr) return "end";
    if (message->has_marker()) return absl::StrCat("marker ", message->marker().sequence());
    if (message->has_snapshot()) {
      return absl::StrCat("snapshot ", message->snapshot().dataset(), ": ",
                          absl::StrJoin(CellsOf(message->snapshot().block()), "; "));
    }
    const auto& part = message->release();
    std::vector<std::string> changes;
    for (const v1::ChangeBlock& block : part.changes()) {
      for (const std::string& line : ChangesOf(block)) changes.push_back(line);
    }
    return absl::StrCat(part.sequence(), ".", part.part(), " ", absl::StrJoin(changes, "; "),
                        part.last() ? " last" : "");
  }
  grpc::ClientContext& context() { return context_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader_;
  v1::SubscribeResponse message_;
};

v1::SubscribeRequest From(std::uint64_t sequence) {
  v1::SubscribeRequest request;
  request.set_after_sequence(sequence);
  return request;
}

v1::SubscribeRequest Select(v1::SubscribeRequest request, const std::string& dataset,
                            const std::string& key) {
  request.add_selectors()->set_dataset(dataset);
  request.mutable_selectors(request.selectors_size() - 1)->set_key(key);
  return request;
}

class SubscribeTest : public ::testing::Test {
 protected:
  Sequence Push(std::string_view sections) {
    return server_.Push(absl::StrCat("release A r", ++releases_, " 2025-01-01\n",
                                     absl::string_view(sections.data(), sections.size())));
  }
  absl::Status Refused(const v1::SubscribeRequest& request) {
    Subscriber subscriber(stubs_, request);
    EXPECT_EQ(subscriber.Next(), nullptr);
    return subscriber.Finish();
  }

  TestServer server_;
  Stubs stubs_ = server_.Connect();
  int releases_ = 0;
};

TEST_F(SubscribeTest, WhatWasAndWhatComes) {
  Push("merge T\nCN.X 2025-01 1");
  Subscriber all(stubs_, From(0));
  EXPECT_EQ(all.Line(), "marker 0");
  EXPECT_EQ(all.Line(), "1.0 NEW CN.X 2025-01 1 last");
  Push("merge T\nCN.X 2025-01 2\nCN.X 2025-02 3\nmerge U\nA 2025-01 5");
  EXPECT_EQ(all.Line(), "2.0 REVISED CN.X 2025-01 2; NEW CN.X 2025-02 3; NEW A 2025-01 5 last");
  Subscriber from_head(stubs_, v1::SubscribeRequest());
  EXPECT_EQ(from_head.Line(), "marker 2");
  Push("merge T\nCN.X 2025-01 2");
  EXPECT_EQ(all.Line(), "3.0 CONFIRMED CN.X 2025-01 2 last");
  EXPECT_EQ(from_head.Line(), "3.0 CONFIRMED CN.X 2025-01 2 last");
}

TEST_F(SubscribeTest, ReleasesComeWithTheirHeaderAndToken) {
  Push("merge T\nCN.X 2025-01 1");
  Subscriber subscriber(stubs_, From(0));
  subscriber.Next();
  const v1::SubscribeResponse* message = subscriber.Next();
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->release().release().header().release_id(), "r1");
  EXPECT_EQ(message->release().release().sequence(), 1u);
  v1::GetReleaseRequest get;
  get.set_sequence(1);
  v1::GetReleaseResponse got;
  ASSERT_TRUE(Call(*stubs_.releases, &v1::ReleaseService::Stub::GetRelease, get, &got).ok());
  EXPECT_EQ(message->release().resume_token(), got.resume_token());
  EXPECT_EQ(message->release().release().SerializeAsString(), got.release().SerializeAsString());
}

TEST_F(SubscribeTest, SelectorsFilter) {
  Subscriber one(stubs_, Select(From(0), "T", "CN.X"));
  Subscriber pattern(stubs_, Select(Select(From(0), "T", ".M"), "U", ""));
  EXPECT_EQ(one.Line(), "marker 0");
  EXPECT_EQ(pattern.Line(), "marker 0");
  Push("merge U\nA 2025-01 5");
  Push("merge T\nCN.M 2025-01 1\nCN.X 2025-01 2\nRU.X 2025-01 3");
  Push("merge T\nRU.X 2025-01 4");
  Push("merge T\nCN.X 2025-01 2");
  EXPECT_EQ(one.Line(), "2.0 NEW CN.X 2025-01 2 last");
  EXPECT_EQ(one.Line(), "4.0 CONFIRMED CN.X 2025-01 2 last");
  EXPECT_EQ(pattern.Line(), "1.0 NEW A 2025-01 5 last");
  EXPECT_EQ(pattern.Line(), "2.0 NEW CN.M 2025-01 1 last");
}

TEST_F(SubscribeTest, ConfirmedCellsCanBeLeftOut) {
  v1::SubscribeRequest request = From(0);
  request.set_omit_confirmed(true);
  Subscriber subscriber(stubs_, request);
  EXPECT_EQ(subscriber.Line(), "marker 0");
  Push("merge T\nCN.X 2025-01 1");
  Push("merge T\nCN.X 2025-01 1");
  Push("merge T\nCN.X 2025-01 1\nCN.X 2025-02 2");
  EXPECT_EQ(subscriber.Line(), "1.0 NEW CN.X 2025-01 1 last");
  EXPECT_EQ(subscriber.Line(), "3.0 NEW CN.X 2025-02 2 last");
}

TEST_F(SubscribeTest, ASnapshotThenItsMarkerThenReleases) {
  Push("merge T\nCN.X 2025-01 1\nCN.M 2025-01 2");
  Push("merge U\nA 2025-01 5");
  Push("merge T\nCN.X 2025-01 7");
  v1::SubscribeRequest request = From(2);
  request.set_snapshot(true);
  Subscriber subscriber(stubs_, request);
  EXPECT_EQ(subscriber.Line(), "snapshot T: CN.M 2025-01 2; CN.X 2025-01 1");
  EXPECT_EQ(subscriber.Line(), "snapshot U: A 2025-01 5");
  EXPECT_EQ(subscriber.Line(), "marker 2");
  EXPECT_EQ(subscriber.Line(), "3.0 REVISED CN.X 2025-01 7 last");
  // A series that is followed need not exist yet.
  request = Select(Select(From(3), "T", "CN.NEW"), "T", "CN.M");
  request.set_snapshot(true);
  Subscriber some(stubs_, request);
  EXPECT_EQ(some.Line(), "snapshot T: CN.M 2025-01 2");
  EXPECT_EQ(some.Line(), "marker 3");
  Push("merge T\nCN.NEW 2025-01 7");
  EXPECT_EQ(some.Line(), "4.0 NEW CN.NEW 2025-01 7 last");
}

TEST_F(SubscribeTest, TokensResumeExactly) {
  for (int i = 0; i < 4; ++i) Push(absl::StrCat("merge T\nCN.X 2025-01 ", i));
  std::string token;
  {
    Subscriber first(stubs_, From(0));
    first.Next();
    first.Next();
    token = first.Next()->release().resume_token();
  }
  v1::SubscribeRequest request;
  request.set_resume_token(token);
  Subscriber second(stubs_, request);
  EXPECT_EQ(second.Line(), "marker 2");
  EXPECT_EQ(second.Line(), "3.0 REVISED CN.X 2025-01 2 last");
}

TEST_F(SubscribeTest, StartsThatAreWrong) {
  Push("merge T\nCN.X 2025-01 1");
  const absl::Status ahead = Refused(From(2));
  EXPECT_EQ(ReasonOf(ahead), Reason::kSequenceAhead);
  EXPECT_TRUE(absl::IsOutOfRange(ahead));
  v1::SubscribeRequest request;
  request.set_resume_token("garbage");
  EXPECT_EQ(ReasonOf(Refused(request)), Reason::kMalformedToken);

  storage::ResumePoint point = *server_.store().PointAt(1);
  point.sequence = 2;
  request.set_resume_token(storage::EncodeToken(point));
  const absl::Status token_ahead = Refused(request);
  EXPECT_EQ(ReasonOf(token_ahead), Reason::kTokenAhead);
  EXPECT_TRUE(absl::IsDataLoss(token_ahead));
  point.sequence = 1;
  point.chain[0] ^= 1;
  request.set_resume_token(storage::EncodeToken(point));
  EXPECT_EQ(ReasonOf(Refused(request)), Reason::kForkedToken);
  point.log[0] ^= 1;
  request.set_resume_token(storage::EncodeToken(point));
  EXPECT_EQ(ReasonOf(Refused(request)), Reason::kForeignToken);

  EXPECT_EQ(ReasonOf(Refused(Select(From(0), "NONE", ""))), Reason::kDatasetNotFound);
  request = Select(Select(From(0), "T", "CN.X.Y"), "", "");
  request.mutable_progress_interval()->set_nanos(1);
  EXPECT_THAT(FieldsOf(Refused(request)),
              ElementsAre("selectors[0].key", "selectors[1].dataset", "progress_interval"));
  request = From(0);
  for (int i = 0; i < 65; ++i) request = Select(request, "T", "");
  EXPECT_THAT(FieldsOf(Refused(request)), ElementsAre("selectors"));
}

TEST_F(SubscribeTest, ProgressCoversWhatDidNotMatch) {
  v1::SubscribeRequest request = Select(From(0), "T", "CN.X");
  request.mutable_progress_interval()->set_nanos(100'000'000);
  Subscriber subscriber(stubs_, request);
  EXPECT_EQ(subscriber.Line(), "marker 0");
  for (int i = 0; i < 3; ++i) Push("merge U\nA 2025-01 5");
  std::string token;
  std::uint64_t reached = 0;
  while (reached < 3) {
    const v1::SubscribeResponse* message = subscriber.NextOfAnyKind();
    ASSERT_TRUE(message != nullptr && message->has_progress());
    EXPECT_GE(message->progress().sequence(), reached);
    reached = message->progress().sequence();
    token = message->progress().resume_token();
  }
  EXPECT_EQ(token, storage::EncodeToken(*server_.store().PointAt(3)));
  Push("merge T\nCN.X 2025-01 9");
  EXPECT_EQ(subscriber.Line(), "4.0 NEW CN.X 2025-01 9 last");
}

TEST_F(SubscribeTest, ALargeReleaseComesInPartsAndFiltered) {
  std::string release = "merge T\n";
  for (int i = 0; i < 40'000; ++i)
    absl::StrAppend(&release, "S", 10'000 + i / 4, ".X 202", i % 4, "-01 ", i, ".5\n");
  Push(release);
  Subscriber all(stubs_, From(0));
  Subscriber last_only(stubs_, Select(From(0), "T", "S19999.X"));
  EXPECT_EQ(all.Line(), "marker 0");
  std::size_t cells = 0;
  for (std::uint32_t part = 0;; ++part) {
    const v1::SubscribeResponse* message = all.Next();
    ASSERT_NE(message, nullptr);
    EXPECT_LT(message->ByteSizeLong(), 1u << 20);
    EXPECT_EQ(message->release().part(), part);
    EXPECT_EQ(message->release().has_release(), part == 0);
    EXPECT_EQ(message->release().resume_token().empty(), !message->release().last());
    for (const v1::ChangeBlock& block : message->release().changes()) cells += ChangesOf(block).size();
    if (!message->release().last()) continue;
    EXPECT_GT(part, 0u);
    break;
  }
  EXPECT_EQ(cells, 40'000u);
  EXPECT_EQ(last_only.Line(), "marker 0");
  const v1::SubscribeResponse* message = last_only.Next();
  EXPECT_EQ(message->release().part(), 0u);
  EXPECT_TRUE(message->release().has_release());
  EXPECT_THAT(ChangesOf(message->release().changes(0)), testing::SizeIs(4));
}

TEST_F(SubscribeTest, RetractionsReachThoseWhomTheyTouch) {
  Push("merge T\nCN.X 2025-01 1");
  Push("merge T\nCN.X 2025-01 2");
  Subscriber subscriber(stubs_, Select(From(2), "T", "CN.X"));
  Subscriber other(stubs_, Select(From(2), "U", ""));
  EXPECT_EQ(subscriber.Line(), "marker 2");
  EXPECT_EQ(other.Line(), "marker 2");
  ASSERT_TRUE(server_.store().Retract("A", "r2", "wrong", Instant()).ok());
  EXPECT_EQ(subscriber.Line(), "3.0 REVISED CN.X 2025-01 1 last");
  Push("merge U\nA 2025-01 1");
  EXPECT_EQ(other.Line(), "4.0 NEW A 2025-01 1 last");
}

// ---- many, slow, gone
// --------------------------------------------------------------------------------------------

// Some 3 MB on the wire.
std::string LargeSections(int number) {
  const std::string note(4000, 'n');
  std::string sections = "merge T\n";
  for (int s = 0; s < 800; ++s) {
    absl::StrAppend(&sections, "S", 1'000 + s, ".X 2025-01 ", number, " note=", number, "-", s,
                    note.substr(10), "\n");
  }
  return sections;
}

TEST_F(SubscribeTest, ASubscriberThatStopsReadingHoldsUpNobody) {
  Subscriber slow(stubs_, From(0));
  Subscriber fast(stubs_, From(0));
  EXPECT_EQ(fast.Line(), "marker 0");
  // Far more than flow control and buffers hold.
  constexpr std::uint64_t kReleases = 12;
  for (int i = 0; i < static_cast<int>(kReleases); ++i) {
    const Sequence sequence = Push(LargeSections(i));
    for (const v1::SubscribeResponse* message = fast.Next();; message = fast.Next()) {
      ASSERT_NE(message, nullptr);
      ASSERT_EQ(message->release().sequence(), sequence);
      if (message->release().last()) break;
    }
  }
  EXPECT_EQ(slow.Line(), "marker 0");
  std::size_t cells = 0;
  for (std::uint64_t expected = 1; expected <= kReleases;) {
    const v1::SubscribeResponse* message = slow.Next();
    ASSERT_NE(message, nullptr);
    ASSERT_EQ(message->release().sequence(), expected);
    for (const v1::ChangeBlock& block : message->release().changes()) {
      cells += static_cast<std::size_t>(block.classes_size());
    }
    expected += message->release().last() ? 1 : 0;
  }
  EXPECT_EQ(cells, 800 * kReleases);
}

TEST_F(SubscribeTest, ManySubscribersSeeEveryRelease) {
  constexpr int kSubscribers = 60;
  constexpr int kReleases = 40;
  std::vector<std::thread> threads;
  std::atomic<int> started = 0;
  std::vector<std::vector<std::uint64_t>> seen(kSubscribers);
  for (int s = 0; s < kSubscribers; ++s) {
    threads.emplace_back([&, s] {
      // A third follows everything, a third one series of its own, a third a pattern.
      v1::SubscribeRequest request = From(0);
      // Nobody is woken by the time: whoever is forgotten at a release waits here for ever.
      request.mutable_progress_interval()->set_seconds(3600);
      if (s % 3 == 1) request = Select(request, "T", absl::StrCat("S", s, ".X"));
      if (s % 3 == 2) request = Select(request, "T", absl::StrCat("S", s, "+S", s - 1, "."));
      Subscriber subscriber(stubs_, request);
      subscriber.Next();
      ++started;
      while (seen[static_cast<std::size_t>(s)].size() < kReleases) {
        const v1::SubscribeResponse* message = subscriber.Next();
        if (message == nullptr) return;
        if (message->release().last())
          seen[static_cast<std::size_t>(s)].push_back(message->release().sequence());
      }
    });
  }
  std::string cells;
  for (int s = 0; s < kSubscribers; ++s) absl::StrAppend(&cells, "\nS", s, ".X 2025-01 ");
  for (int r = 0; r < kReleases; ++r) {
    std::string release = "merge T\n";
    for (int s = 0; s < kSubscribers; ++s) absl::StrAppend(&release, "S", s, ".X 2025-01 ", r, "\n");
    Push(release);
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::uint64_t> expected(kReleases);
  for (int r = 0; r < kReleases; ++r)
    expected[static_cast<std::size_t>(r)] = static_cast<std::uint64_t>(r) + 1;
  for (const auto& sequences : seen) EXPECT_EQ(sequences, expected);
}

std::uint32_t Subscribers(const Stubs& stubs) {
  v1::GetStatusResponse status;
  EXPECT_TRUE(Call(*stubs.status, &v1::StatusService::Stub::GetStatus, v1::GetStatusRequest(), &status).ok());
  return status.subscribers();
}

TEST_F(SubscribeTest, WhoHangsUpIsForgotten) {
  {
    std::vector<std::unique_ptr<Subscriber>> subscribers;
    for (int i = 0; i < 20; ++i) {
      subscribers.push_back(std::make_unique<Subscriber>(stubs_, From(0)));
      subscribers.back()->Next();
    }
    EXPECT_EQ(Subscribers(stubs_), 20u);
  }
  while (Subscribers(stubs_) > 0) absl::SleepFor(absl::Milliseconds(1));
}

TEST_F(SubscribeTest, ADeadlineEndsIt) {
  v1::SubscribeRequest request = From(0);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(50)));
  auto reader = stubs_.updates->Subscribe(&context, request);
  v1::SubscribeResponse message;
  while (reader->Read(&message)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  while (Subscribers(stubs_) > 0) absl::SleepFor(absl::Milliseconds(1));
}

TEST(SubscriberLimitTest, PlacesAreLimitedAndComeBack) {
  daemon::ServerOptions options;
  options.backend.max_subscribers = 2;
  TestServer server(options);
  const Stubs stubs = server.Connect();
  auto first = std::make_unique<Subscriber>(stubs, From(0));
  Subscriber second(stubs, From(0));
  EXPECT_EQ(first->Line(), "marker 0");
  EXPECT_EQ(second.Line(), "marker 0");
  Subscriber third(stubs, From(0));
  EXPECT_EQ(third.Line(), "end");
  const absl::Status status = third.Finish();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_EQ(ReasonOf(status), Reason::kLimitExceeded);
  first.reset();
  while (Subscribers(stubs) > 1) absl::SleepFor(absl::Milliseconds(1));
  Subscriber fourth(stubs, From(0));
  EXPECT_EQ(fourth.Line(), "marker 0");
}

TEST_F(SubscribeTest, DrainingTellsEverybodyToComeBack) {
  Push("merge T\nCN.X 2025-01 1");
  std::vector<std::unique_ptr<Subscriber>> subscribers;
  for (int i = 0; i < 10; ++i) {
    subscribers.push_back(std::make_unique<Subscriber>(stubs_, From(static_cast<std::uint64_t>(i % 2))));
    EXPECT_EQ(subscribers.back()->Line(), absl::StrCat("marker ", i % 2));
  }
  std::thread stop([this] { server_.server().Stop(absl::Seconds(60)); });
  for (auto& subscriber : subscribers) {
    std::string line;
    do {
      line = subscriber->Line();
    } while (line != "end");
    const absl::Status status = subscriber->Finish();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_EQ(ReasonOf(status), Reason::kShuttingDown) << status;
    EXPECT_EQ(DetailsOf(status).metadata.at("retry_delay_ms"), "1000");
  }
  stop.join();
}

TEST_F(SubscribeTest, DrainingDoesNotWaitForWhoDoesNotRead) {
  Subscriber stuck(stubs_, From(0));
  for (int i = 0; i < 12; ++i) Push(LargeSections(i));
  server_.server().Stop(absl::Milliseconds(200));
  while (stuck.Next() != nullptr) {
  }
  EXPECT_FALSE(stuck.Finish().ok());
}

// ---- Aggregates

// "T3M of CN.X, before -> after" of every part until the last, and how the release ended.
std::vector<std::string> MovesOf(Subscriber& subscriber) {
  std::vector<std::string> lines;
  std::uint32_t part = 0;
  for (;;) {
    const v1::SubscribeResponse* message = subscriber.Next();
    if (message == nullptr || !message->has_release()) return {"no release"};
    EXPECT_EQ(message->release().part(), part++);
    EXPECT_EQ(message->release().has_release(), part == 1);
    for (const v1::AggregateMoves& one : message->release().aggregates()) {
      for (const v1::AggregateMove& move : one.moves()) {
        lines.push_back(absl::StrCat(one.aggregate(), " ", move.series(), " ", move.period(), " ",
                                     move.before().value(), " -> ", move.after().value()));
      }
    }
    for (const v1::ChangeBlock& block : message->release().changes()) {
      for (const std::string& line : ChangesOf(block)) lines.push_back(line);
    }
    if (message->release().last()) {
      EXPECT_NE(message->release().resume_token(), "");
      return lines;
    }
    EXPECT_EQ(message->release().resume_token(), "");
  }
}

v1::SubscribeRequest Follow(v1::SubscribeRequest request, const std::string& key, std::uint32_t months) {
  v1::AggregateQuery* query = request.add_aggregates();
  query->set_dataset("T");
  query->add_keys(key);
  query->mutable_window()->set_months(months);
  return request;
}

TEST_F(SubscribeTest, MovedAggregatesComeWithTheirRelease) {
  Push("merge T\nCN.X 2025-01 1\nCN.X 2025-02 2");
  Push("merge U\nA 2025-01 1");
  Push("merge T\nCN.X 2025-02 3");
  Push("merge T\nCN.M 2025-02 3");
  const v1::SubscribeRequest request = Follow(Follow(Select(From(0), "T", "CN.X"), "CN.X", 2), "CN.M", 1);
  Subscriber subscriber(stubs_, request);
  EXPECT_EQ(subscriber.Line(), "marker 0");
  EXPECT_THAT(MovesOf(subscriber),
              ElementsAre("0 CN.X 2025-01/P2M  -> 3", "NEW CN.X 2025-01 1", "NEW CN.X 2025-02 2"));
  EXPECT_THAT(MovesOf(subscriber), ElementsAre("0 CN.X 2025-01/P2M 3 -> 4", "REVISED CN.X 2025-02 3"));
  // Of a series that is not followed itself the release comes for its aggregates.
  EXPECT_THAT(MovesOf(subscriber), ElementsAre("1 CN.M 2025-02  -> 3"));
  Subscriber late(stubs_, [&] {
    v1::SubscribeRequest from = request;
    from.set_after_sequence(2);
    return from;
  }());
  EXPECT_EQ(late.Line(), "marker 2");
  EXPECT_THAT(MovesOf(late), ElementsAre("0 CN.X 2025-01/P2M 3 -> 4", "REVISED CN.X 2025-02 3"));
}

TEST_F(SubscribeTest, WhatCannotBeFollowedIsRefused) {
  v1::SubscribeRequest request = Follow(From(0), "CN.X.Y", 1000);
  Subscriber subscriber(stubs_, request);
  EXPECT_EQ(subscriber.Next(), nullptr);
  EXPECT_THAT(FieldsOf(subscriber.Finish()), ElementsAre("aggregates[0].window.months"));
  request = From(0);
  for (int i = 0; i < 17; ++i) request = Follow(request, "CN.X", 1);
  Subscriber many(stubs_, request);
  EXPECT_EQ(many.Next(), nullptr);
  EXPECT_THAT(FieldsOf(many.Finish()), ElementsAre("aggregates"));
}

// --- What is overdue

class OverdueTest : public ::testing::Test {
 protected:
  static daemon::ServerOptions Options() {
    daemon::ServerOptions options;
    options.backend.overdue_interval = absl::Milliseconds(10);
    return options;
  }
  void SetCalendar(const std::string& dataset, const std::string& calendar) {
    v1::SetCalendarRequest request;
    request.set_dataset(dataset);
    request.set_calendar(calendar);
    v1::SetCalendarResponse response;
    const absl::Status set =
        Call(*stubs_.analysis, &v1::AnalysisService::Stub::SetCalendar, request, &response);
    EXPECT_TRUE(set.ok()) << set;
  }
  static v1::SubscribeRequest Asking(const std::string& dataset) {
    v1::SubscribeRequest request;
    request.set_overdue(true);
    if (!dataset.empty()) request.add_selectors()->set_dataset(dataset);
    return request;
  }
  // "T 2025-07 until 2025-08-09 at 1", "marker 1", "release 2".
  static std::string Line(Subscriber& subscriber) {
    const v1::SubscribeResponse* const message = subscriber.Next();
    if (message == nullptr) return "end";
    if (message->has_marker()) return absl::StrCat("marker ", message->marker().sequence());
    if (message->has_release()) return absl::StrCat("release ", message->release().sequence());
    const v1::SubscribeResponse::Overdue& overdue = message->overdue();
    EXPECT_EQ(overdue.release().state(), v1::EXPECTED_STATE_OVERDUE);
    return absl::StrCat(overdue.dataset(), " ", overdue.release().period(), " until ",
                        overdue.release().last_day(), " at ", overdue.sequence());
  }

  TestServer server_{Options()};
  Stubs stubs_ = server_.Connect();
};

TEST_F(OverdueTest, IsToldOnceAfterTheMarkerAndAsTimeGoesBy) {
  SetCalendar("T", "rule,7-9,11:00,1,from=2025-07\n");
  Subscriber subscriber(stubs_, Asking("T"));
  EXPECT_EQ(Line(subscriber), "marker 0");
  EXPECT_EQ(Line(subscriber), "T 2025-07 until 2025-08-09 at 0");
  server_.clock().Set("2025-09-10T00:00:00Z");
  EXPECT_EQ(Line(subscriber), "T 2025-08 until 2025-09-09 at 0") << "July is not told again";
  server_.Push("release A jul 2025-09-01\nmerge T\nCN.X 2025-07 1");
  EXPECT_EQ(Line(subscriber), "release 1");
  server_.clock().Set("2025-10-10T00:00:00Z");
  EXPECT_EQ(Line(subscriber), "T 2025-09 until 2025-10-09 at 1") << "August is not told again";
  SetCalendar("T", "rule,7-9,11:00,1,from=2025-07\npostponed,2025-08,2025-10-09,11:00\n");
  EXPECT_EQ(Line(subscriber), "T 2025-08 until 2025-10-09 at 1") << "postponed, and late anew";
}

TEST_F(OverdueTest, OnlyOfWhatIsSelectedAndOnlyIfAsked) {
  SetCalendar("T", "rule,7-9,11:00,1,from=2025-07\n");
  SetCalendar("U", "rule,20,11:00,1,from=2025-07\n");
  Subscriber of_u(stubs_, Asking("U"));
  EXPECT_EQ(Line(of_u), "marker 0");
  EXPECT_EQ(Line(of_u), "U 2025-07 until 2025-08-20 at 0");
  Subscriber of_all(stubs_, Asking(""));
  EXPECT_EQ(Line(of_all), "marker 0");
  EXPECT_EQ(Line(of_all), "T 2025-07 until 2025-08-09 at 0");
  EXPECT_EQ(Line(of_all), "U 2025-07 until 2025-08-20 at 0");
  Subscriber unasked(stubs_, v1::SubscribeRequest());
  EXPECT_EQ(Line(unasked), "marker 0");
  server_.Push("release A jul 2025-09-01\nmerge T\nCN.X 2025-07 1");
  EXPECT_EQ(Line(unasked), "release 1");
}

TEST_F(OverdueTest, AResumedStreamTellsOfWhatIsStillOverdue) {
  SetCalendar("T", "rule,7-9,11:00,1,from=2025-07\n");
  std::string token;
  {
    Subscriber first(stubs_, Asking("T"));
    token = first.Next()->marker().resume_token();
    EXPECT_EQ(Line(first), "T 2025-07 until 2025-08-09 at 0");
  }
  v1::SubscribeRequest request = Asking("T");
  request.set_resume_token(token);
  Subscriber second(stubs_, request);
  EXPECT_EQ(Line(second), "marker 0");
  EXPECT_EQ(Line(second), "T 2025-07 until 2025-08-09 at 0");
}

}  // namespace
}  // namespace tidewaiter::rpc
