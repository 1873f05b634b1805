// Releases on their way to subscribers: matched, encoded, and shared by those who follow the same.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "daemon/engine/update_feed.h"
#include "daemon/rpc/change_blocks.h"
#include "daemon/rpc/following.h"
#include "daemon/rpc/indexed_part.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/slice.h"
#include "storage/store.h"

namespace tidewaiter::rpc {

// Where one Following is within the changes of a release.
struct ChangesCursor {
  Sequence sequence = 0;
  std::uint32_t part = 0;    // of the engine's
  std::uint32_t series = 0;  // within the part
  std::uint32_t sent = 0;    // messages of this release before it
  friend auto operator<=>(const ChangesCursor&, const ChangesCursor&) = default;
};

// The next message, and where that leaves the cursor. Copies share the message.
struct EncodedStep {
  std::shared_ptr<const grpc::ByteBuffer> message;  // nullptr: nothing (more) in this part matches
  ChangesCursor next;                               // unless complete
  bool complete = false;                            // the release ends here
  storage::ResumePoint after;                       // if complete: right after the release
};

// Thread-safe. Does not own its parts.
class ReleaseEncoder {
 public:
  ReleaseEncoder(engine::UpdateFeed* feed, const convert::Lookup* lookup, const storage::LogId& log,
                 std::size_t message_bytes, std::size_t cache_bytes)
      : feed_(*feed), lookup_(lookup), log_(log), message_bytes_(message_bytes), cache_bytes_(cache_bytes) {}

  std::shared_ptr<const Following> Intern(const std::vector<Selection::Item>& items, bool omit_confirmed);

  // What can be had without blocking: of what others follow too, what has been encoded; else encoded here and
  // now, if the part has been indexed. Errors are for Get() to tell.
  std::optional<EncodedStep> Find(const std::shared_ptr<const Following>& following,
                                  const ChangesCursor& cursor);
  // Blocks. However many who follow the same ask at the same time, it is encoded once.
  absl::StatusOr<EncodedStep> Get(const std::shared_ptr<const Following>& following,
                                  const ChangesCursor& cursor);
  // Whether somebody is reading the changes of the release just now: Get() costs little then, match or not.
  bool IsAtHand(Sequence sequence) const;

 private:
  using Key = std::pair<ChangesCursor, std::uint64_t>;  // the cursor of which following
  using Shared = std::shared_ptr<const EncodedStep>;
  struct Held {
    Shared step;
    std::list<Key>::iterator order;
  };
  // What is being encoded for all who ask for it. Guarded by mutex_.
  struct Making {
    bool done = false;
    absl::StatusOr<Shared> result = absl::UnknownError("being encoded");
  };
  using PartKey = std::pair<Sequence, std::uint32_t>;
  struct PartInUse {
    PartInUse(std::shared_ptr<const engine::ChangesPart> part, bool many_ask,
              std::shared_ptr<const SeriesIndex> index)
        : indexed(std::move(part), many_ask, std::move(index)) {}
    IndexedPart indexed;
    // Of a message that is all of a release, if this part is.
    std::optional<grpc::Slice> whole_frame;
  };

  bool ManyFollow();
  std::shared_ptr<const SeriesIndex> FindIndexOf(const engine::ChangesPart& part) const;
  std::shared_ptr<const PartInUse> FindInUse(const PartKey& key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Shared FindHeld(const Key& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::shared_ptr<const PartInUse>> InUse(Sequence sequence, std::uint32_t part);
  // From the cache, or made and kept there.
  absl::StatusOr<Shared> GetShared(const Following& following, const Key& key);
  absl::StatusOr<EncodedStep> Make(const Following& following, const ChangesCursor& cursor);
  absl::StatusOr<EncodedStep> Encode(const Following& following, const PartInUse& part,
                                     const ChangesCursor& cursor) const;
  void Keep(const Key& key, Shared step) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  engine::UpdateFeed& feed_;
  const convert::Lookup* const lookup_;
  const storage::LogId log_;
  const std::size_t message_bytes_;
  const std::size_t cache_bytes_;

  mutable absl::Mutex mutex_;  // no other lock is taken while it is held
  std::uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<std::pair<std::string, bool>, std::weak_ptr<const Following>> followings_ ABSL_GUARDED_BY(mutex_);
  std::map<Key, Held> encoded_ ABSL_GUARDED_BY(mutex_);
  std::list<Key> order_ ABSL_GUARDED_BY(mutex_);  // least recently used first
  std::size_t used_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<Key, std::shared_ptr<Making>> making_ ABSL_GUARDED_BY(mutex_);
  std::list<std::pair<PartKey, std::shared_ptr<const PartInUse>>> parts_
      ABSL_GUARDED_BY(mutex_);  // newest first
};

}  // namespace tidewaiter::rpc
