// What becomes of the rows that are refused: a file of their own, and the first reasons for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/feed_arguments.h"
#include "client/cli/rejects.h"
#include "client/cli/session.h"

namespace tidewaiter::cli {

// Add for each row, then Finish. Not thread-safe.
class RefusedRows {
 public:
  explicit RefusedRows(const FeedArguments& arguments);
  void Add(const feeders::RefusedRow& row);
  // Where rows are left out, says of the first why, and where the others are told. Error: the file of
  // --rejects could not be written.
  absl::Status Finish(Session& session);

 private:
  const FeedArguments& arguments_;
  std::optional<Rejects> file_;
  std::vector<std::string> first_;  // problems, each with its place
  std::uint64_t problems_ = 0;
};

}  // namespace tidewaiter::cli
