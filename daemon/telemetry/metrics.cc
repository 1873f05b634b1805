#include "daemon/telemetry/metrics.h"

#include <array>
#include <atomic>
#include <utility>
#include <vector>

#include "prometheus/collectable.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace tidewaiter::telemetry {
namespace {

constexpr std::array<const char*, 17> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

// From a read out of the cache to an upload of minutes.
prometheus::Histogram::BucketBoundaries Seconds() {
  return {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600};
}

using Labels = prometheus::Labels;

class MethodCounters final : public Metrics::Method {
 public:
  MethodCounters(prometheus::Family<prometheus::Counter>& started,
                 prometheus::Family<prometheus::Counter>& handled,
                 prometheus::Family<prometheus::Histogram>& seconds, Labels labels)
      : labels_(std::move(labels)),
        handled_family_(handled),
        started_(started.Add(labels_)),
        seconds_(seconds.Add(labels_, Seconds())) {
    for (std::size_t code = 0; code < kCodeNames.size(); ++code) handled_[code].store(nullptr);
    Counter(0);  // a method that was never called shows its zero
  }
  void Started() override { started_.Increment(); }
  void Handled(int code, double seconds) override {
    Counter(static_cast<std::size_t>(code) < kCodeNames.size() ? static_cast<std::size_t>(code) : 2)
        .Increment();
    seconds_.Observe(seconds);
  }

 private:
  prometheus::Counter& Counter(std::size_t code) {
    prometheus::Counter* counter = handled_[code].load(std::memory_order_acquire);
    if (counter != nullptr) return *counter;
    Labels labels = labels_;
    labels["grpc_code"] = kCodeNames[code];
    counter = &handled_family_.Add(labels);  // the same one, whoever adds it first
    handled_[code].store(counter, std::memory_order_release);
    return *counter;
  }

  const Labels labels_;
  prometheus::Family<prometheus::Counter>& handled_family_;
  prometheus::Counter& started_;
  prometheus::Histogram& seconds_;
  std::array<std::atomic<prometheus::Counter*>, kCodeNames.size()> handled_;
};

prometheus::MetricFamily Single(std::string name, std::string help, prometheus::MetricType type,
                                double value) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  prometheus::ClientMetric metric;
  (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  family.metric.push_back(std::move(metric));
  return family;
}

std::vector<prometheus::MetricFamily> Collect(const DaemonState& state) {
  using prometheus::MetricType;
  const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
  return {
      Single("tidewaiter_head_sequence", "Newest sequence of the log.", MetricType::Gauge,
             number(state.head)),
      Single("tidewaiter_observations_total", "Observations accepted, all releases.", MetricType::Counter,
             number(state.observations)),
      Single("tidewaiter_series", "Series held.", MetricType::Gauge, number(state.series)),
      Single("tidewaiter_store_bytes", "Bytes of the store's files.", MetricType::Gauge,
             number(state.store_bytes)),
      Single("tidewaiter_free_bytes", "Free bytes on the store's disk.", MetricType::Gauge,
             number(state.free_bytes)),
      Single("tidewaiter_reserve_bytes", "Pushes are refused when less than this is free.", MetricType::Gauge,
             number(state.reserve_bytes)),
      Single("tidewaiter_accepting", "1: pushes are taken; 0: they are refused.", MetricType::Gauge,
             state.accepting ? 1 : 0),
      Single("tidewaiter_subscribers", "Open subscriptions.", MetricType::Gauge, number(state.subscribers)),
      Single("tidewaiter_uploads", "Uploads under way.", MetricType::Gauge, number(state.uploads)),
      Single("tidewaiter_findings_position", "Releases up to this sequence have been checked.",
             MetricType::Gauge, number(state.findings_position)),
      Single("tidewaiter_findings_total", "Findings kept of all releases checked.", MetricType::Counter,
             number(state.findings)),
      Single("tidewaiter_findings_dropped_total", "Findings beyond what is kept of one release.",
             MetricType::Counter, number(state.findings_dropped)),
      Single("tidewaiter_finding_errors_total", "Releases that could not be checked.", MetricType::Counter,
             number(state.finding_errors)),
      Single("tidewaiter_overdue_releases", "Expected releases that have not come, of the last two years.",
             MetricType::Gauge, number(state.overdue_releases)),
      Single("tidewaiter_series_cache_bytes", "Memory that decoded series take.", MetricType::Gauge,
             number(state.series_cache_bytes)),
      Single("tidewaiter_series_cache_series", "Decoded series held in memory.", MetricType::Gauge,
             number(state.series_cache_series)),
      Single("tidewaiter_series_cache_hits_total", "Reads of a series that found it decoded.",
             MetricType::Counter, number(state.series_cache_hits)),
      Single("tidewaiter_series_cache_misses_total", "Reads of a series that did not.", MetricType::Counter,
             number(state.series_cache_misses)),
      Single("tidewaiter_series_cache_evicted_total", "Decoded series that made room for others.",
             MetricType::Counter, number(state.series_cache_evicted)),
  };
}

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& started = prometheus::BuildCounter()
                                                         .Name("grpc_server_started_total")
                                                         .Help("Calls started on the server.")
                                                         .Register(registry);
  prometheus::Family<prometheus::Counter>& handled =
      prometheus::BuildCounter()
          .Name("grpc_server_handled_total")
          .Help("Calls completed on the server, whether they succeeded or failed.")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& handling =
      prometheus::BuildHistogram()
          .Name("grpc_server_handling_seconds")
          .Help("How long calls took, from their arrival until the server was done with them.")
          .Register(registry);
  prometheus::Counter& pushes = prometheus::BuildCounter()
                                    .Name("tidewaiter_pushes_total")
                                    .Help("Releases made durable since the daemon started.")
                                    .Register(registry)
                                    .Add({});
  prometheus::Counter& pushed = prometheus::BuildCounter()
                                    .Name("tidewaiter_pushed_observations_total")
                                    .Help("Observations made durable since the daemon started.")
                                    .Register(registry)
                                    .Add({});
  prometheus::Histogram& push_seconds = prometheus::BuildHistogram()
                                            .Name("tidewaiter_push_seconds")
                                            .Help("From a release's arrival until it was durable.")
                                            .Register(registry)
                                            .Add({}, Seconds());
  prometheus::Counter& delivered = prometheus::BuildCounter()
                                       .Name("tidewaiter_delivered_messages_total")
                                       .Help("Messages sent to subscribers.")
                                       .Register(registry)
                                       .Add({});
  prometheus::Counter& delivered_bytes = prometheus::BuildCounter()
                                             .Name("tidewaiter_delivered_bytes_total")
                                             .Help("Bytes of messages sent to subscribers.")
                                             .Register(registry)
                                             .Add({});
  std::vector<std::unique_ptr<Metrics::Method>> methods;
  std::function<DaemonState()> state;
};

Metrics::Metrics(std::string_view version) : families_(std::make_unique<Families>()) {
  prometheus::BuildGauge()
      .Name("tidewaiter_build_info")
      .Help("1, labelled with the daemon's version.")
      .Register(families_->registry)
      .Add({{"version", std::string(version)}})
      .Set(1);
}

Metrics::~Metrics() = default;

Metrics::Method* Metrics::AddMethod(std::string_view type, std::string_view service,
                                    std::string_view method) {
  Labels labels{{"grpc_type", std::string(type)},
                {"grpc_service", std::string(service)},
                {"grpc_method", std::string(method)}};
  families_->methods.push_back(std::make_unique<MethodCounters>(families_->started, families_->handled,
                                                                families_->handling, std::move(labels)));
  return families_->methods.back().get();
}

void Metrics::Pushed(std::uint64_t observations, double seconds) {
  families_->pushes.Increment();
  families_->pushed.Increment(static_cast<double>(observations));
  families_->push_seconds.Observe(seconds);
}

void Metrics::Delivered(std::uint64_t bytes) {
  families_->delivered.Increment();
  families_->delivered_bytes.Increment(static_cast<double>(bytes));
}

void Metrics::SetState(std::function<DaemonState()> state) { families_->state = std::move(state); }

std::string Metrics::Render() const {
  std::vector<prometheus::MetricFamily> collected = families_->registry.Collect();
  if (families_->state) {
    for (prometheus::MetricFamily& family : Collect(families_->state()))
      collected.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(collected);
}

}  // namespace tidewaiter::telemetry
