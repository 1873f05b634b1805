#include "client/cli/folder.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "domain/errors.h"
#include "domain/text.h"

namespace tidewaiter::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLedger = ".tidewaiter";
constexpr std::string_view kRefused = "refused";
constexpr std::string_view kReport = ".report.txt";
constexpr std::string_view kRejects = ".rejects.csv";
constexpr absl::Duration kSettled = absl::Seconds(1);
constexpr absl::Duration kSettledUnseen = absl::Seconds(10);

absl::Status Failed(const std::string& path, std::string_view what, int error) {
  return InvalidField("--watch", absl::StrCat(path, " ", std::string(what), ": ", std::strerror(error)));
}

bool IsUnderWay(const std::string& name) {
  constexpr std::array<std::string_view, 6> kEndings = {".part",       ".partial",  ".tmp",
                                                        ".crdownload", ".filepart", "~"};
  const bool hidden = name.front() == '.';
  return hidden || std::any_of(kEndings.begin(), kEndings.end(), [&name](std::string_view ending) {
           return name.size() >= ending.size() &&
                  name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
         });
}

std::int64_t Nanoseconds(const timespec& time) {
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

// None if it is gone, or neither a plain file nor a link to nothing.
std::optional<Arrival> LookAt(const fs::path& path) {
  struct stat about {};
  const bool there = ::stat(path.c_str(), &about) == 0;
  if (!there && (::lstat(path.c_str(), &about) != 0 || !S_ISLNK(about.st_mode))) return std::nullopt;
  if (there && !S_ISREG(about.st_mode)) return std::nullopt;
  Arrival arrival;
  arrival.name = path.filename().string();
  arrival.size = static_cast<std::uint64_t>(about.st_size);
  arrival.modified_ns = Nanoseconds(about.st_mtim);
  arrival.touched_ns = Nanoseconds(about.st_ctim);
  return arrival;
}

enum class Writers { kNone, kSome, kUnknown };

// A lease for reading is granted only while nobody has the file open for writing. What cannot be opened will
// not become so by waiting.
Writers WritersOf(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return Writers::kNone;
  Writers writers = Writers::kNone;
  if (::fcntl(file, F_SETLEASE, F_RDLCK) != 0) writers = errno == EAGAIN ? Writers::kSome : Writers::kUnknown;
  if (writers == Writers::kNone) ::fcntl(file, F_SETLEASE, F_UNLCK);
  ::close(file);
  return writers;
}

// One line: size, time of the last change and name, escaped.
std::string LineOf(const Arrival& arrival) {
  return absl::StrCat(arrival.size, "\t", arrival.modified_ns, "\t", absl::CEscape(arrival.name), "\n");
}

std::optional<Arrival> ArrivalOf(absl::string_view line) {
  const std::vector<std::string> fields = absl::StrSplit(line, '\t');
  Arrival arrival;
  if (fields.size() != 3 || !absl::SimpleAtoi(fields[0], &arrival.size) ||
      !absl::SimpleAtoi(fields[1], &arrival.modified_ns) || !absl::CUnescape(fields[2], &arrival.name)) {
    return std::nullopt;
  }
  return arrival;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Folder>> Folder::Open(const std::string& path) {
  std::unique_ptr<Folder> folder(new Folder(path));
  TW_RETURN_IF_ERROR(folder->Begin());
  return folder;
}

Folder::~Folder() {
  if (events_ >= 0) ::close(events_);
  if (ledger_ >= 0) ::close(ledger_);
}

absl::Status Folder::Begin() {
  std::error_code error;
  if (!fs::is_directory(path_, error)) return InvalidField("--watch", absl::StrCat(path_, " is no folder"));
  events_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  const unsigned events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR;
  if (events_ < 0 || ::inotify_add_watch(events_, path_.c_str(), events) < 0) {
    return Failed(path_, "cannot be watched", errno);
  }
  const std::string ledger = (fs::path(path_) / kLedger).string();
  ledger_ = ::open(ledger.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (ledger_ < 0) return Failed(ledger, "cannot be written", errno);
  if (::flock(ledger_, LOCK_EX | LOCK_NB) != 0) {
    return InvalidField("--watch",
                        absl::StrCat("another process watches ", path_, "; end it, or watch another folder"));
  }
  return ReadLedger();
}

// A last line that a crash cut short is passed over, and ended so that the next one stands alone.
absl::Status Folder::ReadLedger() {
  std::ifstream in(fs::path(path_) / kLedger, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (auto arrival = ArrivalOf(line)) {
      std::string name = arrival->name;
      dealt_with_[std::move(name)] = *std::move(arrival);
    }
  }
  if (!text.empty() && text.back() != '\n' && ::write(ledger_, "\n", 1) != 1) {
    return Failed(path_, "cannot be written to", errno);
  }
  return absl::OkStatus();
}

std::string Folder::PathOf(const Arrival& arrival) const { return (fs::path(path_) / arrival.name).string(); }

bool Folder::IsComplete(const Arrival& arrival, absl::Time now) const {
  const absl::Duration age = now - absl::FromUnixNanos(arrival.modified_ns);
  if (age < kSettled) return false;
  const Writers writers = WritersOf(PathOf(arrival));
  return writers == Writers::kNone || (writers == Writers::kUnknown && age >= kSettledUnseen);
}

absl::StatusOr<std::vector<Arrival>> Folder::Complete() {
  awaits_others_ = false;
  std::vector<Arrival> complete;
  std::error_code error;
  const absl::Time now = absl::Now();
  for (const fs::directory_entry& entry : fs::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename().string();
    if (IsUnderWay(name)) continue;
    std::optional<Arrival> arrival = LookAt(entry.path());
    if (!arrival) continue;
    const auto known = dealt_with_.find(name);
    if (known != dealt_with_.end() && known->second == *arrival) continue;
    if (IsComplete(*arrival, now)) {
      complete.push_back(*std::move(arrival));
    } else {
      awaits_others_ = true;
    }
  }
  if (error) return Failed(path_, "cannot be read", error.value());
  std::sort(complete.begin(), complete.end(),
            [](const Arrival& a, const Arrival& b) { return a.name < b.name; });
  return complete;
}

void Folder::Wait(absl::Duration timeout) {
  pollfd ready = {events_, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout))) <= 0) return;
  char events[4096];  // that there were some is all that matters: the folder is looked at anew
  while (::read(events_, events, sizeof events) > 0) {
  }
}

absl::Status Folder::Append(const Arrival& arrival) {
  const std::string line = LineOf(arrival);
  if (::write(ledger_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fdatasync(ledger_) != 0) {
    return Failed((fs::path(path_) / kLedger).string(), "cannot be written", errno);
  }
  return absl::OkStatus();
}

absl::Status Folder::Remember(const Arrival& arrival) {
  dealt_with_[arrival.name] = arrival;
  return Append(arrival);
}

// Of that file in DIR/refused, which is made: one that is not taken, nor with what may lie beside it.
absl::StatusOr<std::string> Folder::FreeName(const std::string& name) const {
  const fs::path folder = fs::path(path_) / kRefused;
  std::error_code error;
  fs::create_directory(folder, error);
  if (error) return Failed(folder.string(), "cannot be made", error.value());
  fs::path path = folder / name;
  const auto taken = [&path, &error](std::string_view ending) {
    return fs::exists(absl::StrCat(path.string(), std::string(ending)), error);
  };
  for (int i = 2; taken("") || taken(kReport) || taken(kRejects); ++i)
    path = folder / absl::StrCat(name, ".", i);
  return path.string();
}

absl::StatusOr<std::string> Folder::PlaceForRejects(const Arrival& arrival) const {
  TW_ASSIGN_OR_RETURN(const std::string path, FreeName(arrival.name));
  return absl::StrCat(path, std::string(kRejects));
}

absl::StatusOr<std::string> Folder::SetAside(const Arrival& arrival, std::string_view report) {
  TW_ASSIGN_OR_RETURN(const std::string to, FreeName(arrival.name));
  const std::string report_path = absl::StrCat(to, std::string(kReport));
  std::ofstream out(report_path, std::ios::binary);
  out << report;
  out.flush();
  if (!out) return Failed(report_path, "cannot be written", errno);
  std::error_code error;
  fs::rename(PathOf(arrival), to, error);
  if (error) return Failed(PathOf(arrival), "cannot be moved", error.value());
  return report_path;
}

}  // namespace tidewaiter::cli
