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

// Those that subscribers are reading just now.
constexpr std::size_t kPartsInUse = 8;
// Their series together, unless one part alone has more: changes, index and encoded blocks are some 1 KiB
// each.
constexpr std::size_t kSeriesInUse = 1u << 17;
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

// The changes of one message, gathered in columns, many series a block: small, and dear to make.
class ColumnWriter {
 public:
  ColumnWriter(const engine::ChangesPart& part, const convert::Lookup* lookup, bool omit_confirmed,
               std::size_t message_bytes)
      : part_(part), omit_confirmed_(omit_confirmed), message_bytes_(message_bytes), blocks_(lookup) {}
  // Takes series from the beginning of the run as long as there is room; the first that was left.
  absl::StatusOr<std::uint32_t> Add(const SeriesRun& run) {
    std::uint32_t series = run.begin;
    for (; series < run.end && !Full(); ++series)
      TW_RETURN_IF_ERROR(blocks_.Add(part_.series[series], omit_confirmed_));
    return series;
  }
  bool empty() const { return blocks_.cells() == 0; }
  absl::StatusOr<std::shared_ptr<const grpc::ByteBuffer>> Write(v1::SubscribeResponse::ReleasePart frame) {
    TW_ASSIGN_OR_RETURN(std::vector<v1::ChangeBlock> blocks, blocks_.Finish());
    v1::SubscribeResponse response;
    response.mutable_release()->Swap(&frame);
    for (v1::ChangeBlock& block : blocks) *response.mutable_release()->add_changes() = std::move(block);
    return std::make_shared<const grpc::ByteBuffer>(Serialize(response));
  }

 private:
  bool Full() const {
    return blocks_.bytes() >= message_bytes_ || blocks_.cells() >= limits::kMaxChunkObservations / 2;
  }

  const engine::ChangesPart& part_;
  const bool omit_confirmed_;
  const std::size_t message_bytes_;
  ChangeBlocks blocks_;
};

// The same cut out of what has been encoded already: what a thousand different subscribers cost is little
// more than copying.
class CutWriter {
 public:
  CutWriter(const ChangeColumns* columns, std::size_t message_bytes)
      : all_(*columns), message_bytes_(message_bytes) {}
  absl::StatusOr<std::uint32_t> Add(const SeriesRun& run) {
    if (bytes_ >= message_bytes_) return run.begin;
    const SeriesRun taken{run.begin, all_.EndWithin(run, message_bytes_ - bytes_)};
    bytes_ += all_.BytesOf(taken);
    runs_.push_back(taken);
    return taken.end;
  }
  bool empty() const { return bytes_ == 0; }
  // Fields may stand in any order: the frame's, then the changes.
  std::shared_ptr<const grpc::ByteBuffer> Write(const grpc::Slice& frame) const {
    using google::protobuf::io::CodedOutputStream;
    constexpr std::uint32_t kTag = v1::SubscribeResponse::kReleaseFieldNumber << 3 | 2;
    const ColumnCut cut(all_, runs_);
    const auto body = static_cast<std::uint32_t>(frame.size() + cut.bytes());
    grpc::Slice message(CodedOutputStream::VarintSize32(kTag) + CodedOutputStream::VarintSize32(body) + body);
    auto* at = const_cast<std::uint8_t*>(message.begin());
    at = CodedOutputStream::WriteVarint32ToArray(kTag, at);
    at = CodedOutputStream::WriteVarint32ToArray(body, at);
    at = std::copy(frame.begin(), frame.end(), at);
    cut.WriteTo(at);
    return std::make_shared<const grpc::ByteBuffer>(&message, 1);
  }

 private:
  const ChangeColumns& all_;
  const std::size_t message_bytes_;
  std::vector<SeriesRun> runs_;
  std::size_t bytes_ = 0;
};

// Gives the writer what has matched, from the series of the cursor on, as long as it takes it. The series to
// go on with; none: that was all.
template <typename Writer>
absl::StatusOr<std::optional<std::uint32_t>> Gather(const std::vector<SeriesRun>& matched,
                                                    std::uint32_t begin, Writer* writer) {
  for (const SeriesRun& run : matched) {
    if (run.end <= begin) continue;
    TW_ASSIGN_OR_RETURN(const std::uint32_t next, writer->Add({std::max(run.begin, begin), run.end}));
    if (next < run.end) return next;
  }
  return std::nullopt;
}

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
  auto following = std::make_shared<const Following>(std::move(selection), omit_confirmed, next_id_++);
  held = following;
  return following;
}

ReleaseEncoder::Shared ReleaseEncoder::FindHeld(const Key& key) {
  const auto it = encoded_.find(key);
  if (it == encoded_.end()) return nullptr;
  order_.splice(order_.end(), order_, it->second.order);
  return it->second.step;
}

std::optional<EncodedStep> ReleaseEncoder::Find(const std::shared_ptr<const Following>& following,
                                                const ChangesCursor& cursor) {
  std::shared_ptr<const PartInUse> part;
  {
    absl::MutexLock lock(&mutex_);
    if (following.use_count() > 1) {
      const Shared held = FindHeld({cursor, following->id});
      return held == nullptr ? std::nullopt : std::optional(*held);
    }
    part = FindInUse({cursor.sequence, cursor.part});
  }
  if (part == nullptr || !part->indexed.IsReady(following->omit_confirmed)) return std::nullopt;
  absl::StatusOr<EncodedStep> step = Encode(*following, *part, cursor);
  return step.ok() ? std::optional(*std::move(step)) : std::nullopt;
}

std::shared_ptr<const ReleaseEncoder::PartInUse> ReleaseEncoder::FindInUse(const PartKey& key) const {
  for (const auto& [held_key, held] : parts_) {
    if (held_key == key) return held;
  }
  return nullptr;
}

bool ReleaseEncoder::IsAtHand(Sequence sequence) const {
  absl::MutexLock lock(&mutex_);
  return std::any_of(parts_.begin(), parts_.end(),
                     [sequence](const auto& part) { return part.first == PartKey(sequence, 0); });
}

absl::StatusOr<EncodedStep> ReleaseEncoder::Get(const std::shared_ptr<const Following>& following,
                                                const ChangesCursor& cursor) {
  // Of the references one is the caller's: what nobody else will ask for is not kept.
  if (following.use_count() == 1) return Make(*following, cursor);
  TW_ASSIGN_OR_RETURN(const Shared step, GetShared(*following, {cursor, following->id}));
  return *step;
}

absl::StatusOr<ReleaseEncoder::Shared> ReleaseEncoder::GetShared(const Following& following, const Key& key) {
  std::shared_ptr<Making> making;
  {
    absl::MutexLock lock(&mutex_);
    if (Shared held = FindHeld(key)) return held;
    std::shared_ptr<Making>& under_way = making_[key];
    if (under_way != nullptr) {
      making = under_way;
      mutex_.Await(absl::Condition(&making->done));
      return making->result;
    }
    making = under_way = std::make_shared<Making>();
  }
  const auto make = [&]() -> absl::StatusOr<Shared> {
    TW_ASSIGN_OR_RETURN(EncodedStep step, Make(following, key.first));
    return std::make_shared<const EncodedStep>(std::move(step));
  };
  absl::StatusOr<Shared> result = make();
  absl::MutexLock lock(&mutex_);
  making_.erase(key);
  making->done = true;
  making->result = result;
  if (result.ok()) Keep(key, *result);
  return result;
}

absl::StatusOr<EncodedStep> ReleaseEncoder::Make(const Following& following, const ChangesCursor& cursor) {
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<const PartInUse> part, InUse(cursor.sequence, cursor.part));
  return Encode(following, *part, cursor);
}

// Different things, that is.
bool ReleaseEncoder::ManyFollow() {
  absl::MutexLock lock(&mutex_);
  return std::count_if(followings_.begin(), followings_.end(), [](const auto& entry) {
           return !entry.second.expired();
         }) > IndexedPart::kAskersForIndex;
}

// Months of a dataset are mostly of the same series.
std::shared_ptr<const SeriesIndex> ReleaseEncoder::FindIndexOf(const engine::ChangesPart& part) const {
  std::vector<std::shared_ptr<const SeriesIndex>> indexes;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [key, held] : parts_) indexes.push_back(held->indexed.SharedIndex());
  }
  for (std::shared_ptr<const SeriesIndex>& index : indexes) {
    if (index != nullptr && index->IsOf(part.series)) return std::move(index);
  }
  return nullptr;
}

absl::StatusOr<std::shared_ptr<const ReleaseEncoder::PartInUse>> ReleaseEncoder::InUse(Sequence sequence,
                                                                                       std::uint32_t part) {
  const PartKey key(sequence, part);
  {
    absl::MutexLock lock(&mutex_);
    if (auto held = FindInUse(key)) return held;
  }
  TW_ASSIGN_OR_RETURN(std::shared_ptr<const engine::ChangesPart> changes, feed_.Changes(sequence, part));
  std::shared_ptr<const SeriesIndex> index = FindIndexOf(*changes);
  auto made = std::make_shared<PartInUse>(std::move(changes), ManyFollow(), std::move(index));
  const engine::ChangesPart& of = made->indexed.part();
  if (part == 0 && of.last) made->whole_frame = SliceOf(Frame(of, 0, TokenAfter(log_, of.entry)));
  decltype(parts_) dropped;  // let go of when the lock is
  absl::MutexLock lock(&mutex_);
  if (auto held = FindInUse(key)) return held;
  parts_.emplace_front(key, made);
  std::size_t count = 0, series = 0;
  const auto first_too_many = std::find_if(parts_.begin(), parts_.end(), [&](const auto& held) {
    series += held.second->indexed.part().series.size();
    return ++count > kPartsInUse || (count > 1 && series > kSeriesInUse);
  });
  dropped.splice(dropped.end(), parts_, first_too_many, parts_.end());
  return std::shared_ptr<const PartInUse>(std::move(made));
}

absl::StatusOr<EncodedStep> ReleaseEncoder::Encode(const Following& following, const PartInUse& in_use,
                                                   const ChangesCursor& cursor) const {
  const engine::ChangesPart& part = in_use.indexed.part();
  const ChangeColumns* columns = nullptr;
  if (!following.selection.everything()) {
    in_use.indexed.Ask();
    TW_ASSIGN_OR_RETURN(columns, in_use.indexed.ColumnsOf(*lookup_, following.omit_confirmed));
  }
  const Following::Runs matched = following.Match(in_use.indexed);
  EncodedStep step;
  std::optional<std::uint32_t> rest;  // the series to go on with
  const auto says_something = [&](bool empty) {
    step.complete = !rest && part.last;
    return !empty || (step.complete && cursor.sent > 0);
  };
  const auto frame = [&] {
    return Frame(part, cursor.sent, step.complete ? TokenAfter(log_, part.entry) : std::string());
  };
  if (columns != nullptr) {
    CutWriter writer(columns, message_bytes_);
    TW_ASSIGN_OR_RETURN(rest, Gather(*matched, cursor.series, &writer));
    if (says_something(writer.empty())) {
      const bool whole = cursor.sent == 0 && step.complete && in_use.whole_frame;
      step.message = writer.Write(whole ? *in_use.whole_frame : SliceOf(frame()));
    }
  } else {
    ColumnWriter writer(part, lookup_, following.omit_confirmed, message_bytes_);
    TW_ASSIGN_OR_RETURN(rest, Gather(*matched, cursor.series, &writer));
    if (says_something(writer.empty())) {
      TW_ASSIGN_OR_RETURN(step.message, writer.Write(frame()));
    }
  }
  step.after = PointAfter(log_, part.entry);
  step.next = {.sequence = cursor.sequence,
               .part = rest ? cursor.part : cursor.part + 1,
               .series = rest.value_or(0),
               .sent = cursor.sent + (step.message ? 1 : 0)};
  return step;
}

void ReleaseEncoder::Keep(const Key& key, Shared step) {
  // A step without a message costs something, too.
  constexpr std::size_t kEntryBytes = 256;
  const auto cost = [](const EncodedStep& s) { return kEntryBytes + (s.message ? s.message->Length() : 0); };
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
