// One subscriber: a cursor over the log.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "daemon/rpc/backend.h"
#include "daemon/rpc/call.h"
#include "daemon/rpc/cell_blocks.h"
#include "daemon/rpc/move_messages.h"
#include "daemon/rpc/release_encoder.h"
#include "daemon/rpc/subscriber_hub.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "storage/store.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::rpc {

// The latest state of what is selected, as messages. Used by one thread at a time; calls block.
class Snapshot {
 public:
  Snapshot(const Backend* backend, const Selection& selection, Sequence sequence);
  // None: it is complete.
  absl::StatusOr<std::optional<grpc::ByteBuffer>> Next(const Call& call);

 private:
  absl::StatusOr<bool> OpenNext();
  absl::Status Fill(const Call& call);

  const Backend& backend_;
  const Selection& selection_;
  const Sequence sequence_;
  std::vector<std::string> datasets_;  // left, last first
  std::optional<engine::SeriesReader> reader_;
  std::string dataset_;    // of what is ready
  CellBlocks::Out ready_;  // blocks, each a message
  int at_ = 0;             // the next of them
};

// At any time exactly one of these is so, and whoever changes it has the turn:
//
//   a thread is in Advance()    -> the next of the following
//   a write is outstanding      -> OnWriteDone has the turn
//   it is parked in the hub     -> TakeTurn() has the turn, or OnCancel, if that takes it back
//   it is finished
//
// So nothing but `cancelled_` needs a lock, there are never two writes, and Finish() is called once, by
// End().
class Subscription final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                           public Waiting,
                           public std::enable_shared_from_this<Subscription> {
 public:
  // The reactor of a call; it owns itself until OnDone. `request` lives as long.
  static Subscription* Start(Backend* backend, grpc::CallbackServerContext* context,
                             const grpc::ByteBuffer* request);
  Subscription(Backend* backend, grpc::CallbackServerContext* context, const grpc::ByteBuffer* request);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { self_.reset(); }
  void TakeTurn() override { Advance(/*may_block=*/true); }
  bool cancelled() const override { return cancelled_.load(); }

 private:
  enum class Phase { kOpening, kSnapshot, kMarker, kReleases };
  enum class Step { kAgain, kGivenAway };  // go on, or the turn is somebody else's now

  void Advance(bool may_block);
  absl::StatusOr<Step> TakeStep(bool may_block);
  absl::Status Open();
  absl::Status ReadOptions(const v1::SubscribeRequest& request);
  absl::StatusOr<storage::ResumePoint> ReadStart(const v1::SubscribeRequest& request) const;

  Step GoToPool();
  Step GoToWishes();
  absl::StatusOr<Step> StepSnapshot();
  Step StepMarker();
  absl::StatusOr<Step> StepReleases(bool may_block);
  absl::StatusOr<Step> StepMoves();
  bool FindingsAreDue() const;
  absl::StatusOr<Step> StepFindings(bool may_block);
  absl::StatusOr<Step> StepOverdue(bool may_block);
  void FindOverdue();  // into overdue_messages_
  absl::Time ParkUntil();
  absl::StatusOr<Step> StepWithin(bool may_block);
  absl::StatusOr<bool> SkipUntouched();
  Step WriteProgress();
  Step Write(std::shared_ptr<const grpc::ByteBuffer> message);
  Step Write(grpc::ByteBuffer message);
  Step Write(const v1::SubscribeResponse& response);
  void End(const absl::Status& status);

  Backend& backend_;
  Call call_;
  const grpc::ByteBuffer* const request_;
  std::shared_ptr<Subscription> self_;
  std::atomic<bool> cancelled_{false};
  bool entered_ = false;  // has a place in the hub

  Phase phase_ = Phase::kOpening;
  std::shared_ptr<const Following> following_;
  std::vector<Followed> followed_;                  // aggregates
  bool moves_due_ = false;                          // of the release under way; not yet computed
  bool on_wishes_ = false;                          // this is the thread that computes them
  std::vector<grpc::ByteBuffer> moves_;             // of the release under way, last first
  bool findings_ = false;                           // are told
  Sequence findings_at_ = 0;                        // those of entries up to here have been
  std::vector<grpc::ByteBuffer> finding_messages_;  // of the last of them, last first
  absl::Duration findings_wait_;                    // before looking again
  bool overdue_ = false;                            // is told
  absl::Time overdue_due_;                          // when to look again
  std::set<std::string> told_overdue_;              // identities of what is overdue and has been told
  std::vector<grpc::ByteBuffer> overdue_messages_;  // last first
  absl::Duration progress_interval_;
  absl::Time progress_due_;
  std::optional<Snapshot> snapshot_;
  storage::ResumePoint position_;                    // all releases up to here have been considered
  std::optional<ChangesCursor> cursor_;              // within the release after it
  std::shared_ptr<const grpc::ByteBuffer> message_;  // being written
};

}  // namespace tidewaiter::rpc
