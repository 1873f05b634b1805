// What all services share.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "daemon/engine/aggregate_moves.h"
#include "daemon/engine/aggregates.h"
#include "daemon/engine/calendars.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/findings.h"
#include "daemon/engine/intake.h"
#include "daemon/engine/kept_conventions.h"
#include "daemon/engine/queries.h"
#include "daemon/engine/update_feed.h"
#include "daemon/rpc/executor.h"
#include "daemon/rpc/methods.h"
#include "daemon/rpc/quick_reads.h"
#include "daemon/rpc/store_lookup.h"
#include "daemon/rpc/timers.h"
#include "daemon/telemetry/log.h"
#include "daemon/telemetry/metrics.h"
#include "domain/limits.h"
#include "storage/store.h"

namespace tidewaiter::rpc {

struct BackendOptions {
  // Pushes wait for an fsync that they share: as many at a time as are worth one (docs/decisions/0012).
  int write_threads = 64;
  // Pushes of many observations, which take many times their bytes while they are taken apart.
  int bulk_write_threads = 4;
  int read_threads = 4;
  int stream_threads = 4;
  int max_subscribers = limits::kMaxSubscribers;
  // An upload that sends nothing for so long is given up: it holds one of few places.
  absl::Duration upload_idle_limit = absl::Minutes(2);
  // How often a subscription looks for releases that are overdue.
  absl::Duration overdue_interval = absl::Minutes(1);
  // Messages of streams stay near this size: a subscriber that stops reading holds one.
  std::size_t stream_message_bytes = 256u << 10;
  // Serialized parts of releases, shared by subscribers of equal selectors.
  std::size_t encoded_cache_bytes = 32u << 20;
};

class ReleaseEncoder;
class SubscriberHub;

// All members are thread-safe. Owns neither store, clock, log nor metrics. Destroyed when no call is under
// way.
class Backend {
 public:
  Backend(const BackendOptions& options, storage::Store* store, const engine::Clock* clock,
          telemetry::Log* log, telemetry::Metrics* metrics, std::string version);
  ~Backend();
  Backend(const Backend&) = delete;

  const BackendOptions options;
  storage::Store* const store;
  const engine::Clock* const clock;
  telemetry::Log* const log;
  telemetry::Metrics* const metrics;
  const std::string version;
  const Instant started_at;
  const storage::LogId log_id;

  StoreLookup lookup;
  engine::Intake intake;
  engine::Queries queries;
  engine::Aggregates aggregates;
  engine::Calendars calendars;
  engine::KeptConventions conventions;
  engine::UpdateFeed feed;
  engine::AggregateFeed moves;
  engine::Findings findings;
  const std::unique_ptr<ReleaseEncoder> encoder;
  const std::unique_ptr<SubscriberHub> hub;
  std::array<telemetry::Metrics::Method*, kMethods> method_metrics;

  // Set before the first call; see ServerOptions.
  std::function<void()> on_store_failure = [] {};
  // The daemon is about to end: what changes data, and new streams, are refused.
  std::atomic<bool> draining{false};
  std::atomic<int> uploads{0};
  std::atomic<int> subscribers{0};
  QuickReads quick_reads;
  // Subscribers have been, or are about to be, written to.
  void NoteDelivery(absl::Time now) {
    last_delivery_nanos_.store(absl::ToUnixNanos(now), std::memory_order_relaxed);
  }

  // Runs `task` in `lane`; kInline runs it here and now.
  void Run(Lane lane, Executor::Task task);
  void Run(Method method, Executor::Task task) { Run(InfoOf(method).lane, std::move(task)); }
  // UNAVAILABLE kShuttingDown while draining.
  absl::Status CheckNotDraining() const;

  Timers timers;

 private:
  bool IsDelivering() const;

  std::atomic<std::int64_t> last_delivery_nanos_{0};
  // Last: their tasks use what stands above. Writes end first: an answer that leaves gives subscribers a turn.
  Executor reads_;
  Executor streams_;
  Executor wishes_;
  Executor bulk_writes_;
  Executor writes_;
};

}  // namespace tidewaiter::rpc
