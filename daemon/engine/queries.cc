#include "daemon/engine/queries.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daemon/engine/newest_publication.h"
#include "daemon/engine/zones.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_key.h"
#include "domain/strings.h"

namespace tidewaiter::engine {
namespace {

std::string KeyField(std::size_t i) { return absl::StrCat("keys[", i, "]"); }

absl::Status TooManyKeys(std::string_view what, std::string_view limit, std::size_t most, std::size_t given) {
  const std::string description = absl::StrCat("a read has at most ", most, " ", ToAbsl(what), ", not ",
                                               given, "; ask in parts, or with wider selectors");
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
                   absl::StrCat("keys: ", description),
                   {{"limit", std::string(limit)}, {"maximum", absl::StrCat(most)}}, {{"keys", description}});
}

absl::Status SequenceAhead(Sequence asked, Sequence head) {
  const std::string description =
      absl::StrCat("sequence ", asked, " is beyond the head, ", head, "; leave it unset to read at the head");
  return MakeError(
      absl::StatusCode::kOutOfRange, Reason::kSequenceAhead, absl::StrCat("vintage.sequence: ", description),
      {{"asked", absl::StrCat(asked)}, {"head", absl::StrCat(head)}}, {{"vintage.sequence", description}});
}

absl::Status SeriesNotFound(std::string_view dataset, std::string_view first,
                            std::vector<FieldViolation> violations) {
  const std::string others =
      violations.size() > 1 ? absl::StrCat(" (nor ", violations.size() - 1, " others that are named)") : "";
  return MakeError(
      absl::StatusCode::kNotFound, Reason::kSeriesNotFound,
      absl::StrCat("there is no series ", ToAbsl(first), " in dataset ", ToAbsl(dataset), others,
                   "; list what there is with `tidewaiter series ", ToAbsl(dataset), "` or ListSeries"),
      {{"dataset", std::string(dataset)}, {"series", std::string(first)}}, std::move(violations));
}

// Whether a key names one series and is no pattern. It need not be one that there can be.
bool IsPlainKey(std::string_view key) {
  return !key.empty() && key != "all" && key.find_first_of("+*") == std::string_view::npos;
}

// In canonical order, each once.
void SortSeries(std::vector<storage::SeriesEntry>* series) {
  const auto before = [](const storage::SeriesEntry& a, const storage::SeriesEntry& b) {
    return CompareSeriesKeys(a.key, b.key) < 0;
  };
  if (!std::is_sorted(series->begin(), series->end(), before)) {
    std::sort(series->begin(), series->end(), before);
  }
  const auto same = [](const storage::SeriesEntry& a, const storage::SeriesEntry& b) { return a.id == b.id; };
  series->erase(std::unique(series->begin(), series->end(), same), series->end());
}

}  // namespace

absl::StatusOr<bool> SeriesReader::Next() {
  TW_ASSIGN_OR_RETURN(const storage::SeriesEntry* const next, listing_.Next());
  if (next == nullptr) return false;
  current_ = *next;
  return true;
}

absl::StatusOr<const std::vector<CellState>*> SeriesReader::Cells() {
  TW_RETURN_IF_ERROR(store_->ReadAskedCells(current_.id, vintage_, periods_, &fold_));
  return &fold_.cells();
}

absl::StatusOr<const PlainCells*> SeriesReader::Columns() {
  TW_ASSIGN_OR_RETURN(const bool columns,
                      store_->ReadAskedColumns(current_.id, vintage_, periods_, &columns_, &fold_));
  return columns ? &columns_ : nullptr;
}

absl::StatusOr<std::vector<HistoryEntry>> SeriesReader::History(HistoryType type, int n) {
  TW_ASSIGN_OR_RETURN(const std::vector<SeriesStatement> statements,
                      store_->ReadStatements(current_.id, vintage_.sequence, periods_));
  return BuildHistory(statements, vintage_, type, n);
}

absl::StatusOr<Instant> Queries::NewestPublication(const std::string& dataset, Sequence head) const {
  return engine::NewestPublication(*store_, dataset, head);
}

absl::StatusOr<Vintage> Queries::Resolve(const VintageInput& input, const DatasetDefinition& dataset) const {
  Vintage vintage;
  vintage.sequence = store_->head();
  Violations violations;
  if (input.as_of && input.as_of_date) {
    violations.Add("vintage.as_of_date", "as_of_time is given too; give one of them");
  } else if (input.as_of) {
    vintage.as_of = *input.as_of;
  } else if (input.as_of_date &&
             (input.as_of_date->year() < limits::kMinYear || input.as_of_date->year() > limits::kMaxYear)) {
    violations.Add("vintage.as_of_date",
                   absl::StrCat("the year must be ", limits::kMinYear, " to ", limits::kMaxYear));
  } else if (input.as_of_date) {
    const absl::StatusOr<absl::TimeZone> zone = FindZone(dataset.time_zone);
    if (zone.ok()) {
      vintage.as_of = PublishedAt::OnDay(*input.as_of_date, *zone).instant;
    } else {
      violations.Add("vintage.as_of_date",
                     absl::StrCat("the zone of dataset ", dataset.id,
                                  " is not in the server's tables: ", zone.status().message()));
    }
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  if (input.sequence) {
    if (*input.sequence > vintage.sequence) return SequenceAhead(*input.sequence, vintage.sequence);
    vintage.sequence = *input.sequence;
  }
  return vintage;
}

// No keys: one selector of everything.
absl::StatusOr<std::vector<Selector>> Queries::ParseKeys(const std::vector<std::string>& keys,
                                                         const DatasetDefinition& dataset) const {
  if (keys.empty()) return std::vector<Selector>(1);
  if (keys.size() > limits::kMaxSeriesPerCall) {
    return TooManyKeys("keys", "kMaxSeriesPerCall", limits::kMaxSeriesPerCall, keys.size());
  }
  Violations violations;
  std::vector<Selector> selectors;
  std::size_t patterns = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    absl::StatusOr<Selector> selector = Selector::Parse(keys[i]);
    if (selector.ok()) {
      violations.Add(KeyField(i), selector->Validate(dataset.dimensions.size()));
      if (!selector->is_single_series()) ++patterns;
      selectors.push_back(*std::move(selector));
    } else {
      violations.Add(KeyField(i), selector.status());
    }
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  if (patterns > limits::kMaxSelectorsPerRequest) {
    return TooManyKeys("keys that match more than one series", "kMaxSelectorsPerRequest",
                       limits::kMaxSelectorsPerRequest, patterns);
  }
  return selectors;
}

// The series that selectors name one by one, in canonical order, each once.
absl::StatusOr<std::vector<storage::SeriesEntry>> Queries::FindAll(
    const std::string& dataset, const std::vector<Selector>& selectors) const {
  std::vector<storage::SeriesEntry> found;
  std::vector<FieldViolation> missing;
  std::string first_missing;
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    if (!selectors[i].is_single_series()) continue;
    const std::string key = SingleKey(selectors[i]);
    absl::StatusOr<storage::SeriesEntry> series = store_->FindSeries(dataset, key);
    if (series.ok()) {
      found.push_back(*std::move(series));
    } else if (absl::IsNotFound(series.status())) {
      if (missing.empty()) first_missing = key;
      if (missing.size() < limits::kMaxFieldViolations) {
        missing.push_back({KeyField(i), absl::StrCat("there is no series ", key)});
      }
    } else {
      return series.status();
    }
  }
  if (!missing.empty()) return SeriesNotFound(dataset, first_missing, std::move(missing));
  SortSeries(&found);
  return found;
}

// A selector that names no code in the first place would walk through the catalogue anyway: its walk is kept
// as a table. One that does leaps to its series there.
absl::StatusOr<SeriesListing> Queries::List(const DatasetDefinition& dataset, std::vector<Selector> selectors,
                                            std::string_view after) const {
  const Selector hull = Hull(selectors);
  if (hull.places() == 0 || hull.codes(0).empty()) {
    TW_ASSIGN_OR_RETURN(std::shared_ptr<const SeriesTable> table, tables_.Get(dataset));
    if (table != nullptr) return SeriesListing(std::move(table), std::move(selectors), after);
  }
  return SeriesListing(store_, dataset.id, std::move(selectors), after);
}

// Series that are named one by one are looked up one by one. Anything else is listed: the hull of all
// selectors, of which those that no selector matches are left out.
absl::StatusOr<SeriesReader> Queries::Open(const ReadInput& input, std::string_view after) const {
  SeriesReader reader;
  reader.store_ = store_;
  TW_ASSIGN_OR_RETURN(reader.dataset_, store_->ShareDataset(input.dataset));
  absl::StatusOr<Vintage> vintage = Resolve(input.vintage, reader.dataset());
  if (vintage.ok() && input.periods.Validate().ok() && FindPlain(input.keys, after, &reader)) {
    reader.vintage_ = *vintage;
    reader.periods_ = input.periods;
    return reader;
  }
  absl::StatusOr<std::vector<Selector>> selectors = ParseKeys(input.keys, reader.dataset());
  const absl::Status limited = selectors.status();
  if (!limited.ok() && DetailsOf(limited).reason != Reason::kInvalidArgument) return limited;
  Violations violations;
  violations.Add("", limited);
  if (absl::IsInvalidArgument(vintage.status())) violations.Add("", vintage.status());
  violations.Add("periods", input.periods.Validate());
  TW_RETURN_IF_ERROR(violations.ToStatus());
  TW_RETURN_IF_ERROR(vintage.status());
  TW_RETURN_IF_ERROR(Find(*std::move(selectors), after, &reader));
  reader.vintage_ = *vintage;
  reader.periods_ = input.periods;
  return reader;
}

absl::StatusOr<SeriesReader> Queries::Open(std::shared_ptr<const storage::DatasetInfo> dataset,
                                           const Vintage& vintage, const std::vector<std::string>& keys,
                                           std::string_view after) const {
  SeriesReader reader;
  reader.store_ = store_;
  reader.dataset_ = std::move(dataset);
  reader.vintage_ = vintage;
  if (FindPlain(keys, after, &reader)) return reader;
  TW_ASSIGN_OR_RETURN(std::vector<Selector> selectors, ParseKeys(keys, reader.dataset()));
  TW_RETURN_IF_ERROR(Find(std::move(selectors), after, &reader));
  return reader;
}

// Keys as the series have them, which most reads name: nothing is parsed for those. False where some key is
// anything else, be it wrong: then the words are looked at one by one.
bool Queries::FindPlain(const std::vector<std::string>& keys, std::string_view after,
                        SeriesReader* reader) const {
  if (keys.empty() || keys.size() > limits::kMaxSeriesPerCall) return false;
  std::vector<storage::SeriesEntry> named;
  named.reserve(keys.size());
  for (const std::string& key : keys) {
    if (!IsPlainKey(key)) return false;
    absl::StatusOr<storage::SeriesEntry> series = store_->FindSeries(reader->dataset().id, key);
    if (!series.ok()) return false;
    named.push_back(*std::move(series));
  }
  SortSeries(&named);
  if (!after.empty()) {
    std::erase_if(named, [&](const auto& series) { return CompareSeriesKeys(series.key, after) <= 0; });
  }
  reader->listing_ = SeriesListing(std::move(named));
  return true;
}

absl::Status Queries::Find(std::vector<Selector> selectors, std::string_view after,
                           SeriesReader* reader) const {
  const std::string& dataset = reader->dataset().id;
  TW_ASSIGN_OR_RETURN(std::vector<storage::SeriesEntry> named, FindAll(dataset, selectors));
  if (std::all_of(selectors.begin(), selectors.end(),
                  [](const Selector& selector) { return selector.is_single_series(); })) {
    if (!after.empty()) {
      std::erase_if(named, [&](const auto& series) { return CompareSeriesKeys(series.key, after) <= 0; });
    }
    reader->listing_ = SeriesListing(std::move(named));
  } else {
    TW_ASSIGN_OR_RETURN(reader->listing_, List(reader->dataset(), std::move(selectors), after));
  }
  return absl::OkStatus();
}

}  // namespace tidewaiter::engine
