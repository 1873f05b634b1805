#include "tests/support/release_text.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::support {
namespace {

using Words = std::vector<std::string>;

// A test's own text is wrong: nothing to go on with.
[[noreturn]] void Wrong(std::string_view what, std::string_view why) {
  std::fprintf(stderr, "cannot read \"%.*s\": %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(why.size()), why.data());
  std::abort();
}

template <typename T>
T Get(absl::StatusOr<T> value, std::string_view text) {
  if (!value.ok()) Wrong(text, value.status().ToString());
  return *std::move(value);
}

PublishedAt ParsePublishedAt(const std::string& text) {
  if (absl::StatusOr<absl::CivilDay> day = ParseDay(text); day.ok()) {
    return PublishedAt::OnDay(*day, absl::UTCTimeZone());
  }
  return PublishedAt::At(Get(Instant::Parse(text), text));
}

PeriodRange ParseRange(const std::string& text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) Wrong(text, "a range is FROM..TO");
  PeriodRange range;
  if (dots > 0) range.from = Get(Month::Parse(text.substr(0, dots)), text);
  if (dots + 2 < text.size()) range.to = Get(Month::Parse(text.substr(dots + 2)), text);
  return range;
}

std::pair<std::string, std::string> ParseOption(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) Wrong(word, "expected NAME=VALUE");
  return {word.substr(0, equals), word.substr(equals + 1)};
}

ReleaseHeader ParseHeader(const Words& words) {
  if (words.size() < 4) Wrong(words.front(), "release AGENCY ID PUBLISHED_AT");
  ReleaseHeader header;
  header.agency = words[1];
  header.release_id = words[2];
  header.published_at = ParsePublishedAt(words[3]);
  for (std::size_t i = 4; i < words.size(); ++i) {
    const auto [name, value] = ParseOption(words[i]);
    if (name == "stage") {
      header.stage = value;
    } else if (name == "kind") {
      header.kind = Get(ParseReleaseKind(value), value);
    } else if (name == "title") {
      header.title = value;
    } else {
      Wrong(words[i], "no such option of a release");
    }
  }
  return header;
}

SectionHeader ParseSection(Action action, const Words& words) {
  if (words.size() < 2) Wrong(words.front(), "a section names its dataset");
  SectionHeader header;
  header.dataset = words[1];
  header.action = action;
  if (words.size() > 2) {
    Scope scope;
    scope.selector = Get(Selector::Parse(words[2]), words[2]);
    if (words.size() > 3) scope.periods = ParseRange(words[3]);
    header.scope = std::move(scope);
  }
  return header;
}

Datum ParseDatum(const std::string& text) {
  if (text.front() != '(') return Datum::Value(Get(Decimal::Parse(text), text));
  return Datum::Absent(Get(ParseAbsence(text.substr(1, text.size() - 2)), text));
}

Observation ParseObservation(const Words& words) {
  if (words.size() < 3) Wrong(words.front(), "SERIES PERIOD DATUM");
  Observation o;
  o.series = Get(SeriesKey::Parse(words[0]), words[0]);
  o.period = Get(Period::Parse(words[1]), words[1]);
  o.datum = ParseDatum(words[2]);
  for (std::size_t i = 3; i < words.size(); ++i) {
    const auto [name, value] = ParseOption(words[i]);
    if (name == "step") {
      o.datum = Get(Datum::ValueWithStep(o.datum.value(), Get(ParseStep(value), value)), value);
    } else if (name == "status") {
      o.attributes.status = value.front();
    } else if (name == "conf") {
      o.attributes.conf = value.front();
    } else if (name == "source") {
      o.source = value;
    } else if (name == "note") {
      o.note = value;
    } else {
      Wrong(words[i], "no such option of an observation");
    }
  }
  return o;
}

}  // namespace

ReleaseDraft ParseRelease(std::string_view text) {
  ReleaseDraft draft;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    const Words words = absl::StrSplit(line, ' ', absl::SkipWhitespace());
    if (words.empty() || words[0].front() == '#') continue;
    absl::StatusOr<Action> action = ParseAction(words[0]);
    if (words[0] == "release") {
      draft.header = ParseHeader(words);
    } else if (action.ok()) {
      draft.sections.push_back({ParseSection(*action, words), {}});
    } else if (draft.sections.empty()) {
      Wrong(ToStd(line), "an observation before any section");
    } else {
      draft.sections.back().observations.push_back(ParseObservation(words));
    }
  }
  return draft;
}

Release MakeRelease(const storage::Catalogue& catalogue, ReleaseDraft draft) {
  const std::string id = draft.header.release_id;
  const auto lookup = [&](std::string_view dataset) -> absl::StatusOr<DatasetDefinition> {
    TW_ASSIGN_OR_RETURN(storage::DatasetInfo info, catalogue.GetDataset(dataset));
    return info.definition;
  };
  return Get(Release::Create(std::move(draft.header), std::move(draft.sections), lookup), id);
}

Release MakeRelease(const storage::Catalogue& catalogue, std::string_view text) {
  return MakeRelease(catalogue, ParseRelease(text));
}

absl::StatusOr<storage::PushOutcome> Push(storage::Store& store, std::string_view text) {
  return store.Push(MakeRelease(store, text), Instant());
}

absl::StatusOr<storage::PushOutcome> UploadRelease(storage::Store& store, const Release& release,
                                                   std::size_t cells_per_call) {
  TW_ASSIGN_OR_RETURN(std::unique_ptr<storage::Upload> upload,
                      store.BeginUpload(release.header(), Instant()));
  for (const Release::Section& section : release.sections()) {
    TW_RETURN_IF_ERROR(upload->BeginSection(section.header));
    const std::vector<Observation>& all = section.observations;
    for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
      std::vector<StatedCell> cells;
      for (; end < all.size() && all[end].series == all[begin].series && cells.size() < cells_per_call;
           ++end) {
        cells.push_back(
            {all[end].period, all[end].datum, all[end].attributes, all[end].source, all[end].note});
      }
      TW_RETURN_IF_ERROR(upload->Add(all[begin].series.text(), cells));
    }
  }
  return upload->Commit();
}

DatasetDefinition MakeDataset(std::string_view id, std::string_view dimensions) {
  DatasetDefinition definition;
  definition.id = std::string(id);
  definition.publisher = "GACC";
  for (const absl::string_view name : absl::StrSplit(ToAbsl(dimensions), ' ', absl::SkipEmpty())) {
    definition.dimensions.push_back({std::string(name), RoleOfName(ToStd(name))});
  }
  return definition;
}

}  // namespace tidewaiter::support
