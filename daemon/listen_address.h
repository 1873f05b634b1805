// Addresses to listen on: host:port, or unix:path.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tidewaiter::daemon {

struct ListenAddress {
  std::string text;  // as given
  std::string host;  // without brackets; empty for a unix socket
  int port = 0;      // 0: a free one
  std::string path;  // of a unix socket

  bool is_unix() const { return !path.empty(); }
  // 127.0.0.0/8, ::1 or localhost: nobody but this machine can reach it.
  bool is_loopback() const;
};

// "127.0.0.1:7443", "[::1]:7443", "localhost:0", "unix:/run/tidewaiter/socket".
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

// OK if nobody answers on a unix socket of that path; the file that a crash has left behind is no obstacle.
absl::Status CheckUnixSocketIsFree(const std::string& path);

}  // namespace tidewaiter::daemon
