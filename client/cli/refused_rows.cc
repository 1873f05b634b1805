#include "client/cli/refused_rows.h"

#include "absl/strings/str_cat.h"
#include "client/cli/cell_text.h"

namespace tidewaiter::cli {
namespace {

constexpr std::size_t kTold = 10;

}  // namespace

RefusedRows::RefusedRows(const FeedArguments& arguments) : arguments_(arguments) {
  if (!arguments.rejects.empty()) file_.emplace(arguments.rejects);
}

void RefusedRows::Add(const feeders::RefusedRow& row) {
  if (file_) file_->Add(row);
  for (const feeders::Problem& problem : row.problems) {
    ++problems_;
    if (first_.size() == kTold) continue;
    first_.push_back(absl::StrCat("  ", feeders::Where(row.file, problem), ": ", problem.description));
  }
}

absl::Status RefusedRows::Finish(Session& session) {
  // Without --keep-going they are the error that the command ends with.
  if (arguments_.keep_going && problems_ > 0) {
    session.Say("refused, and left out:");
    for (const std::string& problem : first_) session.Say(problem);
    const std::uint64_t others = problems_ - first_.size();
    if (file_) {
      session.Say(absl::StrCat("  all of them with their rows: ", arguments_.rejects));
    } else if (others > 0) {
      session.Say(
          absl::StrCat("  and ", Counted(others, "other problem"), "; --rejects FILE writes all of them"));
    }
  }
  return file_ ? file_->Finish() : absl::OkStatus();
}

}  // namespace tidewaiter::cli
