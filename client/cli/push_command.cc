// push.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/cell_text.h"
#include "client/cli/progress.h"
#include "client/cli/session.h"
#include "client/feeders/tidy_csv.h"
#include "client/upload.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::cli {
namespace {

using feeders::TidyCell;
using feeders::TidyFile;
using feeders::TidyRelease;

struct ParsedFile {
  std::string name;
  TidyFile tidy;
};

// One release that is to be pushed, and the file that it stands in.
struct Planned {
  const ParsedFile* file = nullptr;
  const TidyRelease* release = nullptr;
};

absl::StatusOr<std::string> ReadFile(const std::string& name) {
  if (name == "-") {
    std::string text;
    char buffer[64 << 10];
    for (;;) {
      const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
      if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
      if (got == 0) return text;
      if (got < 0 && errno != EINTR) {
        return absl::UnknownError(absl::StrCat("the standard input cannot be read: ", std::strerror(errno)));
      }
    }
  }
  errno = 0;
  std::ifstream in(name, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.is_open() && !in.bad() && errno != EISDIR) return text;
  const int code = errno;
  return MakeError(code == ENOENT ? absl::StatusCode::kNotFound : absl::StatusCode::kUnknown,
                   Reason::kUnknown,
                   absl::StrCat("the file ", name, " cannot be read: ", std::strerror(code)));
}

class Pusher {
 public:
  explicit Pusher(Session& session) : session_(session), arguments_(session.options.push) {}
  absl::Status Run();

 private:
  absl::Status ReadFiles();
  absl::Status FindDataset();
  absl::Status ParseFiles();
  absl::Status CreateDataset();
  absl::Status PushAll();
  absl::Status TryAll();

  client::ReleaseDraft DraftOf(const TidyRelease& release) const;
  std::vector<Release::Section> SectionsOf(const Planned& planned) const;
  absl::StatusOr<client::PushResult> PushOne(const Planned& planned, Progress& progress);
  std::vector<client::DatasetChanges> ChangesOfNewDataset(const Planned& planned);
  absl::Status Located(const absl::Status& status, const Planned& planned) const;
  std::string NameOf(const Planned& planned) const;

  Session& session_;
  const PushArguments& arguments_;
  std::optional<DatasetDefinition> definition_;  // held, or to be created
  bool missing_ = false;                         // the dataset is to be created
  absl::TimeZone zone_;
  std::vector<std::pair<std::string, std::string>> texts_;  // name and content, until they are parsed
  std::vector<ParsedFile> files_;
  std::vector<Planned> plan_;  // in published order
  // Of a dry run on a dataset that is to be created: what would be held by then.
  std::map<std::pair<std::string, Period>, CellState> would_hold_;
};

absl::Status Pusher::Run() {
  TW_RETURN_IF_ERROR(ReadFiles());
  TW_RETURN_IF_ERROR(FindDataset());
  TW_RETURN_IF_ERROR(ParseFiles());
  if (arguments_.dry_run) return TryAll();
  if (missing_) TW_RETURN_IF_ERROR(CreateDataset());
  return PushAll();
}

absl::Status Pusher::FindDataset() {
  absl::StatusOr<client::DatasetInfo> info = session_.client.GetDataset(arguments_.dataset);
  std::string zone = arguments_.time_zone.empty() ? "UTC" : arguments_.time_zone;
  if (info.ok()) {
    definition_ = std::move(info->definition);
    const auto agrees = [this](std::string_view option, const std::string& given, const std::string& held) {
      if (given.empty() || given == held) return absl::OkStatus();
      return InvalidField(option, absl::StrCat("the dataset ", arguments_.dataset, " exists and has ", held,
                                               ", not ", given, "; leave the option out"));
    };
    TW_RETURN_IF_ERROR(agrees("--publisher", arguments_.publisher, definition_->publisher));
    TW_RETURN_IF_ERROR(agrees("--time-zone", arguments_.time_zone, definition_->time_zone));
    zone = definition_->time_zone;
  } else if (absl::IsNotFound(info.status())) {
    missing_ = true;
  } else {
    return info.status();
  }
  if (!absl::LoadTimeZone(zone, &zone_)) {
    if (missing_) {
      return InvalidField("--time-zone", absl::StrCat(Quoted(zone),
                                                      " is not a known time zone; write an IANA name, "
                                                      "as in Asia/Shanghai"));
    }
    zone_ = absl::UTCTimeZone();  // only the order of releases hangs on it here
  }
  return absl::OkStatus();
}

absl::Status Pusher::ReadFiles() {
  for (const std::string& name : arguments_.files) {
    TW_ASSIGN_OR_RETURN(std::string text, ReadFile(name));
    texts_.emplace_back(name == "-" ? "standard input" : name, std::move(text));
  }
  return absl::OkStatus();
}

// All files, or a list of everything that is wrong in them.
absl::Status Pusher::ParseFiles() {
  Violations violations;
  Reason reason = Reason::kInvalidArgument;
  files_.reserve(texts_.size());
  for (auto& [name, text] : texts_) {
    feeders::TidyOptions options;
    options.file = name;
    options.dataset = arguments_.dataset;
    options.definition = definition_ ? &*definition_ : nullptr;
    options.zone = zone_;
    options.latest = Instant::FromMicros(absl::ToUnixMicros(absl::Now()) + limits::kFutureToleranceMicros);
    absl::StatusOr<TidyFile> tidy = feeders::ParseTidyCsv(text, options);
    text.clear();
    text.shrink_to_fit();
    if (!tidy.ok()) {
      reason = DetailsOf(tidy.status()).reason;
      violations.Add("", tidy.status());
      continue;
    }
    if (!definition_) {  // the first file that is right says what the dataset is made of
      definition_.emplace();
      definition_->id = arguments_.dataset;
      definition_->publisher = arguments_.publisher.empty() ? arguments_.dataset : arguments_.publisher;
      definition_->time_zone = arguments_.time_zone.empty() ? "UTC" : arguments_.time_zone;
      for (const std::string& id : tidy->dimensions) definition_->dimensions.push_back({id, RoleOfName(id)});
      TW_RETURN_IF_ERROR(Validate(*definition_));
    }
    if (tidy->merged > 0) {
      session_.Say(absl::StrCat(name, ": ", Counted(tidy->merged, "row"),
                                " joined to another that prints the same from another source"));
    }
    files_.push_back({name, *std::move(tidy)});
  }
  TW_RETURN_IF_ERROR(violations.ToStatus(reason));
  for (const ParsedFile& file : files_) {
    for (const TidyRelease& release : file.tidy.releases) plan_.push_back({&file, &release});
  }
  std::stable_sort(plan_.begin(), plan_.end(), [](const Planned& a, const Planned& b) {
    return a.release->published_at.instant < b.release->published_at.instant;
  });
  return absl::OkStatus();
}

absl::Status Pusher::CreateDataset() {
  TW_RETURN_IF_ERROR(session_.client.CreateDataset(*definition_).status());
  session_.Say(absl::StrCat("created the dataset ", definition_->id, " of ", definition_->publisher, ": ",
                            absl::StrJoin(definition_->dimensions, ".",
                                          [](std::string* out, const Dimension& d) { out->append(d.id); }),
                            ", days end in ", definition_->time_zone));
  return absl::OkStatus();
}

client::ReleaseDraft Pusher::DraftOf(const TidyRelease& release) const {
  client::ReleaseDraft draft;
  draft.agency = arguments_.agency;
  draft.release_id = release.release_id;
  draft.published_on = release.published_at.day;
  if (!draft.published_on) draft.published_at = release.published_at.instant;
  draft.stage = arguments_.stage;
  draft.kind = arguments_.kind;
  draft.title = arguments_.title.empty() || release.title.empty()
                    ? absl::StrCat(arguments_.title, release.title)
                    : absl::StrCat(arguments_.title, "; ", release.title);
  return draft;
}

std::vector<Release::Section> Pusher::SectionsOf(const Planned& planned) const {
  Release::Section section;
  section.header.dataset = arguments_.dataset;
  section.observations.reserve(planned.release->cells.size());
  for (const TidyCell& cell : planned.release->cells) {
    section.observations.push_back(planned.file->tidy.ObservationOf(cell));
  }
  std::vector<Release::Section> sections;
  sections.push_back(std::move(section));
  return sections;
}

std::string Pusher::NameOf(const Planned& planned) const {
  const std::string& agency = arguments_.agency.empty() ? definition_->publisher : arguments_.agency;
  return absl::StrCat(agency, "/", planned.release->release_id);
}

absl::StatusOr<client::PushResult> Pusher::PushOne(const Planned& planned, Progress& progress) {
  const client::ReleaseDraft draft = DraftOf(*planned.release);
  const std::vector<TidyCell>& cells = planned.release->cells;
  if (cells.size() <= limits::kMaxUnaryObservations) {
    absl::StatusOr<client::PushResult> result = session_.client.Push(draft, SectionsOf(planned));
    if (!result.ok()) return Located(result.status(), planned);
    return result;
  }
  const TidyFile& tidy = planned.file->tidy;
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<client::Upload> upload,
                      session_.client.StartUpload(draft, {session_.options.timeout}));
  TW_RETURN_IF_ERROR(upload->BeginSection({arguments_.dataset, Action::kMerge, std::nullopt}));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const TidyCell& cell = cells[i];
    if (i == 0 || cells[i - 1].series != cell.series) {
      TW_RETURN_IF_ERROR(upload->BeginSeries(tidy.series[cell.series].text()));
    }
    TW_RETURN_IF_ERROR(upload->Add(
        {cell.period, cell.datum, cell.attributes, tidy.texts[cell.source], tidy.texts[cell.note]}));
    if (i % 10'000 == 0) progress.Show(i, cells.size(), "observation");
  }
  return upload->Finish();
}

// The daemon counts observations; people have lines.
absl::Status Pusher::Located(const absl::Status& status, const Planned& planned) const {
  constexpr std::string_view kPrefix = "sections[0].observations[";
  ErrorDetails details = DetailsOf(status);
  Violations located;
  bool moved = false;
  for (const FieldViolation& violation : details.violations) {
    const std::string_view field = violation.field;
    const std::size_t end = field.find(']', std::min(kPrefix.size(), field.size()));
    if (field.substr(0, kPrefix.size()) != kPrefix || end == std::string_view::npos) {
      located.Add(field, violation.description);
      continue;
    }
    const auto index = ParseDigits(field.substr(kPrefix.size(), end - kPrefix.size()));
    if (!index || static_cast<std::size_t>(*index) >= planned.release->cells.size()) return status;
    moved = true;
    const std::string_view member = field.substr(std::min(end + 2, field.size()));
    located.Add(absl::StrCat(planned.file->name, " line ",
                             planned.release->cells[static_cast<std::size_t>(*index)].line,
                             member.empty() ? "" : ", ", ToAbsl(member)),
                violation.description);
  }
  return moved ? located.ToStatus(details.reason) : status;
}

absl::Status Pusher::PushAll() {
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
  RecordWriter writer(session_.options.format, schema, "releases", &session_.out);
  Progress progress(&session_.err, !session_.options.quiet);
  absl::Status status;
  std::size_t accepted = 0;
  std::uint64_t observations = 0;
  for (const Planned& planned : plan_) {
    progress.Show(writer.records(), plan_.size(), "release");
    const absl::StatusOr<client::PushResult> result = PushOne(planned, progress);
    if (!result.ok()) {
      status = result.status();
      break;
    }
    const client::ReleaseInfo& release = result->release;
    accepted += !result->replayed;
    observations += result->replayed ? 0 : release.observations;
    writer.Add({absl::StrCat(release.sequence), release.header.published_at.ToString(), NameOf(planned),
                absl::StrCat(release.observations), result->replayed ? "held already" : "accepted",
                result->twin, release.digest, planned.file->name});
  }
  progress.Clear();
  writer.Finish();
  session_.out.Flush();
  session_.Say(absl::StrCat(Counted(accepted, "release"), " accepted with ",
                            Counted(observations, "observation"), ", ", writer.records() - accepted,
                            " held already"));
  if (!status.ok()) {
    session_.Say(absl::StrCat("stopped at ", NameOf(plan_[writer.records()]), " of ",
                              plan_[writer.records()].file->name, ": ", plan_.size() - writer.records(),
                              " of ", Counted(plan_.size(), "release"),
                              " not pushed. Those that were are kept; push again to go on"));
  }
  return status;
}

// Changes against nothing but the releases before it in the plan.
std::vector<client::DatasetChanges> Pusher::ChangesOfNewDataset(const Planned& planned) {
  client::DatasetChanges changes;
  changes.dataset = arguments_.dataset;
  const PublishedAt& published_at = planned.release->published_at;
  for (const TidyCell& stated : planned.release->cells) {
    Observation observation = planned.file->tidy.ObservationOf(stated);
    const auto [at, is_new] = would_hold_.try_emplace({observation.series.text(), observation.period});
    CellState& held = at->second;
    client::ChangedCell changed;
    changed.series = observation.series.text();
    changed.cell = {observation.period,
                    observation.datum,
                    observation.attributes,
                    std::move(observation.source),
                    std::move(observation.note),
                    0,
                    published_at,
                    published_at.instant};
    changed.change = ClassifyChange(is_new ? nullptr : &held, observation.datum, observation.attributes);
    if (!is_new) changed.before = held.datum;
    held.period = observation.period;
    held.datum = observation.datum;
    held.attributes = observation.attributes;
    held.published_at = published_at.instant;
    changes.cells.push_back(std::move(changed));
  }
  std::vector<client::DatasetChanges> all;
  all.push_back(std::move(changes));
  return all;
}

absl::Status Pusher::TryAll() {
  static const Schema schema = [] {
    Schema s = {{.name = "release"}};
    for (const Field& field : ChangeSchema()) {
      if (field.name != "sequence" && field.name != "dataset") s.push_back(field);
    }
    return s;
  }();
  constexpr std::size_t kLeftOut = 2;  // sequence and dataset, which come first
  CellTexts texts(*definition_);
  RecordWriter writer(session_.options.format, schema, "changes", &session_.out);
  Progress progress(&session_.err, !session_.options.quiet);
  std::map<ChangeClass, std::uint64_t> counts;
  std::size_t held = 0;
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    progress.Show(i, plan_.size(), "release");
    const Planned& planned = plan_[i];
    client::Client::DryRunResult result;
    if (missing_) {
      result.changes = ChangesOfNewDataset(planned);
    } else {
      auto tried = session_.client.DryRun(DraftOf(*planned.release), SectionsOf(planned));
      if (!tried.ok()) return Located(tried.status(), planned);
      result = *std::move(tried);
    }
    if (result.replayed) {
      ++held;
      continue;
    }
    for (const client::DatasetChanges& changes : result.changes) {
      for (const client::ChangedCell& cell : changes.cells) {
        ++counts[cell.change.change];
        const bool shown =
            session_.options.format != Format::kTable || cell.change.change != ChangeClass::kConfirmed;
        if (!shown) continue;
        Record record = ChangeRecord(texts, result.release, changes.dataset, cell);
        record.erase(record.begin(), record.begin() + kLeftOut);
        record.insert(record.begin(), planned.release->release_id);
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
  if (missing_) {
    session_.Say(absl::StrCat("the dataset ", definition_->id, " does not exist: a push would create it"));
  } else if (plan_.size() > 1) {
    session_.Say(
        "each release was compared with what is held now, not with the releases before it in the files");
  }
  session_.Say(absl::StrCat("dry run of ", Counted(plan_.size(), "release"),
                            ", nothing stored: ", classes.empty() ? "no change" : classes,
                            held == 0 ? "" : "; held already: ", held == 0 ? "" : absl::StrCat(held)));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunPush(Session& session) { return Pusher(session).Run(); }

}  // namespace tidewaiter::cli
