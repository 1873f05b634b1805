#include "storage/rocks/committer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "storage/digest.h"
#include "storage/rocks/keys.h"

namespace tidewaiter::storage {
namespace {

// A group stops growing here: a larger write keeps those behind it waiting longer than the fsync it saves.
constexpr std::size_t kMaxGroupBytes = 1u << 20;
constexpr std::size_t kMaxGroupRequests = 256;

}  // namespace

std::uint64_t CommitGroup::NextPosition() { return committer_->TakePositions(1); }

void CommitGroup::PutAt(std::uint64_t position, std::string record) {
  Put(Family::kLog, LogKey(position), std::move(record));
}

std::uint64_t CommitGroup::Append(std::string record) {
  const std::uint64_t position = NextPosition();
  PutAt(position, std::move(record));
  return position;
}

void CommitGroup::Put(Family family, std::string_view key, std::string record) {
  Seal(key, &record);
  batch_.Put(committer_->database_->family(family), ToSlice(key), record);
}

Sequence CommitGroup::NextSequence(Sequence retracts, const ReleaseHeader& header, const Digest& digest,
                                   Digest* chain) {
  ++sequence_;
  chain_ = NextChain(chain_, sequence_, retracts, header.agency, header.release_id, digest);
  *chain = chain_;
  return sequence_;
}

void Committer::Start(std::uint64_t next_position, Sequence head, const Digest& chain) {
  next_position_ = next_position;
  sequence_ = head;
  chain_ = chain;
}

absl::Status Committer::Commit(CommitRequest* request) {
  std::vector<CommitRequest*> group;
  {
    absl::MutexLock lock(&mutex_);
    queue_.push_back(request);
    while (!request->done_ && queue_.front() != request) request->wake_.Wait(&mutex_);
    if (request->done_) return request->status_;
    group = FrontOfQueue();
  }
  CommitTogether(group);
  absl::MutexLock lock(&mutex_);
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(group.size()));
  // The next leader first: the sooner it starts, the less the disk idles.
  if (!queue_.empty()) queue_.front()->wake_.Signal();
  for (CommitRequest* member : group) {
    member->done_ = true;
    if (member != request) member->wake_.Signal();
  }
  return request->status_;
}

std::vector<CommitRequest*> Committer::FrontOfQueue() {
  std::vector<CommitRequest*> group;
  absl::flat_hash_set<std::uint64_t> taken;
  std::size_t bytes = 0;
  for (CommitRequest* request : queue_) {
    if (!group.empty() && (request->alone() || group.front()->alone())) break;
    bytes += request->bytes();
    if (!group.empty() && (bytes > kMaxGroupBytes || group.size() == kMaxGroupRequests)) break;
    const std::span<const std::uint64_t> own = request->exclusive();
    if (std::any_of(own.begin(), own.end(), [&taken](std::uint64_t n) { return taken.contains(n); })) break;
    taken.insert(own.begin(), own.end());
    group.push_back(request);
  }
  return group;
}

void Committer::CommitTogether(const std::vector<CommitRequest*>& requests) {
  std::size_t bytes = names_->pending_bytes();
  for (const CommitRequest* request : requests) bytes += request->bytes();
  const absl::Status writable = CheckRoom(bytes);
  CommitGroup group(this, sequence_, chain_);
  std::vector<Name> names;
  if (writable.ok()) names = AppendNames(&group);

  std::vector<CommitRequest*> appended;
  bool durable = false;
  for (CommitRequest* request : requests) {
    request->status_ = writable;
    if (!writable.ok()) continue;
    request->status_ = request->Append(&group);
    if (!request->status_.ok()) continue;
    durable = durable || request->durable();
    appended.push_back(request);
  }
  if (!writable.ok() || group.batch_.Count() == 0) return;
  if (const absl::Status status = database_->Write(&group.batch_, durable); !status.ok()) {
    for (CommitRequest* request : appended) request->status_ = status;
    return;
  }
  names_->Written(names);
  for (CommitRequest* request : appended) request->Publish();
  chain_ = group.chain_;
  MoveHead(group.sequence_);
}

absl::Status Committer::CheckRoom(std::size_t bytes) const {
  // A record is larger than a byte, so these are more positions than a group can take.
  if (next_position_.load() + bytes + kMaxGroupRequests < ReleaseTable::kMaxPosition) {
    return database_->CheckWritable(bytes);
  }
  return MakeError(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
                   "the store has handed out all positions of its log",
                   {{"limit", absl::StrCat(ReleaseTable::kMaxPosition)}});
}

std::vector<Name> Committer::AppendNames(CommitGroup* group) {
  std::vector<Name> names = names_->TakePending();
  if (names.empty()) return names;
  group->Append(EncodeNames(names));
  NameTable::AppendCatalogueRecords(*database_, names, &group->batch_);
  return names;
}

void Committer::MoveHead(Sequence head) {
  absl::MutexLock lock(&listener_mutex_);
  while (sequence_ < head) {
    releases_->Publish(++sequence_);
    if (listener_) listener_(sequence_);
  }
}

void Committer::SetHeadListener(std::function<void(Sequence)> listener) {
  absl::MutexLock lock(&listener_mutex_);
  listener_ = std::move(listener);
}

}  // namespace tidewaiter::storage
