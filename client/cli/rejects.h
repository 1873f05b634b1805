// The rows that were refused, in a file of their own.
#pragma once

#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/feeders/release_sorter.h"

namespace tidewaiter::cli {

// CSV with the columns file,line,column,problem,row: a line for each problem, the row as it stands in the
// file. It is made even if nothing is refused: then it holds its header alone. Not thread-safe.
class Rejects {
 public:
  // Replaces the file. Error: it cannot be written.
  static absl::StatusOr<Rejects> Create(const std::string& path);
  void Add(const feeders::RefusedRow& row);
  // Error: something could not be written.
  absl::Status Finish();

 private:
  explicit Rejects(std::string path) : path_(std::move(path)), out_(path_, std::ios::binary) {}
  std::string path_;
  std::ofstream out_;
};

}  // namespace tidewaiter::cli
