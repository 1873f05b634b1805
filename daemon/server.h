// The whole daemon but its process: a store goes in, addresses come out. Used by main and by tests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/engine/clock.h"
#include "daemon/rpc/backend.h"
#include "daemon/telemetry/log.h"
#include "daemon/telemetry/metrics.h"
#include "storage/store.h"

namespace tidewaiter::daemon {

// PEM texts. Callers must show a certificate of `client_ca`.
struct TlsKeys {
  std::string certificate;
  std::string key;
  std::string client_ca;
};

struct ServerOptions {
  // As ParseListenAddress takes them; port 0 takes a free one.
  std::vector<std::string> listen = {"127.0.0.1:0"};
  // For TCP; unix sockets are guarded by the permissions of their folder.
  std::optional<TlsKeys> tls;
  rpc::BackendOptions backend;
  absl::Duration keepalive = absl::Minutes(1);
  absl::Duration keepalive_timeout = absl::Seconds(20);
  // For what gRPC holds of requests and answers under way.
  std::uint64_t memory_bytes = 1ull << 30;
  // Calls on one connection at a time.
  int max_calls_per_connection = 4096;
  std::string version = "0.0.0";
  // Called once if a write could not be made durable: the store takes no more, and the process must restart.
  // On any thread; must not block.
  std::function<void()> on_store_failure = [] {};
};

// Thread-safe. Owns neither store, clock, log nor metrics, which outlive it.
class Server {
 public:
  // Serves when it returns. Sets the metrics' state.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options, storage::Store* store,
                                                       const engine::Clock* clock, telemetry::Log* log,
                                                       telemetry::Metrics* metrics);
  virtual ~Server() = default;  // Stop() with no patience
  // Where it listens, in the order of options.listen, with the ports that were taken.
  virtual const std::vector<std::string>& addresses() const = 0;
  virtual bool serving() const = 0;
  // Says NOT_SERVING, ends the subscriptions with UNAVAILABLE and a RetryInfo, lets running calls end for as
  // long as `patience`, then breaks them off. Blocks until no call is left.
  virtual void Stop(absl::Duration patience) = 0;
};

}  // namespace tidewaiter::daemon
