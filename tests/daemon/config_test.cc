// The daemon's configuration: what is taken, what is refused, and by which words.
#include "daemon/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/listen_address.h"
#include "daemon/process.h"
#include "tests/support/temporary_directory.h"

namespace tidewaiter::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Arguments Read(std::vector<const char*> words, std::string* told = nullptr) {
  words.insert(words.begin(), "tidewaiterd");
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  Arguments arguments = ReadArguments(static_cast<int>(words.size()), words.data(), "1.2.3");
  const std::string errors = testing::internal::GetCapturedStderr();
  if (told != nullptr) *told = errors;
  testing::internal::GetCapturedStdout();
  return arguments;
}

TEST(ConfigTest, DefaultsServeThisMachineOnly) {
  const Arguments arguments = Read({});
  ASSERT_TRUE(arguments.config.has_value());
  EXPECT_THAT(arguments.config->listen, ElementsAre("127.0.0.1:7443"));
  EXPECT_EQ(arguments.config->drain_timeout, absl::Seconds(20));
  EXPECT_TRUE(CheckConfig(*arguments.config).ok());
}

TEST(ConfigTest, FlagsAreTaken) {
  const Arguments arguments = Read({"--listen", "127.0.0.1:0", "--listen", "unix:/tmp/x", "--cache-mib", "64",
                                    "--drain-timeout", "1m30s", "--log-format", "json", "--log-level",
                                    "debug", "--max-subscribers", "5", "--insecure-remote", "--verify"});
  ASSERT_TRUE(arguments.config.has_value());
  EXPECT_THAT(arguments.config->listen, ElementsAre("127.0.0.1:0", "unix:/tmp/x"));
  EXPECT_EQ(arguments.config->cache_mib, 64u);
  EXPECT_EQ(arguments.config->drain_timeout, absl::Seconds(90));
  EXPECT_EQ(arguments.config->log_format, telemetry::Log::Format::kJson);
  EXPECT_EQ(arguments.config->log_level, telemetry::LogLevel::kDebug);
  EXPECT_EQ(arguments.config->max_subscribers, 5);
  EXPECT_TRUE(arguments.config->verify);
}

TEST(ConfigTest, WrongUsageEndsWithTwo) {
  for (const std::vector<const char*>& words : {std::vector<const char*>{"--nonsense"},
                                                {"--cache-mib", "x"},
                                                {"--cache-mib", "1"},
                                                {"--drain-timeout", "5"},
                                                {"--drain-timeout", "-5s"},
                                                {"--log-level", "loud"},
                                                {"positional"},
                                                {"--config", "/nonexistent.toml"},
                                                {"--listen"}}) {
    const Arguments arguments = Read(words);
    EXPECT_FALSE(arguments.config.has_value()) << words[0];
    EXPECT_EQ(arguments.exit_code, kExitUsage) << words[0];
  }
  EXPECT_EQ(Read({"--help"}).exit_code, kExitOk);
  EXPECT_EQ(Read({"--version"}).exit_code, kExitOk);
}

TEST(ConfigTest, EnvironmentAndFileAndWhichWins) {
  const support::TemporaryDirectory directory;
  const std::string file = directory.path() + "/c.toml";
  std::ofstream(file) << "cache-mib=33\ndisk-reserve-mib=44\nlisten=[\"127.0.0.1:1\", \"127.0.0.1:2\"]\n";
  setenv("TIDEWAITER_CACHE_MIB", "22", 1);
  setenv("TIDEWAITER_MAX_SUBSCRIBERS", "7", 1);
  setenv("TIDEWAITER_DISK_RESERVE_MIB", "66", 1);
  const Arguments from_env = Read({});
  const Arguments arguments = Read({"--config", file.c_str(), "--disk-reserve-mib", "55"});
  unsetenv("TIDEWAITER_CACHE_MIB");
  unsetenv("TIDEWAITER_MAX_SUBSCRIBERS");
  unsetenv("TIDEWAITER_DISK_RESERVE_MIB");
  ASSERT_TRUE(from_env.config.has_value() && arguments.config.has_value());
  EXPECT_EQ(from_env.config->cache_mib, 22u);
  EXPECT_EQ(arguments.config->cache_mib, 22u) << "the environment wins over the file";
  EXPECT_EQ(arguments.config->disk_reserve_mib, 55u) << "the command line wins over both";
  EXPECT_EQ(arguments.config->max_subscribers, 7);
  EXPECT_THAT(arguments.config->listen, ElementsAre("127.0.0.1:1", "127.0.0.1:2"));
}

TEST(ConfigTest, FlagsAndListsInTheEnvironment) {
  setenv("TIDEWAITER_INSECURE_REMOTE", "true", 1);
  setenv("TIDEWAITER_LISTEN", "0.0.0.0:1,127.0.0.1:2", 1);
  setenv("TIDEWAITER_LOG_LEVEL", "", 1);  // as a unit file leaves it that says nothing
  const Arguments arguments = Read({});
  setenv("TIDEWAITER_LOG_LEVEL", "loud", 1);
  const Arguments wrong = Read({});
  unsetenv("TIDEWAITER_INSECURE_REMOTE");
  unsetenv("TIDEWAITER_LISTEN");
  unsetenv("TIDEWAITER_LOG_LEVEL");
  ASSERT_TRUE(arguments.config.has_value());
  EXPECT_TRUE(arguments.config->insecure_remote);
  EXPECT_THAT(arguments.config->listen, ElementsAre("0.0.0.0:1", "127.0.0.1:2"));
  EXPECT_EQ(wrong.exit_code, kExitUsage);
}

TEST(ConfigTest, WhatIsPrintedIsAFileThatIsTaken) {
  const support::TemporaryDirectory directory;
  const std::string file = directory.path() + "/c.toml";
  const Arguments first =
      Read({"--listen", "127.0.0.1:5", "--keepalive", "3s", "--log-format", "json", "--insecure-remote"});
  ASSERT_TRUE(first.config.has_value());
  std::ofstream(file) << first.config->text;
  const Arguments second = Read({"--config", file.c_str()});
  ASSERT_TRUE(second.config.has_value());
  EXPECT_THAT(second.config->listen, ElementsAre("127.0.0.1:5"));
  EXPECT_EQ(second.config->keepalive, absl::Seconds(3));
  EXPECT_EQ(second.config->log_format, telemetry::Log::Format::kJson);
  EXPECT_TRUE(second.config->insecure_remote);
}

// Every fault of the file, with its line, and of what was read from elsewhere.
TEST(ConfigTest, EveryFaultOfTheFileIsToldAtOnceWithItsLine) {
  const support::TemporaryDirectory directory;
  const std::string file = directory.path() + "/c.toml";
  std::ofstream(file) << "# ours\n"                                  // 1
                         "cache-mb=64\n"                             // 2
                         "log-level=loud # too loud\n"               // 3
                         "listen=[\"nohost\",\n \"127.0.0.1:1\"]\n"  // 4, 5
                         "data-dir=\"/dev/null/x\"\n"                // 6
                         "[section]\n"                               // 7
                         "keepalive\n"                               // 8
                         "cache-mib=1\n"                             // 9
                         "disk-reserve-mib=44\n"                     // 10
                         "disk-reserve-mib=45\n"                     // 11
                         "verify=true\n"                             // 12
                         "tls-cert=\"/a\n";                          // 13
  setenv("TIDEWAITER_METRICS_LISTEN", "unix:/x", 1);
  std::string told;
  const Arguments arguments = Read({"--check-config", "--config", file.c_str(), "--keepalive", "2s"}, &told);
  unsetenv("TIDEWAITER_METRICS_LISTEN");
  EXPECT_FALSE(arguments.config.has_value());
  EXPECT_EQ(arguments.exit_code, kExitUsage);
  for (const char* fault :
       {" line 2: cache-mb: there is no such option; did you mean cache-mib?",
        " line 3: log-level: loud not in", " line 4: listen: \"nohost\" is not an address",
        " line 6: data-dir /dev/null/x cannot be made", " line 7: \"[section]\" begins a section",
        " line 8: \"keepalive\" is not KEY=VALUE", " line 9: cache-mib: Value 1 not in range",
        " line 11: disk-reserve-mib: stands in line 10 already", " line 12: verify: there is no such option",
        " line 13: tls-cert: \"\"/a\" is not in quotes"}) {
    EXPECT_THAT(told, HasSubstr(fault[0] == ' ' ? file + fault : std::string(fault)));
  }
  EXPECT_THAT(told, HasSubstr("TIDEWAITER_METRICS_LISTEN: HTTP is served on host:port only"));
}

TEST(ConfigTest, AFileAsEditorsLeaveIt) {
  const support::TemporaryDirectory directory;
  const std::string file = directory.path() + "/c.toml";
  std::ofstream(file)
      << "\xEF\xBB\xBF cache-mib = 64 # enough\r\n; old\r\n\r\n"
         "data-dir='/tmp/a # b'\r\nlisten=[127.0.0.1:1, # one\r\n  'unix:/tmp/a b'\r\n]\r\ntls-cert=\"\"";
  std::string told;
  const Arguments arguments = Read({"--config", file.c_str()}, &told);
  ASSERT_TRUE(arguments.config.has_value()) << told;
  EXPECT_EQ(arguments.config->cache_mib, 64u);
  EXPECT_EQ(arguments.config->data_dir, "/tmp/a # b");
  EXPECT_THAT(arguments.config->listen, ElementsAre("127.0.0.1:1", "unix:/tmp/a b"));
}

TEST(ConfigTest, AFileThatCannotBeReadIsNamed) {
  std::string told;
  EXPECT_EQ(Read({"--config", "/nonexistent.toml"}, &told).exit_code, kExitUsage);
  EXPECT_THAT(told, HasSubstr("--config /nonexistent.toml cannot be read: No such file"));
  EXPECT_EQ(Read({"--config", "/tmp"}, &told).exit_code, kExitUsage);
  EXPECT_THAT(told, HasSubstr("it is a folder"));
}

TEST(ConfigTest, PlaintextDoesNotLeaveTheMachineUnasked) {
  Config config;
  config.data_dir = "/tmp";
  config.listen = {"0.0.0.0:7443"};
  EXPECT_THAT(std::string(CheckConfig(config).message()), HasSubstr("--insecure-remote"));
  config.insecure_remote = true;
  EXPECT_TRUE(CheckConfig(config).ok());
  config.insecure_remote = false;
  config.listen = {"localhost:0", "[::1]:0", "127.9.9.9:1", "unix:/tmp/socket"};
  EXPECT_TRUE(CheckConfig(config).ok()) << CheckConfig(config);
  for (const char* remote : {"192.168.0.1:1", "[::]:1", "example.org:1", "127.evil.example:1"}) {
    config.listen = {remote};
    EXPECT_FALSE(CheckConfig(config).ok()) << remote;
  }
  config.listen = {"127.0.0.1:0"};
  config.metrics_listen = "0.0.0.0:9464";
  EXPECT_THAT(std::string(CheckConfig(config).message()), HasSubstr("--metrics-listen"));
}

TEST(ConfigTest, EveryFaultIsNamed) {
  Config config;
  config.listen = {"nonsense", "127.0.0.1:70000", "unix:", "::1:5"};
  config.tls_cert = "/nonexistent/cert";
  config.data_dir = "/dev/null/store";
  config.metrics_listen = "unix:/x";
  const std::string message(CheckConfig(config).message());
  for (const char* part :
       {"nonsense", "70000", "unix:", "brackets", "--tls-key", "/dev/null", "--metrics-listen"}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
}

// A socket is made in a folder that is there, and over nothing but an old socket.
TEST(ConfigTest, PathsThatCannotBeMadeAreFaults) {
  const support::TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  std::ofstream(file) << "x";
  Config config;
  config.data_dir = directory.path() + "/a/b/c";
  config.ready_file = directory.path() + "/ready";
  config.listen = {absl::StrCat("unix:", directory.path(), "/socket")};
  EXPECT_TRUE(CheckConfig(config).ok()) << CheckConfig(config);
  const auto told = [&config] { return std::string(CheckConfig(config).message()); };
  for (const std::string& path :
       {file, file + "/socket", directory.path() + "/none/socket", directory.path()}) {
    config.listen = {absl::StrCat("unix:", path)};
    EXPECT_THAT(told(), HasSubstr(absl::StrCat("--listen unix:", path, ": "))) << path;
  }
  config.listen = {"127.0.0.1:0"};
  config.ready_file = directory.path() + "/none/ready";
  EXPECT_THAT(told(), HasSubstr(absl::StrCat("--ready-file ", config.ready_file, ": there is no folder")));
  config.ready_file.clear();
  config.data_dir = file + "/store";
  EXPECT_THAT(told(), HasSubstr(absl::StrCat("--data-dir ", config.data_dir, " cannot be made")));
}

TEST(ConfigTest, TlsFilesGoTogetherAndArePem) {
  const support::TemporaryDirectory directory;
  Config config;
  config.data_dir = directory.path();
  EXPECT_FALSE(LoadTls(config)->has_value());
  const std::string pem = directory.path() + "/pem";
  std::ofstream(pem) << "-----BEGIN CERTIFICATE-----\n";
  const std::string text = directory.path() + "/text";
  std::ofstream(text) << "hello";
  config.tls_cert = config.tls_key = config.tls_client_ca = pem;
  EXPECT_TRUE(LoadTls(config).ok());
  config.listen = {"0.0.0.0:1"};
  EXPECT_TRUE(CheckConfig(config).ok());
  config.tls_key = text;
  EXPECT_THAT(std::string(LoadTls(config).status().message()), HasSubstr("not a PEM"));
  config.tls_key = directory.path() + "/none";
  EXPECT_THAT(std::string(LoadTls(config).status().message()), HasSubstr("cannot read"));
}

TEST(ProcessTest, TheReadyFileAppearsWhole) {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path() + "/ready";
  ASSERT_TRUE(WriteReadyFile(path, {"127.0.0.1:1", "unix:/x"}).ok());
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(text, "127.0.0.1:1\nunix:/x\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1)
      << "nothing is left beside it";
  EXPECT_FALSE(WriteReadyFile(directory.path() + "/none/ready", {}).ok());
}

}  // namespace
}  // namespace tidewaiter::daemon
