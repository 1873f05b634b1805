// A folder of a test's own.
#pragma once

#include <string>

namespace tidewaiter::support {

// Made new and empty where the system keeps temporary files (TMPDIR); removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tidewaiter::support
