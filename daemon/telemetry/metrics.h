// Metrics in Prometheus' format, under the names that gRPC dashboards expect.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tidewaiter::telemetry {

// What is asked of the daemon when it is scraped.
struct DaemonState {
  std::uint64_t head = 0;
  std::uint64_t observations = 0;
  std::uint64_t series = 0;
  std::uint64_t store_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t reserve_bytes = 0;
  std::uint64_t subscribers = 0;
  std::uint64_t uploads = 0;
  bool accepting = true;
  std::uint64_t findings_position = 0;
  std::uint64_t findings = 0;
  std::uint64_t findings_dropped = 0;
  std::uint64_t finding_errors = 0;
  std::uint64_t overdue_releases = 0;
  std::uint64_t series_cache_bytes = 0;
  std::uint64_t series_cache_series = 0;
  std::uint64_t series_cache_hits = 0;
  std::uint64_t series_cache_misses = 0;
  std::uint64_t series_cache_evicted = 0;
};

// Thread-safe.
class Metrics {
 public:
  explicit Metrics(std::string_view version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The counters of one method; lives as long as the metrics. Thread-safe.
  class Method {
   public:
    virtual ~Method() = default;
    virtual void Started() = 0;
    // `code`: a gRPC status code, 0 to 16.
    virtual void Handled(int code, double seconds) = 0;
  };
  // `type` as gRPC's own metrics name it: "unary", "client_stream", "server_stream".
  Method* AddMethod(std::string_view type, std::string_view service, std::string_view method);

  // A push or an upload was made durable (replays are not counted).
  void Pushed(std::uint64_t observations, double seconds);
  // A subscriber was sent a message.
  void Delivered(std::uint64_t bytes);

  // Asked at each scrape. REQUIRES: set before the first Render(); may block for some microseconds.
  void SetState(std::function<DaemonState()> state);
  // The page that Prometheus reads.
  std::string Render() const;

 private:
  struct Families;
  const std::unique_ptr<Families> families_;
};

}  // namespace tidewaiter::telemetry
