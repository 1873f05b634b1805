// Whether a small read may be done on gRPC's own threads.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace tidewaiter::rpc {

// A read out of the cache takes less than the way to a worker thread and back; one that goes to the disk must
// not hold up gRPC, whose few threads serve everybody. Nobody knows beforehand which it will be, so the last
// ones tell: after a slow read quick reads are closed for a while, which doubles as long as the next one is
// slow again.
//
//   fast fast SLOW | closed 10 ms | SLOW | closed 20 ms | SLOW | closed 40 ms | fast fast fast ...
//
// Thread-safe; an approximation where threads race.
class QuickReads {
 public:
  bool Open(absl::Time now) const;
  // How long a read took that was done at once, and whether its thread had to wait within it. One that did
  // not wait was only slow because the processor had more to do.
  void Report(absl::Time now, absl::Duration took, bool waited);

 private:
  std::atomic<std::int64_t> closed_until_nanos_{0};
  std::atomic<std::int64_t> pause_nanos_{0};  // of the last closing; 0 after a fast read
};

// Tells whether the thread that made it has gone to sleep since: for the disk, or for a lock. Not
// thread-safe.
class WaitWatch {
 public:
  WaitWatch() : begun_(Waits()) {}
  bool Waited() const { return Waits() != begun_; }

 private:
  static long Waits();  // of this thread, so far
  const long begun_;
};

}  // namespace tidewaiter::rpc
