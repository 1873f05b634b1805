// feed --watch.
#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/cell_text.h"
#include "client/cli/errors.h"
#include "client/cli/folder.h"
#include "client/cli/pusher.h"
#include "client/cli/session.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

// How soon the end that someone asked for is noticed.
constexpr absl::Duration kStep = absl::Milliseconds(250);
// A look without an event: events can be lost, and a file is complete only some time after its last one.
constexpr absl::Duration kLookEvery = absl::Seconds(1);
constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr absl::Duration kLastRetry = absl::Seconds(30);

// It may pass without anyone changing the file.
bool IsOfTheMoment(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsUnauthenticated(status) ||
         absl::IsPermissionDenied(status) || absl::IsUnknown(status) || absl::IsInternal(status) ||
         absl::IsAborted(status);
}

class FolderFeed {
 public:
  FolderFeed(Session& session, Folder* folder) : session_(session), folder_(folder) {}

  absl::Status Run() {
    const bool once = session_.options.feed.once;
    while (!session_.client.cancelled()) {
      TW_ASSIGN_OR_RETURN(const std::vector<Arrival> arrivals, folder_->Complete());
      for (const Arrival& arrival : arrivals) TW_RETURN_IF_ERROR(Feed(arrival));
      if (once && arrivals.empty() && !folder_->awaits_others()) break;
      if (arrivals.empty()) Sleep(kLookEvery);
    }
    if (session_.client.cancelled()) return absl::CancelledError();
    if (!once || refused_ == 0) return absl::OkStatus();
    return InvalidField("--watch",
                        absl::StrCat(Counted(refused_, "file"), " refused; the reports lie beside them"));
  }

 private:
  // Until it is accepted or refused, however long the daemon is away.
  absl::Status Feed(const Arrival& arrival) {
    FeedArguments arguments = session_.options.feed;
    arguments.files = {folder_->PathOf(arrival)};
    for (absl::Duration pause = kFirstRetry; !session_.client.cancelled();
         pause = std::min(2 * pause, kLastRetry)) {
      const absl::StatusOr<PushOutcome> outcome = PushFiles(session_, arguments);
      if (outcome.ok()) return folder_->Remember(arrival);
      if (absl::IsCancelled(outcome.status())) return outcome.status();
      const std::string why = Explain(outcome.status(), session_.options.connect.address);
      if (!IsOfTheMoment(outcome.status())) {
        ++refused_;
        TW_ASSIGN_OR_RETURN(const std::string report, folder_->SetAside(arrival, why));
        session_.Say(absl::StrCat(arrival.name, ": refused; see ", report));
        return absl::OkStatus();
      }
      session_.Say(absl::StrCat(why, arrival.name, ": tried again in ", absl::FormatDuration(pause)));
      Sleep(pause);
      // A file that has changed or gone in the meantime is another matter.
      TW_ASSIGN_OR_RETURN(const std::vector<Arrival> now, folder_->Complete());
      if (std::find(now.begin(), now.end(), arrival) == now.end()) return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  void Sleep(absl::Duration duration) {
    const absl::Time end = absl::Now() + duration;
    while (!session_.client.cancelled() && absl::Now() < end)
      folder_->Wait(std::min(kStep, end - absl::Now()));
  }

  Session& session_;
  Folder* folder_;
  std::uint64_t refused_ = 0;
};

}  // namespace

absl::Status RunFeedFolder(Session& session) {
  const std::string& path = session.options.feed.folder;
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<Folder> folder, Folder::Open(path));
  session.Say(absl::StrCat("watching ", path));
  return FolderFeed(session, folder.get()).Run();
}

}  // namespace tidewaiter::cli
