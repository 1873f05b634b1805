#include "domain/release.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

// No zone is further from UTC than this.
constexpr absl::Duration kFarthestZone = absl::Hours(24);

template <typename Enum, std::size_t kCount>
absl::StatusOr<Enum> ParseEnum(std::string_view name, const std::array<Enum, kCount>& values,
                               std::string_view (*name_of)(Enum), std::string_view what) {
  std::string names;
  for (const Enum value : values) {
    if (absl::EqualsIgnoreCase(ToAbsl(name_of(value)), ToAbsl(name))) return value;
    absl::StrAppend(&names, names.empty() ? "" : ", ", ToAbsl(name_of(value)));
  }
  return InvalidField("", absl::StrCat(Quoted(name), " is not ", ToAbsl(what), "; use one of ", names));
}

void CheckCode(std::string_view field, std::string_view code, Violations& violations) {
  violations.Add(field, ValidateCode(code));
}

void CheckText(std::string_view field, std::string_view text, std::size_t max_bytes, Violations& violations) {
  if (text.size() > max_bytes) {
    violations.Add(field,
                   absl::StrCat("the text has ", text.size(), " bytes; at most ", max_bytes, " are allowed"));
  } else if (!IsCleanUtf8(text)) {
    violations.Add(field, "the text must be UTF-8 without control characters");
  }
}

void CheckPublishedAt(const PublishedAt& published_at, Violations& violations) {
  const absl::Time time = absl::FromUnixMicros(published_at.instant.micros());
  const absl::TimeZone utc = absl::UTCTimeZone();
  // A day in a zone west of UTC ends in the next day of UTC.
  const absl::Time least = absl::FromCivil(absl::CivilYear(limits::kMinYear), utc) - kFarthestZone;
  const absl::Time most = absl::FromCivil(absl::CivilYear(limits::kMaxYear + 1), utc) + kFarthestZone;
  if (time < least || time >= most) {
    violations.Add("published_at",
                   absl::StrCat("the year must be ", limits::kMinYear, " to ", limits::kMaxYear));
    return;
  }
  if (!published_at.day) return;
  const absl::Duration from_utc = time - absl::FromCivil(*published_at.day + 1, utc);
  if (from_utc < -kFarthestZone || from_utc > kFarthestZone) {
    violations.Add("published_at", absl::StrCat("the instant ", published_at.instant.ToString(),
                                                " is not the end of the day ", DayToString(*published_at.day),
                                                " in any time zone"));
  }
}

void CheckScope(const SectionHeader& header, std::size_t dimensions, bool lists_cells,
                Violations& violations) {
  if (header.scope) {
    violations.Add("scope.selector", header.scope->selector.Validate(dimensions));
    violations.Add("scope.periods", header.scope->periods.Validate());
    if (header.action == Action::kMerge) {
      violations.Add("scope",
                     "MERGE has no scope: it speaks for the cells it lists; remove it, or use REPLACE");
    }
    return;
  }
  if (header.action == Action::kReplace) {
    violations.Add("scope", "REPLACE needs a scope: which cells it speaks for");
  } else if (header.action == Action::kDelete && !lists_cells) {
    violations.Add("scope", "DELETE needs a scope or a list of cells: what it withdraws");
  }
}

// A Datum may have been put together unchecked; what users send must not get further.
absl::Status CheckDatum(const Datum& datum) {
  if (!datum.has_value()) {
    if (AbsenceName(datum.absence()) != "UNKNOWN") return absl::OkStatus();
    return InvalidField("", absl::StrCat("there is no absence number ", static_cast<int>(datum.absence())));
  }
  TW_RETURN_IF_ERROR(Decimal::FromParts(datum.value().coefficient(), datum.value().scale()).status());
  return Datum::ValueWithStep(datum.value(), datum.step_exponent()).status();
}

// The dimensions and codes of a key, whatever it was built from.
absl::Status CheckSeries(const SeriesKey& series, const DatasetDefinition& dataset) {
  std::size_t places = 0;
  const std::string_view text = series.text();
  for (std::size_t begin = 0; begin <= text.size(); ++places) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    TW_RETURN_IF_ERROR(ValidateCode(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  if (places == dataset.dimensions.size()) return absl::OkStatus();
  return InvalidField(
      "", absl::StrCat("the series ", Quoted(text), " has ", Numbered(places, "code"), ", but dataset ",
                       dataset.id, " has ", Numbered(dataset.dimensions.size(), "dimension"),
                       "; write one code for each"));
}

std::string SectionField(std::size_t section) { return absl::StrCat("sections[", section, "]"); }

std::string ObservationField(std::size_t section, std::size_t observation) {
  return absl::StrCat("sections[", section, "].observations[", observation, "]");
}

absl::Status LimitExceeded(std::string_view field, std::string_view limit, std::uint64_t most,
                           std::uint64_t given) {
  const std::string description =
      absl::StrCat("a release has at most ", most, " (", ToAbsl(limit), "), not ", given, "; split it");
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
                   absl::StrCat(ToAbsl(field), ": ", description),
                   {{"limit", std::string(limit)}, {"maximum", absl::StrCat(most)}},
                   {{std::string(field), description}});
}

absl::Status CheckCounts(const std::vector<Release::Section>& sections) {
  if (sections.size() > limits::kMaxSectionsPerRelease) {
    return LimitExceeded("sections", "kMaxSectionsPerRelease", limits::kMaxSectionsPerRelease,
                         sections.size());
  }
  std::uint64_t observations = 0;
  for (const Release::Section& section : sections) observations += section.observations.size();
  if (observations <= limits::kMaxObservationsPerRelease) return absl::OkStatus();
  return LimitExceeded("sections", "kMaxObservationsPerRelease", limits::kMaxObservationsPerRelease,
                       observations);
}

// The definitions that a release speaks, by dataset id.
using Definitions = absl::flat_hash_map<std::string, DatasetDefinition>;

// Datasets that nobody knows are reported together, as NOT_FOUND. Any other failure is the lookup's own.
absl::StatusOr<Definitions> FindDatasets(const std::vector<Release::Section>& sections,
                                         const Release::DatasetLookup& datasets) {
  Definitions found;
  std::vector<FieldViolation> unknown;
  std::string first_unknown;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const std::string& id = sections[i].header.dataset;
    if (found.contains(id) || !ValidateCode(id).ok()) continue;
    absl::StatusOr<DatasetDefinition> definition = datasets(id);
    if (definition.ok()) {
      found.emplace(id, *std::move(definition));
    } else if (absl::IsNotFound(definition.status())) {
      if (unknown.empty()) first_unknown = id;
      unknown.push_back({absl::StrCat(SectionField(i), ".dataset"),
                         absl::StrCat("there is no dataset ", Quoted(id), "; create it first")});
    } else {
      return definition.status();
    }
  }
  if (unknown.empty()) return found;
  const std::string message = absl::StrCat(unknown[0].field, ": ", unknown[0].description);
  return MakeError(absl::StatusCode::kNotFound, Reason::kDatasetNotFound, message,
                   {{"dataset", first_unknown}}, std::move(unknown));
}

// Brings what is ignored to one form, so that the same release always looks the same.
void Normalize(Release::Section& section) {
  if (section.header.scope && section.header.scope->selector.selects_all()) {
    section.header.scope->selector = Selector();
  }
  if (section.header.action != Action::kDelete) return;
  for (Observation& observation : section.observations) {
    observation.datum = Datum::Absent(Absence::kWithdrawn);
    observation.attributes = Attributes{};
  }
}

void CheckSection(std::size_t index, const Release::Section& section, const Definitions& definitions,
                  Violations& violations) {
  const auto definition = definitions.find(section.header.dataset);
  if (definition == definitions.end()) {
    violations.Add(absl::StrCat(SectionField(index), ".dataset"), ValidateCode(section.header.dataset));
    return;
  }
  const DatasetDefinition& dataset = definition->second;
  if (absl::Status s = Validate(section.header, dataset, !section.observations.empty()); !s.ok()) {
    violations.Add(SectionField(index), s);
  }
  for (std::size_t i = 0; i < section.observations.size(); ++i) {
    if (absl::Status s = Validate(section.observations[i], dataset); !s.ok()) {
      violations.Add(ObservationField(index, i), s);
    }
  }
}

// An observation, by where the caller put it.
struct Place {
  std::uint32_t section;
  std::uint32_t observation;
};

std::strong_ordering CompareCells(const Observation& a, const Observation& b) {
  const std::strong_ordering order = a.series <=> b.series;
  return order != 0 ? order : a.period <=> b.period;
}

// Every observation of the sections in `of`, in canonical order across them; equal cells in the caller's
// order.
std::vector<Place> InOrder(const std::vector<Release::Section>& sections,
                           const std::vector<std::uint32_t>& of) {
  std::vector<Place> places;
  for (const std::uint32_t section : of) {
    const auto count = static_cast<std::uint32_t>(sections[section].observations.size());
    for (std::uint32_t i = 0; i < count; ++i) places.push_back({section, i});
  }
  const auto before = [&](const Place& a, const Place& b) {
    return CompareCells(sections[a.section].observations[a.observation],
                        sections[b.section].observations[b.observation]) < 0;
  };
  // Files come mostly sorted.
  if (!std::is_sorted(places.begin(), places.end(), before)) {
    std::stable_sort(places.begin(), places.end(), before);
  }
  return places;
}

// What was found twice, and the first such cell.
struct Duplicates {
  Violations violations;
  std::map<std::string, std::string> first;
};

void FindDuplicates(const std::vector<Release::Section>& sections, const std::vector<Place>& places,
                    Duplicates& duplicates) {
  std::size_t first = 0;  // of the run of equal cells
  for (std::size_t i = 1; i < places.size(); ++i) {
    const Observation& held = sections[places[first].section].observations[places[first].observation];
    const Observation& again = sections[places[i].section].observations[places[i].observation];
    if (CompareCells(held, again) != 0) {
      first = i;
      continue;
    }
    const std::string& dataset = sections[places[i].section].header.dataset;
    if (duplicates.violations.empty()) {
      duplicates.first = {
          {"dataset", dataset}, {"series", again.series.text()}, {"period", again.period.ToString()}};
    }
    duplicates.violations.Add(
        ObservationField(places[i].section, places[i].observation),
        absl::StrCat("states the cell ", dataset, " ", again.series.text(), " ", again.period.ToString(),
                     ", which ", ObservationField(places[first].section, places[first].observation),
                     " states already; state a cell once in a release"));
  }
}

// The canonical order of each section by itself.
using Orders = std::vector<std::vector<Place>>;

Orders InOrder(const std::vector<Release::Section>& sections) {
  Orders orders;
  for (std::uint32_t i = 0; i < sections.size(); ++i) orders.push_back(InOrder(sections, {i}));
  return orders;
}

// Sections of one dataset are looked at together: a cell may be stated once, whatever the section.
Duplicates FindDuplicates(const std::vector<Release::Section>& sections, const Orders& orders) {
  std::map<std::string_view, std::vector<std::uint32_t>> by_dataset;
  for (std::uint32_t i = 0; i < sections.size(); ++i) by_dataset[sections[i].header.dataset].push_back(i);
  Duplicates duplicates;
  for (const auto& [dataset, of] : by_dataset) {
    FindDuplicates(sections, of.size() == 1 ? orders[of[0]] : InOrder(sections, of), duplicates);
  }
  return duplicates;
}

void Arrange(std::vector<Observation>& observations, const std::vector<Place>& order) {
  std::vector<Observation> arranged;
  arranged.reserve(observations.size());
  for (const Place& place : order) arranged.push_back(std::move(observations[place.observation]));
  observations = std::move(arranged);
}

// The status of everything found. Duplicates alone have a reason of their own; among other violations they
// are some of many.
absl::Status ToStatus(Violations violations, const Duplicates& duplicates) {
  const absl::Status doubled = duplicates.violations.ToStatus(Reason::kDuplicateCell);
  if (!violations.empty()) {
    violations.Add("", doubled);
    return violations.ToStatus();
  }
  if (doubled.ok()) return doubled;
  ErrorDetails details = DetailsOf(doubled);
  details.metadata.insert(duplicates.first.begin(), duplicates.first.end());
  return MakeError(doubled.code(), details.reason, ToStd(doubled.message()), std::move(details.metadata),
                   std::move(details.violations));
}

}  // namespace

std::string_view ReleaseKindName(ReleaseKind kind) {
  switch (kind) {
    case ReleaseKind::kRegular:
      return "REGULAR";
    case ReleaseKind::kCorrection:
      return "CORRECTION";
    case ReleaseKind::kBackfill:
      return "BACKFILL";
  }
  return "UNKNOWN";
}

absl::StatusOr<ReleaseKind> ParseReleaseKind(std::string_view name) {
  constexpr std::array kKinds = {ReleaseKind::kRegular, ReleaseKind::kCorrection, ReleaseKind::kBackfill};
  return ParseEnum(name, kKinds, ReleaseKindName, "a kind of release");
}

std::string_view ActionName(Action action) {
  switch (action) {
    case Action::kMerge:
      return "MERGE";
    case Action::kReplace:
      return "REPLACE";
    case Action::kDelete:
      return "DELETE";
  }
  return "UNKNOWN";
}

absl::StatusOr<Action> ParseAction(std::string_view name) {
  constexpr std::array kActions = {Action::kMerge, Action::kReplace, Action::kDelete};
  return ParseEnum(name, kActions, ActionName, "an action");
}

absl::Status Validate(const ReleaseHeader& header) {
  Violations violations;
  CheckCode("agency", header.agency, violations);
  if (header.release_id.empty())
    violations.Add("release_id",
                   "it is empty; give the publisher's own id, or any that is unique within the agency");
  CheckText("release_id", header.release_id, limits::kMaxReleaseIdBytes, violations);
  CheckPublishedAt(header.published_at, violations);
  if (!header.stage.empty()) CheckCode("stage", header.stage, violations);
  if (ReleaseKindName(header.kind) == "UNKNOWN") {
    violations.Add("kind", absl::StrCat("there is no kind number ", static_cast<int>(header.kind)));
  }
  CheckText("title", header.title, limits::kMaxTitleBytes, violations);
  return violations.ToStatus();
}

absl::Status Validate(const SectionHeader& header, const DatasetDefinition& dataset, bool lists_cells) {
  Violations violations;
  CheckCode("dataset", header.dataset, violations);
  if (header.dataset != dataset.id) {
    violations.Add("dataset", absl::StrCat("the section speaks of ", Quoted(header.dataset),
                                           ", but was given the definition of ", Quoted(dataset.id)));
  }
  if (ActionName(header.action) == "UNKNOWN") {
    violations.Add("action", absl::StrCat("there is no action number ", static_cast<int>(header.action)));
  }
  CheckScope(header, dataset.dimensions.size(), lists_cells, violations);
  return violations.ToStatus();
}

absl::Status Validate(const Observation& observation, const DatasetDefinition& dataset) {
  Violations violations;
  violations.Add("series", CheckSeries(observation.series, dataset));
  violations.Add("period", Period::Create(observation.period.start(), observation.period.months()).status());
  violations.Add("datum", CheckDatum(observation.datum));
  violations.Add("attributes.status", ValidateStatus(observation.attributes.status));
  violations.Add("attributes.conf", ValidateConf(observation.attributes.conf));
  CheckText("source", observation.source, limits::kMaxSourceBytes, violations);
  CheckText("note", observation.note, limits::kMaxNoteBytes, violations);
  return violations.ToStatus();
}

absl::StatusOr<Release> Release::Create(ReleaseHeader header, std::vector<Section> sections,
                                        const DatasetLookup& datasets) {
  TW_RETURN_IF_ERROR(CheckCounts(sections));
  TW_ASSIGN_OR_RETURN(const Definitions definitions, FindDatasets(sections, datasets));
  Violations violations;
  violations.Add("header", Validate(header));
  if (sections.empty()) violations.Add("sections", "a release has at least one section");
  for (std::size_t i = 0; i < sections.size(); ++i) {
    Normalize(sections[i]);
    CheckSection(i, sections[i], definitions, violations);
  }
  const Orders orders = InOrder(sections);
  TW_RETURN_IF_ERROR(ToStatus(std::move(violations), FindDuplicates(sections, orders)));
  for (std::size_t i = 0; i < sections.size(); ++i) Arrange(sections[i].observations, orders[i]);
  return Release(std::move(header), std::move(sections));
}

std::uint64_t Release::observation_count() const {
  std::uint64_t count = 0;
  for (const Section& section : sections_) count += section.observations.size();
  return count;
}

}  // namespace tidewaiter
