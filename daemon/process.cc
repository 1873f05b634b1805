#include "daemon/process.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <thread>

#include "absl/base/const_init.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace tidewaiter::daemon {
namespace {

constexpr int kFailure = 1;

absl::Mutex stop_mutex(absl::kConstInit);

std::optional<std::string>& StopReason() {
  static std::optional<std::string>* const reason = new std::optional<std::string>;
  return *reason;
}

// The thread that signals come to.
void WatchSignals(sigset_t signals) {
  for (bool first = true;; first = false) {
    int number = 0;
    if (sigwait(&signals, &number) != 0) continue;
    if (!first) _exit(kFailure);
    StopRequest::Ask(number == SIGINT ? "SIGINT" : "SIGTERM");
  }
}

}  // namespace

absl::Status WriteReadyFile(const std::string& path, const std::vector<std::string>& lines) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  {
    std::ofstream out(temporary, std::ios::trunc);
    for (const std::string& line : lines) out << line << "\n";
    out.close();
    if (!out)
      return absl::UnavailableError(absl::StrCat("cannot write ", temporary, ": ", std::strerror(errno)));
  }
  if (std::rename(temporary.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const int error = errno;
  std::remove(temporary.c_str());
  return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", std::strerror(error)));
}

void NotifySystemd(const std::string& state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return;
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path);
  const socklen_t size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract name
  (void)::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
                 size);
  ::close(fd);
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

StopRequest::StopRequest() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // It sleeps in sigwait until the process ends.
  std::thread(WatchSignals, signals).detach();
}

void StopRequest::Ask(const std::string& reason) {
  absl::MutexLock lock(&stop_mutex);
  if (!StopReason()) StopReason() = reason;
}

bool StopRequest::asked() {
  absl::MutexLock lock(&stop_mutex);
  return StopReason().has_value();
}

std::string StopRequest::Wait() {
  absl::MutexLock lock(
      &stop_mutex,
      absl::Condition(
          +[](std::optional<std::string>* reason) { return reason->has_value(); }, &StopReason()));
  return *StopReason();
}

}  // namespace tidewaiter::daemon
