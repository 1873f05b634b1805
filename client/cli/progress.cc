#include "client/cli/progress.h"

#include "absl/strings/str_cat.h"
#include "client/cli/cell_text.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

constexpr absl::Duration kQuietStart = absl::Seconds(1);
constexpr absl::Duration kRedraw = absl::Milliseconds(200);
constexpr absl::Duration kLineEvery = absl::Seconds(5);
constexpr std::string_view kEraseLine = "\r\x1b[K";

}  // namespace

void Progress::Show(std::uint64_t done, std::uint64_t total, std::string_view what) {
  if (!wanted_) return;
  const absl::Time now = absl::Now();
  const bool terminal = err_->is_terminal();
  if (now - started_ < kQuietStart || now - shown_ < (terminal ? kRedraw : kLineEvery)) return;
  shown_ = now;
  // Of a pipe it is not known how much will come.
  const std::string line = total == 0
                               ? Counted(done, what)
                               : absl::StrCat(done * 100 / total, " %  ", done, " of ", Counted(total, what));
  err_->Write(terminal ? absl::StrCat(ToAbsl(kEraseLine), line) : absl::StrCat(line, "\n"));
  err_->Flush();
  on_screen_ = terminal;
}

void Progress::Clear() {
  if (!on_screen_) return;
  err_->Write(kEraseLine);
  err_->Flush();
  on_screen_ = false;
}

}  // namespace tidewaiter::cli
