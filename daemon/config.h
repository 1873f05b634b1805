// The daemon's configuration: flags, environment, file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/server.h"
#include "daemon/telemetry/log.h"

namespace tidewaiter::daemon {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

struct Config {
  std::vector<std::string> listen = {"127.0.0.1:7443"};
  bool insecure_remote = false;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  std::string ready_file;
  std::string metrics_listen;

  std::string data_dir = "tidewaiter-data";
  std::uint64_t cache_mib = 256;
  std::uint64_t series_cache_mib = 96;
  std::uint64_t disk_reserve_mib = 256;

  int max_subscribers = limits::kMaxSubscribers;
  std::uint64_t rpc_memory_mib = 1024;
  absl::Duration drain_timeout = absl::Seconds(20);
  absl::Duration keepalive = absl::Minutes(1);
  absl::Duration keepalive_timeout = absl::Seconds(20);

  telemetry::Log::Format log_format = telemetry::Log::Format::kText;
  telemetry::LogLevel log_level = telemetry::LogLevel::kInfo;

  bool check_config = false;
  bool verify = false;
  // Everything above as a file that --config takes.
  std::string text;
  // By option ("--listen"), where its value was read if not on the command line: "/etc/t.toml line 3:
  // listen", "TIDEWAITER_LISTEN". For faults.
  std::map<std::string, std::string> origins;
};

// Reads the arguments, the environment and the file, of which the first that names an option wins. Without a
// config: the process has said what it had to (help, or what is wrong), and ends with `exit_code`.
struct Arguments {
  std::optional<Config> config;
  int exit_code = kExitOk;
};
Arguments ReadArguments(int argc, const char* const* argv, const std::string& version);

// What can be said of a configuration before the daemon starts: addresses, TLS files, whether the data folder
// can be used. Every fault, a line each. Makes nothing.
absl::Status CheckConfig(const Config& config);

// Reads the TLS files, if there are any.
absl::StatusOr<std::optional<TlsKeys>> LoadTls(const Config& config);

}  // namespace tidewaiter::daemon
