#include "daemon/rpc/move_messages.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/bytes.h"
#include "daemon/rpc/log_entry.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "proto/convert/aggregate.h"

namespace tidewaiter::rpc {
namespace {

// Of a message of moves; a move says little more than its texts.
constexpr std::size_t kMoveBytes = 48;

v1::AggregateMove::State StateOf(const AggregateValue& value) {
  v1::AggregateMove::State state;
  state.set_status(convert::ToWire(tidewaiter::StatusOf(value)));
  if (!value.value) {
    state.set_reason(convert::ToWire(value.reason));
    return state;
  }
  state.set_value(value.value->ToString());
  if (value.bound) state.set_bound(value.bound->ToString());
  state.set_derivation(convert::ToWire(value.derivation));
  return state;
}

v1::AggregateMove ToWire(const engine::AggregateMove& move) {
  v1::AggregateMove message;
  message.set_series(move.series);
  message.set_period(move.period.ToString());
  message.set_unit(move.unit);
  *message.mutable_before() = StateOf(move.before);
  *message.mutable_after() = StateOf(move.after);
  return message;
}

// Parts of one release, each begun when the one before is full.
class Parts {
 public:
  Parts(const storage::LogEntry& entry, std::size_t message_bytes)
      : entry_(entry), message_bytes_(message_bytes) {}

  void Add(std::uint32_t index, const engine::AggregateMoves& moves) {
    if (!moves.problem.empty()) Of(index)->set_problem(moves.problem);
    for (const engine::AggregateMove& move : moves.moves) {
      v1::AggregateMove* to = Of(index)->add_moves();
      *to = ToWire(move);
      bytes_ += to->ByteSizeLong() + kMoveBytes;
    }
  }
  std::vector<grpc::ByteBuffer> Finish() {
    Close();
    return std::move(messages_);
  }

 private:
  v1::AggregateMoves* Of(std::uint32_t index) {
    if (bytes_ >= message_bytes_) Close();
    v1::SubscribeResponse::ReleasePart* part = response_.mutable_release();
    const int last = part->aggregates_size() - 1;
    if (last >= 0 && part->aggregates(last).aggregate() == index) return part->mutable_aggregates(last);
    v1::AggregateMoves* moves = part->add_aggregates();
    moves->set_aggregate(index);
    return moves;
  }
  void Close() {
    bytes_ = 0;
    if (response_.release().aggregates().empty()) return;
    v1::SubscribeResponse::ReleasePart* part = response_.mutable_release();
    if (messages_.empty()) *part->mutable_release() = rpc::ToWire(entry_);
    part->set_sequence(entry_.sequence);
    part->set_part(static_cast<std::uint32_t>(messages_.size()));
    messages_.push_back(Serialize(response_));
    response_.Clear();
  }

  const storage::LogEntry& entry_;
  const std::size_t message_bytes_;
  v1::SubscribeResponse response_;
  std::size_t bytes_ = 0;
  std::vector<grpc::ByteBuffer> messages_;
};

// A release that has no section of a dataset moves nothing in it; a retraction has none of its own.
bool MayTouch(const storage::LogEntry& entry, const std::string& dataset) {
  return entry.retracts != 0 ||
         std::any_of(entry.sections.begin(), entry.sections.end(),
                     [&](const storage::SectionInfo& section) { return section.header.dataset == dataset; });
}

}  // namespace

absl::StatusOr<std::vector<Followed>> ReadFollowed(const v1::SubscribeRequest& request,
                                                   const engine::Aggregates& aggregates,
                                                   const engine::KeptConventions& conventions) {
  if (static_cast<std::size_t>(request.aggregates_size()) > limits::kMaxFollowedAggregates) {
    return InvalidField("aggregates", absl::StrCat("at most ", limits::kMaxFollowedAggregates,
                                                   "; subscribe several times for more"));
  }
  std::vector<Followed> followed;
  Violations violations;
  for (int i = 0; i < request.aggregates_size(); ++i) {
    const std::string field = absl::StrCat("aggregates[", i, "]");
    absl::StatusOr<AggregateQuery> query = convert::FromWire(request.aggregates(i));
    if (query.ok()) query = conventions.Complete(*std::move(query));
    const absl::Status fits = query.ok() ? aggregates.Check(*query) : query.status();
    if (!fits.ok() && !absl::IsInvalidArgument(fits)) return PrefixFields(fits, field);
    violations.Add(field, fits);
    if (!fits.ok()) continue;
    std::string name = convert::ToWire(*query).SerializeAsString();
    followed.push_back({*std::move(query), std::move(name)});
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return followed;
}

absl::StatusOr<std::vector<grpc::ByteBuffer>> MoveMessages(const std::vector<Followed>& followed,
                                                           Sequence sequence, const storage::Store& store,
                                                           engine::AggregateFeed& feed,
                                                           std::size_t message_bytes) {
  TW_ASSIGN_OR_RETURN(storage::LogEntry entry, store.GetEntry(sequence));
  entry.retracted_by = 0;  // as it came
  Parts parts(entry, message_bytes);
  for (std::size_t i = 0; i < followed.size(); ++i) {
    if (!MayTouch(entry, followed[i].query.dataset)) continue;
    TW_ASSIGN_OR_RETURN(const std::shared_ptr<const engine::AggregateMoves> moves,
                        feed.Moves(sequence, followed[i].query, followed[i].name));
    parts.Add(static_cast<std::uint32_t>(i), *moves);
  }
  return parts.Finish();
}

}  // namespace tidewaiter::rpc
