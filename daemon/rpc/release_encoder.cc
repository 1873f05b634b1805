#include "daemon/rpc/release_encoder.h"

#include <algorithm>
#include <utility>

#include "daemon/rpc/bytes.h"
#include "daemon/rpc/log_entry.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::rpc {
namespace {

// Parts whose index is kept: those that subscribers are reading just now.
constexpr std::size_t kIndexedParts = 8;
// Dead entries of the table of followings are swept out when it has grown by this factor.
constexpr std::size_t kFollowingsBeforeSweep = 64;

// Writes the messages of one part.
class PartWriter {
 public:
  PartWriter(const engine::ChangesPart& part, const convert::Lookup* lookup, std::uint32_t sent)
      : part_(part), blocks_(lookup), out_(std::make_shared<EncodedPart>()) {
    out_->sent = sent;
  }

  absl::Status Add(const engine::SeriesChanges& series, bool omit_confirmed, std::size_t message_bytes) {
    TW_RETURN_IF_ERROR(blocks_.Add(series, omit_confirmed));
    if (blocks_.bytes() < message_bytes && blocks_.cells() < limits::kMaxChunkObservations / 2)
      return absl::OkStatus();
    return Flush("");
  }

  absl::StatusOr<std::shared_ptr<const EncodedPart>> Finish(const storage::LogId& log) {
    out_->last = part_.last;
    out_->after = {.log = log, .sequence = part_.entry.sequence, .chain = {}};
    std::copy_n(part_.entry.chain.begin(), out_->after.chain.size(), out_->after.chain.begin());
    if (part_.last && (blocks_.cells() > 0 || out_->sent > 0)) {
      TW_RETURN_IF_ERROR(Flush(TokenAfter(log, part_.entry)));
    } else if (blocks_.cells() > 0) {
      TW_RETURN_IF_ERROR(Flush(""));
    }
    return out_;
  }

 private:
  // With a token: the end.
  absl::Status Flush(std::string token) {
    v1::SubscribeResponse response;
    v1::SubscribeResponse::ReleasePart* message = response.mutable_release();
    if (out_->sent == 0) *message->mutable_release() = ToWire(part_.entry);
    message->set_sequence(part_.entry.sequence);
    message->set_part(out_->sent++);
    TW_ASSIGN_OR_RETURN(std::vector<v1::ChangeBlock> blocks, blocks_.Finish());
    for (v1::ChangeBlock& block : blocks) *message->add_changes() = std::move(block);
    message->set_last(!token.empty());
    message->set_resume_token(std::move(token));
    out_->messages.push_back(Serialize(response));
    out_->bytes += out_->messages.back().Length();
    return absl::OkStatus();
  }

  const engine::ChangesPart& part_;
  ChangeBlocks blocks_;
  std::shared_ptr<EncodedPart> out_;
};

}  // namespace

std::shared_ptr<const Following> ReleaseEncoder::Intern(const std::vector<Selection::Item>& items,
                                                        bool omit_confirmed) {
  Selection selection(items);
  absl::MutexLock lock(&mutex_);
  if (followings_.size() >= kFollowingsBeforeSweep) {
    std::erase_if(followings_, [](const auto& entry) { return entry.second.expired(); });
  }
  std::weak_ptr<const Following>& held = followings_[{selection.canonical(), omit_confirmed}];
  if (std::shared_ptr<const Following> following = held.lock()) return following;
  auto following =
      std::make_shared<const Following>(Following{std::move(selection), omit_confirmed, next_id_++});
  held = following;
  return following;
}

std::shared_ptr<const EncodedPart> ReleaseEncoder::Find(const Following& following, Sequence sequence,
                                                        std::uint32_t part) {
  absl::MutexLock lock(&mutex_);
  const auto it = encoded_.find({sequence, part, following.id});
  if (it == encoded_.end()) return nullptr;
  order_.splice(order_.end(), order_, it->second.order);
  return it->second.part;
}

absl::StatusOr<std::shared_ptr<const EncodedPart>> ReleaseEncoder::Get(
    const std::shared_ptr<const Following>& following, Sequence sequence, std::uint32_t part,
    std::uint32_t sent) {
  if (std::shared_ptr<const EncodedPart> held = Find(*following, sequence, part)) return held;
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<const IndexedPart> indexed, Indexed(sequence, part));
  TW_ASSIGN_OR_RETURN(std::shared_ptr<const EncodedPart> encoded, Encode(*following, *indexed, sent));
  // Of the references one is the caller's: what nobody else will ask for is not kept.
  if (following.use_count() > 1) Keep({sequence, part, following->id}, encoded);
  return encoded;
}

absl::StatusOr<std::shared_ptr<const IndexedPart>> ReleaseEncoder::Indexed(Sequence sequence,
                                                                           std::uint32_t part) {
  const PartKey key(sequence, part);
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [held_key, held] : indexed_) {
      if (held_key == key) return held;
    }
  }
  TW_ASSIGN_OR_RETURN(std::shared_ptr<const engine::ChangesPart> changes, feed_.Changes(sequence, part));
  auto made = std::make_shared<const IndexedPart>(std::move(changes));
  absl::MutexLock lock(&mutex_);
  for (const auto& [held_key, held] : indexed_) {
    if (held_key == key) return held;
  }
  indexed_.emplace_front(key, made);
  if (indexed_.size() > kIndexedParts) indexed_.pop_back();
  return std::shared_ptr<const IndexedPart>(std::move(made));
}

absl::StatusOr<std::shared_ptr<const EncodedPart>> ReleaseEncoder::Encode(const Following& following,
                                                                          const IndexedPart& part,
                                                                          std::uint32_t sent) const {
  PartWriter writer(part.part(), lookup_, sent);
  for (const std::uint32_t i : following.selection.Match(part)) {
    TW_RETURN_IF_ERROR(writer.Add(part.part().series[i], following.omit_confirmed, message_bytes_));
  }
  return writer.Finish(log_);
}

void ReleaseEncoder::Keep(const Key& key, std::shared_ptr<const EncodedPart> part) {
  // An entry without messages costs something, too.
  constexpr std::size_t kEntryBytes = 256;
  absl::MutexLock lock(&mutex_);
  const auto [it, added] = encoded_.try_emplace(key);
  if (!added) return;
  used_bytes_ += part->bytes + kEntryBytes;
  it->second = {std::move(part), order_.insert(order_.end(), key)};
  while (used_bytes_ > cache_bytes_ && order_.size() > 1) {
    const auto oldest = encoded_.find(order_.front());
    used_bytes_ -= oldest->second.part->bytes + kEntryBytes;
    encoded_.erase(oldest);
    order_.pop_front();
  }
}

}  // namespace tidewaiter::rpc
