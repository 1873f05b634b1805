#include "daemon/rpc/subscription.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daemon/rpc/bytes.h"
#include "daemon/rpc/cell_blocks.h"
#include "daemon/rpc/expected_entry.h"
#include "daemon/rpc/finding_messages.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::rpc {
namespace {

constexpr absl::Duration kDefaultProgress = absl::Seconds(10);
constexpr absl::Duration kShortestProgress = absl::Milliseconds(100);
constexpr absl::Duration kLongestProgress = absl::Hours(1);
// How often to look whether the checks have caught up with what was sent: at first, and when they take long.
constexpr absl::Duration kFindingsWait = absl::Milliseconds(20);
constexpr absl::Duration kLongestFindingsWait = absl::Seconds(1);
// Releases without a match that are gone through before the next subscriber has its turn.
constexpr int kStepsPerTurn = 32;
constexpr std::size_t kSeriesBetweenChecks = 64;

absl::StatusOr<absl::Duration> ProgressInterval(const v1::SubscribeRequest& request) {
  if (!request.has_progress_interval()) return kDefaultProgress;
  const absl::Duration interval = absl::Seconds(request.progress_interval().seconds()) +
                                  absl::Nanoseconds(request.progress_interval().nanos());
  if (interval < kShortestProgress || interval > kLongestProgress) {
    return InvalidField("progress_interval", "must be 100 ms to 1 h");
  }
  return interval;
}

absl::Status SequenceAhead(std::uint64_t asked, Sequence head) {
  const std::string what = absl::StrCat("sequence ", asked, " is beyond the head, ", head);
  return MakeError(absl::StatusCode::kOutOfRange, Reason::kSequenceAhead, "after_sequence: " + what,
                   {{"asked", absl::StrCat(asked)}, {"head", absl::StrCat(head)}},
                   {{"after_sequence", what}});
}

}  // namespace

Snapshot::Snapshot(const Backend* backend, const Selection& selection, Sequence sequence)
    : backend_(*backend), selection_(selection), sequence_(sequence), datasets_(selection.datasets()) {
  if (selection.everything()) {
    for (const storage::DatasetInfo& info : backend_.store->ListDatasets())
      datasets_.push_back(info.definition.id);
  }
  std::reverse(datasets_.begin(), datasets_.end());
}

// Moves to the next dataset of which something is selected; false if there is none.
absl::StatusOr<bool> Snapshot::OpenNext() {
  while (!datasets_.empty()) {
    engine::ReadInput input;
    input.dataset = datasets_.back();
    input.vintage.sequence = sequence_;
    datasets_.pop_back();
    input.keys = selection_.KeysOf(input.dataset);
    const bool whole = input.keys.empty();
    // A series that is followed need not exist yet.
    std::erase_if(input.keys, [&](const std::string& key) {
      const absl::StatusOr<Selector> selector = Selector::Parse(key);
      return selector.ok() && selector->is_single_series() &&
             !backend_.store->FindSeries(input.dataset, key).ok();
    });
    if (input.keys.empty() && !whole) continue;
    TW_ASSIGN_OR_RETURN(reader_, backend_.queries.Open(input));
    return true;
  }
  return false;
}

absl::StatusOr<std::optional<grpc::ByteBuffer>> Snapshot::Next(const Call& call) {
  while (at_ == ready_.size()) {
    if (!reader_) {
      TW_ASSIGN_OR_RETURN(const bool opened, OpenNext());
      if (!opened) return std::nullopt;
    }
    TW_RETURN_IF_ERROR(Fill(call));
  }
  v1::SubscribeResponse response;
  response.mutable_snapshot()->set_dataset(dataset_);
  response.mutable_snapshot()->mutable_block()->Swap(ready_.Mutable(at_++));
  return std::optional<grpc::ByteBuffer>(Serialize(response));
}

// Reads on in the dataset that is open; closes it at its end.
absl::Status Snapshot::Fill(const Call& call) {
  ready_.Clear();
  at_ = 0;
  dataset_ = reader_->dataset().id;
  CellBlocks blocks(&backend_.lookup, /*omit_texts=*/false, &ready_);
  for (std::size_t looked_at = 1; blocks.bytes() < backend_.options.stream_message_bytes; ++looked_at) {
    if (looked_at % kSeriesBetweenChecks == 0) TW_RETURN_IF_ERROR(call.CheckAlive());
    TW_ASSIGN_OR_RETURN(const bool more, reader_->Next());
    if (!more) {
      reader_.reset();
      break;
    }
    TW_ASSIGN_OR_RETURN(const std::vector<CellState>* cells, reader_->Cells());
    if (!cells->empty()) TW_RETURN_IF_ERROR(blocks.Add(reader_->series().key, *cells));
  }
  return blocks.Finish();
}

Subscription* Subscription::Start(Backend* backend, grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request) {
  auto subscription = std::make_shared<Subscription>(backend, context, request);
  Subscription* const raw = subscription.get();
  raw->self_ = std::move(subscription);
  raw->GoToPool();
  return raw;
}

Subscription::Subscription(Backend* backend, grpc::CallbackServerContext* context,
                           const grpc::ByteBuffer* request)
    : backend_(*backend), call_(*backend, context, Method::kSubscribe), request_(request) {}

void Subscription::OnWriteDone(bool ok) {
  message_.reset();  // who waits holds nothing, and the memory is used again while it is warm
  if (!ok) return End(absl::CancelledError("the caller hung up"));
  Advance(/*may_block=*/false);
}

void Subscription::OnCancel() {
  cancelled_.store(true);
  if (backend_.hub->Unpark(this)) Advance(/*may_block=*/false);
}

void Subscription::Advance(bool may_block) {
  const std::shared_ptr<Subscription> alive = shared_from_this();
  for (int i = 0; i < kStepsPerTurn; ++i) {
    const absl::StatusOr<Step> step = TakeStep(may_block);
    if (!step.ok()) return End(step.status());
    if (*step == Step::kGivenAway) return;
  }
  GoToPool();  // behind the others
}

absl::StatusOr<Subscription::Step> Subscription::TakeStep(bool may_block) {
  TW_RETURN_IF_ERROR(call_.CheckAlive());
  if (cancelled()) return absl::CancelledError("the caller hung up");
  TW_RETURN_IF_ERROR(backend_.CheckNotDraining());
  switch (phase_) {
    case Phase::kOpening:
      if (!may_block) return GoToPool();
      TW_RETURN_IF_ERROR(Open());
      return Step::kAgain;
    case Phase::kSnapshot:
      return may_block ? StepSnapshot() : GoToPool();
    case Phase::kMarker:
      return StepMarker();
    case Phase::kReleases:
      return StepReleases(may_block);
  }
  return absl::InternalError("a subscription is in no phase");
}

Subscription::Step Subscription::GoToPool() {
  backend_.Run(Method::kSubscribe, [self = shared_from_this()] { self->Advance(/*may_block=*/true); });
  return Step::kGivenAway;
}

// Wishes take long, and who has none shall not wait for them.
Subscription::Step Subscription::GoToWishes() {
  backend_.Run(Lane::kWishes, [self = shared_from_this()] {
    self->on_wishes_ = true;
    self->Advance(/*may_block=*/true);
  });
  return Step::kGivenAway;
}

absl::Status Subscription::Open() {
  v1::SubscribeRequest request;
  TW_RETURN_IF_ERROR(Parse(*request_, convert::kSmallRequest, &request));
  TW_RETURN_IF_ERROR(ReadOptions(request));
  TW_RETURN_IF_ERROR(backend_.hub->Enter());
  entered_ = true;
  phase_ = request.snapshot() ? Phase::kSnapshot : Phase::kMarker;
  if (request.snapshot()) snapshot_.emplace(&backend_, following_->selection, position_.sequence);
  return absl::OkStatus();
}

absl::Status Subscription::ReadOptions(const v1::SubscribeRequest& request) {
  Violations violations;
  const absl::StatusOr<std::vector<Selection::Item>> items =
      ReadSelectors(*backend_.store, request.selectors());
  if (!items.ok() && !absl::IsInvalidArgument(items.status())) return items.status();
  violations.Add("", items.status());
  const absl::StatusOr<absl::Duration> interval = ProgressInterval(request);
  violations.Add("", interval.status());
  absl::StatusOr<std::vector<Followed>> followed =
      ReadFollowed(request, backend_.aggregates, backend_.conventions);
  if (!followed.ok() && !absl::IsInvalidArgument(followed.status())) return followed.status();
  violations.Add("", followed.status());
  if (request.has_findings_after_sequence() && !request.findings()) {
    violations.Add("findings_after_sequence", "goes with findings only");
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  followed_ = *std::move(followed);
  TW_ASSIGN_OR_RETURN(position_, ReadStart(request));
  findings_ = request.findings();
  overdue_ = request.overdue();
  overdue_due_ = absl::Now();
  findings_wait_ = kFindingsWait;
  findings_at_ = position_.sequence;
  if (request.has_findings_after_sequence()) {
    const Sequence head = backend_.store->head();
    if (request.findings_after_sequence() > head)
      return SequenceAhead(request.findings_after_sequence(), head);
    findings_at_ = static_cast<Sequence>(request.findings_after_sequence());
  }
  progress_interval_ = *interval;
  progress_due_ = absl::Now() + progress_interval_;
  following_ = backend_.encoder->Intern(*items, request.omit_confirmed());
  return absl::OkStatus();
}

absl::StatusOr<storage::ResumePoint> Subscription::ReadStart(const v1::SubscribeRequest& request) const {
  const Sequence head = backend_.store->head();
  switch (request.start_case()) {
    case v1::SubscribeRequest::kAfterSequence:
      if (request.after_sequence() > head) return SequenceAhead(request.after_sequence(), head);
      return backend_.store->PointAt(static_cast<Sequence>(request.after_sequence()));
    case v1::SubscribeRequest::kResumeToken: {
      const absl::StatusOr<storage::ResumePoint> point = storage::DecodeToken(request.resume_token());
      if (!point.ok()) return PrefixFields(point.status(), "resume_token");
      TW_RETURN_IF_ERROR(backend_.store->Verify(*point));
      return point;
    }
    case v1::SubscribeRequest::START_NOT_SET:
      return backend_.store->PointAt(head);
  }
  return InvalidField("start", "is of an unknown kind");
}

absl::StatusOr<Subscription::Step> Subscription::StepSnapshot() {
  TW_ASSIGN_OR_RETURN(std::optional<grpc::ByteBuffer> message, snapshot_->Next(call_));
  if (message) return Write(*std::move(message));
  snapshot_.reset();
  phase_ = Phase::kMarker;
  return Step::kAgain;
}

Subscription::Step Subscription::StepMarker() {
  phase_ = Phase::kReleases;
  v1::SubscribeResponse response;
  response.mutable_marker()->set_sequence(position_.sequence);
  response.mutable_marker()->set_resume_token(storage::EncodeToken(position_));
  return Write(response);
}

absl::StatusOr<Subscription::Step> Subscription::StepReleases(bool may_block) {
  if (cursor_ && (moves_due_ || !moves_.empty())) return StepMoves();
  if (cursor_) return StepWithin(may_block);
  if (progress_due_ <= absl::Now()) return WriteProgress();
  if (FindingsAreDue()) return StepFindings(may_block);
  if (overdue_ && (!overdue_messages_.empty() || overdue_due_ <= absl::Now())) return StepOverdue(may_block);
  if (backend_.feed.head() > position_.sequence) {
    cursor_ = ChangesCursor{.sequence = position_.sequence + 1, .part = 0, .series = 0, .sent = 0};
    moves_due_ = !followed_.empty();
    return Step::kAgain;
  }
  return backend_.hub->Park(shared_from_this(), position_.sequence, ParkUntil()) ? Step::kGivenAway
                                                                                 : Step::kAgain;
}

// Of releases that have been sent, and have been checked.
bool Subscription::FindingsAreDue() const {
  if (!finding_messages_.empty()) return true;
  return findings_ && findings_at_ < position_.sequence && findings_at_ < backend_.findings.state().position;
}

absl::StatusOr<Subscription::Step> Subscription::StepFindings(bool may_block) {
  if (finding_messages_.empty()) {
    if (!may_block) return GoToPool();
    // The last one that there is tells that there are no more.
    const bool tell_nothing = findings_at_ + 1 == position_.sequence;
    TW_ASSIGN_OR_RETURN(finding_messages_,
                        FindingMessages(backend_.findings, findings_at_ + 1, following_->selection,
                                        tell_nothing, backend_.options.stream_message_bytes));
    ++findings_at_;
    findings_wait_ = kFindingsWait;
    std::reverse(finding_messages_.begin(), finding_messages_.end());
    return Step::kAgain;
  }
  grpc::ByteBuffer message = std::move(finding_messages_.back());
  finding_messages_.pop_back();
  return Write(std::move(message));
}

// The checks run behind the releases: while they do, look again soon, and ever less often.
absl::Time Subscription::ParkUntil() {
  const absl::Time due = overdue_ ? std::min(progress_due_, overdue_due_) : progress_due_;
  if (!findings_ || findings_at_ >= position_.sequence) return due;
  const absl::Time again = absl::Now() + findings_wait_;
  findings_wait_ = std::min(2 * findings_wait_, kLongestFindingsWait);
  return std::min(due, again);
}

absl::StatusOr<Subscription::Step> Subscription::StepOverdue(bool may_block) {
  if (overdue_messages_.empty()) {
    if (!may_block) return GoToPool();
    FindOverdue();
    overdue_due_ = absl::Now() + backend_.options.overdue_interval;
    return Step::kAgain;
  }
  grpc::ByteBuffer message = std::move(overdue_messages_.back());
  overdue_messages_.pop_back();
  return Write(std::move(message));
}

// What is overdue now and was not the last time. What has come meanwhile may be overdue again, should it be
// retracted.
void Subscription::FindOverdue() {
  const std::shared_ptr<const engine::OverdueReleases> overdue = backend_.calendars.Overdue();
  std::set<std::string> told;
  for (const engine::OverdueReleases::Release& release : overdue->releases) {
    if (!following_->selection.everything() && !following_->selection.Touches(release.dataset)) continue;
    told.insert(release.identity);
    if (told_overdue_.contains(release.identity)) continue;
    v1::SubscribeResponse response;
    v1::SubscribeResponse::Overdue* const event = response.mutable_overdue();
    event->set_dataset(release.dataset);
    FillExpected(release.entry, event->mutable_release());
    *event->mutable_as_of() = convert::ToWire(overdue->as_of);
    event->set_sequence(overdue->sequence);
    overdue_messages_.push_back(Serialize(response));
  }
  std::reverse(overdue_messages_.begin(), overdue_messages_.end());
  told_overdue_ = std::move(told);
}

// The aggregates that the release moved are its first parts.
absl::StatusOr<Subscription::Step> Subscription::StepMoves() {
  if (moves_due_) {
    if (!std::exchange(on_wishes_, false)) return GoToWishes();
    TW_ASSIGN_OR_RETURN(moves_, MoveMessages(followed_, cursor_->sequence, *backend_.store, backend_.moves,
                                             backend_.options.stream_message_bytes));
    std::reverse(moves_.begin(), moves_.end());
    moves_due_ = false;
    return Step::kAgain;
  }
  grpc::ByteBuffer message = std::move(moves_.back());
  moves_.pop_back();
  ++cursor_->sent;
  return Write(std::move(message));
}

// One message, or one part without any, further within a release.
absl::StatusOr<Subscription::Step> Subscription::StepWithin(bool may_block) {
  std::optional<EncodedStep> step = backend_.encoder->Find(following_, *cursor_);
  if (!step && !may_block) return GoToPool();
  if (!step) {
    TW_ASSIGN_OR_RETURN(const bool skipped, SkipUntouched());
    if (skipped) return Step::kAgain;
    TW_ASSIGN_OR_RETURN(step, backend_.encoder->Get(following_, *cursor_));
  }
  cursor_ = step->next;
  if (step->complete) {
    position_ = step->after;
    cursor_.reset();
  }
  return step->message != nullptr ? Write(std::move(step->message)) : Step::kAgain;
}

// Moves behind the next release if none of its sections can match, without computing what it changed.
absl::StatusOr<bool> Subscription::SkipUntouched() {
  if (cursor_->part > 0 || cursor_->series > 0 || cursor_->sent > 0) return false;
  if (following_->selection.everything() || backend_.encoder->IsAtHand(cursor_->sequence)) return false;
  TW_ASSIGN_OR_RETURN(const storage::LogEntry entry, backend_.store->GetEntry(cursor_->sequence));
  if (entry.retracts != 0) return false;  // it has no sections of its own
  const bool touched = std::any_of(entry.sections.begin(), entry.sections.end(), [this](const auto& section) {
    return following_->selection.Touches(section.header.dataset);
  });
  if (touched) return false;
  cursor_.reset();
  position_.sequence = entry.sequence;
  std::copy_n(entry.chain.begin(), position_.chain.size(), position_.chain.begin());
  return true;
}

Subscription::Step Subscription::WriteProgress() {
  v1::SubscribeResponse response;
  response.mutable_progress()->set_sequence(position_.sequence);
  response.mutable_progress()->set_resume_token(storage::EncodeToken(position_));
  return Write(response);
}

Subscription::Step Subscription::Write(const v1::SubscribeResponse& response) {
  return Write(Serialize(response));
}

Subscription::Step Subscription::Write(grpc::ByteBuffer message) {
  return Write(std::make_shared<const grpc::ByteBuffer>(std::move(message)));
}

Subscription::Step Subscription::Write(std::shared_ptr<const grpc::ByteBuffer> message) {
  message_ = std::move(message);
  const absl::Time now = absl::Now();
  progress_due_ = now + progress_interval_;
  backend_.NoteDelivery(now);
  backend_.metrics->Delivered(message_->Length());
  StartWrite(message_.get());
  return Step::kGivenAway;
}

void Subscription::End(const absl::Status& status) {
  snapshot_.reset();
  following_.reset();
  if (entered_) backend_.hub->Leave();
  Finish(call_.Close(status));
}

}  // namespace tidewaiter::rpc
