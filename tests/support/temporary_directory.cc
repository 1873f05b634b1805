#include "tests/support/temporary_directory.h"

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <system_error>

namespace tidewaiter::support {

TemporaryDirectory::TemporaryDirectory()
    : path_((std::filesystem::temp_directory_path() / "tidewaiter-XXXXXX").string()) {
  if (mkdtemp(path_.data()) == nullptr) {
    std::perror("mkdtemp");
    std::abort();
  }
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tidewaiter::support
