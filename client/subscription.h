// Following releases as they are accepted, across broken connections.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/client.h"

namespace tidewaiter::client {

// A release that is complete, with its changes to the selected series.
struct ReleaseUpdate {
  ReleaseInfo release;
  std::vector<DatasetChanges> changes;
  std::vector<AggregateMoves> aggregates;  // with SubscribeOptions::aggregates: what it moved
  std::string resume_token;                // stands right after it
};

// A part of a release. Of one release come `first`, any number of others, and `last` (one part may be both).
struct ReleasePart {
  ReleaseInfo release;  // in every part
  bool first = false;
  bool last = false;
  std::vector<DatasetChanges> changes;
  std::vector<AggregateMoves> aggregates;  // of one release they come before the changes
  std::string resume_token;                // with the last part
};

// What the check of one entry found and settled, or a part of it; comes after the releases up to `sequence`.
struct FindingsUpdate {
  Sequence sequence = 0;
  bool last = false;  // all findings of entries up to `sequence` have been handed over
  std::vector<FindingInfo> findings;
};

// A place in the log. Keep the token: a later subscription resumes there.
struct Bookmark {
  Sequence sequence = 0;
  std::string resume_token;
};

// What is called, always on the thread of Run() and never at the same time. An error that one returns ends
// Run(), which returns it. Those left empty are not called.
struct SubscribeHandler {
  // Whole releases, or parts as they come: set one of the two. A whole release is held in memory.
  std::function<absl::Status(ReleaseUpdate&)> release = {};
  std::function<absl::Status(ReleasePart&)> part = {};
  // With SubscribeOptions::snapshot: what was known at the start.
  std::function<absl::Status(const std::string& dataset, SeriesCells&)> snapshot = {};
  // The connection broke within the snapshot: it comes again from its beginning, perhaps at a later sequence.
  std::function<absl::Status()> snapshot_restarted = {};
  // Once: releases after this one follow. The snapshot, if any, is complete.
  std::function<absl::Status(const Bookmark&)> started = {};
  // With SubscribeOptions::findings. Of an entry whose findings came in part when a connection broke, all
  // come again.
  std::function<absl::Status(FindingsUpdate&)> findings = {};
  // With SubscribeOptions::overdue. A hint without a place in the log: each expected release once, and again
  // only if it was postponed and is late anew, or came and was retracted.
  std::function<absl::Status(const OverdueUpdate&)> overdue = {};
  // Nothing that matches happened up to here.
  std::function<absl::Status(const Bookmark&)> progress = {};
  // The connection was lost, or not had, for this reason; it is tried again after `wait`.
  std::function<void(const absl::Status& why, absl::Duration wait)> reconnecting = {};
};

struct SubscribeOptions {
  struct Selector {
    std::string dataset;
    std::string key;  // SDMX selector; empty: every series
  };
  std::vector<Selector> selectors;  // none: everything
  // Whose figures are told when a release moves them, of any datasets; at most
  // limits::kMaxFollowedAggregates.
  std::vector<AggregateQuery> aggregates;
  // Where to start: at most one of the two; neither: after the head.
  std::optional<Sequence> after_sequence;  // exclusive, unverified; 0: from the first release
  std::string resume_token;                // verified by the daemon
  bool snapshot = false;
  bool omit_confirmed = false;
  // What the checks of the releases find about the selected series, by entries after `findings_after` (none:
  // after the start). No resume token covers findings: keep the sequence of the last complete update.
  bool findings = false;
  std::optional<Sequence> findings_after;
  // When a release that the calendar of a selected dataset expects is missing.
  bool overdue = false;
  // The daemon is asked for progress at least this often. A connection that is silent for three times as long
  // counts as lost.
  absl::Duration progress_interval = absl::Seconds(10);
  // Waits between attempts grow from the first to the second, by halves at random; the daemon's own wish for
  // a delay counts if it is longer.
  absl::Duration initial_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(10);
  // Until the first message has come, a failed attempt ends Run() at once instead of being repeated.
  bool fail_unless_reachable = false;
  // An outage longer than this ends Run() with the last error.
  absl::Duration give_up_after = absl::InfiniteDuration();
};

// Follows releases: every one that matches, in order, none twice, none in part when taken whole, however
// often the connection breaks. Resumes after the last release that was handed over entirely; when a
// connection broke inside a release that is taken in parts, what was handed over of it is skipped. Made by
// Client::Subscribe. Run() on one thread; Cancel() from any.
class Subscription {
 public:
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Blocks until a handler returns an error (which it returns), Cancel() is called (CANCELLED), or an error
  // that trying again cannot mend: among them a resume token of another store or history, or beyond the head
  // (DATA_LOSS), a sequence beyond the head (OUT_OF_RANGE), an unknown dataset (NOT_FOUND), a release or part
  // out of order (INTERNAL). Call it once.
  absl::Status Run(const SubscribeHandler& handler);

  // Ends Run() soon, from any thread, also before it began. Not from a signal handler.
  void Cancel();

 private:
  friend class Client;
  class Impl;
  explicit Subscription(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidewaiter::client
