#include "daemon/rpc/release_encoder.h"

#include <algorithm>
#include <utility>

#include "daemon/rpc/bytes.h"
#include "daemon/rpc/log_entry.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "google/protobuf/io/coded_stream.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::rpc {
namespace {

// Parts whose index is kept: those that subscribers are reading just now.
constexpr std::size_t kIndexedParts = 8;
// Dead entries of the table of followings are swept out when it has grown by this factor.
constexpr std::size_t kFollowingsBeforeSweep = 64;

// What stands in a message besides the changes: the release in its first, the token in its last.
v1::SubscribeResponse::ReleasePart Frame(const engine::ChangesPart& part, std::uint32_t number,
                                         std::string token) {
  v1::SubscribeResponse::ReleasePart message;
  if (number == 0) *message.mutable_release() = ToWire(part.entry);
  message.set_sequence(part.entry.sequence);
  message.set_part(number);
  message.set_last(!token.empty());
  message.set_resume_token(std::move(token));
  return message;
}

// The changes of one message.
class ChangesWriter {
 public:
  virtual ~ChangesWriter() = default;
  // A series of the part.
  virtual absl::Status Add(std::uint32_t series) = 0;
  virtual bool empty() const = 0;
  virtual bool Full(std::size_t message_bytes) const = 0;
  // The message of the changes so far in this frame.
  virtual absl::StatusOr<grpc::ByteBuffer> Write(v1::SubscribeResponse::ReleasePart frame) = 0;
};

// In columns, many series a block: small, and dear to make.
class ColumnWriter final : public ChangesWriter {
 public:
  ColumnWriter(const engine::ChangesPart& part, const convert::Lookup* lookup, bool omit_confirmed)
      : part_(part), omit_confirmed_(omit_confirmed), blocks_(lookup) {}
  absl::Status Add(std::uint32_t series) override {
    return blocks_.Add(part_.series[series], omit_confirmed_);
  }
  bool empty() const override { return blocks_.cells() == 0; }
  bool Full(std::size_t message_bytes) const override {
    return blocks_.bytes() >= message_bytes || blocks_.cells() >= limits::kMaxChunkObservations / 2;
  }
  absl::StatusOr<grpc::ByteBuffer> Write(v1::SubscribeResponse::ReleasePart frame) override {
    TW_ASSIGN_OR_RETURN(std::vector<v1::ChangeBlock> blocks, blocks_.Finish());
    v1::SubscribeResponse response;
    response.mutable_release()->Swap(&frame);
    for (v1::ChangeBlock& block : blocks) *response.mutable_release()->add_changes() = std::move(block);
    return Serialize(response);
  }

 private:
  const engine::ChangesPart& part_;
  const bool omit_confirmed_;
  ChangeBlocks blocks_;
};

// Out of what has been encoded already, a block a series: what a thousand different subscribers cost is
// copying bytes.
class FragmentWriter final : public ChangesWriter {
 public:
  explicit FragmentWriter(const Fragments* fragments) : all_(*fragments) {}
  absl::Status Add(std::uint32_t series) override {
    const std::string_view fragment = all_.Of(series);
    if (!fragment.empty()) fragments_.push_back(fragment);
    bytes_ += fragment.size();
    return absl::OkStatus();
  }
  bool empty() const override { return fragments_.empty(); }
  bool Full(std::size_t message_bytes) const override { return bytes_ >= message_bytes; }
  // Fields may stand in any order: the frame's, then the changes.
  absl::StatusOr<grpc::ByteBuffer> Write(v1::SubscribeResponse::ReleasePart frame) override {
    using google::protobuf::io::CodedOutputStream;
    constexpr std::uint32_t kTag = v1::SubscribeResponse::kReleaseFieldNumber << 3 | 2;
    const auto body = static_cast<std::uint32_t>(frame.ByteSizeLong() + bytes_);
    grpc::Slice slice(CodedOutputStream::VarintSize32(kTag) + CodedOutputStream::VarintSize32(body) + body);
    std::uint8_t* at = const_cast<std::uint8_t*>(slice.begin());
    at = CodedOutputStream::WriteVarint32ToArray(kTag, at);
    at = CodedOutputStream::WriteVarint32ToArray(body, at);
    at = frame.SerializeWithCachedSizesToArray(at);
    for (const std::string_view fragment : fragments_) at = std::copy(fragment.begin(), fragment.end(), at);
    return grpc::ByteBuffer(&slice, 1);
  }

 private:
  const Fragments& all_;
  std::vector<std::string_view> fragments_;
  std::size_t bytes_ = 0;
};

storage::ResumePoint PointAfter(const storage::LogId& log, const storage::LogEntry& entry) {
  storage::ResumePoint point{.log = log, .sequence = entry.sequence, .chain = {}};
  std::copy_n(entry.chain.begin(), point.chain.size(), point.chain.begin());
  return point;
}

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

std::shared_ptr<const EncodedStep> ReleaseEncoder::Find(const Following& following,
                                                        const ChangesCursor& cursor) {
  absl::MutexLock lock(&mutex_);
  const auto it = encoded_.find({cursor, following.id});
  if (it == encoded_.end()) return nullptr;
  order_.splice(order_.end(), order_, it->second.order);
  return it->second.step;
}

absl::StatusOr<std::shared_ptr<const EncodedStep>> ReleaseEncoder::Get(
    const std::shared_ptr<const Following>& following, const ChangesCursor& cursor) {
  if (std::shared_ptr<const EncodedStep> held = Find(*following, cursor)) return held;
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<const IndexedPart> indexed,
                      Indexed(cursor.sequence, cursor.part));
  TW_ASSIGN_OR_RETURN(std::shared_ptr<const EncodedStep> step, Encode(*following, *indexed, cursor));
  // Of the references one is the caller's: what nobody else will ask for is not kept.
  if (following.use_count() > 1) Keep({cursor, following->id}, step);
  return step;
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

absl::StatusOr<std::shared_ptr<const EncodedStep>> ReleaseEncoder::Encode(const Following& following,
                                                                          const IndexedPart& indexed,
                                                                          const ChangesCursor& cursor) const {
  const engine::ChangesPart& part = indexed.part();
  const std::vector<std::uint32_t> matched = following.selection.Match(indexed);
  const Fragments* fragments = nullptr;
  if (!following.selection.everything()) {
    TW_ASSIGN_OR_RETURN(fragments, indexed.FragmentsOf(*lookup_, following.omit_confirmed));
  }
  std::unique_ptr<ChangesWriter> writer;
  if (fragments != nullptr) {
    writer = std::make_unique<FragmentWriter>(fragments);
  } else {
    writer = std::make_unique<ColumnWriter>(part, lookup_, following.omit_confirmed);
  }
  auto at = std::lower_bound(matched.begin(), matched.end(), cursor.series);
  for (; at != matched.end() && !writer->Full(message_bytes_); ++at) TW_RETURN_IF_ERROR(writer->Add(*at));

  auto step = std::make_shared<EncodedStep>();
  const bool part_done = at == matched.end();
  step->complete = part_done && part.last;
  if (!writer->empty() || (step->complete && cursor.sent > 0)) {
    v1::SubscribeResponse::ReleasePart frame =
        Frame(part, cursor.sent, step->complete ? TokenAfter(log_, part.entry) : std::string());
    TW_ASSIGN_OR_RETURN(step->message, writer->Write(std::move(frame)));
  }
  step->after = PointAfter(log_, part.entry);
  step->next = {.sequence = cursor.sequence,
                .part = part_done ? cursor.part + 1 : cursor.part,
                .series = part_done ? 0 : *at,
                .sent = cursor.sent + (step->message ? 1 : 0)};
  return std::shared_ptr<const EncodedStep>(std::move(step));
}

void ReleaseEncoder::Keep(const Key& key, std::shared_ptr<const EncodedStep> step) {
  // A step without a message costs something, too.
  constexpr std::size_t kEntryBytes = 256;
  const auto cost = [](const EncodedStep& s) { return kEntryBytes + (s.message ? s.message->Length() : 0); };
  absl::MutexLock lock(&mutex_);
  const auto [it, added] = encoded_.try_emplace(key);
  if (!added) return;
  used_bytes_ += cost(*step);
  it->second = {std::move(step), order_.insert(order_.end(), key)};
  while (used_bytes_ > cache_bytes_ && order_.size() > 1) {
    const auto oldest = encoded_.find(order_.front());
    used_bytes_ -= cost(*oldest->second.step);
    encoded_.erase(oldest);
    order_.pop_front();
  }
}

}  // namespace tidewaiter::rpc
