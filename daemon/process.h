// The process and its surroundings: signals, the ready file, systemd.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace tidewaiter::daemon {

// Writes the lines to a file that appears whole or not at all.
absl::Status WriteReadyFile(const std::string& path, const std::vector<std::string>& lines);

// Tells systemd, if it asked (NOTIFY_SOCKET): "READY=1", "STOPPING=1".
void NotifySystemd(const std::string& state);

// As many descriptors as the system allows: a subscriber may cost one.
void RaiseDescriptorLimit();

// Waits for the first reason to stop. Made before any other thread: SIGTERM and SIGINT are then its own. A
// second signal ends the process at once, with exit code 1.
class StopRequest {
 public:
  StopRequest();
  StopRequest(const StopRequest&) = delete;
  // From any thread; the first reason counts.
  static void Ask(const std::string& reason);
  static bool asked();
  // The reason: "SIGTERM", or as given to Ask().
  std::string Wait();
};

}  // namespace tidewaiter::daemon
