#include "client/cli/rejects.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/feeders/text/csv_reader.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

absl::Status NotWritten(const std::string& path) {
  return InvalidField("--rejects", absl::StrCat("the file ", path, " cannot be written"));
}

}  // namespace

absl::StatusOr<Rejects> Rejects::Create(const std::string& path) {
  Rejects rejects(path);
  rejects.out_ << "file,line,column,problem,row\n";
  if (!rejects.out_) return NotWritten(path);
  return rejects;
}

void Rejects::Add(const feeders::RefusedRow& row) {
  using feeders::CsvField;
  for (const feeders::Problem& problem : row.problems) {
    out_ << CsvField(row.file) << ',';
    if (problem.line != 0) out_ << problem.line;
    out_ << ',' << CsvField(problem.column) << ',' << CsvField(problem.description) << ','
         << CsvField(row.row) << '\n';
  }
}

absl::Status Rejects::Finish() {
  out_.flush();
  return out_ ? absl::OkStatus() : NotWritten(path_);
}

}  // namespace tidewaiter::cli
