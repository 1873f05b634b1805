#include "daemon/rpc/backend.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daemon/rpc/release_encoder.h"
#include "daemon/rpc/subscriber_hub.h"
#include "domain/errors.h"

namespace tidewaiter::rpc {
namespace {

// What waits for deliveries goes on so long after the last of them.
constexpr absl::Duration kBetweenDeliveries = absl::Milliseconds(20);

std::array<telemetry::Metrics::Method*, kMethods> AddMethods(telemetry::Metrics& metrics) {
  std::array<telemetry::Metrics::Method*, kMethods> methods{};
  for (std::size_t i = 0; i < kMethods; ++i) {
    const MethodInfo& info = kMethodTable[i];
    methods[i] = metrics.AddMethod(info.type, info.service, info.name);
  }
  return methods;
}

engine::Findings::OnError ToLog(telemetry::Log* log) {
  return [log](Sequence sequence, const absl::Status& status) {
    log->Write(telemetry::LogLevel::kError,
               "findings: a release was not checked, or findings were not written",
               {{"sequence", absl::StrCat(sequence)}, {"error", status.ToString()}});
  };
}

}  // namespace

Backend::Backend(const BackendOptions& backend_options, storage::Store* store, const engine::Clock* clock,
                 telemetry::Log* log, telemetry::Metrics* metrics, std::string version)
    : options(backend_options),
      store(store),
      clock(clock),
      log(log),
      metrics(metrics),
      version(std::move(version)),
      started_at(clock->Now()),
      log_id(store->log_id()),
      lookup(store),
      intake(store, clock),
      queries(store),
      aggregates(store, &queries),
      calendars(store, &queries, clock),
      conventions(store),
      feed(store),
      moves(store, &aggregates, &feed),
      findings(
          store, &feed,
          {.due = [this](const DatasetDefinition& dataset,
                         Instant published_at) { return calendars.RevisionsDueAt(dataset, published_at); },
           .conventions = [this](std::string_view dataset) { return conventions.Get(dataset); }},
          ToLog(log), [this] { return IsDelivering(); }),
      encoder(std::make_unique<ReleaseEncoder>(&feed, &lookup, log_id, options.stream_message_bytes,
                                               options.encoded_cache_bytes)),
      hub(std::make_unique<SubscriberHub>(this)),
      method_metrics(AddMethods(*metrics)),
      reads_(options.read_threads),
      streams_(options.stream_threads),
      wishes_(/*threads=*/1),
      bulk_writes_(options.bulk_write_threads),
      writes_(options.write_threads) {
  findings.Start();
}

Backend::~Backend() {
  timers.Stop();
  findings.Stop();
  feed.Close();
}

void Backend::Run(Lane lane, Executor::Task task) {
  switch (lane) {
    case Lane::kInline:
      return task();
    case Lane::kReads:
      return reads_.Run(std::move(task));
    case Lane::kWrites:
      return writes_.Run(std::move(task));
    case Lane::kBulkWrites:
      return bulk_writes_.Run(std::move(task));
    case Lane::kStreams:
      return streams_.Run(std::move(task));
    case Lane::kWishes:
      return wishes_.Run(std::move(task));
  }
}

bool Backend::IsDelivering() const {
  const std::int64_t last = last_delivery_nanos_.load(std::memory_order_relaxed);
  return absl::GetCurrentTimeNanos() - last < absl::ToInt64Nanoseconds(kBetweenDeliveries);
}

absl::Status Backend::CheckNotDraining() const {
  if (!draining.load(std::memory_order_acquire)) return absl::OkStatus();
  return MakeError(absl::StatusCode::kUnavailable, Reason::kShuttingDown,
                   "the daemon is shutting down; try again in a moment");
}

}  // namespace tidewaiter::rpc
