#include "daemon/listen_address.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::daemon {
namespace {

constexpr absl::string_view kUnix = "unix:";

absl::Status NotAnAddress(std::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      Quoted(text), " is not an address to listen on: ", why, "; write host:port, as in 127.0.0.1:7443, ",
      "[::1]:7443 or 127.0.0.1:0 for a free port, or unix:/path/to/socket"));
}

absl::StatusOr<ListenAddress> ParseUnix(std::string_view text) {
  ListenAddress address{
      .text = std::string(text), .host = {}, .port = 0, .path = std::string(text.substr(kUnix.size()))};
  if (address.path.empty()) return NotAnAddress(text, "the path is empty");
  if (address.path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return NotAnAddress(
        text, absl::StrCat("the path is longer than ", sizeof(sockaddr_un{}.sun_path) - 1, " bytes"));
  }
  return address;
}

}  // namespace

bool ListenAddress::is_loopback() const {
  if (host == "localhost" || host == "::1") return true;
  if (!absl::StartsWith(host, "127.")) return false;
  return host.find_first_not_of("0123456789.") == std::string::npos;
}

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  if (absl::StartsWith(ToAbsl(text), kUnix)) return ParseUnix(text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return NotAnAddress(text, "there is no port");
  ListenAddress address{
      .text = std::string(text), .host = std::string(text.substr(0, colon)), .port = 0, .path = {}};
  const std::string_view port = text.substr(colon + 1);
  if (!absl::SimpleAtoi(ToAbsl(port), &address.port) || address.port < 0 || address.port > 65535 ||
      port[0] == '+') {
    return NotAnAddress(text, absl::StrCat(Quoted(port), " is not a port"));
  }
  if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.find(':') != std::string::npos) {
    return NotAnAddress(text, "an IPv6 address stands in brackets");
  }
  if (address.host.empty()) return NotAnAddress(text, "there is no host");
  return address;
}

absl::Status CheckUnixSocketIsFree(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::UnavailableError(absl::StrCat("cannot make a socket: ", std::strerror(errno)));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const bool answered = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  if (!answered) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat("another process listens on unix:", path));
}

}  // namespace tidewaiter::daemon
