#include "client/cli/feeding.h"

#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "client/cli/cell_text.h"
#include "client/cli/refused_rows.h"
#include "client/cli/rejects.h"
#include "client/feeders/formats.h"
#include "client/feeders/limits.h"
#include "client/feeders/text/other_kind.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::cli {
namespace {

using feeders::Feeder;
using feeders::FileTally;
using feeders::ReleaseSorter;

// As the daemon judges it, by our own clock.
Instant LatestPublication() {
  return Instant::FromMicros(absl::ToUnixMicros(absl::Now()) + limits::kFutureToleranceMicros);
}

// Shows how much of a file was read, and ends when the client is cancelled.
class Watched : public feeders::Input {
 public:
  Watched(Session& session, Input* input, Progress* progress)
      : session_(session), input_(input), progress_(progress) {}
  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override {
    if (session_.client.cancelled()) return absl::CancelledError();
    TW_ASSIGN_OR_RETURN(const std::size_t count, input_->Read(buffer, size));
    done_ += count;
    progress_->Show(done_, input_->size(), "byte");
    return count;
  }
  std::uint64_t size() const override { return input_->size(); }

 private:
  Session& session_;
  Input* input_;
  Progress* progress_;
  std::uint64_t done_ = 0;
};

std::string TemporaryFolder() {
  const char* named = std::getenv("TMPDIR");
  return named == nullptr || *named == '\0' ? "/tmp" : named;
}

std::string NameOf(const std::string& path) { return path == "-" ? "standard input" : path; }

// Options that a format has no use for are no options that do nothing.
absl::Status CheckOptions(const Feeder& format, const feeders::FeedOptions& options) {
  const feeders::FormatInfo info = format.info();
  const auto refused = [&info](std::string_view option) {
    return InvalidField(option, absl::StrCat("does not apply to the format ", ToAbsl(info.name),
                                             ", which fixes it; leave it out"));
  };
  if (!info.takes_columns && !options.columns.empty()) return refused("--column");
  if (!info.takes_columns && options.separator != 0) return refused("--separator");
  if (!info.takes_columns && options.decimal_mark != 0) return refused("--decimal-mark");
  if (!info.takes_constants && !options.constants.empty()) return refused("--set");
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTimeZone(const DatasetDefinition& profile) {
  absl::TimeZone zone;
  if (absl::LoadTimeZone(profile.time_zone, &zone)) return absl::OkStatus();
  return InvalidField("--time-zone",
                      absl::StrCat(Quoted(profile.time_zone),
                                   " is not a known time zone; write an IANA name, as in Asia/Shanghai"));
}

feeders::DraftOptions OptionsOfDrafts(DatasetResolver resolve) {
  feeders::DraftOptions options;
  options.resolve = std::move(resolve);
  options.latest = LatestPublication();
  return options;
}

absl::Status ReadFile(Session& session, const std::string& path, const FeedArguments& arguments,
                      Progress& progress, feeders::ReleaseDrafts& sink) {
  auto opened = feeders::FileInput::Open(path, [&session] { return session.client.cancelled(); });
  if (absl::IsNotFound(opened.status()) && path.find_first_of("./") == std::string::npos) {
    return MakeError(
        opened.status().code(), Reason::kUnknown,
        absl::StrCat(opened.status().message(),
                     ". If it is meant as a format: `tidewaiter formats` lists those that there are"),
        DetailsOf(opened.status()).metadata);
  }
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<feeders::FileInput> file, std::move(opened));
  Watched watched(session, file.get(), &progress);
  TW_ASSIGN_OR_RETURN(const std::string head, feeders::ReadUpTo(watched, feeders::kRecogniseBytes));
  if (const std::string_view kind = feeders::CompressedKind(head); !kind.empty())
    return InvalidField("", kind);
  feeders::ResumedInput input(head, &watched);
  feeders::FeedOptions options = arguments.options;
  options.latest = LatestPublication();
  options.file = path == "-" ? "" : std::filesystem::path(path).filename().string();
  absl::StatusOr<const Feeder*> format = arguments.format.empty()
                                             ? feeders::FormatOfContent(head, options.file)
                                             : feeders::FormatOfName(arguments.format);
  if (!format.ok()) return format.status();
  TW_RETURN_IF_ERROR(CheckOptions(**format, options));
  return (*format)->Parse(input, options, sink);
}

bool IsFaultOfFile(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status) ||
         absl::IsOutOfRange(status) || absl::IsAlreadyExists(status) ||
         (absl::IsResourceExhausted(status) && DetailsOf(status).reason == Reason::kLimitExceeded);
}

std::string Told(const FileTally& file) {
  std::string text = absl::StrCat(file.name, ": ", Counted(file.rows, "row"), " read, ",
                                  Counted(file.cells, "cell"), " made");
  if (file.joined > 0) {
    absl::StrAppend(&text, ", ", Counted(file.joined, "row"),
                    " joined to another that prints the same from another source");
  }
  if (file.refused > 0) absl::StrAppend(&text, ", ", file.refused, " refused");
  if (!file.passed_over.empty()) {
    absl::StrAppend(&text, ", ", file.PassedOver(), " passed over: ",
                    absl::StrJoin(file.passed_over, "; ", [](std::string* out, const auto& entry) {
                      absl::StrAppend(out, entry.second, " ", entry.first);
                    }));
  }
  return text;
}

absl::StatusOr<std::unique_ptr<ReleaseSorter>> ReadFiles(Session& session, const FeedArguments& arguments,
                                                         DatasetResolver resolve) {
  if (!arguments.rejects.empty()) TW_RETURN_IF_ERROR(Rejects::Check(arguments.rejects, arguments.files));
  RefusedRows refused(arguments);
  feeders::SorterOptions options{OptionsOfDrafts(std::move(resolve))};
  options.keep_going = arguments.keep_going;
  options.temporary_folder = TemporaryFolder();
  options.on_refused = [&refused](const feeders::RefusedRow& row) { refused.Add(row); };
  auto sorter = std::make_unique<ReleaseSorter>(std::move(options));
  Progress progress(&session.err, !session.options.quiet);
  for (const std::string& path : arguments.files) {
    sorter->BeginFile(NameOf(path));
    const absl::Status status = ReadFile(session, path, arguments, progress, *sorter);
    if (status.ok()) continue;
    if (!IsFaultOfFile(status)) return status;
    sorter->Fail(status);
  }
  progress.Clear();
  const absl::Status finished = sorter->Finish();
  for (const FileTally& file : sorter->files()) {
    if (file.rows > 0) session.Say(Told(file));
  }
  const absl::Status written = refused.Finish(session);
  if (!written.ok() && !finished.ok()) session.Say(ToStd(written.message()));
  TW_RETURN_IF_ERROR(finished);
  TW_RETURN_IF_ERROR(written);
  return sorter;
}

client::ReleaseDraft DraftOf(const feeders::FedRelease& release, const FeedArguments& arguments) {
  client::ReleaseDraft draft;
  draft.agency = arguments.agency.empty() ? release.agency : arguments.agency;
  draft.release_id = release.release_id;
  draft.published_on = release.published_at.day;
  if (!draft.published_on) draft.published_at = release.published_at.instant;
  draft.stage = arguments.stage.empty() ? release.stage : arguments.stage;
  draft.kind = arguments.kind.value_or(release.kind);
  const bool both = !arguments.title.empty() && !release.title.empty();
  draft.title = absl::StrCat(arguments.title, both ? "; " : "", release.title);
  return draft;
}

}  // namespace tidewaiter::cli
