// feed --watch.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/cli/cell_text.h"
#include "client/cli/errors.h"
#include "client/cli/exit_code.h"
#include "client/cli/folder.h"
#include "client/cli/pusher.h"
#include "client/cli/session.h"
#include "client/feeders/text/input.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

// How soon the end that someone asked for is noticed.
constexpr absl::Duration kStep = absl::Milliseconds(250);
// A look without an event: events can be lost, and a file is complete only some time after its last one.
constexpr absl::Duration kLookEvery = absl::Seconds(1);
constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr absl::Duration kLastRetry = absl::Seconds(30);

bool IsForbidden(const absl::Status& status) {
  return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status);
}

// Nothing can be pushed until the daemon is back, has room again, or lets its caller in.
bool IsOfDaemon(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || IsForbidden(status) ||
         DetailsOf(status).reason == Reason::kDiskReserve;
}

// Of one file: it is wrong, or cannot be taken as it is. Beyond its limits for the moment the daemon says
// RESOURCE_EXHAUSTED.
bool IsRefusal(const absl::Status& status) {
  const int code = ExitCodeOf(status);
  return (code == kInvalid || code == kNotFound) && !feeders::IsUnreadable(status) &&
         !absl::IsResourceExhausted(status);
}

std::string Seconds(absl::Duration duration) { return absl::StrCat(absl::ToInt64Seconds(duration), " s"); }

class FolderFeed {
 public:
  FolderFeed(Session& session, Folder* folder)
      : session_(session), folder_(folder), once_(session.options.feed.once) {}

  absl::Status Run() {
    while (!session_.client.cancelled()) {
      TW_ASSIGN_OR_RETURN(std::vector<Arrival> arrivals, folder_->Complete());
      arrivals.erase(std::remove_if(arrivals.begin(), arrivals.end(),
                                    [this](const Arrival& arrival) { return IsPutOff(arrival); }),
                     arrivals.end());
      for (const Arrival& arrival : arrivals) TW_RETURN_IF_ERROR(Feed(arrival));
      if (once_ && arrivals.empty() && !folder_->awaits_others()) break;
      if (arrivals.empty()) Sleep(kLookEvery);
    }
    if (session_.client.cancelled()) return absl::CancelledError();
    return once_ ? Outcome() : absl::OkStatus();
  }

 private:
  // A file that could not be dealt with, and is left where it lies.
  struct PutOff {
    Arrival arrival;
    absl::Time until;  // unless it changes before
    absl::Duration pause;
  };

  // Until it is accepted, refused or put off, however long the daemon is away.
  absl::Status Feed(const Arrival& arrival) {
    FeedArguments arguments = session_.options.feed;
    arguments.files = {folder_->PathOf(arrival)};
    if (arguments.keep_going) {
      TW_ASSIGN_OR_RETURN(arguments.rejects, folder_->PlaceForRejects(arrival));
    }
    for (absl::Duration pause = kFirstRetry; !session_.client.cancelled();
         pause = std::min(2 * pause, kLastRetry)) {
      const absl::StatusOr<PushOutcome> outcome = PushFiles(session_, arguments);
      if (outcome.ok()) {
        put_off_.erase(arrival.name);
        return folder_->Remember(arrival);
      }
      const absl::Status& status = outcome.status();
      if (absl::IsCancelled(status) || (once_ && IsForbidden(status))) return status;
      if (!IsOfDaemon(status)) {
        Leave(arrival, status);
        return absl::OkStatus();
      }
      session_.Say(absl::StrCat(Explained(status), arrival.name, ": to be tried again in ", Seconds(pause)));
      Sleep(pause);
      // A file that has changed or gone in the meantime is another matter.
      TW_ASSIGN_OR_RETURN(const std::vector<Arrival> now, folder_->Complete());
      if (std::find(now.begin(), now.end(), arrival) == now.end()) return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  // A file that was not pushed, for a reason of its own: the others go on.
  void Leave(const Arrival& arrival, const absl::Status& status) {
    if (IsRefusal(status)) {
      const absl::StatusOr<std::string> report = folder_->SetAside(arrival, Explained(status));
      if (report.ok()) {
        ++refused_;
        put_off_.erase(arrival.name);
        session_.Say(absl::StrCat(arrival.name, ": refused; see ", *report));
        return;
      }
      session_.Say(absl::StrCat(Explained(status), arrival.name,
                                ": refused, and cannot be set aside: ", report.status().message()));
      return PutItOff(arrival, absl::InfiniteDuration());
    }
    // What cannot be read is tried again when it changes; anything else may pass by itself.
    const auto before = put_off_.find(arrival.name);
    const absl::Duration pause = feeders::IsUnreadable(status) ? absl::InfiniteDuration()
                                 : before == put_off_.end()    ? kFirstRetry
                                                            : std::min(2 * before->second.pause, kLastRetry);
    const bool timed = pause < absl::InfiniteDuration();
    session_.Say(absl::StrCat(Explained(status), arrival.name, ": not pushed; to be tried again ",
                              once_   ? "by the next command"
                              : timed ? absl::StrCat("in ", Seconds(pause))
                                      : "when it has changed"));
    PutItOff(arrival, pause);
  }

  void PutItOff(const Arrival& arrival, absl::Duration pause) {
    put_off_[arrival.name] = {arrival, absl::Now() + (once_ ? absl::InfiniteDuration() : pause), pause};
  }

  bool IsPutOff(const Arrival& arrival) const {
    const auto found = put_off_.find(arrival.name);
    return found != put_off_.end() && found->second.arrival == arrival &&
           found->second.arrival.touched_ns == arrival.touched_ns && absl::Now() < found->second.until;
  }

  absl::Status Outcome() const {
    std::vector<std::string> told;
    if (refused_ > 0)
      told.push_back(absl::StrCat(Counted(refused_, "file"), " refused; the reports lie beside them"));
    if (!put_off_.empty()) {
      told.push_back(absl::StrCat(Counted(put_off_.size(), "file"), " not pushed, and left where ",
                                  put_off_.size() == 1 ? "it lies" : "they lie"));
    }
    return told.empty() ? absl::OkStatus() : InvalidField("--watch", absl::StrJoin(told, "; "));
  }

  std::string Explained(const absl::Status& status) const {
    return Explain(status, session_.options.connect.address);
  }

  void Sleep(absl::Duration duration) {
    const absl::Time end = absl::Now() + duration;
    while (!session_.client.cancelled() && absl::Now() < end)
      folder_->Wait(std::min(kStep, end - absl::Now()));
  }

  Session& session_;
  Folder* folder_;
  const bool once_;
  std::uint64_t refused_ = 0;
  std::map<std::string, PutOff> put_off_;  // by name
};

}  // namespace

absl::Status RunFeedFolder(Session& session) {
  const std::string& path = session.options.feed.folder;
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<Folder> folder, Folder::Open(path));
  session.Say(absl::StrCat("watching ", path));
  return FolderFeed(session, folder.get()).Run();
}

}  // namespace tidewaiter::cli
