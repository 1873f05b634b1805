#include "daemon/config.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "daemon/config_sources.h"
#include "daemon/listen_address.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::daemon {
namespace {

namespace fs = std::filesystem;

constexpr char kExamples[] = R"(Examples:
  tidewaiterd
      serves on 127.0.0.1:7443, with its store in ./tidewaiter-data
  tidewaiterd --data-dir /var/lib/tidewaiter --listen unix:/run/tidewaiter/socket --metrics-listen 127.0.0.1:9464
  tidewaiterd --listen 0.0.0.0:7443 --tls-cert server.pem --tls-key server.key --tls-client-ca clients.pem
      serves other machines, to callers with a certificate of clients.pem
  tidewaiterd --check-config --config /etc/tidewaiter/tidewaiterd.toml

Every option can also be set in the environment (its name stands beside it) and in the file that --config names, a line
each, as --check-config prints them: cache-mib=512. The command line wins over the environment, the environment over the file.
SIGTERM ends the daemon in order: subscribers are told to come back, running calls end; a second signal ends it at once.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.)";

// Words that become something else once all is read.
struct Words {
  std::string drain_timeout = "20s";
  std::string keepalive = "1m";
  std::string keepalive_timeout = "20s";
  std::string log_format = "text";
  std::string log_level = "info";
};

absl::Duration DurationOf(const std::string& word) {
  absl::Duration duration;
  absl::ParseDuration(word, &duration);
  return duration;
}

// "500ms", "20s", "2m", "1h30m".
CLI::Validator IsDuration(absl::Duration least) {
  return CLI::Validator(
      [least](const std::string& word) {
        absl::Duration given;
        if (absl::ParseDuration(word, &given) && given >= least && given <= absl::Hours(24))
          return std::string();
        return absl::StrCat("\"", word, "\" is not a duration of ", absl::FormatDuration(least),
                            " to 24h; write 500ms, 20s or 2m");
      },
      "");
}

void AddListening(CLI::App& app, Config& config) {
  const std::string group = "Listening";
  app.add_option("--listen", config.listen,
                 "Where callers are answered; may be given several times: host:port, port 0 for a free one, "
                 "or unix:PATH")
      ->type_name("ADDRESS")
      ->delimiter(',')
      ->take_all()
      ->default_str("127.0.0.1:7443")
      ->envname("TIDEWAITER_LISTEN")
      ->group(group);
  app.add_flag("--insecure-remote", config.insecure_remote,
               "Allow plaintext that other machines can reach: no TLS, no certificates")
      ->envname("TIDEWAITER_INSECURE_REMOTE")
      ->group(group);
  app.add_option("--tls-cert", config.tls_cert,
                 "Certificate chain of the daemon, PEM; TLS for every TCP address")
      ->type_name("FILE")
      ->envname("TIDEWAITER_TLS_CERT")
      ->group(group);
  app.add_option("--tls-key", config.tls_key, "Private key of the daemon, PEM")
      ->type_name("FILE")
      ->envname("TIDEWAITER_TLS_KEY")
      ->group(group);
  app.add_option("--tls-client-ca", config.tls_client_ca,
                 "Callers must show a certificate that one of these signed, PEM")
      ->type_name("FILE")
      ->envname("TIDEWAITER_TLS_CLIENT_CA")
      ->group(group);
  app.add_option("--ready-file", config.ready_file,
                 "Written once the daemon serves: its addresses, one a line")
      ->type_name("FILE")
      ->envname("TIDEWAITER_READY_FILE")
      ->group(group);
  app.add_option("--metrics-listen", config.metrics_listen,
                 "HTTP for Prometheus: /metrics and /healthz; none by default")
      ->type_name("HOST:PORT")
      ->envname("TIDEWAITER_METRICS_LISTEN")
      ->group(group);
}

void AddStore(CLI::App& app, Config& config) {
  const std::string group = "Store";
  app.add_option("--data-dir", config.data_dir, "Folder of the store; made if it is not there")
      ->type_name("FOLDER")
      ->capture_default_str()
      ->envname("TIDEWAITER_DATA_DIR")
      ->group(group);
  app.add_option("--cache-mib", config.cache_mib, "Memory for the store's cache, in MiB")
      ->check(CLI::Range(8, 1 << 20).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->envname("TIDEWAITER_CACHE_MIB")
      ->group(group);
  app.add_option("--series-cache-mib", config.series_cache_mib,
                 "Memory for decoded series that are read often, in MiB, some 3 KiB a series; 0: none")
      ->check(CLI::Range(0, 1 << 20).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->envname("TIDEWAITER_SERIES_CACHE_MIB")
      ->group(group);
  app.add_option("--disk-reserve-mib", config.disk_reserve_mib,
                 "Pushes are refused when less than this is free on the disk, in MiB; reads go on")
      ->check(CLI::Range(1, 1 << 24).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->envname("TIDEWAITER_DISK_RESERVE_MIB")
      ->group(group);
}

void AddLimits(CLI::App& app, Config& config, Words& words) {
  const std::string group = "Limits";
  app.add_option("--max-subscribers", config.max_subscribers, "Subscriptions at a time")
      ->check(CLI::Range(0, limits::kMaxSubscribers).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->envname("TIDEWAITER_MAX_SUBSCRIBERS")
      ->group(group);
  app.add_option("--rpc-memory-mib", config.rpc_memory_mib,
                 "Memory for requests and answers under way, in MiB; beyond it calls are refused")
      ->check(CLI::Range(16, 1 << 20).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->envname("TIDEWAITER_RPC_MEMORY_MIB")
      ->group(group);
  app.add_option("--drain-timeout", words.drain_timeout, "On SIGTERM, how long running calls may take to end")
      ->check(IsDuration(absl::ZeroDuration()))
      ->type_name("DURATION")
      ->capture_default_str()
      ->envname("TIDEWAITER_DRAIN_TIMEOUT")
      ->group(group);
  app.add_option("--keepalive", words.keepalive,
                 "A connection that is silent for so long is asked whether it lives")
      ->check(IsDuration(absl::Seconds(1)))
      ->type_name("DURATION")
      ->capture_default_str()
      ->envname("TIDEWAITER_KEEPALIVE")
      ->group(group);
  app.add_option("--keepalive-timeout", words.keepalive_timeout,
                 "... and closed after so long without an answer")
      ->check(IsDuration(absl::Milliseconds(100)))
      ->type_name("DURATION")
      ->capture_default_str()
      ->envname("TIDEWAITER_KEEPALIVE_TIMEOUT")
      ->group(group);
}

void AddLogging(CLI::App& app, Words& words) {
  const std::string group = "Logging (to standard error)";
  app.add_option("--log-format", words.log_format, "Lines for people or for machines: text or json")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->type_name("FORMAT")
      ->capture_default_str()
      ->envname("TIDEWAITER_LOG_FORMAT")
      ->group(group);
  app.add_option("--log-level", words.log_level,
                 "From which level on: debug (every call), info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}).description(""))
      ->type_name("LEVEL")
      ->capture_default_str()
      ->envname("TIDEWAITER_LOG_LEVEL")
      ->group(group);
}

void TakeWords(const Words& words, Config& config) {
  static const std::map<std::string, telemetry::LogLevel> kLevels = {
      {"debug", telemetry::LogLevel::kDebug},
      {"info", telemetry::LogLevel::kInfo},
      {"warning", telemetry::LogLevel::kWarning},
      {"error", telemetry::LogLevel::kError}};
  config.drain_timeout = DurationOf(words.drain_timeout);
  config.keepalive = DurationOf(words.keepalive);
  config.keepalive_timeout = DurationOf(words.keepalive_timeout);
  config.log_format =
      words.log_format == "json" ? telemetry::Log::Format::kJson : telemetry::Log::Format::kText;
  config.log_level = kLevels.at(words.log_level);
}

void AddActions(CLI::App& app, Config& config, const std::string& version) {
  const std::string group = "Instead of serving";
  app.add_flag("--check-config", config.check_config,
               "Check everything, print the configuration in effect, and end")
      ->configurable(false)
      ->group(group);
  app.add_flag("--verify", config.verify,
               "Read the whole store, check every checksum, say what is damaged, and end")
      ->configurable(false)
      ->group(group);
  app.set_version_flag("--version", absl::StrCat("tidewaiterd ", version), "Print the version, and end")
      ->group(group);
  app.set_help_flag("-h,--help", "Print this, and end")->group(group);
}

std::string SystemError() { return std::strerror(errno); }

// A folder that exists and can be used, or that can be made.
absl::Status CheckDataDir(const std::string& data_dir) {
  if (data_dir.empty()) return absl::InvalidArgumentError("--data-dir is empty");
  std::error_code error;
  fs::path path = fs::absolute(data_dir, error);
  const bool exists = fs::exists(path, error);
  if (exists && !fs::is_directory(path, error)) {
    return absl::InvalidArgumentError(absl::StrCat("--data-dir ", data_dir, " is not a folder"));
  }
  // Where it would be made.
  while (!fs::exists(path, error) && path.has_parent_path() && path.parent_path() != path)
    path = path.parent_path();
  if (!fs::is_directory(path, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--data-dir ", data_dir, " cannot be made: ", path.string(), " is not a folder"));
  }
  if (::access(path.c_str(), R_OK | W_OK | X_OK) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--data-dir ", data_dir, ": no access to ", path.string(), ": ", SystemError()));
}

// Why no file can be made there; "" if one can.
std::string NoFileAt(const std::string& text) {
  std::error_code error;
  const fs::path path = fs::absolute(text, error);
  const fs::path folder = path.parent_path();
  if (!fs::exists(folder, error)) return absl::StrCat("there is no folder ", folder.string());
  if (!fs::is_directory(folder, error)) return absl::StrCat(folder.string(), " is not a folder");
  if (fs::is_directory(path, error)) return absl::StrCat(text, " is a folder");
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return "";
  return absl::StrCat("no access to ", folder.string(), ": ", SystemError());
}

// Where a socket is to be made: what lies there already may be an old one.
std::string NoSocketAt(const std::string& path) {
  if (std::string fault = NoFileAt(path); !fault.empty()) return fault;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return !fs::exists(status) || fs::is_socket(status) ? "" : absl::StrCat(path, " is a file, and no socket");
}

absl::Status CheckReadyFile(const Config& config) {
  const std::string fault = config.ready_file.empty() ? "" : NoFileAt(config.ready_file);
  return fault.empty()
             ? absl::OkStatus()
             : absl::InvalidArgumentError(absl::StrCat("--ready-file ", config.ready_file, ": ", fault));
}

absl::Status CheckListen(const Config& config, bool tls) {
  if (config.listen.empty()) return absl::InvalidArgumentError("--listen: at least one address");
  std::vector<std::string> faults;
  for (const std::string& text : config.listen) {
    const absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
    if (!address.ok()) {
      faults.push_back(absl::StrCat("--listen: ", address.status().message()));
    } else if (address->is_unix()) {
      const std::string fault = NoSocketAt(address->path);
      if (!fault.empty()) faults.push_back(absl::StrCat("--listen ", text, ": ", fault));
    } else if (!address->is_loopback() && !tls && !config.insecure_remote) {
      faults.push_back(
          absl::StrCat("--listen ", text,
                       " can be reached by other machines: give --tls-cert, --tls-key and "
                       "--tls-client-ca, or --insecure-remote to serve them in plaintext, whoever they are"));
    }
  }
  return faults.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
}

absl::Status CheckMetricsListen(const Config& config) {
  if (config.metrics_listen.empty()) return absl::OkStatus();
  const absl::StatusOr<ListenAddress> address = ParseListenAddress(config.metrics_listen);
  if (!address.ok())
    return absl::InvalidArgumentError(absl::StrCat("--metrics-listen: ", address.status().message()));
  if (address->is_unix())
    return absl::InvalidArgumentError("--metrics-listen: HTTP is served on host:port only");
  if (address->is_loopback() || config.insecure_remote) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--metrics-listen ", config.metrics_listen,
                   " can be reached by other machines in "
                   "plaintext: allow that with --insecure-remote, or listen on 127.0.0.1"));
}

absl::StatusOr<std::string> ReadPem(const std::string& option, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file)
    return absl::InvalidArgumentError(absl::StrCat(option, ": cannot read ", path, ": ", SystemError()));
  if (!absl::StrContains(text.str(), "-----BEGIN ")) {
    return absl::InvalidArgumentError(absl::StrCat(option, ": ", path, " is not a PEM file"));
  }
  return text.str();
}

// What is to be filled in by parsing.
struct Parsed {
  Config config;
  Words words;
  std::string file;
};

void AddOptions(CLI::App& app, Parsed& parsed, const std::string& version) {
  app.add_option("--config", parsed.file, "Read options from this file")
      ->type_name("FILE")
      ->configurable(false)
      ->envname("TIDEWAITER_CONFIG");
  AddListening(app, parsed.config);
  AddStore(app, parsed.config);
  AddLimits(app, parsed.config, parsed.words);
  AddLogging(app, parsed.words);
  AddActions(app, parsed.config, version);
}

void Parse(CLI::App& app, std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  app.parse(std::move(words));
}

// What is wrong with an option on its own, without its name; "" if nothing is.
std::string FaultOf(const std::string& option, const std::vector<std::string>& words) {
  CLI::App app;
  Parsed parsed;
  AddOptions(app, parsed, "");
  try {
    Parse(app, words);
  } catch (const CLI::ParseError& error) {
    const std::string message = error.what();
    const std::string head = absl::StrCat(option, ": ");
    return absl::StartsWith(message, head) ? message.substr(head.size()) : message;
  }
  return "";
}

ConfigSources SourcesOf(const CLI::App& app, std::vector<std::string> words) {
  std::vector<KnownOption> known;
  for (const CLI::Option* option : app.get_options()) {
    known.push_back({option->get_name(), option->get_envname(), option->get_configurable()});
  }
  return ConfigSources(std::move(known), FaultOf, std::move(words));
}

// "--listen: ..." as the fault of the line or the variable that said it.
std::string AtItsOrigin(const std::string& fault, const std::map<std::string, std::string>& origins) {
  const std::string option = fault.substr(0, fault.find_first_of(" :"));
  const auto origin = origins.find(option);
  return origin == origins.end() ? fault : absl::StrCat(origin->second, fault.substr(option.size()));
}

}  // namespace

absl::StatusOr<std::optional<TlsKeys>> LoadTls(const Config& config) {
  const int given = !config.tls_cert.empty() + !config.tls_key.empty() + !config.tls_client_ca.empty();
  if (given == 0) return std::nullopt;
  if (given < 3) {
    return absl::InvalidArgumentError(
        "--tls-cert, --tls-key and --tls-client-ca go together: callers are known by their certificates");
  }
  TlsKeys keys;
  TW_ASSIGN_OR_RETURN(keys.certificate, ReadPem("--tls-cert", config.tls_cert));
  TW_ASSIGN_OR_RETURN(keys.key, ReadPem("--tls-key", config.tls_key));
  TW_ASSIGN_OR_RETURN(keys.client_ca, ReadPem("--tls-client-ca", config.tls_client_ca));
  return std::optional<TlsKeys>(std::move(keys));
}

absl::Status CheckConfig(const Config& config) {
  std::vector<std::string> faults;
  const auto add = [&faults](const absl::Status& status) {
    if (status.ok()) return;
    for (const absl::string_view fault : absl::StrSplit(status.message(), '\n')) faults.emplace_back(fault);
  };
  const absl::StatusOr<std::optional<TlsKeys>> tls = LoadTls(config);
  add(tls.status());
  add(CheckListen(config, !tls.ok() || tls->has_value()));
  add(CheckMetricsListen(config));
  add(CheckReadyFile(config));
  add(CheckDataDir(config.data_dir));
  for (std::string& fault : faults) fault = AtItsOrigin(fault, config.origins);
  return faults.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
}

Arguments ReadArguments(int argc, const char* const* argv, const std::string& version) {
  CLI::App app(
      "The Tidewaiter daemon: takes releases of official trade statistics in, keeps every vintage, and "
      "streams what changes.",
      "tidewaiterd");
  Parsed parsed;
  AddOptions(app, parsed, version);
  app.footer(kExamples);
  app.get_formatter()->column_width(34);
  const std::vector<std::string> given(argv + 1, argv + argc);
  try {
    Parse(app, given);
  } catch (const CLI::ParseError& error) {
    const bool success = error.get_exit_code() == 0;
    app.exit(error);
    return {std::nullopt, success ? kExitOk : kExitUsage};
  }
  ConfigSources sources = SourcesOf(app, given);
  sources.AddEnvironment();
  const char* const file = std::getenv("TIDEWAITER_CONFIG");
  if (parsed.file.empty() && file != nullptr) parsed.file = file;
  if (!parsed.file.empty()) sources.AddFile(parsed.file);

  CLI::App all;
  Parsed result;
  AddOptions(all, result, version);
  Parse(all, sources.words());  // every word of them was taken once
  TakeWords(result.words, result.config);
  result.config.text = all.config_to_str(/*default_also=*/true);
  result.config.origins = sources.origins();
  if (sources.faults().empty()) return {std::move(result.config), kExitOk};
  std::vector<std::string> faults = sources.faults();
  if (const absl::Status checked = CheckConfig(result.config); !checked.ok()) {
    faults.emplace_back(checked.message());
  }
  std::cerr << "tidewaiterd: " << absl::StrJoin(faults, "\n") << std::endl;
  return {std::nullopt, kExitUsage};
}

}  // namespace tidewaiter::daemon
