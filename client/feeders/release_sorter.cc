#include "client/feeders/release_sorter.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/selector.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kSourceJoint = " ; ";
constexpr std::string_view kNoteJoint = " | ";
constexpr char kCodeEnd = '\0';
// Tables of releases and sections are held in memory.
constexpr std::size_t kMaxReleases = 100'000;

std::string IdsOf(const DatasetDefinition& dataset) {
  return absl::StrJoin(dataset.dimensions, ".",
                       [](std::string* out, const Dimension& d) { out->append(d.id); });
}

// What a file would have to change to fit, each a sentence.
absl::Status DimensionsDiffer(const std::string& file, const DatasetDefinition& held,
                              const DatasetDefinition& profile) {
  Violations violations;
  const auto has = [](const DatasetDefinition& dataset, const std::string& id) {
    return std::any_of(dataset.dimensions.begin(), dataset.dimensions.end(),
                       [&id](const Dimension& d) { return d.id == id; });
  };
  for (const Dimension& wanted : held.dimensions) {
    if (has(profile, wanted.id)) continue;
    violations.Add(file, absl::StrCat("the column ", wanted.id, " is missing: the dataset ", held.id,
                                      " has the dimensions ", IdsOf(held)));
  }
  for (const Dimension& given : profile.dimensions) {
    if (has(held, given.id)) continue;
    violations.Add(file, absl::StrCat("the column ", given.id, " is unknown: the dataset ", held.id,
                                      " has the dimensions ", IdsOf(held)));
  }
  return violations.ToStatus();
}

// For each dimension of `held` its place in `profile`; empty if they have not the same.
std::vector<std::size_t> PlacesIn(const DatasetDefinition& held, const DatasetDefinition& profile) {
  std::vector<std::size_t> places;
  for (const Dimension& wanted : held.dimensions) {
    for (std::size_t i = 0; i < profile.dimensions.size(); ++i) {
      if (profile.dimensions[i].id == wanted.id) places.push_back(i);
    }
  }
  if (places.size() != profile.dimensions.size() || places.size() != held.dimensions.size()) return {};
  return places;
}

Selector InOrder(const Selector& selector, const std::vector<std::size_t>& places) {
  if (selector.selects_all()) return Selector();
  const std::string text = absl::StrJoin(places, ".", [&selector](std::string* out, std::size_t place) {
    out->append(absl::StrJoin(selector.codes(place), "+"));
  });
  return *Selector::Parse(text);
}

std::string SdmxKey(std::string_view key) {
  std::string text(key.substr(0, key.empty() ? 0 : key.size() - 1));
  std::replace(text.begin(), text.end(), kCodeEnd, '.');
  return text;
}

std::string Where(const std::string& file, const Problem& problem) {
  std::string where = problem.line == 0 ? file : absl::StrCat(file, " line ", problem.line);
  if (!problem.column.empty()) absl::StrAppend(&where, ", column ", problem.column);
  return where;
}

// A field of an error, told with its file unless it stands on the command line or names the file already.
std::string FieldIn(const std::string& file, const std::string& field) {
  if (field.empty()) return file;
  if (absl::StartsWith(field, "--") || absl::StartsWith(field, file)) return field;
  return absl::StrCat(file, absl::StartsWith(field, "line ") ? " " : ", ", field);
}

PublishedAt PublishedIn(const Publication& publication, const DatasetDefinition& dataset) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(dataset.time_zone, &zone)) zone = absl::UTCTimeZone();
  if (publication.on) return PublishedAt::OnDay(*publication.on, zone);
  if (publication.at) return PublishedAt::At(*publication.at);
  return PublishedAt::At(Instant::FromMicros(absl::ToUnixMicros(absl::FromCivil(*publication.local, zone))));
}

std::string Told(std::string_view basis) { return absl::StrCat("date_basis=", ToAbsl(basis)); }

}  // namespace

struct ReleaseSorter::Draft {
  SourceRelease source;
  std::vector<std::uint32_t> sections;
  std::vector<std::uint32_t> files;
  std::uint64_t cells = 0;
  std::string date_basis;  // of its first cell
  bool one_basis = true;   // all cells have it
};

struct ReleaseSorter::DraftSection {
  std::uint32_t release = 0;
  std::uint32_t dataset = 0;
  SectionHeader header;
  std::uint64_t cells = 0;
};

std::uint64_t FileTally::PassedOver() const {
  std::uint64_t sum = 0;
  for (const auto& [why, rows] : passed_over) sum += rows;
  return sum;
}

ReleaseSorter::ReleaseSorter(SorterOptions options) : options_(std::move(options)) {}
ReleaseSorter::~ReleaseSorter() = default;

void ReleaseSorter::BeginFile(std::string name) { files_.emplace_back().name = std::move(name); }

absl::StatusOr<std::size_t> ReleaseSorter::AddDataset(const DatasetDefinition& profile) {
  for (std::size_t i = 0; i < profiles_.size(); ++i) {
    if (profiles_[i].id != profile.id) continue;
    if (profiles_[i].dimensions == profile.dimensions) return i;
    return InvalidField(files_.back().name,
                        absl::StrCat("the dataset ", profile.id, " has the dimensions ", IdsOf(profile),
                                     " here and ", IdsOf(profiles_[i]), " before"));
  }
  TW_RETURN_IF_ERROR(Validate(profile));
  TW_ASSIGN_OR_RETURN(DatasetDefinition held, options_.resolve(profile));
  std::vector<std::size_t> places = PlacesIn(held, profile);
  if (places.empty()) return DimensionsDiffer(files_.back().name, held, profile);
  profiles_.push_back(profile);
  datasets_.push_back(std::move(held));
  places_.push_back(std::move(places));
  return profiles_.size() - 1;
}

absl::StatusOr<std::size_t> ReleaseSorter::AddRelease(const SourceRelease& release) {
  const std::string identity =
      absl::StrCat(release.agency, "\n", release.release_id, "\n", release.published.ToString(), "\n",
                   release.stage, "\n", ToAbsl(ReleaseKindName(release.kind)), "\n", release.title);
  const auto [at, is_new] = draft_index_.try_emplace(identity, drafts_.size());
  if (is_new) {
    if (drafts_.size() == kMaxReleases) {
      return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
                       absl::StrCat(files_.back().name, ": more than ", kMaxReleases,
                                    " releases; push the file in parts"));
    }
    drafts_.emplace_back().source = release;
  }
  const auto file = static_cast<std::uint32_t>(files_.size() - 1);
  std::vector<std::uint32_t>& files = drafts_[at->second].files;
  if (files.empty() || files.back() != file) files.push_back(file);
  return at->second;
}

absl::StatusOr<std::size_t> ReleaseSorter::AddSection(std::size_t release, std::size_t dataset, Action action,
                                                      const std::optional<Scope>& scope) {
  Draft& draft = drafts_[release];
  DraftSection section;
  section.release = static_cast<std::uint32_t>(release);
  section.dataset = static_cast<std::uint32_t>(dataset);
  section.header = {datasets_[dataset].id, action, scope};
  if (scope) section.header.scope->selector = InOrder(scope->selector, places_[dataset]);
  // Files that state the same release go on where the one before ended.
  if (action == Action::kMerge && !draft.sections.empty()) {
    const DraftSection& last = sections_[draft.sections.back()];
    if (last.header == section.header) return draft.sections.back();
  }
  draft.sections.push_back(static_cast<std::uint32_t>(sections_.size()));
  sections_.push_back(std::move(section));
  return sections_.size() - 1;
}

// Every code that is none, by the name of its dimension.
bool ReleaseSorter::CheckKey(const DatasetDefinition& dataset, const SourceCell& cell) {
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < cell.codes.size(); ++i) {
    const absl::Status valid = ValidateCode(cell.codes[i]);
    if (!valid.ok()) problems.push_back({cell.line, dataset.dimensions[i].id, std::string(valid.message())});
  }
  if (problems.empty()) return true;
  Refuse(std::move(problems), "");
  return false;
}

absl::Status ReleaseSorter::AddCell(std::size_t section, const SourceCell& cell) {
  DraftSection& to = sections_[section];
  const auto section_number = static_cast<std::uint32_t>(section);
  key_.clear();
  for (const std::size_t place : places_[to.dataset]) {
    key_.append(cell.codes[place]);
    key_ += kCodeEnd;
  }
  const bool first = memory_.empty() && disk_.empty();
  const auto place = std::tie(to.release, section_number);
  const auto last_place = std::tie(last_release_, last_section_);
  const bool new_key = key_ != good_key_;
  in_order_ = first || (in_order_ && (place != last_place ? place > last_place
                                      : new_key           ? key_ > good_key_
                                                          : cell.stated.period > last_period_));
  if (new_key) {
    if (!CheckKey(profiles_[to.dataset], cell)) return absl::OkStatus();
    good_key_ = key_;
  }
  last_release_ = to.release;
  last_section_ = section_number;
  last_period_ = cell.stated.period;
  Draft& draft = drafts_[to.release];
  if (draft.cells++ == 0) draft.date_basis = cell.date_basis;
  draft.one_basis = draft.one_basis && draft.date_basis == cell.date_basis;
  ++to.cells;
  ++files_.back().cells;
  memory_.Add({to.release, section_number, key_, cell.stated, cell.date_basis,
               static_cast<std::uint32_t>(files_.size() - 1), cell.line});
  return memory_.bytes() < options_.memory_bytes ? absl::OkStatus() : Spill();
}

absl::Status ReleaseSorter::Spill() {
  TW_ASSIGN_OR_RETURN(disk_.emplace_back(), memory_.Spill(options_.temporary_folder, in_order_));
  return absl::OkStatus();
}

void ReleaseSorter::PassOver(std::string_view why) { ++files_.back().passed_over[std::string(why)]; }

void ReleaseSorter::Refuse(std::vector<Problem> problems, std::string_view row) {
  Report(std::move(problems), static_cast<std::uint32_t>(files_.size() - 1), row);
}

void ReleaseSorter::Report(std::vector<Problem> problems, std::uint32_t file, std::string_view row) {
  FileTally& tally = files_[file];
  ++tally.refused;
  if (options_.on_refused) options_.on_refused({tally.name, problems, row});
  if (options_.keep_going) return;
  for (const Problem& problem : problems) violations_.Add(Where(tally.name, problem), problem.description);
}

void ReleaseSorter::Fail(const absl::Status& status) {
  ErrorDetails details = DetailsOf(status);
  if (details.reason != Reason::kUnknown) reason_ = details.reason;
  const std::string& file = files_.back().name;
  if (details.violations.empty()) return violations_.Add(file, ToStd(status.message()));
  for (const FieldViolation& violation : details.violations) {
    violations_.Add(FieldIn(file, violation.field), violation.description);
  }
}

absl::StatusOr<std::unique_ptr<RunCursor>> ReleaseSorter::NewCursor(std::uint32_t draft) const {
  std::vector<std::unique_ptr<RunCursor>> runs;
  for (const auto& run : disk_) runs.push_back(run->NewCursor());
  runs.push_back(memory_.NewCursor());
  std::unique_ptr<RunCursor> cursor;
  if (runs.size() == 1) {
    cursor = std::move(runs.front());
  } else {
    cursor = std::make_unique<MergedCursor>(std::move(runs));
  }
  TW_RETURN_IF_ERROR(cursor->Seek(draft));
  return cursor;
}

// Goes through the cells of a draft, those that are stated twice joined to one.
class ReleaseSorter::Joiner {
 public:
  using OnRepeated = std::function<void(const RunCell& kept, const RunCell& again)>;
  explicit Joiner(std::unique_ptr<RunCursor> cursor) : cursor_(std::move(cursor)) {}

  // The next cell, or none at the end. `on_joined` and `on_repeated` are told of rows that state it again:
  // the first of those that agree and name another source, the second of all others, which are left out.
  absl::StatusOr<const RunCell*> Next(const std::function<void(const RunCell&)>& on_joined,
                                      const OnRepeated& on_repeated) {
    if (cursor_->at_end()) return nullptr;
    Take(cursor_->cell());
    for (;;) {
      TW_RETURN_IF_ERROR(cursor_->Next());
      if (cursor_->at_end() || !SameCell(cursor_->cell(), cell_)) return &cell_;
      if (Join(cursor_->cell())) {
        on_joined(cursor_->cell());
      } else {
        on_repeated(cell_, cursor_->cell());
      }
    }
  }

 private:
  void Take(const RunCell& cell) {
    cell_ = cell;
    Own(key_, cell_.key);
    Own(source_, cell_.stated.source);
    Own(note_, cell_.stated.note);
    Own(basis_, cell_.date_basis);
  }
  static void Own(std::string& text, std::string_view& view) {
    text = view;
    view = text;
  }
  bool Join(const RunCell& other) {
    const bool agree =
        cell_.stated.datum == other.stated.datum && cell_.stated.attributes == other.stated.attributes;
    if (!agree || source_.empty() || other.stated.source.empty() || source_ == other.stated.source)
      return false;
    const bool adds_note = !other.stated.note.empty() && other.stated.note != note_;
    const std::size_t note_bytes =
        note_.size() + (adds_note ? kNoteJoint.size() + other.stated.note.size() : 0);
    if (source_.size() + kSourceJoint.size() + other.stated.source.size() > limits::kMaxSourceBytes ||
        note_bytes > limits::kMaxNoteBytes) {
      return false;
    }
    source_.append(kSourceJoint).append(other.stated.source);
    if (adds_note) note_.append(note_.empty() ? std::string_view() : kNoteJoint).append(other.stated.note);
    cell_.stated.source = source_;
    cell_.stated.note = note_;
    return true;
  }

  std::unique_ptr<RunCursor> cursor_;
  RunCell cell_;
  std::string key_;  // what cell_ points into
  std::string source_;
  std::string note_;
  std::string basis_;
};

// Cells that are stated twice, and notes that get too long: known only once the cells are in order.
absl::Status ReleaseSorter::CheckCells(std::uint32_t draft) {
  if (in_order_ && drafts_[draft].one_basis) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(std::unique_ptr<RunCursor> cursor, NewCursor(draft));
  Joiner joiner(std::move(cursor));
  const bool tells_basis = !drafts_[draft].one_basis;
  const auto on_joined = [this](const RunCell& cell) {
    ++files_[cell.file].joined;
    --sections_[cell.section].cells;
  };
  const auto on_repeated = [this](const RunCell& kept, const RunCell& again) {
    --sections_[again.section].cells;
    reason_ = Reason::kDuplicateCell;
    const std::string before = kept.file == again.file
                                   ? absl::StrCat("line ", kept.line)
                                   : absl::StrCat(files_[kept.file].name, " line ", kept.line);
    Report({{again.line, "value",
             absl::StrCat(
                 "states ", again.stated.datum.ToString(), " for ", SdmxKey(again.key), " ",
                 again.stated.period.ToString(), "; ", before, " states ", kept.stated.datum.ToString(),
                 " for the same; a cell may be stated once in a release (rows that agree are joined only "
                 "if each names a source of its own)")}},
           again.file, "");
  };
  for (;;) {
    TW_ASSIGN_OR_RETURN(const RunCell* cell, joiner.Next(on_joined, on_repeated));
    if (cell == nullptr) return absl::OkStatus();
    const std::size_t note = cell->stated.note.size() + (tells_basis ? Told(cell->date_basis).size() + 2 : 0);
    if (note > limits::kMaxNoteBytes) {
      Report({{cell->line, "note",
               absl::StrCat("with what is added to it the text has ", note, " bytes; at most ",
                            limits::kMaxNoteBytes, " are allowed")}},
             cell->file, "");
    }
  }
}

absl::Status ReleaseSorter::Settle(std::uint32_t index) {
  const Draft& draft = drafts_[index];
  FedRelease release;
  for (const std::uint32_t s : draft.sections) {
    const DraftSection& section = sections_[s];
    if (section.cells == 0 && !section.header.scope) continue;
    release.sections.push_back({section.header, section.cells});
    release.cells += section.cells;
  }
  if (release.sections.empty()) return absl::OkStatus();
  const DatasetDefinition& dataset = datasets_[sections_[draft.sections.front()].dataset];
  const SourceRelease& source = draft.source;
  release.agency = source.agency;
  release.published = source.published;
  release.published_at = PublishedIn(source.published, dataset);
  release.release_id = source.release_id;
  if (release.release_id.empty()) {
    release.release_id = absl::StrCat(dataset.id, ":", release.published_at.ToString());
  }
  release.stage = source.stage;
  release.kind = source.kind;
  release.title = source.title;
  if (draft.one_basis && !draft.date_basis.empty()) {
    release.title = absl::StrCat(source.title, source.title.empty() ? "" : "; ", Told(draft.date_basis));
  }
  for (const std::uint32_t file : draft.files) release.files.push_back(files_[file].name);
  if (options_.latest && release.published_at.instant > *options_.latest) {
    violations_.Add(release.files.front(), absl::StrCat("release ", Quoted(release.release_id),
                                                        " is published ", source.published.ToString(),
                                                        ", which lies in the future; a release can be taken "
                                                        "in once it is published, by this clock at ",
                                                        options_.latest->ToString(), " at the latest"));
  }
  releases_.push_back(std::move(release));
  draft_of_.push_back(index);
  return absl::OkStatus();
}

absl::Status ReleaseSorter::Finish() {
  memory_.Sort(in_order_);
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    TW_RETURN_IF_ERROR(CheckCells(i));
    TW_RETURN_IF_ERROR(Settle(i));
  }
  std::vector<std::size_t> order(releases_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    return releases_[a].published_at.instant < releases_[b].published_at.instant;
  });
  std::vector<FedRelease> releases;
  std::vector<std::uint32_t> draft_of;
  for (const std::size_t i : order) {
    releases.push_back(std::move(releases_[i]));
    draft_of.push_back(draft_of_[i]);
  }
  releases_ = std::move(releases);
  draft_of_ = std::move(draft_of);
  std::map<std::pair<std::string, std::string>, const FedRelease*> by_id;
  for (const FedRelease& release : releases_) {
    const auto [at, is_new] = by_id.try_emplace({release.agency, release.release_id}, &release);
    if (is_new) continue;
    violations_.Add(release.files.front(),
                    absl::StrCat("release ", Quoted(release.release_id), " is published ",
                                 at->second->published.ToString(), " and ", release.published.ToString(),
                                 ", or has two titles, stages or kinds; a release is published once"));
  }
  for (const FileTally& file : files_) {
    if (file.rows == 0 && violations_.empty()) violations_.Add(file.name, "the file holds no row of data");
  }
  return violations_.ToStatus(reason_);
}

// `next` gives the cells of the draft one by one, and none at the end.
template <typename NextCell>
absl::Status ReleaseSorter::VisitCells(const Draft& draft, ReleaseVisitor& visitor, NextCell next) const {
  TW_ASSIGN_OR_RETURN(const RunCell* cell, next());
  std::string key, note;
  for (const std::uint32_t s : draft.sections) {
    const DraftSection& section = sections_[s];
    if (section.cells == 0 && !section.header.scope) continue;
    TW_RETURN_IF_ERROR(visitor.BeginSection(section.header));
    key.clear();
    while (cell != nullptr && cell->section == s) {
      if (key != cell->key) {
        key = cell->key;
        TW_RETURN_IF_ERROR(visitor.BeginSeries(SdmxKey(key)));
      }
      StatedCell stated = cell->stated;
      if (!draft.one_basis && !cell->date_basis.empty()) {
        note = absl::StrCat(Told(cell->date_basis), stated.note.empty() ? "" : "; ", ToAbsl(stated.note));
        stated.note = note;
      }
      visitor.At(files_[cell->file].name, cell->line);
      TW_RETURN_IF_ERROR(visitor.Add(stated));
      TW_ASSIGN_OR_RETURN(cell, next());
    }
  }
  return absl::OkStatus();
}

absl::Status ReleaseSorter::Visit(std::size_t release, ReleaseVisitor& visitor) const {
  const std::uint32_t index = draft_of_[release];
  const Draft& draft = drafts_[index];
  TW_ASSIGN_OR_RETURN(std::unique_ptr<RunCursor> cursor, NewCursor(index));
  if (in_order_) {
    bool begun = false;
    return VisitCells(draft, visitor, [&cursor, &begun]() -> absl::StatusOr<const RunCell*> {
      if (begun) TW_RETURN_IF_ERROR(cursor->Next());
      begun = true;
      return cursor->at_end() ? nullptr : &cursor->cell();
    });
  }
  Joiner joiner(std::move(cursor));
  const std::function<void(const RunCell&)> joined = [](const RunCell&) {};
  const Joiner::OnRepeated repeated = [](const RunCell&, const RunCell&) {};
  return VisitCells(draft, visitor, [&] { return joiner.Next(joined, repeated); });
}

}  // namespace tidewaiter::feeders
