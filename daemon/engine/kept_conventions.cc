#include "daemon/engine/kept_conventions.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/engine/measures.h"
#include "domain/conventions_text.h"
#include "domain/errors.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::engine {
namespace {

constexpr std::string_view kTable = "conventions";
constexpr std::size_t kSeriesSlice = 1000;

// The codes at each place of the dataset's series.
using CodesByPlace = std::vector<std::set<std::string, std::less<>>>;

absl::StatusOr<CodesByPlace> CodesOf(const storage::Catalogue& catalogue, const DatasetDefinition& dataset) {
  CodesByPlace codes(dataset.dimensions.size());
  std::string after;
  for (;;) {
    TW_ASSIGN_OR_RETURN(const std::vector<storage::SeriesEntry> slice,
                        catalogue.ListSeries(dataset.id, Selector(), after, kSeriesSlice));
    for (const storage::SeriesEntry& series : slice) {
      const SeriesKey key = SeriesKey::FromValid(series.key);
      for (std::size_t i = 0; i < codes.size(); ++i) {
        if (codes[i].find(key.code(i)) == codes[i].end()) codes[i].emplace(key.code(i));
      }
    }
    if (slice.size() < kSeriesSlice) return codes;
    after = slice.back().key;
  }
}

std::string NoSuchGroup(const DatasetDefinition& dataset, const Conventions& conventions,
                        std::string_view name) {
  const std::string kept = absl::StrJoin(
      conventions.groups, ", ", [](std::string* out, const CodeGroup& group) { out->append(group.name); });
  return absl::StrCat("with ", dataset.id, " no group ", Quoted(name), " is kept",
                      kept.empty() ? ", nor any other" : absl::StrCat(", but ", kept),
                      "; set it with SetConventions, or state its dimension and members");
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Conventions>> KeptConventions::Get(std::string_view dataset) const {
  std::uint64_t sets = 0;
  {
    absl::ReaderMutexLock lock(&mutex_);
    sets = sets_;
    if (const auto found = kept_.find(std::string(dataset)); found != kept_.end()) return found->second;
  }
  TW_ASSIGN_OR_RETURN(const storage::DatasetInfo info, store_->GetDataset(dataset));
  TW_ASSIGN_OR_RETURN(const std::optional<std::string> text, store_->GetAnnex(kTable, dataset));
  absl::StatusOr<Conventions> parsed = ParseConventions(text.value_or(""), info.definition);
  if (!parsed.ok()) {
    return MakeError(absl::StatusCode::kDataLoss, Reason::kCorruption,
                     absl::StrCat("the conventions of ", info.definition.id,
                                  " cannot be read: ", parsed.status().message()));
  }
  auto conventions = std::make_shared<const Conventions>(*std::move(parsed));
  absl::MutexLock lock(&mutex_);
  // What was read may have been replaced meanwhile.
  if (sets == sets_) kept_.try_emplace(std::string(dataset), conventions);
  return std::shared_ptr<const Conventions>(std::move(conventions));
}

absl::StatusOr<std::string> KeptConventions::Set(std::string_view dataset, std::string_view text,
                                                 bool allow_unknown_codes) {
  TW_ASSIGN_OR_RETURN(const storage::DatasetInfo info, store_->GetDataset(dataset));
  HasCodeAt has_code;
  CodesByPlace codes;
  if (!allow_unknown_codes && !text.empty()) {
    TW_ASSIGN_OR_RETURN(codes, CodesOf(*store_, info.definition));
    has_code = [&](std::string_view dimension, std::string_view code) {
      const std::optional<std::size_t> place = PlaceOf(info.definition, dimension);
      return place && codes[*place].find(code) != codes[*place].end();
    };
  }
  TW_ASSIGN_OR_RETURN(const Conventions conventions, ParseConventions(text, info.definition, has_code));
  std::string canonical = ConventionsToText(conventions);
  const storage::AnnexRecord record{std::string(dataset),
                                    canonical.empty() ? std::nullopt : std::optional<std::string>(canonical)};
  TW_RETURN_IF_ERROR(store_->PutAnnexes(kTable, std::span(&record, 1)));
  absl::MutexLock lock(&mutex_);
  // Whoever reads next reads what is kept: of two who set it at once the later write counts.
  ++sets_;
  kept_.erase(std::string(dataset));
  return canonical;
}

absl::StatusOr<AggregateQuery> KeptConventions::Complete(AggregateQuery query) const {
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<const Conventions> conventions, Get(query.dataset));
  if (!query.rounding && conventions->rounding != PrintRounding::kNearest)
    query.rounding = conventions->rounding;
  const bool names_any = std::any_of(query.groups.begin(), query.groups.end(),
                                     [](const CodeGroup& group) { return group.names_kept(); });
  if (!names_any && (conventions->groups.empty() || query.group_by.empty())) return query;
  TW_ASSIGN_OR_RETURN(const storage::DatasetInfo info, store_->GetDataset(query.dataset));
  Violations violations;
  for (std::size_t i = 0; i < query.groups.size(); ++i) {
    CodeGroup& group = query.groups[i];
    if (!group.names_kept()) continue;
    if (const CodeGroup* const kept = FindGroup(*conventions, group.name)) {
      group = *kept;
    } else {
      violations.Add(absl::StrCat("groups[", i, "].name"),
                     NoSuchGroup(info.definition, *conventions, group.name));
    }
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  // A name that is neither a dimension's nor a group's is left for the plan to refuse.
  std::vector<std::string> dimensions;
  for (std::string& id : query.group_by) {
    const CodeGroup* const kept = PlaceOf(info.definition, id) ? nullptr : FindGroup(*conventions, id);
    if (kept == nullptr) {
      dimensions.push_back(std::move(id));
      continue;
    }
    query.sum = true;
    const bool named = std::any_of(query.groups.begin(), query.groups.end(),
                                   [&](const CodeGroup& group) { return group == *kept; });
    if (!named) query.groups.push_back(*kept);
  }
  query.group_by = std::move(dimensions);
  return query;
}

}  // namespace tidewaiter::engine
