// The small HTTP listener for scrapers and probes: GET /metrics and GET /healthz. Nothing else is served.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tidewaiter::telemetry {

struct HttpPages {
  std::function<std::string()> metrics;  // the Prometheus text format
  std::function<bool()> healthy;         // false: 503
};

// One thread; requests beyond a few kilobytes, and connections idle for seconds, are closed. Stops when
// destroyed.
class HttpServer {
 public:
  // `address` is "host:port", port 0 for any. Error: UNAVAILABLE naming the address.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(std::string_view address, HttpPages pages);
  ~HttpServer();
  std::string address() const;  // as bound

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tidewaiter::telemetry
