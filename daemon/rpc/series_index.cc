#include "daemon/rpc/series_index.h"

#include <algorithm>
#include <atomic>

#include "domain/strings.h"

namespace tidewaiter::rpc {
namespace {

// Where the best place leaves more than one series in so many, working with bits is cheaper than comparing
// codes.
constexpr std::size_t kSeriesPerComparison = 8;
// A code that more than one series in so many has gets bits: they take no more memory than its postings then,
// some.
constexpr std::size_t kSeriesPerBits = 64;

std::uint64_t NextId() {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

SeriesIndex::SeriesIndex(const std::vector<engine::SeriesChanges>& series) : id_(NextId()) {
  names_.reserve(series.size());
  for (const engine::SeriesChanges& changes : series) names_.push_back({changes.dataset, changes.key});
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    Dataset& dataset = datasets_[ToAbsl(names_[i].dataset)];
    dataset.by_key[ToAbsl(names_[i].key)].push_back(i);
    AddCodes(i, &dataset);
  }
  for (auto& [id, dataset] : datasets_) {
    for (auto& codes : dataset.by_place) {
      for (auto& [name, code] : codes) {
        if (code.series.size() * kSeriesPerBits < names_.size()) continue;
        code.bits.emplace(names_.size());
        for (const std::uint32_t i : code.series) code.bits->Add(i);
      }
    }
  }
}

void SeriesIndex::AddCodes(std::uint32_t series, Dataset* dataset) const {
  const std::string_view key = names_[series].key;
  std::size_t place = 0;
  for (std::size_t begin = 0; begin <= key.size(); ++place) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    if (dataset->by_place.size() <= place) dataset->by_place.emplace_back();
    dataset->by_place[place][ToAbsl(key.substr(begin, end - begin))].series.push_back(series);
    begin = end + 1;
  }
}

bool SeriesIndex::IsOf(const std::vector<engine::SeriesChanges>& series) const {
  return std::equal(names_.begin(), names_.end(), series.begin(), series.end(),
                    [](const Name& name, const engine::SeriesChanges& changes) {
                      return name.key == changes.key && name.dataset == changes.dataset;
                    });
}

const SeriesIndex::Dataset* SeriesIndex::FindDataset(std::string_view dataset) const {
  const auto it = datasets_.find(ToAbsl(dataset));
  return it == datasets_.end() ? nullptr : &it->second;
}

void SeriesIndex::FindKey(std::string_view dataset, std::string_view key, SeriesBits* found) const {
  const Dataset* const held = FindDataset(dataset);
  if (held == nullptr) return;
  const auto it = held->by_key.find(ToAbsl(key));
  if (it == held->by_key.end()) return;
  for (const std::uint32_t i : it->second) found->Add(i);
}

// Looks at the series of the place that leaves the fewest, and at no others.
void SeriesIndex::FindPattern(std::string_view dataset, const Selector& pattern, SeriesBits* found) const {
  const Dataset* const held = FindDataset(dataset);
  if (held == nullptr) return;
  std::size_t best_place = 0;
  std::size_t best_count = names_.size() + 1;
  for (std::size_t place = 0; place < std::min(pattern.places(), held->by_place.size()); ++place) {
    if (pattern.codes(place).empty()) continue;
    std::size_t count = 0;
    for (const std::string& code : pattern.codes(place)) {
      const auto it = held->by_place[place].find(ToAbsl(code));
      if (it != held->by_place[place].end()) count += it->second.series.size();
    }
    if (count < best_count) {
      best_count = count;
      best_place = place;
    }
  }
  if (best_count > names_.size()) return;  // a pattern has a place with codes
  if (best_count * kSeriesPerComparison > names_.size() && pattern.places() == held->by_place.size()) {
    MeetPlaces(*held, pattern, found);
    return;
  }
  for (const std::string& code : pattern.codes(best_place)) {
    const auto it = held->by_place[best_place].find(ToAbsl(code));
    if (it == held->by_place[best_place].end()) continue;
    for (const std::uint32_t i : it->second.series) {
      if (pattern.MatchesText(names_[i].key)) found->Add(i);
    }
  }
}

// A series matches if it is under a wanted code in every place that names codes. No code is compared.
//
//   series     R0.P0 R0.P1 R1.P0 R1.P1 R2.P0
//   R0+R1        1     1     1     1     0
//   P0           1     0     1     0     1
//   both         1     0     1     0     0
void SeriesIndex::MeetPlaces(const Dataset& dataset, const Selector& pattern, SeriesBits* found) const {
  std::optional<SeriesBits> matched;
  for (std::size_t place = 0; place < pattern.places(); ++place) {
    if (pattern.codes(place).empty()) continue;
    SeriesBits here(names_.size());
    for (const std::string& code : pattern.codes(place)) {
      const auto it = dataset.by_place[place].find(ToAbsl(code));
      if (it == dataset.by_place[place].end()) continue;
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

}  // namespace tidewaiter::rpc
