// A subscription against a daemon whose connections break at random places.
#include "client/subscription.h"

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/convert/block.h"
#include "proto/convert/status.h"
#include "tests/client/fake_daemon.h"

namespace tidewaiter::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::tidewaiter::testing::FakeDaemon;

// One cell of the truth, "sequence:number".
using Seen = std::vector<std::string>;

std::string TokenOf(std::uint64_t sequence) { return absl::StrCat("token-", sequence); }

v1::Release ReleaseOf(std::uint64_t sequence) {
  v1::Release release;
  release.set_sequence(sequence);
  release.mutable_header()->set_agency("A");
  release.mutable_header()->set_release_id(absl::StrCat("r", sequence));
  release.mutable_header()->mutable_published_at()->set_seconds(1700000000 +
                                                                static_cast<std::int64_t>(sequence));
  release.mutable_accepted_at()->set_seconds(1700000000);
  return release;
}

// Cells `begin` to `end` of a release, each with its number as value.
v1::ChangeBlock ChangesOf(std::uint64_t sequence, int begin, int end) {
  v1::ChangeBlock block;
  block.set_dataset("T");
  v1::ObservationBlock& cells = *block.mutable_cells();
  cells.add_series("S.USD");
  cells.add_cell_counts(static_cast<std::uint32_t>(end - begin));
  cells.add_releases()->set_sequence(sequence);
  for (int i = begin; i < end; ++i) {
    cells.add_period_start_deltas(i == begin ? begin : 1);
    cells.mutable_data()->add_coefficients(i);
    cells.add_release_indexes(0);
    block.add_classes(v1::CHANGE_CLASS_NEW);
    block.mutable_before()->add_coefficients(0);
  }
  return block;
}

// Releases 1 to `head`, of 0 to 9 cells each, sent in parts whose sizes change with every connection.
class BreakingFeed {
 public:
  BreakingFeed(unsigned seed, std::uint64_t head) : random_(seed), head_(head) {
    for (std::uint64_t s = 1; s <= head; ++s) cells_[s] = static_cast<int>(random_() % 10);
  }

  Seen Truth(std::uint64_t after) const {
    Seen truth;
    for (const auto& [sequence, count] : cells_) {
      if (sequence <= after) continue;
      for (int i = 0; i < count; ++i) truth.push_back(absl::StrCat(sequence, ":", i));
      truth.push_back(absl::StrCat(sequence, " ends"));
    }
    return truth;
  }

  grpc::Status Serve(grpc::ServerContext* context, const v1::SubscribeRequest& request,
                     grpc::ServerWriter<v1::SubscribeResponse>* writer) {
    ++connections;
    std::uint64_t from =
        request.start_case() == v1::SubscribeRequest::kAfterSequence ? request.after_sequence() : head_;
    if (request.start_case() == v1::SubscribeRequest::kResumeToken &&
        !absl::SimpleAtoi(request.resume_token().substr(6), &from)) {
      return convert::ToGrpc(
          MakeError(absl::StatusCode::kInvalidArgument, Reason::kMalformedToken, "no token"));
    }
    std::vector<v1::SubscribeResponse> messages;
    if (request.snapshot()) AddSnapshot(messages);
    v1::SubscribeResponse marker;
    marker.mutable_marker()->set_sequence(from);
    marker.mutable_marker()->set_resume_token(TokenOf(from));
    messages.push_back(marker);
    for (std::uint64_t s = from + 1; s <= head_; ++s) {
      AddParts(s, messages);
      if (random_() % 3 == 0) {
        v1::SubscribeResponse progress;
        progress.mutable_progress()->set_sequence(s);
        progress.mutable_progress()->set_resume_token(TokenOf(s));
        messages.push_back(progress);
      }
    }
    // Most connections break somewhere; some before the first message.
    const std::size_t last = random_() % (messages.size() + 4);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (i == last) return Break();
      if (!writer->Write(messages[i])) return grpc::Status::CANCELLED;
    }
    if (last != messages.size()) {
      while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return Break();
  }

  int connections = 0;

 private:
  void AddSnapshot(std::vector<v1::SubscribeResponse>& messages) {
    for (int part = 0; part < 3; ++part) {
      v1::SubscribeResponse message;
      message.mutable_snapshot()->set_dataset("T");
      *message.mutable_snapshot()->mutable_block() = ChangesOf(1, part * 2, part * 2 + 2).cells();
      messages.push_back(message);
    }
  }

  void AddParts(std::uint64_t sequence, std::vector<v1::SubscribeResponse>& messages) {
    const int count = cells_[sequence];
    int sent = 0;
    for (std::uint32_t part = 0; part == 0 || sent < count; ++part) {
      v1::SubscribeResponse message;
      v1::SubscribeResponse::ReleasePart& to = *message.mutable_release();
      if (part == 0) *to.mutable_release() = ReleaseOf(sequence);
      to.set_sequence(sequence);
      to.set_part(part);
      const int next = std::min(count, sent + 1 + static_cast<int>(random_() % 4));
      if (sent < next) *to.add_changes() = ChangesOf(sequence, sent, next);
      sent = next;
      if (sent == count) {
        to.set_last(true);
        to.set_resume_token(TokenOf(sequence));
      }
      messages.push_back(message);
    }
  }

  grpc::Status Break() {
    switch (random_() % 3) {
      case 0:
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining");
      case 1:
        return grpc::Status(grpc::StatusCode::INTERNAL, "RST_STREAM");
      default:
        return grpc::Status::OK;
    }
  }

  std::mt19937 random_;
  const std::uint64_t head_;
  std::map<std::uint64_t, int> cells_;
};

SubscribeOptions Quick() {
  SubscribeOptions options;
  options.selectors.push_back({"T", ""});
  options.initial_backoff = absl::Microseconds(50);
  options.max_backoff = absl::Milliseconds(1);
  return options;
}

void Note(Seen& seen, std::uint64_t sequence, const std::vector<DatasetChanges>& changes) {
  for (const DatasetChanges& dataset : changes) {
    for (const ChangedCell& cell : dataset.cells) {
      seen.push_back(absl::StrCat(sequence, ":", cell.cell.datum.ToString()));
    }
  }
}

class SubscriptionTest : public ::testing::Test {
 protected:
  std::unique_ptr<Client> Connect() {
    auto client = Client::Connect({.address = daemon_.address()});
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }
  std::shared_ptr<BreakingFeed> Serve(unsigned seed, std::uint64_t head) {
    auto feed = std::make_shared<BreakingFeed>(seed, head);
    daemon_.OnSubscribe([feed](auto* context, const auto& request, auto* writer) {
      return feed->Serve(context, request, writer);
    });
    return feed;
  }
  FakeDaemon daemon_;
};

TEST_F(SubscriptionTest, WholeReleasesComeOnceInOrderHoweverOftenTheStreamBreaks) {
  constexpr std::uint64_t kHead = 40;
  for (int round = 0; round < 20; ++round) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    const auto feed = Serve(seed, kHead);
    auto client = Connect();
    SubscribeOptions options = Quick();
    const Sequence after = round % 3;
    options.after_sequence = after;
    Seen seen;
    std::vector<std::string> tokens;
    SubscribeHandler handler;
    handler.release = [&](ReleaseUpdate& update) {
      EXPECT_EQ(update.release.header.release_id, absl::StrCat("r", update.release.sequence));
      EXPECT_EQ(update.resume_token, TokenOf(update.release.sequence));
      Note(seen, update.release.sequence, update.changes);
      seen.push_back(absl::StrCat(update.release.sequence, " ends"));
      return update.release.sequence == kHead ? absl::AbortedError("enough") : absl::OkStatus();
    };
    EXPECT_EQ(client->Subscribe(options)->Run(handler).message(), "enough");
    ASSERT_EQ(seen, feed->Truth(after));
  }
}

TEST_F(SubscriptionTest, PartsAreNotHandedOverAgainAfterABreakWithinARelease) {
  constexpr std::uint64_t kHead = 40;
  int connections = 0;
  for (int round = 0; round < 20; ++round) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    const auto feed = Serve(seed, kHead);
    auto client = Connect();
    SubscribeOptions options = Quick();
    options.resume_token = TokenOf(0);
    Seen seen;
    Sequence open = 0;
    SubscribeHandler handler;
    handler.part = [&](ReleasePart& part) {
      EXPECT_EQ(part.first, open == 0);
      if (!part.first) {
        EXPECT_EQ(open, part.release.sequence);
      }
      open = part.last ? 0 : part.release.sequence;
      Note(seen, part.release.sequence, part.changes);
      if (part.last) seen.push_back(absl::StrCat(part.release.sequence, " ends"));
      return part.last && part.release.sequence == kHead ? absl::AbortedError("enough") : absl::OkStatus();
    };
    EXPECT_EQ(client->Subscribe(options)->Run(handler).message(), "enough");
    ASSERT_EQ(seen, feed->Truth(0));
    connections += feed->connections;
  }
  EXPECT_GT(connections, 20) << "no connection ever broke: the test tests nothing";
}

TEST_F(SubscriptionTest, ABrokenSnapshotComesAgainAndSaysSo) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  for (unsigned round = 0; round < 20; ++round) {
    Serve(seed + round, 5);
    auto client = Connect();
    SubscribeOptions options = Quick();
    options.after_sequence = 0;
    options.snapshot = true;
    Seen snapshot;
    int started = 0;
    SubscribeHandler handler;
    handler.snapshot = [&](const std::string& dataset, SeriesCells& cells) {
      EXPECT_EQ(dataset, "T");
      for (const Cell& cell : cells.cells) snapshot.push_back(cell.datum.ToString());
      return absl::OkStatus();
    };
    handler.snapshot_restarted = [&] {
      snapshot.clear();
      return absl::OkStatus();
    };
    handler.started = [&](const Bookmark& bookmark) {
      EXPECT_EQ(bookmark.sequence, 0u);
      ++started;
      return absl::OkStatus();
    };
    handler.release = [&](ReleaseUpdate& update) {
      return update.release.sequence == 5 ? absl::AbortedError("enough") : absl::OkStatus();
    };
    EXPECT_EQ(client->Subscribe(options)->Run(handler).message(), "enough");
    EXPECT_THAT(snapshot, ElementsAre("0", "1", "2", "3", "4", "5"));
    EXPECT_EQ(started, 1);
  }
}

TEST_F(SubscriptionTest, FatalErrorsEndIt) {
  daemon_.OnSubscribe([](auto*, const auto&, auto*) {
    return convert::ToGrpc(
        MakeError(absl::StatusCode::kDataLoss, Reason::kForeignToken, "a token of another store"));
  });
  auto client = Connect();
  SubscribeOptions options = Quick();
  options.resume_token = "token-7";
  const absl::Status status = client->Subscribe(options)->Run({});
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DetailsOf(status).reason, Reason::kForeignToken);
}

TEST_F(SubscriptionTest, ADaemonThatBreaksTheOrderIsNotBelieved) {
  const auto outcome = [this](std::vector<std::uint64_t> sequences) {
    daemon_.OnSubscribe([sequences](auto*, const auto&, auto* writer) {
      v1::SubscribeResponse message;
      message.mutable_marker()->set_sequence(5);
      message.mutable_marker()->set_resume_token(TokenOf(5));
      writer->Write(message);
      for (const std::uint64_t s : sequences) {
        message.Clear();
        *message.mutable_release()->mutable_release() = ReleaseOf(s);
        message.mutable_release()->set_sequence(s);
        message.mutable_release()->set_last(true);
        message.mutable_release()->set_resume_token(TokenOf(s));
        writer->Write(message);
      }
      return convert::ToGrpc(MakeError(absl::StatusCode::kNotFound, Reason::kDatasetNotFound, "the end"));
    });
    SubscribeHandler handler;
    handler.release = [](ReleaseUpdate&) { return absl::OkStatus(); };
    auto client = Connect();
    return std::string(client->Subscribe(Quick())->Run(handler).message());
  };
  EXPECT_EQ(outcome({6, 8}), "the end");  // 7 does not match
  EXPECT_THAT(outcome({6, 6}), HasSubstr("release 6 after release 6"));
  EXPECT_THAT(outcome({7, 6}), HasSubstr("release 6 after release 7"));
  EXPECT_THAT(outcome({5}), HasSubstr("release 5 after release 5"));
}

TEST_F(SubscriptionTest, CancelEndsItFromAnotherThread) {
  daemon_.OnSubscribe([](auto* context, const auto&, auto* writer) {
    v1::SubscribeResponse message;
    message.mutable_marker()->set_sequence(5);
    message.mutable_marker()->set_resume_token(TokenOf(5));
    writer->Write(message);
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return grpc::Status::CANCELLED;
  });
  auto client = Connect();
  auto subscription = client->Subscribe(Quick());
  std::thread canceller;
  SubscribeHandler handler;
  handler.started = [&](const Bookmark&) {
    canceller = std::thread([&] { subscription->Cancel(); });
    return absl::OkStatus();
  };
  EXPECT_EQ(subscription->Run(handler).code(), absl::StatusCode::kCancelled);
  canceller.join();
  EXPECT_EQ(client->Subscribe(Quick())
                ->Run({.started =
                           [&](const Bookmark&) {
                             client->CancelAll();
                             return absl::OkStatus();
                           }})
                .code(),
            absl::StatusCode::kCancelled);
}

TEST_F(SubscriptionTest, WaitsForADaemonUnlessToldNotTo) {
  daemon_.Stop();
  auto client = Connect();
  SubscribeOptions options = Quick();
  options.fail_unless_reachable = true;
  EXPECT_EQ(client->Subscribe(options)->Run({}).code(), absl::StatusCode::kUnavailable);
  options.fail_unless_reachable = false;
  options.give_up_after = absl::Milliseconds(20);
  EXPECT_EQ(client->Subscribe(options)->Run({}).code(), absl::StatusCode::kUnavailable);

  Serve(1, 3);
  options.give_up_after = absl::InfiniteDuration();
  options.max_backoff = absl::Milliseconds(20);
  int failures = 0;
  std::thread starter;
  SubscribeHandler handler;
  handler.reconnecting = [&](const absl::Status&, absl::Duration) {
    if (++failures == 2) starter = std::thread([&] { daemon_.Start(); });
  };
  handler.started = [](const Bookmark&) { return absl::AbortedError("enough"); };
  EXPECT_EQ(client->Subscribe(options)->Run(handler).message(), "enough");
  starter.join();
  EXPECT_GE(failures, 2);
}

TEST_F(SubscriptionTest, ASilentConnectionCountsAsLost) {
  std::atomic<int> connections = 0;
  daemon_.OnSubscribe([&](auto* context, const auto&, auto* writer) {
    v1::SubscribeResponse message;
    message.mutable_marker()->set_sequence(5);
    message.mutable_marker()->set_resume_token(TokenOf(5));
    writer->Write(message);
    if (++connections == 2) {
      message.Clear();
      message.mutable_progress()->set_sequence(6);
      message.mutable_progress()->set_resume_token(TokenOf(6));
      writer->Write(message);
    }
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return grpc::Status::CANCELLED;
  });
  SubscribeOptions options = Quick();
  options.progress_interval = absl::Milliseconds(100);
  SubscribeHandler handler;
  handler.progress = [](const Bookmark& bookmark) {
    return absl::AbortedError(absl::StrCat(bookmark.sequence));
  };
  auto client = Connect();
  EXPECT_EQ(client->Subscribe(options)->Run(handler).message(), "6");
  EXPECT_EQ(connections, 2);
}

TEST_F(SubscriptionTest, WhatIsOverdueIsHandedOverOnceThoughEveryStreamTellsOfIt) {
  int connections = 0;
  daemon_.OnSubscribe([&](auto*, const v1::SubscribeRequest& request, auto* writer) {
    EXPECT_TRUE(request.overdue());
    ++connections;
    v1::SubscribeResponse message;
    message.mutable_marker()->set_sequence(3);
    message.mutable_marker()->set_resume_token(TokenOf(3));
    writer->Write(message);
    // One more is missing with each connection, and July is postponed with the third.
    for (int month = 7; month < 7 + connections; ++month) {
      v1::SubscribeResponse::Overdue* const overdue = message.mutable_overdue();
      overdue->set_dataset("T");
      overdue->mutable_release()->set_period(absl::StrCat("2025-0", month));
      overdue->mutable_release()->set_state(v1::EXPECTED_STATE_OVERDUE);
      overdue->mutable_release()->set_last_day(month == 7 && connections == 3 ? "2025-08-20" : "2025-08-09");
      overdue->mutable_as_of()->set_seconds(1700000000);
      overdue->set_sequence(3);
      writer->Write(message);
    }
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining");
  });
  auto client = Connect();
  SubscribeOptions options = Quick();
  options.overdue = true;
  Seen seen;
  SubscribeHandler handler;
  handler.overdue = [&](const OverdueUpdate& update) {
    EXPECT_EQ(update.release.state, "OVERDUE");
    EXPECT_EQ(update.sequence, 3u);
    seen.push_back(absl::StrCat(update.dataset, " ", update.release.period, " ", update.release.last_day));
    return seen.size() == 4 ? absl::AbortedError("enough") : absl::OkStatus();
  };
  EXPECT_EQ(client->Subscribe(options)->Run(handler).message(), "enough");
  EXPECT_EQ(seen, (Seen{"T 2025-07 2025-08-09", "T 2025-08 2025-08-09", "T 2025-07 2025-08-20",
                        "T 2025-09 2025-08-09"}));
  EXPECT_EQ(connections, 3);
}

}  // namespace
}  // namespace tidewaiter::client
