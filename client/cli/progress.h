// How far a long piece of work has come, on the standard error.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "client/cli/output.h"

namespace tidewaiter::cli {

// On a terminal one line that is redrawn; elsewhere a line every five seconds. Nothing in the first second,
// and nothing at all when it is not wanted. Not thread-safe.
class Progress {
 public:
  Progress(Output* err, bool wanted) : err_(err), wanted_(wanted), started_(absl::Now()), shown_(started_) {}
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `total` 0: not known.
  void Show(std::uint64_t done, std::uint64_t total, std::string_view what);
  // Takes the line away, so that something else can be written.
  void Clear();

 private:
  Output* const err_;
  const bool wanted_;
  const absl::Time started_;
  absl::Time shown_;
  bool on_screen_ = false;
};

}  // namespace tidewaiter::cli
