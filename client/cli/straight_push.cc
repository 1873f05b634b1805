#include "client/cli/straight_push.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/feeding.h"
#include "client/cli/progress.h"
#include "client/cli/push_log.h"
#include "client/cli/uploader.h"
#include "client/feeders/limits.h"
#include "client/upload.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

// Takes cells and keeps none.
class Nowhere : public feeders::ReleaseVisitor {
 public:
  absl::Status BeginSection(const SectionHeader&) override { return absl::OkStatus(); }
  absl::Status BeginSeries(std::string_view) override { return absl::OkStatus(); }
  absl::Status Add(const StatedCell&) override { return absl::OkStatus(); }
};

// An upload that begins with the first cell, and remembers what went wrong with it.
class LateUpload : public feeders::ReleaseVisitor {
 public:
  absl::Status Begin(Session& session, const client::ReleaseDraft& draft) {
    auto started = session.client.StartUpload(draft, {session.options.timeout});
    if (!started.ok()) return Told(started.status());
    upload_ = *std::move(started);
    to_.emplace(upload_.get());
    return absl::OkStatus();
  }
  absl::Status BeginSection(const SectionHeader& header) override { return Told(to_->BeginSection(header)); }
  absl::Status BeginSeries(std::string_view key) override { return Told(to_->BeginSeries(key)); }
  absl::Status Add(const StatedCell& cell) override { return Told(to_->Add(cell)); }
  absl::StatusOr<client::PushResult> Finish() { return upload_->Finish(); }
  const absl::Status& status() const { return status_; }
  bool begun() const { return upload_ != nullptr; }

 private:
  absl::Status Told(absl::Status status) {
    if (!status.ok()) status_ = status;
    return status;
  }
  std::unique_ptr<client::Upload> upload_;
  std::optional<Uploader> to_;
  absl::Status status_;
};

}  // namespace

bool StraightPush::Qualifies(const FeedArguments& arguments) {
  if (arguments.dry_run || arguments.keep_going || !arguments.rejects.empty()) return false;
  if (arguments.files.size() != 1 || arguments.files.front() == "-") return false;
  std::error_code unreadable;
  const std::filesystem::path path = arguments.files.front();
  return std::filesystem::is_regular_file(path, unreadable) &&
         std::filesystem::file_size(path, unreadable) >= feeders::kSortedInMemoryBytes && !unreadable;
}

absl::StatusOr<bool> StraightPush::Pass(std::optional<client::PushResult>& result) {
  Nowhere nowhere;
  LateUpload upload;
  feeders::StraightPass pass(
      OptionsOfDrafts(targets_.Resolver()),
      [&](const feeders::FedRelease& release) -> absl::StatusOr<feeders::ReleaseVisitor*> {
        if (!targets_.missing().empty()) return &nowhere;
        TW_RETURN_IF_ERROR(upload.Begin(session_, DraftOf(release, arguments_)));
        return &upload;
      });
  Progress progress(&session_.err, !session_.options.quiet);
  pass.BeginFile(arguments_.files.front());
  absl::Status status = ReadFile(session_, arguments_.files.front(), arguments_, progress, pass);
  if (status.ok()) status = pass.Finish();
  progress.Clear();
  if (session_.client.cancelled()) {
    if (upload.begun()) {
      session_.Say(absl::StrCat("stopped within ", arguments_.files.front(),
                                ": nothing of it was kept, as a release is taken whole or not at all"));
    }
    return absl::CancelledError();
  }
  TW_RETURN_IF_ERROR(upload.status());
  if (!status.ok()) return false;
  release_ = pass.release();
  name_ = PushedName(release_, arguments_, pass.datasets());
  if (!targets_.missing().empty()) return true;
  session_.Say(Told(pass.files().front()));
  auto finished = upload.Finish();
  if (absl::IsCancelled(finished.status())) {
    session_.Say(absl::StrCat("stopped before the daemon had answered whether it keeps ", name_,
                              "; push again, and it is told"));
  }
  TW_ASSIGN_OR_RETURN(result, std::move(finished));
  return true;
}

absl::StatusOr<std::optional<client::PushResult>> StraightPush::Run() {
  std::optional<client::PushResult> result;
  TW_ASSIGN_OR_RETURN(bool straight, Pass(result));
  if (!straight || result) return result;
  TW_RETURN_IF_ERROR(targets_.Create());
  TW_RETURN_IF_ERROR(Pass(result).status());
  return result;
}

}  // namespace tidewaiter::cli
