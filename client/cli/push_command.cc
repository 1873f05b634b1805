// push and feed: releases out of files, into the daemon.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/cell_text.h"
#include "client/cli/errors.h"
#include "client/cli/exit_code.h"
#include "client/cli/feeding.h"
#include "client/cli/gatherer.h"
#include "client/cli/progress.h"
#include "client/cli/push_log.h"
#include "client/cli/pusher.h"
#include "client/cli/session.h"
#include "client/cli/straight_push.h"
#include "client/cli/target_datasets.h"
#include "client/cli/uploader.h"
#include "client/upload.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::cli {
namespace {

using feeders::FedRelease;

// Pushing the same again helps where the daemon was away or someone pressed Ctrl-C, not where it refused.
std::string_view WhatNext(const absl::Status& status) {
  const bool passes = absl::IsCancelled(status) || ExitCodeOf(status) == kUnavailable;
  return passes ? "push again to go on: what is held is recognised"
                : "what stands in the way is told below; what is held is recognised when the files are "
                  "pushed again";
}

class Runner {
 public:
  Runner(Session& session, const FeedArguments& arguments)
      : session_(session), arguments_(arguments), targets_(session, arguments) {}

  // `listed`: the releases are written out, one a record.
  absl::StatusOr<PushOutcome> Run(bool listed);

 private:
  absl::Status PushAll(PushLog& log);
  absl::Status TryAll();

  absl::StatusOr<client::PushResult> PushOne(std::size_t index, Progress& progress);
  std::vector<client::DatasetChanges> ChangesOfNewDataset(const FedRelease& release, const Gatherer& cells);
  const DatasetDefinition& DatasetOf(std::string_view id) const;

  Session& session_;
  const FeedArguments& arguments_;
  std::unique_ptr<feeders::ReleaseSorter> sorter_;
  TargetDatasets targets_;
  // Of a dry run on a dataset that is to be created: what would be held by then.
  std::map<std::pair<std::string, Period>, CellState> would_hold_;
};

absl::StatusOr<PushOutcome> Runner::Run(bool listed) {
  if (StraightPush::Qualifies(arguments_)) {
    StraightPush straight(session_, arguments_, targets_);
    TW_ASSIGN_OR_RETURN(const std::optional<client::PushResult> result, straight.Run());
    if (result) {
      PushLog log(session_, listed);
      log.Add(straight.release(), straight.name(), *result);
      return log.Finish();
    }
  }
  TW_ASSIGN_OR_RETURN(sorter_, ReadFiles(session_, arguments_, targets_.Resolver()));
  if (arguments_.dry_run) {
    TW_RETURN_IF_ERROR(TryAll());
    return PushOutcome();
  }
  TW_RETURN_IF_ERROR(targets_.Create());
  PushLog log(session_, listed);
  TW_RETURN_IF_ERROR(PushAll(log));
  return log.Finish();
}

const DatasetDefinition& Runner::DatasetOf(std::string_view id) const {
  const auto& datasets = sorter_->datasets();
  return *std::find_if(datasets.begin(), datasets.end(),
                       [id](const DatasetDefinition& d) { return d.id == id; });
}

absl::StatusOr<client::PushResult> Runner::PushOne(std::size_t index, Progress& progress) {
  const FedRelease& release = sorter_->releases()[index];
  const client::ReleaseDraft draft = DraftOf(release, arguments_);
  if (release.cells <= limits::kMaxUnaryObservations) {
    Gatherer gathered;
    TW_RETURN_IF_ERROR(sorter_->Visit(index, gathered));
    absl::StatusOr<client::PushResult> result = session_.client.Push(draft, gathered.sections);
    if (!result.ok()) return Located(result.status(), gathered);
    return result;
  }
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<client::Upload> upload,
                      session_.client.StartUpload(draft, {session_.options.timeout}));
  Uploader uploader(upload.get(), [&release, &progress](std::uint64_t done) {
    progress.Show(done, release.cells, "observation");
  });
  TW_RETURN_IF_ERROR(sorter_->Visit(index, uploader));
  return upload->Finish();
}

absl::Status Runner::PushAll(PushLog& log) {
  const std::vector<FedRelease>& releases = sorter_->releases();
  Progress progress(&session_.err, !session_.options.quiet);
  for (std::size_t i = 0; i < releases.size(); ++i) {
    progress.Show(i, releases.size(), "release");
    const std::string name = PushedName(releases[i], arguments_, sorter_->datasets());
    const absl::StatusOr<client::PushResult> result = PushOne(i, progress);
    if (!result.ok()) {
      progress.Clear();
      log.Close();
      session_.Say(absl::StrCat("stopped at ", name, " of ", absl::StrJoin(releases[i].files, ", "), ": ",
                                releases.size() - i, " of ", Counted(releases.size(), "release"),
                                " not pushed. ", i == 0 ? "" : "Those that were are kept; ",
                                ToAbsl(WhatNext(result.status()))));
      return result.status();
    }
    log.Add(releases[i], name, *result);
  }
  progress.Clear();
  return absl::OkStatus();
}

// Changes against nothing but the releases before it in the plan.
std::vector<client::DatasetChanges> Runner::ChangesOfNewDataset(const FedRelease& release,
                                                                const Gatherer& cells) {
  std::vector<client::DatasetChanges> all;
  for (const Release::Section& section : cells.sections) {
    client::DatasetChanges& changes = all.emplace_back();
    changes.dataset = section.header.dataset;
    for (const Observation& observation : section.observations) {
      const std::string cell_id = absl::StrCat(changes.dataset, "/", observation.series.text());
      const auto [at, is_new] = would_hold_.try_emplace({cell_id, observation.period});
      CellState& held = at->second;
      client::ChangedCell changed;
      changed.series = observation.series.text();
      changed.cell = {observation.period,     observation.datum,
                      observation.attributes, observation.source,
                      observation.note,       0,
                      release.published_at,   release.published_at.instant};
      changed.change = ClassifyChange(is_new ? nullptr : &held, observation.datum, observation.attributes);
      if (!is_new) changed.before = held.datum;
      held.period = observation.period;
      held.datum = observation.datum;
      held.attributes = observation.attributes;
      held.published_at = release.published_at.instant;
      changes.cells.push_back(std::move(changed));
    }
  }
  return all;
}

absl::Status Runner::TryAll() {
  const bool one_dataset = sorter_->datasets().size() == 1;
  Schema schema = {{.name = "release"}};
  for (const Field& field : ChangeSchema()) {
    if (field.name != "sequence" && (field.name != "dataset" || !one_dataset)) schema.push_back(field);
  }
  const std::size_t left_out = one_dataset ? 2 : 1;  // sequence and dataset, which come first
  const std::vector<FedRelease>& releases = sorter_->releases();
  RecordWriter writer(session_.options.format, schema, "changes", &session_.out);
  Progress progress(&session_.err, !session_.options.quiet);
  std::map<ChangeClass, std::uint64_t> counts;
  std::size_t held = 0;
  for (std::size_t i = 0; i < releases.size(); ++i) {
    progress.Show(i, releases.size(), "release");
    Gatherer gathered;
    TW_RETURN_IF_ERROR(sorter_->Visit(i, gathered));
    client::Client::DryRunResult result;
    if (!targets_.missing().empty()) {
      result.changes = ChangesOfNewDataset(releases[i], gathered);
    } else {
      auto tried = session_.client.DryRun(DraftOf(releases[i], arguments_), gathered.sections);
      if (!tried.ok()) return Located(tried.status(), gathered);
      result = *std::move(tried);
    }
    if (result.replayed) {
      ++held;
      continue;
    }
    for (const client::DatasetChanges& changes : result.changes) {
      CellTexts texts(DatasetOf(changes.dataset));
      for (const client::ChangedCell& cell : changes.cells) {
        ++counts[cell.change.change];
        const bool shown =
            session_.options.format != Format::kTable || cell.change.change != ChangeClass::kConfirmed;
        if (!shown) continue;
        Record record = ChangeRecord(texts, result.release, changes.dataset, cell);
        record.erase(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(left_out));
        record.insert(record.begin(), releases[i].release_id);
        writer.Add(std::move(record));
      }
    }
  }
  progress.Clear();
  writer.Finish();
  session_.out.Flush();
  const std::string classes = absl::StrJoin(counts, ", ", [](std::string* out, const auto& count) {
    absl::StrAppend(out, count.second, " ", ToAbsl(ChangeClassName(count.first)));
  });
  for (const DatasetDefinition& dataset : targets_.missing()) {
    session_.Say(absl::StrCat("the dataset ", dataset.id, " does not exist: a push would create it"));
  }
  if (targets_.missing().empty() && releases.size() > 1) {
    session_.Say(
        "each release was compared with what is held now, not with the releases before it in the files");
  }
  session_.Say(absl::StrCat("dry run of ", Counted(releases.size(), "release"),
                            ", nothing stored: ", classes.empty() ? "no change" : classes,
                            held == 0 ? "" : "; held already: ", held == 0 ? "" : absl::StrCat(held)));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PushOutcome> PushFiles(Session& session, const FeedArguments& arguments) {
  return Runner(session, arguments).Run(/*listed=*/false);
}

absl::Status RunPush(Session& session) {
  return Runner(session, session.options.feed).Run(/*listed=*/true).status();
}

}  // namespace tidewaiter::cli
