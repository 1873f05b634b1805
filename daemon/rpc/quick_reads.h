// Whether a small read may be done on gRPC's own threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

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
  // Whether to watch the next read for waiting. It is asked of the system, which takes a while for a read of
  // some microseconds: after a slow read the next ones are watched, else one in sixteen.
  bool WatchNext();
  // How long a read took that was done at once, and whether its thread had to wait within it; nothing if it
  // was not watched. One that did not wait was only slow because the processor had more to do.
  void Report(absl::Time now, absl::Duration took, std::optional<bool> waited);

 private:
  std::atomic<std::int64_t> closed_until_nanos_{0};
  std::atomic<std::int64_t> pause_nanos_{0};  // of the last closing; 0 after a fast read
  std::atomic<std::uint32_t> reads_{0};
  std::atomic<std::uint32_t> watch_until_{0};  // so many reads
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
