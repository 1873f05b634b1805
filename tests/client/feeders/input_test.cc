#include "client/feeders/text/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::HasSubstr;

// A pipe with a name in a folder of its own.
class NamedPipe : public ::testing::Test {
 protected:
  NamedPipe() {
    ::unlink(path_.c_str());
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  }
  ~NamedPipe() override { ::unlink(path_.c_str()); }
  const std::string path_ = absl::StrCat(::testing::TempDir(), "/input_test.", ::getpid(), ".pipe");
};

// Fails by a hang where the wait cannot be ended.
TEST_F(NamedPipe, AWaitForAWriterCanBeEnded) {
  std::atomic<int> asked = 0;
  const auto input = FileInput::Open(path_, [&asked] { return ++asked > 2; });
  ASSERT_TRUE(input.ok()) << input.status();
  char byte = 0;
  EXPECT_EQ((*input)->Read(&byte, 1).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(NamedPipe, IsReadUntilItsWriterCloses) {
  const auto input = FileInput::Open(path_, [] { return false; });
  ASSERT_TRUE(input.ok()) << input.status();
  std::thread writer([this] {
    std::ofstream out(path_);
    for (int i = 0; i < 3; ++i) {
      out << "line " << i << std::endl;
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(*ReadUpTo(**input, 100), "line 0\nline 1\nline 2\n");
  writer.join();
}

TEST(FileInput, TellsWhatCannotBeRead) {
  for (const std::string& path : {std::string("/nonexistent"), ::testing::TempDir()}) {
    const absl::Status status = FileInput::Open(path).status();
    EXPECT_TRUE(IsUnreadable(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("the file ", path, " cannot be read: ")));
  }
  EXPECT_FALSE(IsUnreadable(absl::OkStatus()));
  EXPECT_FALSE(IsUnreadable(absl::UnknownError("x")));
}

}  // namespace
}  // namespace tidewaiter::feeders
