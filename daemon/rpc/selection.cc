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
namespace {

// Where the best place leaves more than one series in so many, working with bits is cheaper than comparing
// codes.
constexpr std::size_t kSeriesPerComparison = 8;
// A code that more than one series in so many has gets bits: they take no more memory than its postings then,
// some.
constexpr std::size_t kSeriesPerBits = 64;

}  // namespace

const absl::flat_hash_map<std::string, IndexedPart::Dataset>* IndexedPart::Index() const {
  if (asked_.fetch_add(1, std::memory_order_relaxed) < kAskersForIndex) return nullptr;
  std::call_once(built_, [this] { Build(); });
  return &index_;
}

absl::StatusOr<const Fragments*> IndexedPart::FragmentsOf(const convert::Lookup& lookup,
                                                          bool omit_confirmed) const {
  if (asked_.load(std::memory_order_relaxed) <= kAskersForIndex) return nullptr;
  Encoded& encoded = encoded_[omit_confirmed ? 1 : 0];
  if (const Fragments* const made = encoded.made.load(std::memory_order_acquire)) return made;
  absl::MutexLock lock(&encoded.mutex);
  if (!encoded.fragments) {
    TW_ASSIGN_OR_RETURN(encoded.fragments, Fragments::Encode(*part_, lookup, omit_confirmed));
    encoded.made.store(&*encoded.fragments, std::memory_order_release);
  }
  return &*encoded.fragments;
}

void IndexedPart::Build() const {
  for (std::uint32_t i = 0; i < part_->series.size(); ++i) {
    const engine::SeriesChanges& series = part_->series[i];
    Dataset& dataset = index_[series.dataset];
    dataset.by_key[series.key].push_back(i);
    const std::string_view key = series.key;
    std::size_t place = 0;
    for (std::size_t begin = 0; begin <= key.size(); ++place) {
      const std::size_t end = std::min(key.find('.', begin), key.size());
      if (dataset.by_place.size() <= place) dataset.by_place.emplace_back();
      dataset.by_place[place][ToAbsl(key.substr(begin, end - begin))].series.push_back(i);
      begin = end + 1;
    }
  }
  for (auto& [id, dataset] : index_) {
    for (auto& codes : dataset.by_place) {
      for (auto& [name, code] : codes) {
        if (code.series.size() * kSeriesPerBits < part_->series.size()) continue;
        code.bits.emplace(part_->series.size());
        for (const std::uint32_t i : code.series) code.bits->Add(i);
      }
    }
  }
}

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
  const auto* index = part.Index();
  if (index == nullptr) {
    Scan(part.part(), &found);
    return found.Runs();
  }
  for (const auto& [id, wanted] : datasets_) {
    const auto held = index->find(id);
    if (held == index->end()) continue;
    if (wanted.all) {
      Scan(part.part(), &found);  // it is all looked at anyway
      break;
    }
    for (const std::string& key : wanted.singles) {
      const auto it = held->second.by_key.find(key);
      if (it == held->second.by_key.end()) continue;
      for (const std::uint32_t i : it->second) found.Add(i);
    }
    for (const Selector& pattern : wanted.patterns) FindPattern(part, held->second, pattern, &found);
  }
  return found.Runs();
}

// Looks at the series of the place that leaves the fewest, and at no others.
void Selection::FindPattern(const IndexedPart& part, const IndexedPart::Dataset& index,
                            const Selector& pattern, SeriesBits* found) {
  std::size_t best_place = 0;
  std::size_t best_count = part.part().series.size() + 1;
  for (std::size_t place = 0; place < std::min(pattern.places(), index.by_place.size()); ++place) {
    if (pattern.codes(place).empty()) continue;
    std::size_t count = 0;
    for (const std::string& code : pattern.codes(place)) {
      const auto it = index.by_place[place].find(code);
      if (it != index.by_place[place].end()) count += it->second.series.size();
    }
    if (count < best_count) {
      best_count = count;
      best_place = place;
    }
  }
  if (best_count > part.part().series.size()) return;  // a pattern has a place with codes
  if (best_count * kSeriesPerComparison > part.part().series.size() &&
      pattern.places() == index.by_place.size()) {
    MeetPlaces(part, index, pattern, found);
    return;
  }
  for (const std::string& code : pattern.codes(best_place)) {
    const auto it = index.by_place[best_place].find(code);
    if (it == index.by_place[best_place].end()) continue;
    for (const std::uint32_t i : it->second.series) {
      if (pattern.MatchesText(part.part().series[i].key)) found->Add(i);
    }
  }
}

// A series matches if it is under a wanted code in every place that names codes. No code is compared.
//
//   series     R0.P0 R0.P1 R1.P0 R1.P1 R2.P0
//   R0+R1        1     1     1     1     0
//   P0           1     0     1     0     1
//   both         1     0     1     0     0
void Selection::MeetPlaces(const IndexedPart& part, const IndexedPart::Dataset& index,
                           const Selector& pattern, SeriesBits* found) {
  std::optional<SeriesBits> matched;
  for (std::size_t place = 0; place < pattern.places(); ++place) {
    if (pattern.codes(place).empty()) continue;
    SeriesBits here(part.part().series.size());
    for (const std::string& code : pattern.codes(place)) {
      const auto it = index.by_place[place].find(code);
      if (it == index.by_place[place].end()) continue;
      if (it->second.bits) {
        here.Add(*it->second.bits);
      } else {
        for (const std::uint32_t i : it->second.series) here.Add(i);
      }
    }
    if (matched) {
      matched->KeepOnly(here);
    } else {
      matched = std::move(here);
    }
  }
  if (matched) found->Add(*matched);
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
