#include "client/feeders/text/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kUnreadable = "unreadable";
constexpr int kAskEveryMs = 100;

absl::Status Unreadable(std::string_view path, int error) {
  const auto code = error == ENOENT ? absl::StatusCode::kNotFound : absl::StatusCode::kUnknown;
  const std::string name =
      path == "-" ? std::string("the standard input") : absl::StrCat("the file ", std::string(path));
  return MakeError(code, Reason::kUnknown, absl::StrCat(name, " cannot be read: ", std::strerror(error)),
                   {{std::string(kUnreadable), name}});
}

}  // namespace

absl::StatusOr<std::size_t> TextInput::Read(char* buffer, std::size_t size) {
  const std::size_t count = std::min(size, rest_.size());
  if (count > 0) std::memcpy(buffer, rest_.data(), count);
  rest_.remove_prefix(count);
  return count;
}

bool IsUnreadable(const absl::Status& status) {
  return !status.ok() && DetailsOf(status).metadata.count(std::string(kUnreadable)) != 0;
}

FileInput::~FileInput() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

// Not blocking: a pipe without a writer would hold up open() itself.
absl::StatusOr<std::unique_ptr<FileInput>> FileInput::Open(const std::string& path,
                                                           std::function<bool()> stopped) {
  const int descriptor = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return Unreadable(path, errno);
  std::unique_ptr<FileInput> input(new FileInput(path, descriptor));
  struct stat about {};
  const bool known = ::fstat(descriptor, &about) == 0;
  if (known && S_ISDIR(about.st_mode)) return Unreadable(path, EISDIR);
  const bool regular = known && S_ISREG(about.st_mode);
  if (regular) input->size_ = static_cast<std::uint64_t>(about.st_size);
  input->may_wait_ = !regular;
  input->stopped_ = std::move(stopped);
  return input;
}

absl::Status FileInput::AwaitBytes() const {
  while (!stopped_ || !stopped_()) {
    pollfd ready = {descriptor_, POLLIN, 0};
    if (::poll(&ready, 1, stopped_ ? kAskEveryMs : -1) > 0) return absl::OkStatus();
  }
  return absl::CancelledError("stopped while waiting for input");
}

absl::StatusOr<std::size_t> FileInput::Read(char* buffer, std::size_t size) {
  for (;;) {
    if (may_wait_) TW_RETURN_IF_ERROR(AwaitBytes());
    const ssize_t count = ::read(descriptor_, buffer, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR && errno != EAGAIN) return Unreadable(path_, errno);
  }
}

absl::StatusOr<std::size_t> ResumedInput::Read(char* buffer, std::size_t size) {
  if (at_ == head_.size()) return input_->Read(buffer, size);
  const std::size_t count = std::min(size, head_.size() - at_);
  std::memcpy(buffer, head_.data() + at_, count);
  at_ += count;
  return count;
}

absl::StatusOr<std::string> ReadUpTo(Input& input, std::size_t size) {
  std::string text(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    TW_ASSIGN_OR_RETURN(const std::size_t count, input.Read(text.data() + filled, size - filled));
    if (count == 0) break;
    filled += count;
  }
  text.resize(filled);
  return text;
}

absl::StatusOr<std::string> ReadAll(Input& input, std::size_t max_bytes) {
  std::string text;
  text.reserve(std::min<std::uint64_t>(input.size() + 1, max_bytes + 1));
  constexpr std::size_t kStep = 256u << 10;
  for (;;) {
    TW_ASSIGN_OR_RETURN(const std::string piece,
                        ReadUpTo(input, std::min(kStep, max_bytes + 1 - text.size())));
    text.append(piece);
    if (text.size() > max_bytes) {
      return MakeError(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
                       absl::StrCat("the file has more than ", max_bytes,
                                    " bytes, the most that a file of this format may have; split it"),
                       {{"limit", "max_bytes"}});
    }
    if (piece.empty()) return text;
  }
}

}  // namespace tidewaiter::feeders
