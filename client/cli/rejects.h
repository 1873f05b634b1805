// The rows that were refused, in a file of their own.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/feeders/release_sorter.h"

namespace tidewaiter::cli {

// CSV with the columns file,line,column,problem,row: a line for each problem, the row as it stands in the
// file. The file is opened, and what it held is gone, with the first row that is refused. Not thread-safe.
class Rejects {
 public:
  // Error: `path` is one of the files that are to be read, by whatever name or link.
  static absl::Status Check(const std::string& path, const std::vector<std::string>& inputs);

  explicit Rejects(std::string path) : path_(std::move(path)) {}
  void Add(const feeders::RefusedRow& row);
  // If no row came, a file of an earlier run is emptied but for its header: it would be taken for this one's.
  // Error: something could not be written.
  absl::Status Finish();

 private:
  std::string path_;
  std::ofstream out_;
  bool any_ = false;
};

}  // namespace tidewaiter::cli
