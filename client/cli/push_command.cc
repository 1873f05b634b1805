// push and feed: releases out of files, into the daemon.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/cell_text.h"
#include "client/cli/feeding.h"
#include "client/cli/progress.h"
#include "client/cli/pusher.h"
#include "client/cli/session.h"
#include "client/upload.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::cli {
namespace {

using feeders::FedRelease;

const Schema& PushSchema() {
  static const Schema schema = {
      {.name = "sequence", .kind = FieldKind::kInteger},
      {.name = "published_at", .header = "published"},
      {.name = "release"},
      {.name = "observations", .kind = FieldKind::kInteger},
      {.name = "outcome"},
      {.name = "twin", .header = "equal to"},
      {.name = "digest", .shown = kInCsv | kInJson},
      {.name = "file", .shown = kInCsv | kInJson},
  };
  return schema;
}

// A release that fits one call, and the place in a file of each observation.
class Gatherer : public feeders::ReleaseVisitor {
 public:
  absl::Status BeginSection(const SectionHeader& header) override {
    sections.push_back({header, {}});
    places.emplace_back();
    return absl::OkStatus();
  }
  absl::Status BeginSeries(std::string_view key) override {
    series_ = SeriesKey::FromValid(std::string(key));
    return absl::OkStatus();
  }
  absl::Status Add(const StatedCell& cell) override {
    sections.back().observations.push_back({series_, cell.period, cell.datum, cell.attributes,
                                            std::string(cell.source), std::string(cell.note)});
    return absl::OkStatus();
  }
  void At(std::string_view file, std::uint64_t line) override {
    places.back().push_back(absl::StrCat(std::string(file), " line ", line));
  }

  std::vector<Release::Section> sections;
  std::vector<std::vector<std::string>> places;

 private:
  SeriesKey series_;
};

// A release of any size, straight into an upload.
class Uploader : public feeders::ReleaseVisitor {
 public:
  Uploader(client::Upload* upload, std::uint64_t total, Progress* progress)
      : upload_(upload), total_(total), progress_(progress) {}
  absl::Status BeginSection(const SectionHeader& header) override { return upload_->BeginSection(header); }
  absl::Status BeginSeries(std::string_view key) override { return upload_->BeginSeries(key); }
  absl::Status Add(const StatedCell& cell) override {
    if (done_++ % 10'000 == 0) progress_->Show(done_, total_, "observation");
    return upload_->Add(cell);
  }

 private:
  client::Upload* upload_;
  std::uint64_t total_;
  Progress* progress_;
  std::uint64_t done_ = 0;
};

// The daemon counts observations; people have lines.
absl::Status Located(const absl::Status& status, const Gatherer& release) {
  constexpr std::string_view kSections = "sections[";
  constexpr std::string_view kObservations = "].observations[";
  ErrorDetails details = DetailsOf(status);
  Violations located;
  bool moved = false;
  for (const FieldViolation& violation : details.violations) {
    const std::string_view field = violation.field;
    const std::size_t middle = field.find(kObservations);
    const std::size_t end =
        middle == std::string_view::npos ? middle : field.find(']', middle + kObservations.size());
    if (field.substr(0, kSections.size()) != kSections || end == std::string_view::npos) {
      located.Add(field, violation.description);
      continue;
    }
    const auto section = ParseDigits(field.substr(kSections.size(), middle - kSections.size()));
    const std::size_t from = middle + kObservations.size();
    const auto index = ParseDigits(field.substr(from, end - from));
    if (!section || !index || static_cast<std::size_t>(*section) >= release.places.size()) return status;
    const std::vector<std::string>& places = release.places[static_cast<std::size_t>(*section)];
    if (static_cast<std::size_t>(*index) >= places.size()) return status;
    moved = true;
    const std::string_view member = field.substr(std::min(end + 2, field.size()));
    located.Add(
        absl::StrCat(places[static_cast<std::size_t>(*index)], member.empty() ? "" : ", ", ToAbsl(member)),
        violation.description);
  }
  return moved ? located.ToStatus(details.reason) : status;
}

class Runner {
 public:
  Runner(Session& session, const FeedArguments& arguments) : session_(session), arguments_(arguments) {}

  // `listed`: the releases are written out, one a record.
  absl::StatusOr<PushOutcome> Run(bool listed);

 private:
  absl::StatusOr<DatasetDefinition> Resolve(const DatasetDefinition& profile);
  absl::Status CreateDatasets();
  absl::Status PushAll(bool listed, PushOutcome& outcome);
  absl::Status TryAll();

  absl::StatusOr<client::PushResult> PushOne(std::size_t index, Progress& progress);
  std::vector<client::DatasetChanges> ChangesOfNewDataset(const FedRelease& release, const Gatherer& cells);
  std::string NameOf(const FedRelease& release) const;
  const DatasetDefinition& DatasetOf(std::string_view id) const;

  Session& session_;
  const FeedArguments& arguments_;
  std::unique_ptr<feeders::ReleaseSorter> sorter_;
  std::vector<DatasetDefinition> missing_;  // datasets that are to be created
  // Of a dry run on a dataset that is to be created: what would be held by then.
  std::map<std::pair<std::string, Period>, CellState> would_hold_;
};

absl::StatusOr<PushOutcome> Runner::Run(bool listed) {
  TW_ASSIGN_OR_RETURN(sorter_, ReadFiles(session_, arguments_, [this](const DatasetDefinition& profile) {
                        return Resolve(profile);
                      }));
  PushOutcome outcome;
  if (arguments_.dry_run) {
    TW_RETURN_IF_ERROR(TryAll());
    return outcome;
  }
  TW_RETURN_IF_ERROR(CreateDatasets());
  TW_RETURN_IF_ERROR(PushAll(listed, outcome));
  return outcome;
}

// What the daemon holds; or the profile, to be created.
absl::StatusOr<DatasetDefinition> Runner::Resolve(const DatasetDefinition& profile) {
  absl::StatusOr<client::DatasetInfo> info = session_.client.GetDataset(profile.id);
  if (absl::IsNotFound(info.status())) {
    absl::TimeZone zone;
    if (!absl::LoadTimeZone(profile.time_zone, &zone)) {
      return InvalidField("--time-zone", absl::StrCat(Quoted(profile.time_zone),
                                                      " is not a known time zone; write an IANA name, "
                                                      "as in Asia/Shanghai"));
    }
    missing_.push_back(profile);
    return profile;
  }
  TW_RETURN_IF_ERROR(info.status());
  const auto agrees = [&profile](std::string_view option, const std::string& given, const std::string& held) {
    if (given.empty() || given == held) return absl::OkStatus();
    return InvalidField(option, absl::StrCat("the dataset ", profile.id, " exists and has ", held, ", not ",
                                             given, "; leave the option out"));
  };
  TW_RETURN_IF_ERROR(agrees("--publisher", arguments_.options.publisher, info->definition.publisher));
  TW_RETURN_IF_ERROR(agrees("--time-zone", arguments_.options.time_zone, info->definition.time_zone));
  return std::move(info->definition);
}

absl::Status Runner::CreateDatasets() {
  for (const DatasetDefinition& dataset : missing_) {
    TW_RETURN_IF_ERROR(session_.client.CreateDataset(dataset).status());
    session_.Say(absl::StrCat("created the dataset ", dataset.id, " of ", dataset.publisher, ": ",
                              absl::StrJoin(dataset.dimensions, ".",
                                            [](std::string* out, const Dimension& d) { out->append(d.id); }),
                              ", days end in ", dataset.time_zone));
  }
  missing_.clear();
  return absl::OkStatus();
}

const DatasetDefinition& Runner::DatasetOf(std::string_view id) const {
  const auto& datasets = sorter_->datasets();
  return *std::find_if(datasets.begin(), datasets.end(),
                       [id](const DatasetDefinition& d) { return d.id == id; });
}

std::string Runner::NameOf(const FedRelease& release) const {
  const std::string& agency = arguments_.agency.empty() ? release.agency : arguments_.agency;
  return absl::StrCat(agency.empty() ? DatasetOf(release.sections.front().header.dataset).publisher : agency,
                      "/", release.release_id);
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
  Uploader uploader(upload.get(), release.cells, &progress);
  TW_RETURN_IF_ERROR(sorter_->Visit(index, uploader));
  return upload->Finish();
}

absl::Status Runner::PushAll(bool listed, PushOutcome& outcome) {
  std::optional<RecordWriter> writer;
  if (listed) writer.emplace(session_.options.format, PushSchema(), "releases", &session_.out);
  const std::vector<FedRelease>& releases = sorter_->releases();
  Progress progress(&session_.err, !session_.options.quiet);
  for (std::size_t i = 0; i < releases.size(); ++i) {
    progress.Show(i, releases.size(), "release");
    const absl::StatusOr<client::PushResult> result = PushOne(i, progress);
    if (!result.ok()) {
      progress.Clear();
      if (writer) writer->Finish();
      session_.out.Flush();
      session_.Say(absl::StrCat("stopped at ", NameOf(releases[i]), " of ",
                                absl::StrJoin(releases[i].files, ", "), ": ", releases.size() - i, " of ",
                                Counted(releases.size(), "release"),
                                " not pushed. Those that were are kept; push again to go on"));
      return result.status();
    }
    const client::ReleaseInfo& release = result->release;
    (result->replayed ? outcome.held : outcome.accepted) += 1;
    outcome.observations += result->replayed ? 0 : release.observations;
    if (!writer) continue;
    writer->Add({absl::StrCat(release.sequence), release.header.published_at.ToString(), NameOf(releases[i]),
                 absl::StrCat(release.observations), result->replayed ? "held already" : "accepted",
                 result->twin, release.digest, absl::StrJoin(releases[i].files, ", ")});
  }
  progress.Clear();
  if (writer) writer->Finish();
  session_.out.Flush();
  session_.Say(absl::StrCat(Counted(outcome.accepted, "release"), " accepted with ",
                            Counted(outcome.observations, "observation"), ", ", outcome.held,
                            " held already"));
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
    if (!missing_.empty()) {
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
  for (const DatasetDefinition& dataset : missing_) {
    session_.Say(absl::StrCat("the dataset ", dataset.id, " does not exist: a push would create it"));
  }
  if (missing_.empty() && releases.size() > 1) {
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
