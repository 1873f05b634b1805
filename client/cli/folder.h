// A folder into which files come, each of which is to be dealt with once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tidewaiter::cli {

// A file, and the content that it had when it was looked at.
struct Arrival {
  std::string name;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t touched_ns = 0;  // its permissions or its name changed; says nothing of the content
  // The same content, as far as can be told.
  friend bool operator==(const Arrival& a, const Arrival& b) {
    return a.name == b.name && a.size == b.size && a.modified_ns == b.modified_ns;
  }
};

// What was dealt with is written down in DIR/.tidewaiter, durably, so that a restart does not begin anew; a
// file that is overwritten is another one. Left alone: folders, and names that begin with a dot or end in
// .part, .partial, .tmp, .crdownload, .filepart or ~, which are of files under way. One process a folder. Not
// thread-safe.
class Folder {
 public:
  // Error: it is none, cannot be written to, or another process watches it.
  static absl::StatusOr<std::unique_ptr<Folder>> Open(const std::string& path);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // Files that are complete and were not dealt with, by name. Complete is a file that nobody has open for
  // writing and that has not changed for a second; where the system does not tell who has it open, for ten. A
  // file that cannot be opened, or a link to nothing, is complete: who opens it learns why.
  absl::StatusOr<std::vector<Arrival>> Complete();
  // After Complete(): there are others that may yet become so.
  bool awaits_others() const { return awaits_others_; }
  // Until something happened in the folder, or `timeout`.
  void Wait(absl::Duration timeout);

  std::string PathOf(const Arrival& arrival) const;
  // It was dealt with. Durable when it returns.
  absl::Status Remember(const Arrival& arrival);
  // Where the refused rows of a file that is kept belong: DIR/refused/NAME.rejects.csv, which is not there
  // yet.
  absl::StatusOr<std::string> PlaceForRejects(const Arrival& arrival) const;
  // Moves it to DIR/refused, with `report` beside it as NAME.report.txt. Returns the path of the report.
  absl::StatusOr<std::string> SetAside(const Arrival& arrival, std::string_view report);

 private:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  absl::Status Begin();
  absl::Status ReadLedger();
  absl::Status Append(const Arrival& arrival);
  bool IsComplete(const Arrival& arrival, absl::Time now) const;
  absl::StatusOr<std::string> FreeName(const std::string& name) const;

  std::string path_;
  int events_ = -1;  // inotify
  int ledger_ = -1;  // locked
  std::map<std::string, Arrival> dealt_with_;
  bool awaits_others_ = false;
};

}  // namespace tidewaiter::cli
