#include "daemon/rpc/selection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/engine/series_listing.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"

namespace tidewaiter::rpc {

Selection::Selection(const std::vector<Item>& items) {
  std::vector<std::string> words;
  for (const Item& item : items) {
    words.push_back(absl::StrCat(item.dataset, ":", item.selector.ToString()));
    Dataset& dataset = datasets_[item.dataset];
    if (item.selector.selects_all()) {
      dataset.all = true;
    } else if (item.selector.is_single_series()) {
      dataset.singles.insert(engine::SingleKey(item.selector));
    } else {
      dataset.patterns.push_back(item.selector);
    }
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  canonical_ = absl::StrJoin(words, "\n");
}

bool Selection::Touches(std::string_view dataset) const {
  return everything() || datasets_.contains(ToAbsl(dataset));
}

std::vector<SeriesRun> Selection::Match(const IndexedPart& part) const {
  const std::size_t size = part.part().series.size();
  if (everything()) {
    if (size == 0) return {};
    return {{0, static_cast<std::uint32_t>(size)}};
  }
  SeriesBits found(size);
  const SeriesIndex* const index = part.Index();
  if (index == nullptr) {
    Scan(part.part(), &found);
    return found.Runs();
  }
  for (const auto& [id, wanted] : datasets_) {
    if (wanted.all) {
      Scan(part.part(), &found);  // it is all looked at anyway
      break;
    }
    for (const std::string& key : wanted.singles) index->FindKey(id, key, &found);
    for (const Selector& pattern : wanted.patterns) index->FindPattern(id, pattern, &found);
  }
  return found.Runs();
}

void Selection::Scan(const engine::ChangesPart& part, SeriesBits* found) const {
  for (std::uint32_t i = 0; i < part.series.size(); ++i) {
    if (MatchesKey(part.series[i].dataset, part.series[i].key)) found->Add(i);
  }
}

bool Selection::MatchesKey(std::string_view dataset, std::string_view key) const {
  if (everything()) return true;
  const auto it = datasets_.find(ToAbsl(dataset));
  if (it == datasets_.end()) return false;
  const Dataset& wanted = it->second;
  if (wanted.all || wanted.singles.contains(ToAbsl(key))) return true;
  return std::any_of(wanted.patterns.begin(), wanted.patterns.end(),
                     [&](const Selector& pattern) { return pattern.MatchesText(key); });
}

std::vector<std::string> Selection::KeysOf(std::string_view dataset) const {
  const auto it = datasets_.find(ToAbsl(dataset));
  if (it == datasets_.end() || it->second.all) return {};
  std::vector<std::string> keys(it->second.singles.begin(), it->second.singles.end());
  for (const Selector& pattern : it->second.patterns) keys.push_back(pattern.ToString());
  return keys;
}

std::vector<std::string> Selection::datasets() const {
  std::vector<std::string> ids;
  for (const auto& [id, wanted] : datasets_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

absl::StatusOr<std::vector<Selection::Item>> ReadSelectors(
    const storage::Store& store, const google::protobuf::RepeatedPtrField<v1::SeriesSelector>& selectors) {
  if (static_cast<std::size_t>(selectors.size()) > limits::kMaxSelectorsPerRequest) {
    return InvalidField("selectors", absl::StrCat("at most ", limits::kMaxSelectorsPerRequest,
                                                  "; use wider ones, or none for everything"));
  }
  std::vector<Selection::Item> items;
  Violations violations;
  for (int i = 0; i < selectors.size(); ++i) {
    const v1::SeriesSelector& message = selectors[i];
    const std::string field = absl::StrCat("selectors[", i, "]");
    const absl::StatusOr<storage::DatasetInfo> dataset = store.GetDataset(message.dataset());
    if (message.dataset().empty()) {
      violations.Add(field + ".dataset",
                     "is empty; name the dataset, or give no selector at all for everything");
    } else if (!dataset.ok()) {
      return dataset.status();
    }
    absl::StatusOr<Selector> selector = Selector::Parse(message.key());
    violations.Add(field + ".key", selector.status());
    if (!selector.ok() || !dataset.ok()) continue;
    violations.Add(field + ".key", selector->Validate(dataset->definition.dimensions.size()));
    items.push_back({message.dataset(), *std::move(selector)});
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return items;
}

}  // namespace tidewaiter::rpc
