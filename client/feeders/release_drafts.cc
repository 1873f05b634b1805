#include "client/feeders/release_drafts.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/feeders/text/short_text.h"
#include "domain/selector.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

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

void MakeKey(const std::vector<std::string_view>& codes, const std::vector<std::size_t>& places,
             std::string& key) {
  key.clear();
  for (const std::size_t place : places) {
    key.append(codes[place]);
    key += kCodeEnd;
  }
}

// Is it what MakeKey() makes? Almost always, where a series has many periods.
bool IsKeyOf(std::string_view key, const std::vector<std::string_view>& codes,
             const std::vector<std::size_t>& places) {
  for (const std::size_t place : places) {
    const std::string_view code = codes[place];
    if (key.size() <= code.size() || key[code.size()] != kCodeEnd) return false;
    if (!SameText(key.substr(0, code.size()), code)) return false;
    key.remove_prefix(code.size() + 1);
  }
  return key.empty();
}

PublishedAt PublishedIn(const Publication& publication, const DatasetDefinition& dataset) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(dataset.time_zone, &zone)) zone = absl::UTCTimeZone();
  if (publication.on) return PublishedAt::OnDay(*publication.on, zone);
  if (publication.at) return PublishedAt::At(*publication.at);
  return PublishedAt::At(Instant::FromMicros(absl::ToUnixMicros(absl::FromCivil(*publication.local, zone))));
}

}  // namespace

std::string Where(std::string_view file, const Problem& problem) {
  std::string where(file);
  if (problem.line != 0) absl::StrAppend(&where, " line ", problem.line);
  if (!problem.column.empty()) absl::StrAppend(&where, ", column ", problem.column);
  return where;
}

std::string DateBasisNote(std::string_view basis) { return absl::StrCat("date_basis=", ToAbsl(basis)); }

std::string SdmxKey(std::string_view key) {
  std::string text(key.substr(0, key.empty() ? 0 : key.size() - 1));
  std::replace(text.begin(), text.end(), kCodeEnd, '.');
  return text;
}

std::uint64_t FileTally::PassedOver() const {
  std::uint64_t sum = 0;
  for (const auto& [why, rows] : passed_over) sum += rows;
  return sum;
}

absl::StatusOr<std::size_t> ReleaseDrafts::AddDataset(const DatasetDefinition& profile) {
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

absl::StatusOr<std::size_t> ReleaseDrafts::AddRelease(const SourceRelease& release) {
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

absl::StatusOr<std::size_t> ReleaseDrafts::AddSection(std::size_t release, std::size_t dataset, Action action,
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
bool ReleaseDrafts::CheckKey(const DatasetDefinition& dataset, const SourceCell& cell) {
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < cell.codes.size(); ++i) {
    const absl::Status valid = ValidateCode(cell.codes[i]);
    if (!valid.ok()) problems.push_back({cell.line, dataset.dimensions[i].id, std::string(valid.message())});
  }
  if (problems.empty()) return true;
  Refuse(std::move(problems), "");
  return false;
}

absl::Status ReleaseDrafts::AddCell(std::size_t section, const SourceCell& cell) {
  DraftSection& to = sections_[section];
  const auto section_number = static_cast<std::uint32_t>(section);
  const std::vector<std::size_t>& places = places_[to.dataset];
  const bool new_key = !IsKeyOf(last_key_, cell.codes, places);
  if (new_key) MakeKey(cell.codes, places, key_);
  const auto place = std::tie(to.release, section_number);
  const auto last_place = std::tie(last_release_, last_section_);
  in_order_ = !any_cell_ || (in_order_ && (place != last_place ? place > last_place
                                           : new_key           ? key_ > last_key_
                                                               : cell.stated.period > last_period_));
  if (new_key) {
    if (!CheckKey(profiles_[to.dataset], cell)) return absl::OkStatus();
    last_key_.swap(key_);
  }
  any_cell_ = true;
  last_release_ = to.release;
  last_section_ = section_number;
  last_period_ = cell.stated.period;
  Draft& draft = drafts_[to.release];
  if (draft.cells++ == 0) draft.date_basis = cell.date_basis;
  draft.one_basis = draft.one_basis && draft.date_basis == cell.date_basis;
  ++to.cells;
  ++files_.back().cells;
  return Keep({to.release, section_number, last_key_, cell.stated, cell.date_basis,
               static_cast<std::uint32_t>(files_.size() - 1), FilePlace(cell.line, cell.record)});
}

void ReleaseDrafts::Refuse(std::vector<Problem> problems, std::string_view row) {
  Report(std::move(problems), static_cast<std::uint32_t>(files_.size() - 1), row);
}

void ReleaseDrafts::Report(std::vector<Problem> problems, std::uint32_t file, std::string_view row) {
  FileTally& tally = files_[file];
  ++tally.refused;
  if (options_.on_refused) options_.on_refused({tally.name, problems, row});
  if (options_.keep_going) return;
  for (const Problem& problem : problems) violations_.Add(Where(tally.name, problem), problem.description);
}

FedRelease ReleaseDrafts::Settled(const Draft& draft) const {
  FedRelease release;
  for (const std::uint32_t s : draft.sections) {
    if (!sections_[s].states_something()) continue;
    release.sections.push_back({sections_[s].header, sections_[s].cells});
    release.cells += sections_[s].cells;
  }
  if (release.sections.empty()) return release;
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
    release.title =
        absl::StrCat(source.title, source.title.empty() ? "" : "; ", DateBasisNote(draft.date_basis));
  }
  for (const std::uint32_t file : draft.files) release.files.push_back(files_[file].name);
  return release;
}

bool ReleaseDrafts::LiesInTheFuture(const FedRelease& release) const {
  return options_.latest && release.published_at.instant > *options_.latest;
}

}  // namespace tidewaiter::feeders
