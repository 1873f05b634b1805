// Records beside the log on their way to the disk.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Big-endian, so that the order of bytes is the order of numbers. For keys.
void AppendNumber(std::string& key, std::uint32_t number);
// The number at `at`. REQUIRES: there are four bytes.
std::uint32_t NumberAt(std::string_view key, std::size_t at);

// One table of annexes, and what is to be written to it: reads see both, and Flush() makes all of it durable.
// Work on many releases so shares one write. Not thread-safe; must not outlive the annexes.
class PendingRecords {
 public:
  PendingRecords(storage::Annexes* annexes, std::string table)
      : annexes_(annexes), table_(std::move(table)) {}

  void Put(std::string key, std::string value);
  void Delete(std::string key);
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const;
  // Every record whose key begins with `prefix`, in order of their keys, until `take` fails.
  absl::Status ForEach(
      std::string_view prefix,
      absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)> take) const;

  // In order of keys: all at once, or, beyond what one write takes, in several of which the greatest key
  // comes last. After an error everything is still pending.
  absl::Status Flush();
  std::size_t bytes() const { return bytes_; }

 private:
  void Keep(std::string key, std::optional<std::string> value);
  storage::Annexes* const annexes_;
  const std::string table_;
  std::map<std::string, std::optional<std::string>, std::less<>> pending_;
  std::size_t bytes_ = 0;
};

}  // namespace tidewaiter::engine
