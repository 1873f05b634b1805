#include "client/cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

constexpr std::size_t kBufferBytes = 64u << 10;
constexpr std::size_t kColumnsOfAFile = 120;
// Of a terminal that does not say how wide it is.
constexpr std::size_t kColumnsOfATerminal = 80;

}  // namespace

void Output::Write(std::string_view bytes) {
  if (text_ != nullptr) {
    text_->append(bytes);
    return;
  }
  if (closed_ || !status_.ok()) return;
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferBytes) Flush();
}

void Output::Flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !closed_ && status_.ok()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno != EINTR) {
      status_ = MakeError(absl::StatusCode::kUnknown, Reason::kUnknown,
                          absl::StrCat("the output cannot be written: ", std::strerror(errno)));
    }
  }
  buffer_.clear();
}

bool Output::is_terminal() const { return fd_ >= 0 && ::isatty(fd_) == 1; }

bool Output::wants_colour() const {
  if (!is_terminal()) return false;
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* terminal = std::getenv("TERM");
  return terminal == nullptr || std::string_view(terminal) != "dumb";
}

std::size_t Output::columns() const {
  if (!is_terminal()) return kColumnsOfAFile;
  winsize size = {};
  if (::ioctl(fd_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kColumnsOfATerminal;
  return size.ws_col;
}

bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string locale = absl::AsciiStrToLower(value);
    return absl::StrContains(locale, "utf-8") || absl::StrContains(locale, "utf8");
  }
  return false;
}

}  // namespace tidewaiter::cli
