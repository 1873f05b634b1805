// tidewaiterd: reads its configuration, opens the store, serves until it is told to stop.
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "daemon/config.h"
#include "daemon/engine/clock.h"
#include "daemon/process.h"
#include "daemon/server.h"
#include "daemon/telemetry/http_listener.h"
#include "daemon/telemetry/log.h"
#include "daemon/telemetry/metrics.h"
#include "domain/errors.h"
#include "google/protobuf/stubs/logging.h"
#include "grpc/support/log.h"
#include "storage/rocks/rocks_store.h"

namespace tidewaiter::daemon {
namespace {

constexpr char kVersion[] = TIDEWAITER_VERSION;
constexpr char kStoreFailed[] = "a write could not be made durable";

int Fail(const absl::Status& status, int exit_code) {
  std::cerr << "tidewaiterd: " << status.message() << std::endl;
  return exit_code;
}

telemetry::LogLevel ToLogLevel(storage::RocksOptions::LogLevel level) {
  using From = storage::RocksOptions::LogLevel;
  switch (level) {
    case From::kDebug:
      return telemetry::LogLevel::kDebug;
    case From::kInfo:
      return telemetry::LogLevel::kInfo;
    case From::kWarning:
      return telemetry::LogLevel::kWarning;
    case From::kError:
      return telemetry::LogLevel::kError;
  }
  return telemetry::LogLevel::kError;
}

absl::StatusOr<std::unique_ptr<storage::Store>> OpenStore(const Config& config, telemetry::Log* log,
                                                          bool create) {
  storage::RocksOptions options;
  options.directory = config.data_dir;
  options.cache_bytes = config.cache_mib << 20;
  options.series_memory_bytes = config.series_cache_mib << 20;
  options.disk_reserve_bytes = config.disk_reserve_mib << 20;
  options.create_if_missing = create;
  options.log = [log](storage::RocksOptions::LogLevel level, std::string_view message) {
    log->Write(ToLogLevel(level), message, {{"from", "store"}});
  };
  return storage::OpenRocksStore(options);
}

int Verify(const Config& config, telemetry::Log* log) {
  const absl::StatusOr<std::unique_ptr<storage::Store>> store = OpenStore(config, log, /*create=*/false);
  if (!store.ok()) return Fail(store.status(), kExitFailure);
  if (const absl::Status status = (*store)->VerifyAll(); !status.ok()) return Fail(status, kExitFailure);
  const storage::StoreStatus status = (*store)->Status();
  std::cout << absl::StrCat("The store in ", config.data_dir, " is sound: head ", status.head, ", ",
                            status.series, " series, ", status.observations, " observations.")
            << std::endl;
  return kExitOk;
}

ServerOptions ToServerOptions(const Config& config, std::optional<TlsKeys> tls) {
  ServerOptions options;
  options.listen = config.listen;
  options.tls = std::move(tls);
  options.backend.max_subscribers = config.max_subscribers;
  options.keepalive = config.keepalive;
  options.keepalive_timeout = config.keepalive_timeout;
  options.memory_bytes = config.rpc_memory_mib << 20;
  options.version = kVersion;
  options.on_store_failure = [] { StopRequest::Ask(kStoreFailed); };
  return options;
}

absl::StatusOr<std::unique_ptr<telemetry::HttpListener>> ServeMetrics(const Config& config,
                                                                      const telemetry::Metrics& metrics,
                                                                      const Server& server) {
  if (config.metrics_listen.empty()) return nullptr;
  return telemetry::HttpListener::Start(config.metrics_listen,
                                        {.metrics = [&metrics] { return metrics.Render(); },
                                         .healthy = [&server] { return server.serving(); }});
}

// From the store's opening to its closing.
absl::Status Serve(const Config& config, StopRequest& stop, telemetry::Log* log) {
  TW_ASSIGN_OR_RETURN(std::optional<TlsKeys> tls, LoadTls(config));
  // The store's lock comes before the port: two daemons never serve one store.
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<storage::Store> store, OpenStore(config, log, /*create=*/true));
  telemetry::Metrics metrics(kVersion);
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<Server> server,
                      Server::Start(ToServerOptions(config, std::move(tls)), store.get(),
                                    &engine::SystemClock(), log, &metrics));
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<telemetry::HttpListener> http,
                      ServeMetrics(config, metrics, *server));
  if (!config.ready_file.empty()) TW_RETURN_IF_ERROR(WriteReadyFile(config.ready_file, server->addresses()));
  NotifySystemd("READY=1");
  log->Write(telemetry::LogLevel::kInfo, "serving",
             {{"version", kVersion},
              {"addresses", absl::StrJoin(server->addresses(), ",")},
              {"metrics", http == nullptr ? "" : http->address()},
              {"data_dir", config.data_dir},
              {"head", absl::StrCat(store->head())}});
  const std::string reason = stop.Wait();
  NotifySystemd("STOPPING=1");
  log->Write(telemetry::LogLevel::kInfo, "stopping", {{"reason", reason}});
  server->Stop(config.drain_timeout);
  if (reason == kStoreFailed)
    return absl::UnavailableError(absl::StrCat(kStoreFailed, "; the daemon must be started again"));
  return absl::OkStatus();
}

telemetry::Log* grpc_log = nullptr;

// Libraries write to standard error whatever callers do wrong; that is told to the callers. What gRPC has to
// say of errors stands in our log, if that is to tell everything.
void TameLibraries(telemetry::Log* log) {
  google::protobuf::SetLogHandler(nullptr);
  grpc_log = log;
  gpr_set_log_function([](gpr_log_func_args* event) {
    if (event->severity == GPR_LOG_SEVERITY_ERROR) {
      grpc_log->Write(telemetry::LogLevel::kDebug, event->message, {{"from", "grpc"}});
    }
  });
}

int Main(int argc, const char* const* argv) {
  const Arguments arguments = ReadArguments(argc, argv, kVersion);
  if (!arguments.config) return arguments.exit_code;
  const Config& config = *arguments.config;
  if (const absl::Status status = CheckConfig(config); !status.ok()) return Fail(status, kExitUsage);
  if (config.check_config) {
    std::cout << config.text << std::flush;
    return kExitOk;
  }
  // Outlives the threads of gRPC, which end after main.
  telemetry::Log& log = *new telemetry::Log(config.log_format, config.log_level);
  if (config.verify) return Verify(config, &log);
  RaiseDescriptorLimit();
  TameLibraries(&log);
  StopRequest stop;
  const absl::Status status = Serve(config, stop, &log);
  log.Write(status.ok() ? telemetry::LogLevel::kInfo : telemetry::LogLevel::kError,
            status.ok() ? "stopped" : "failed", {{"error", std::string(status.message())}});
  return status.ok() ? kExitOk : kExitFailure;
}

}  // namespace
}  // namespace tidewaiter::daemon

// Read by jemalloc before main(): few arenas, and memory that is not used goes back to the system within a
// second, so that the daemon's size says what it needs.
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:4";
}

int main(int argc, char** argv) {
  // Debian's Abseil looks for deadlocks at every lock, as a debug build does.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return tidewaiter::daemon::Main(argc, argv);
}
