#include "client/subscription.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/core.h"
#include "client/wire.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "proto/convert/aggregate.h"
#include "proto/convert/time.h"

namespace tidewaiter::client {
namespace {

// One connection's messages, taken one at a time: the next is asked for when the last has been dealt with, so
// that a slow handler holds the daemon back and not our memory.
class MessageStream : public grpc::ClientReadReactor<v1::SubscribeResponse> {
 public:
  enum class Event { kMessage, kEnd, kSilence };

  void Start(v1::UpdateService::Stub* stub, grpc::ClientContext* context,
             const v1::SubscribeRequest* request) {
    stub->async()->Subscribe(context, request, this);
    // Reads are started from outside reactions: without a hold the call could end, and OnDone() come, between
    // two of them.
    AddHold();
    StartRead(&message_);
    StartCall();
  }

  // Waits for the next message or the end of the stream.
  Event Wait(absl::Duration silence) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    const auto awake = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return ready_ || ended_; };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&awake), silence)) return Event::kSilence;
    return ready_ ? Event::kMessage : Event::kEnd;
  }
  // After kMessage; valid until ReadNext().
  const v1::SubscribeResponse& message() const { return message_; }
  void ReadNext() ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::MutexLock lock(&mutex_);
      ready_ = false;
    }
    StartRead(&message_);
  }
  // Reads no more, and waits for the end of the call.
  grpc::Status Finish() ABSL_LOCKS_EXCLUDED(mutex_) {
    RemoveHold();
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&done_));
    return status_;
  }

 private:
  void OnReadDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    (ok ? ready_ : ended_) = true;
  }
  void OnDone(const grpc::Status& status) override ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    status_ = status;
    done_ = true;
  }

  v1::SubscribeResponse message_;
  absl::Mutex mutex_;
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // no message will come
  bool done_ ABSL_GUARDED_BY(mutex_) = false;   // gRPC has let go of this object
  grpc::Status status_ ABSL_GUARDED_BY(mutex_);
};

// Could the same request succeed later, or at another daemon of the same log?
bool IsPassing(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
      return true;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return DetailsOf(status).reason == Reason::kUnknown;  // a torn connection
    case absl::StatusCode::kResourceExhausted:
      return DetailsOf(status).reason == Reason::kLimitExceeded;  // too many subscribers just now
    default:
      return false;
  }
}

absl::Status BrokenPromise(std::string_view what) {
  return MakeError(absl::StatusCode::kInternal, Reason::kUnknown,
                   absl::StrCat("the daemon broke the order of the stream: ", ToAbsl(what)));
}

absl::Status Cancelled() {
  return MakeError(absl::StatusCode::kCancelled, Reason::kUnknown, "the subscription was cancelled");
}

std::size_t CountOf(const std::vector<DatasetChanges>& changes) {
  std::size_t count = 0;
  for (const DatasetChanges& dataset : changes) count += dataset.cells.size();
  return count;
}

// Drops the first `count` cells.
void DropFront(std::vector<DatasetChanges>& changes, std::size_t count) {
  for (DatasetChanges& dataset : changes) {
    const std::size_t here = std::min(count, dataset.cells.size());
    dataset.cells.erase(dataset.cells.begin(), dataset.cells.begin() + static_cast<std::ptrdiff_t>(here));
    count -= here;
  }
  std::erase_if(changes, [](const DatasetChanges& dataset) { return dataset.cells.empty(); });
}

// What is told of aggregates, one by one: moves and problems.
std::size_t CountOf(const std::vector<AggregateMoves>& aggregates) {
  std::size_t count = 0;
  for (const AggregateMoves& one : aggregates) count += one.moves.size() + (one.problem.empty() ? 0 : 1);
  return count;
}

// Drops the first `count` of them.
void DropFront(std::vector<AggregateMoves>& aggregates, std::size_t count) {
  for (AggregateMoves& one : aggregates) {
    if (count > 0 && !one.problem.empty()) {
      one.problem.clear();
      --count;
    }
    const std::size_t here = std::min(count, one.moves.size());
    one.moves.erase(one.moves.begin(), one.moves.begin() + static_cast<std::ptrdiff_t>(here));
    count -= here;
  }
  std::erase_if(aggregates,
                [](const AggregateMoves& one) { return one.moves.empty() && one.problem.empty(); });
}

// Appends, joining what belongs to one aggregate.
void Append(std::vector<AggregateMoves>& to, std::vector<AggregateMoves> from) {
  for (AggregateMoves& one : from) {
    if (to.empty() || to.back().aggregate != one.aggregate) {
      to.push_back(std::move(one));
      continue;
    }
    std::move(one.moves.begin(), one.moves.end(), std::back_inserter(to.back().moves));
  }
}

// Appends, joining what belongs to one dataset.
void Append(std::vector<DatasetChanges>& to, std::vector<DatasetChanges> from) {
  for (DatasetChanges& dataset : from) {
    if (to.empty() || to.back().dataset != dataset.dataset) {
      to.push_back(std::move(dataset));
      continue;
    }
    std::move(dataset.cells.begin(), dataset.cells.end(), std::back_inserter(to.back().cells));
  }
}

}  // namespace

class Subscription::Impl {
 public:
  Impl(Client::Core* core, SubscribeOptions options) : core_(core), options_(std::move(options)) {}

  absl::Status Run(const SubscribeHandler& handler);
  void Cancel();

 private:
  // What one connection came to. `fatal`: trying again is of no use.
  struct Outcome {
    absl::Status status;
    bool fatal = false;
  };
  // A release that is being handed over in parts, across connections.
  struct Partial {
    Sequence sequence = 0;
    std::size_t cells = 0;  // handed over so far
    std::size_t moves = 0;  // so, too
  };

  bool cancelled() const ABSL_SHARED_LOCKS_REQUIRED(core_->mutex) {
    return cancelled_ || core_->cancelled_all;
  }
  Outcome Connect(const SubscribeHandler& handler);
  v1::SubscribeRequest Request() const;
  absl::Duration BackOff(const absl::Status& why);

  absl::Status Handle(const v1::SubscribeResponse& message, const SubscribeHandler& handler);
  absl::Status HandleSnapshot(const v1::SubscribeResponse::SnapshotPart& part,
                              const SubscribeHandler& handler);
  absl::Status HandleMarker(const v1::SubscribeResponse::Marker& marker, const SubscribeHandler& handler);
  absl::Status HandlePart(const v1::SubscribeResponse::ReleasePart& part, const SubscribeHandler& handler);
  absl::Status HandOver(const v1::SubscribeResponse::ReleasePart& part, std::vector<DatasetChanges> changes,
                        std::vector<AggregateMoves> moves, const SubscribeHandler& handler);
  absl::Status HandleFindings(const v1::SubscribeResponse::FindingsPart& part,
                              const SubscribeHandler& handler);
  absl::Status HandleOverdue(const v1::SubscribeResponse::Overdue& message, const SubscribeHandler& handler);
  absl::Status HandleProgress(const v1::SubscribeResponse::Progress& progress,
                              const SubscribeHandler& handler);

  Client::Core* const core_;
  const SubscribeOptions options_;
  bool cancelled_ ABSL_GUARDED_BY(core_->mutex) = false;
  grpc::ClientContext* live_ ABSL_GUARDED_BY(core_->mutex) = nullptr;

  // Of the thread of Run():
  absl::BitGen random_;
  int attempts_ = 0;                  // without a message, one after the other
  bool heard_ = false;                // any message, ever
  bool in_snapshot_ = false;          // a part of it was handed over
  std::optional<Bookmark> position_;  // all up to here was handed over; set from the marker on
  std::optional<Partial> partial_;
  std::optional<Sequence> findings_at_;  // findings of entries up to here were handed over
  std::set<std::string> overdue_told_;   // releases that were said to be missing
  // Of this connection:
  std::set<std::string> overdue_before_;  // of those the ones that another connection told of
  std::optional<ReleaseInfo> open_;       // the release whose parts are coming
  std::uint32_t next_part_ = 0;
  std::size_t skip_ = 0;                   // cells of it that were handed over before
  std::size_t skip_moves_ = 0;             // moves of it, so
  std::vector<DatasetChanges> collected_;  // when releases are taken whole
  std::vector<AggregateMoves> collected_moves_;
  BlockReader blocks_;
};

v1::SubscribeRequest Subscription::Impl::Request() const {
  v1::SubscribeRequest request;
  for (const SubscribeOptions::Selector& selector : options_.selectors) {
    v1::SeriesSelector* to = request.add_selectors();
    to->set_dataset(selector.dataset);
    to->set_key(selector.key);
  }
  for (const AggregateQuery& query : options_.aggregates) *request.add_aggregates() = convert::ToWire(query);
  request.set_omit_confirmed(options_.omit_confirmed);
  request.set_findings(options_.findings);
  request.set_overdue(options_.overdue);
  const std::optional<Sequence> findings_after = findings_at_ ? findings_at_ : options_.findings_after;
  if (options_.findings && findings_after) request.set_findings_after_sequence(*findings_after);
  const std::int64_t interval_us = absl::ToInt64Microseconds(options_.progress_interval);
  request.mutable_progress_interval()->set_seconds(interval_us / 1'000'000);
  request.mutable_progress_interval()->set_nanos(static_cast<std::int32_t>(interval_us % 1'000'000 * 1000));
  if (position_) {
    request.set_resume_token(position_->resume_token);
    return request;
  }
  request.set_snapshot(options_.snapshot);
  if (!options_.resume_token.empty()) {
    request.set_resume_token(options_.resume_token);
  } else if (options_.after_sequence) {
    request.set_after_sequence(*options_.after_sequence);
  }
  return request;
}

absl::Status Subscription::Impl::Run(const SubscribeHandler& handler) {
  absl::Time outage = absl::InfiniteFuture();  // since when nothing was heard
  for (;;) {
    const Outcome outcome = Connect(handler);
    if (outcome.fatal) return outcome.status;
    {
      absl::MutexLock lock(&core_->mutex);
      if (cancelled()) return Cancelled();
    }
    if (!IsPassing(outcome.status)) return outcome.status;
    if (options_.fail_unless_reachable && !heard_) return outcome.status;
    const absl::Time now = absl::Now();
    if (attempts_ == 0 || outage == absl::InfiniteFuture()) outage = now;
    if (now - outage > options_.give_up_after) return outcome.status;
    const absl::Duration wait = BackOff(outcome.status);
    if (handler.reconnecting) handler.reconnecting(outcome.status, wait);
    absl::MutexLock lock(&core_->mutex);
    const auto stopped = [this]() ABSL_SHARED_LOCKS_REQUIRED(core_->mutex) { return cancelled(); };
    if (core_->mutex.AwaitWithTimeout(absl::Condition(&stopped), wait)) return Cancelled();
  }
}

// How long to wait before the next attempt: twice as long as before the last, half of it by chance.
absl::Duration Subscription::Impl::BackOff(const absl::Status& why) {
  absl::Duration span = options_.initial_backoff;
  for (int i = 0; i < attempts_ && span < options_.max_backoff; ++i) span *= 2;
  ++attempts_;
  span = std::min(span, options_.max_backoff);
  const absl::Duration wait = span / 2 + span / 2 * absl::Uniform(random_, 0.0, 1.0);
  const ErrorDetails details = DetailsOf(why);
  std::int64_t asked_ms = 0;
  if (const auto asked = details.metadata.find("retry_delay_ms"); asked != details.metadata.end()) {
    if (!absl::SimpleAtoi(asked->second, &asked_ms)) asked_ms = 0;
  }
  return std::max(wait, std::min(absl::Milliseconds(asked_ms), options_.max_backoff));
}

Subscription::Impl::Outcome Subscription::Impl::Connect(const SubscribeHandler& handler) {
  if (in_snapshot_ && !position_) {
    in_snapshot_ = false;
    if (handler.snapshot_restarted) {
      if (absl::Status s = handler.snapshot_restarted(); !s.ok()) return {s, true};
    }
  }
  open_.reset();
  overdue_before_ = overdue_told_;
  collected_.clear();
  collected_moves_.clear();
  const v1::SubscribeRequest request = Request();
  CallScope call(core_, CallScope::Kind::kStream, {});
  {
    absl::MutexLock lock(&core_->mutex);
    if (cancelled()) return {Cancelled(), true};
    live_ = call.context();
  }
  MessageStream stream;
  stream.Start(core_->updates.get(), call.context(), &request);
  const absl::Duration silence = 3 * options_.progress_interval;
  absl::Status status;
  bool fatal = false;
  MessageStream::Event event;
  while ((event = stream.Wait(silence)) == MessageStream::Event::kMessage) {
    heard_ = true;
    attempts_ = 0;
    status = Handle(stream.message(), handler);
    fatal = !status.ok();
    if (fatal) break;
    stream.ReadNext();
  }
  if (event == MessageStream::Event::kSilence) {
    status = MakeError(absl::StatusCode::kUnavailable, Reason::kUnknown,
                       absl::StrCat("nothing was heard for ", absl::FormatDuration(silence)));
  }
  {
    absl::MutexLock lock(&core_->mutex);
    live_ = nullptr;
  }
  if (!status.ok()) call.context()->TryCancel();
  const absl::Status end = convert::FromGrpc(stream.Finish());
  if (!status.ok()) return {status, fatal};
  if (end.ok()) {
    return {MakeError(absl::StatusCode::kUnavailable, Reason::kUnknown, "the daemon ended the stream"),
            false};
  }
  return {end, false};
}

void Subscription::Impl::Cancel() {
  absl::MutexLock lock(&core_->mutex);
  cancelled_ = true;
  if (live_ != nullptr) live_->TryCancel();
}

absl::Status Subscription::Impl::Handle(const v1::SubscribeResponse& message,
                                        const SubscribeHandler& handler) {
  switch (message.event_case()) {
    case v1::SubscribeResponse::kSnapshot:
      return HandleSnapshot(message.snapshot(), handler);
    case v1::SubscribeResponse::kMarker:
      return HandleMarker(message.marker(), handler);
    case v1::SubscribeResponse::kRelease:
      return HandlePart(message.release(), handler);
    case v1::SubscribeResponse::kProgress:
      return HandleProgress(message.progress(), handler);
    case v1::SubscribeResponse::kFindings:
      return HandleFindings(message.findings(), handler);
    case v1::SubscribeResponse::kOverdue:
      return HandleOverdue(message.overdue(), handler);
    case v1::SubscribeResponse::EVENT_NOT_SET:
      break;  // of a newer daemon
  }
  return absl::OkStatus();
}

absl::Status Subscription::Impl::HandleSnapshot(const v1::SubscribeResponse::SnapshotPart& part,
                                                const SubscribeHandler& handler) {
  if (position_) return BrokenPromise("a snapshot after its marker");
  in_snapshot_ = true;
  if (!handler.snapshot) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(std::vector<SeriesCells>* const series, blocks_.Read(part.block()));
  for (SeriesCells& cells : *series) TW_RETURN_IF_ERROR(handler.snapshot(part.dataset(), cells));
  return absl::OkStatus();
}

absl::Status Subscription::Impl::HandleMarker(const v1::SubscribeResponse::Marker& marker,
                                              const SubscribeHandler& handler) {
  const auto sequence = static_cast<Sequence>(marker.sequence());
  if (position_) {
    if (sequence == position_->sequence) return absl::OkStatus();
    return BrokenPromise(absl::StrCat("asked to resume after sequence ", position_->sequence,
                                      ", it resumes after ", sequence));
  }
  position_ = Bookmark{sequence, marker.resume_token()};
  if (!findings_at_) findings_at_ = options_.findings_after.value_or(sequence);
  return handler.started ? handler.started(*position_) : absl::OkStatus();
}

absl::Status Subscription::Impl::HandleFindings(const v1::SubscribeResponse::FindingsPart& part,
                                                const SubscribeHandler& handler) {
  const auto sequence = static_cast<Sequence>(part.sequence());
  if (!position_ || open_) return BrokenPromise("findings before the marker, or within a release");
  if (findings_at_ && sequence <= *findings_at_) {
    return BrokenPromise(absl::StrCat("findings of release ", sequence, " after those of ", *findings_at_));
  }
  FindingsUpdate update{sequence, part.last(), {}};
  for (const v1::Finding& message : part.findings()) {
    TW_ASSIGN_OR_RETURN(update.findings.emplace_back(), FromWire(message));
  }
  if (handler.findings) TW_RETURN_IF_ERROR(handler.findings(update));
  if (part.last()) findings_at_ = sequence;
  return absl::OkStatus();
}

absl::Status Subscription::Impl::HandleOverdue(const v1::SubscribeResponse::Overdue& message,
                                               const SubscribeHandler& handler) {
  if (!position_ || open_) return BrokenPromise("an overdue release before the marker, or within a release");
  OverdueUpdate update{
      message.dataset(), FromWire(message.release()), {}, static_cast<Sequence>(message.sequence())};
  const absl::StatusOr<Instant> as_of = convert::FromWire(message.as_of());
  if (!as_of.ok()) return UnreadableAnswer(as_of.status());
  update.as_of = *as_of;
  const ExpectedRelease& r = update.release;
  std::string identity =
      absl::StrCat(update.dataset, " ", r.period, " ", r.kind, " ", r.stage, " ", r.last_day);
  // Another connection tells again of what is still missing.
  if (overdue_before_.erase(identity) > 0) return absl::OkStatus();
  overdue_told_.insert(std::move(identity));
  return handler.overdue ? handler.overdue(update) : absl::OkStatus();
}

absl::Status Subscription::Impl::HandlePart(const v1::SubscribeResponse::ReleasePart& part,
                                            const SubscribeHandler& handler) {
  const auto sequence = static_cast<Sequence>(part.sequence());
  if (!position_) return BrokenPromise("a release before the marker");
  if (sequence <= position_->sequence) {
    return BrokenPromise(absl::StrCat("release ", sequence, " after release ", position_->sequence));
  }
  if (!open_) {
    if (part.part() != 0 || !part.has_release()) {
      return BrokenPromise(absl::StrCat("release ", sequence, " begins with part ", part.part()));
    }
    TW_ASSIGN_OR_RETURN(open_.emplace(), FromWire(part.release()));
    next_part_ = 0;
    skip_ = partial_ && partial_->sequence == sequence ? partial_->cells : 0;
    skip_moves_ = partial_ && partial_->sequence == sequence ? partial_->moves : 0;
    if (partial_ && partial_->sequence != sequence) {
      return BrokenPromise(absl::StrCat("release ", partial_->sequence, " was begun and never ended"));
    }
  }
  if (sequence != open_->sequence || part.part() != next_part_) {
    return BrokenPromise(absl::StrCat("part ", part.part(), " of release ", sequence, " where part ",
                                      next_part_, " of release ", open_->sequence, " was due"));
  }
  ++next_part_;
  std::vector<DatasetChanges> changes;
  for (const v1::ChangeBlock& block : part.changes()) {
    TW_ASSIGN_OR_RETURN(changes.emplace_back(), FromWire(block));
  }
  std::vector<AggregateMoves> moves;
  for (const v1::AggregateMoves& one : part.aggregates()) {
    TW_ASSIGN_OR_RETURN(moves.emplace_back(), FromWire(one));
  }
  TW_RETURN_IF_ERROR(HandOver(part, std::move(changes), std::move(moves), handler));
  if (part.last()) {
    position_ = Bookmark{sequence, part.resume_token()};
    open_.reset();
  }
  return absl::OkStatus();
}

absl::Status Subscription::Impl::HandOver(const v1::SubscribeResponse::ReleasePart& part,
                                          std::vector<DatasetChanges> changes,
                                          std::vector<AggregateMoves> moves,
                                          const SubscribeHandler& handler) {
  if (handler.part) {
    const bool first = !partial_;
    if (first) partial_ = Partial{open_->sequence, 0, 0};
    const std::size_t skipped = std::min(skip_, CountOf(changes));
    skip_ -= skipped;
    DropFront(changes, skipped);
    // A part that was handed over before the connection broke is not handed over again.
    const std::size_t skipped_moves = std::min(skip_moves_, CountOf(moves));
    skip_moves_ -= skipped_moves;
    DropFront(moves, skipped_moves);
    const bool again = !first && changes.empty() && moves.empty() && !part.last();
    partial_->cells += CountOf(changes);
    partial_->moves += CountOf(moves);
    if (part.last()) partial_.reset();
    if (again) return absl::OkStatus();
    ReleasePart out{*open_, first, part.last(), std::move(changes), std::move(moves), part.resume_token()};
    return handler.part(out);
  }
  Append(collected_, std::move(changes));
  Append(collected_moves_, std::move(moves));
  if (!part.last()) return absl::OkStatus();
  ReleaseUpdate update{*open_, std::exchange(collected_, {}), std::exchange(collected_moves_, {}),
                       part.resume_token()};
  return handler.release ? handler.release(update) : absl::OkStatus();
}

absl::Status Subscription::Impl::HandleProgress(const v1::SubscribeResponse::Progress& progress,
                                                const SubscribeHandler& handler) {
  const auto sequence = static_cast<Sequence>(progress.sequence());
  if (!position_ || open_ || partial_) return BrokenPromise("progress before the marker or within a release");
  if (sequence < position_->sequence) {
    return BrokenPromise(absl::StrCat("progress at ", sequence, " after sequence ", position_->sequence));
  }
  position_ = Bookmark{sequence, progress.resume_token()};
  return handler.progress ? handler.progress(*position_) : absl::OkStatus();
}

Subscription::Subscription(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Subscription::~Subscription() = default;
absl::Status Subscription::Run(const SubscribeHandler& handler) { return impl_->Run(handler); }
void Subscription::Cancel() { impl_->Cancel(); }

std::unique_ptr<Subscription> Client::Subscribe(SubscribeOptions options) {
  return std::unique_ptr<Subscription>(
      new Subscription(std::make_unique<Subscription::Impl>(core_.get(), std::move(options))));
}

}  // namespace tidewaiter::client
