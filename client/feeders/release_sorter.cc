#include "client/feeders/release_sorter.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kSourceJoint = " ; ";
constexpr std::string_view kNoteJoint = " | ";

// A field of an error, told with its file unless it stands on the command line or names the file already.
std::string FieldIn(const std::string& file, const std::string& field) {
  if (field.empty()) return file;
  if (absl::StartsWith(field, "--") || absl::StartsWith(field, file)) return field;
  return absl::StrCat(file, absl::StartsWith(field, "line ") ? " " : ", ", field);
}

}  // namespace

ReleaseSorter::ReleaseSorter(SorterOptions options)
    : ReleaseDrafts(static_cast<DraftOptions>(options)),
      memory_bytes_(options.memory_bytes),
      temporary_folder_(std::move(options.temporary_folder)) {}
ReleaseSorter::~ReleaseSorter() = default;

absl::Status ReleaseSorter::Keep(const RunCell& cell) {
  memory_.Add(cell);
  if (memory_.bytes() < memory_bytes_) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(disk_.emplace_back(), memory_.Spill(temporary_folder_, in_order_));
  return absl::OkStatus();
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
    // Two cells of one line are told apart by the records that stated them.
    const bool one_line = kept.file == again.file && kept.place.line() == again.place.line();
    const bool by_record = one_line && kept.place.record() != 0 && again.place.record() != 0;
    const std::string before = by_record                ? absl::StrCat("record ", kept.place.record())
                               : kept.place.line() == 0 ? "another place"
                               : kept.file == again.file
                                   ? absl::StrCat("line ", kept.place.line())
                                   : absl::StrCat(files_[kept.file].name, " line ", kept.place.line());
    const std::string here = by_record ? absl::StrCat("record ", again.place.record(), " ") : "";
    Report({{again.place.line(), "value",
             absl::StrCat(
                 here, "states ", again.stated.datum.ToString(), " for ", SdmxKey(again.key), " ",
                 again.stated.period.ToString(), "; ", before, " states ", kept.stated.datum.ToString(),
                 " for the same; a cell may be stated once in a release (rows that agree are joined only "
                 "if each names a source of its own)")}},
           again.file, "");
  };
  for (;;) {
    TW_ASSIGN_OR_RETURN(const RunCell* cell, joiner.Next(on_joined, on_repeated));
    if (cell == nullptr) return absl::OkStatus();
    const std::size_t note =
        cell->stated.note.size() + (tells_basis ? DateBasisNote(cell->date_basis).size() + 2 : 0);
    if (note > limits::kMaxNoteBytes) {
      Report({{cell->place.line(), "note",
               absl::StrCat("with what is added to it the text has ", note, " bytes; at most ",
                            limits::kMaxNoteBytes, " are allowed")}},
             cell->file, "");
    }
  }
}

void ReleaseSorter::Settle(std::uint32_t draft) {
  FedRelease release = Settled(drafts_[draft]);
  if (release.sections.empty()) return;
  if (LiesInTheFuture(release)) {
    violations_.Add(
        release.files.front(),
        absl::StrCat("release ", Quoted(release.release_id), " is published ", release.published.ToString(),
                     ", which lies in the future; a release can be taken in once it is published, by this "
                     "clock at ",
                     options_.latest->ToString(), " at the latest"));
  }
  releases_.push_back(std::move(release));
  draft_of_.push_back(draft);
}

absl::Status ReleaseSorter::Finish() {
  memory_.Sort(in_order_);
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    TW_RETURN_IF_ERROR(CheckCells(i));
    Settle(i);
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
    if (!section.states_something()) continue;
    TW_RETURN_IF_ERROR(visitor.BeginSection(section.header));
    key.clear();
    while (cell != nullptr && cell->section == s) {
      if (key != cell->key) {
        key = cell->key;
        TW_RETURN_IF_ERROR(visitor.BeginSeries(SdmxKey(key)));
      }
      StatedCell stated = cell->stated;
      if (!draft.one_basis && !cell->date_basis.empty()) {
        note = absl::StrCat(DateBasisNote(cell->date_basis), stated.note.empty() ? "" : "; ",
                            ToAbsl(stated.note));
        stated.note = note;
      }
      visitor.At(files_[cell->file].name, cell->place.line());
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
