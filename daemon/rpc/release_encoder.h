// Releases on their way to subscribers: matched, encoded, and shared by those who follow the same.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "daemon/engine/update_feed.h"
#include "daemon/rpc/change_blocks.h"
#include "daemon/rpc/selection.h"
#include "grpcpp/support/byte_buffer.h"
#include "storage/store.h"

namespace tidewaiter::rpc {

// A selection with its options, interned: equal ones are one object while somebody uses it.
struct Following {
  Selection selection;
  bool omit_confirmed;
  std::uint64_t id;
};

// What one part of a release's changes is to those of one Following.
struct EncodedPart {
  std::vector<grpc::ByteBuffer> messages;  // in order; none: nothing that matches
  std::uint32_t sent = 0;                  // messages of this release, up to here
  bool last = false;                       // the release is complete
  storage::ResumePoint after;              // right after the release
  std::size_t bytes = 0;
};

// Thread-safe. Does not own its parts.
class ReleaseEncoder {
 public:
  ReleaseEncoder(engine::UpdateFeed* feed, const convert::Lookup* lookup, const storage::LogId& log,
                 std::size_t message_bytes, std::size_t cache_bytes)
      : feed_(*feed), lookup_(lookup), log_(log), message_bytes_(message_bytes), cache_bytes_(cache_bytes) {}

  std::shared_ptr<const Following> Intern(const std::vector<Selection::Item>& items, bool omit_confirmed);

  // `part`: of the engine's. `sent`: messages of this release before it; the same for all of one Following.
  // Only from the cache; never blocks.
  std::shared_ptr<const EncodedPart> Find(const Following& following, Sequence sequence, std::uint32_t part);
  // Blocks.
  absl::StatusOr<std::shared_ptr<const EncodedPart>> Get(const std::shared_ptr<const Following>& following,
                                                         Sequence sequence, std::uint32_t part,
                                                         std::uint32_t sent);

 private:
  using Key = std::tuple<Sequence, std::uint32_t, std::uint64_t>;  // sequence, part, following
  struct Held {
    std::shared_ptr<const EncodedPart> part;
    std::list<Key>::iterator order;
  };
  using PartKey = std::pair<Sequence, std::uint32_t>;

  absl::StatusOr<std::shared_ptr<const IndexedPart>> Indexed(Sequence sequence, std::uint32_t part);
  absl::StatusOr<std::shared_ptr<const EncodedPart>> Encode(const Following& following,
                                                            const IndexedPart& part,
                                                            std::uint32_t sent) const;
  void Keep(const Key& key, std::shared_ptr<const EncodedPart> part);

  engine::UpdateFeed& feed_;
  const convert::Lookup* const lookup_;
  const storage::LogId log_;
  const std::size_t message_bytes_;
  const std::size_t cache_bytes_;

  absl::Mutex mutex_;  // no other lock is taken while it is held
  std::uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<std::pair<std::string, bool>, std::weak_ptr<const Following>> followings_ ABSL_GUARDED_BY(mutex_);
  std::map<Key, Held> encoded_ ABSL_GUARDED_BY(mutex_);
  std::list<Key> order_ ABSL_GUARDED_BY(mutex_);  // least recently used first
  std::size_t used_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::list<std::pair<PartKey, std::shared_ptr<const IndexedPart>>> indexed_
      ABSL_GUARDED_BY(mutex_);  // newest first
};

}  // namespace tidewaiter::rpc
