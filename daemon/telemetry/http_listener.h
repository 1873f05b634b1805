// A small HTTP listener for Prometheus and load balancers.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace tidewaiter::telemetry {

// GET /metrics and GET /healthz (200 or 503). One thread; a few connections at a time, each with a short time
// limit.
class HttpListener {
 public:
  struct Pages {
    std::function<std::string()> metrics;
    std::function<bool()> healthy;
  };
  // `address` is host:port; port 0 takes a free one. Serves until it is destroyed.
  static absl::StatusOr<std::unique_ptr<HttpListener>> Start(const std::string& address, Pages pages);
  virtual ~HttpListener() = default;
  // "127.0.0.1:9464", with the port that is bound.
  virtual const std::string& address() const = 0;
};

}  // namespace tidewaiter::telemetry
