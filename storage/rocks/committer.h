// The one place where the log grows: concurrent commits share a write and its fsync.
#pragma once

#include <rocksdb/write_batch.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "storage/rocks/database.h"
#include "storage/rocks/name_table.h"
#include "storage/rocks/release_table.h"
#include "storage/store.h"

namespace tidewaiter::storage {

class Committer;

// What one group writes. Used by the committing thread only.
class CommitGroup {
 public:
  rocksdb::WriteBatch* batch() { return &batch_; }
  // Takes the next position, seals the record and puts it there.
  std::uint64_t Append(std::string record);
  std::uint64_t NextPosition();
  void PutAt(std::uint64_t position, std::string record);
  // Seals and puts.
  void Put(Family family, std::string_view key, std::string record);
  // Takes the next sequence, with the chain up to there.
  Sequence NextSequence(Sequence retracts, const ReleaseHeader& header, const Digest& digest, Digest* chain);

 private:
  friend class Committer;
  CommitGroup(Committer* committer, Sequence sequence, const Digest& chain)
      : committer_(committer), sequence_(sequence), chain_(chain) {}
  Committer* const committer_;
  rocksdb::WriteBatch batch_;
  Sequence sequence_;
  Digest chain_;
};

// Something to be committed. Its functions run on the committing thread, one request at a time, in the order
// of the queue; everything committed by earlier groups can be read from the store then.
class CommitRequest {
 public:
  virtual ~CommitRequest() = default;
  // What it adds to a group, roughly.
  virtual std::size_t bytes() const { return 0; }
  // True if the caller relies on its being durable.
  virtual bool durable() const { return true; }
  // Two requests with a number in common never share a group: the second must see what the first has done.
  virtual std::span<const std::uint64_t> exclusive() const { return {}; }
  // True if no other request may share its group.
  virtual bool alone() const { return false; }
  // Checks, and adds to the group all of its records or none. On error only this request fails.
  virtual absl::Status Append(CommitGroup* group) = 0;
  // The group is durable: tells the tables in memory. The head moves afterwards.
  virtual void Publish() = 0;

 private:
  friend class Committer;
  // Guarded by the committer's mutex, or owned by the committing thread.
  absl::Status status_;
  bool done_ = false;
  absl::CondVar wake_;
};

// Leader and followers: whoever is at the front of the queue when no group is being written takes what stands
// behind it along. Thread-safe.
class Committer {
 public:
  Committer(Database* database, NameTable* names, ReleaseTable* releases)
      : database_(database), names_(names), releases_(releases) {}
  // Where the log stands, before the first commit.
  void Start(std::uint64_t next_position, Sequence head, const Digest& chain);

  // Blocks until the request's group is written, or says why it was not.
  absl::Status Commit(CommitRequest* request) ABSL_LOCKS_EXCLUDED(mutex_);
  // `count` positions in a row, for records that come to the log by other ways.
  std::uint64_t TakePositions(std::uint64_t count) { return next_position_.fetch_add(count); }

  void SetHeadListener(std::function<void(Sequence)> listener) ABSL_LOCKS_EXCLUDED(listener_mutex_);

 private:
  friend class CommitGroup;
  std::vector<CommitRequest*> FrontOfQueue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CommitTogether(const std::vector<CommitRequest*>& requests);
  // That the log and the disk have room.
  absl::Status CheckRoom(std::size_t bytes) const;
  std::vector<Name> AppendNames(CommitGroup* group);
  void MoveHead(Sequence head);

  Database* const database_;
  NameTable* const names_;
  ReleaseTable* const releases_;
  std::atomic<std::uint64_t> next_position_{1};

  absl::Mutex mutex_;  // not held while writing
  std::deque<CommitRequest*> queue_ ABSL_GUARDED_BY(mutex_);

  // Of the request at the front of the queue: its turn is the lock.
  Sequence sequence_ = 0;
  Digest chain_{};

  absl::Mutex listener_mutex_;  // a leaf, but for what the listener does
  std::function<void(Sequence)> listener_ ABSL_GUARDED_BY(listener_mutex_);
};

}  // namespace tidewaiter::storage
