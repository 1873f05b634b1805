#include "client/cli/rejects.h"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/feeders/text/csv_reader.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

constexpr std::string_view kHeader = "file,line,column,problem,row";

// What tells two names of one file: device and inode. None if there is no such file, or if it is a terminal,
// a pipe or another one that loses nothing when it is written to.
std::optional<std::pair<dev_t, ino_t>> IdentityOf(const std::string& path, bool may_be_standard_input) {
  struct stat about {};
  const bool standard = may_be_standard_input && path == "-";
  const int failed = standard ? ::fstat(STDIN_FILENO, &about) : ::stat(path.c_str(), &about);
  if (failed != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  return std::pair(about.st_dev, about.st_ino);
}

bool IsOfAnEarlierRun(const std::string& path) {
  if (!IdentityOf(path, /*may_be_standard_input=*/false)) return false;
  std::ifstream in(path, std::ios::binary);
  std::string line;
  return std::getline(in, line) && line == kHeader;
}

}  // namespace

absl::Status Rejects::Check(const std::string& path, const std::vector<std::string>& inputs) {
  const auto own = IdentityOf(path, /*may_be_standard_input=*/false);
  if (!own) return absl::OkStatus();
  for (const std::string& input : inputs) {
    if (IdentityOf(input, /*may_be_standard_input=*/true) != own) continue;
    return InvalidField(
        "--rejects",
        absl::StrCat(path, " is the file that is to be read",
                     input == path ? "" : absl::StrCat(" as ", input == "-" ? "the standard input" : input),
                     ", and would be overwritten; name another"));
  }
  return absl::OkStatus();
}

void Rejects::Add(const feeders::RefusedRow& row) {
  using feeders::CsvField;
  if (!any_) {
    out_.open(path_, std::ios::binary | std::ios::trunc);
    out_ << kHeader << '\n';
    any_ = true;
  }
  for (const feeders::Problem& problem : row.problems) {
    out_ << CsvField(row.file) << ',';
    if (problem.line != 0) out_ << problem.line;
    out_ << ',' << CsvField(problem.column) << ',' << CsvField(problem.description) << ','
         << CsvField(row.row) << '\n';
  }
}

absl::Status Rejects::Finish() {
  if (!any_) {
    if (!IsOfAnEarlierRun(path_)) return absl::OkStatus();
    out_.open(path_, std::ios::binary | std::ios::trunc);
    out_ << kHeader << '\n';
  }
  out_.flush();
  if (out_) return absl::OkStatus();
  return InvalidField("--rejects", absl::StrCat("the file ", path_, " cannot be written"));
}

}  // namespace tidewaiter::cli
