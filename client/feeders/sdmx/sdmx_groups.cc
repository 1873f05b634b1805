#include "client/feeders/sdmx/sdmx_groups.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/feeders/limits.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {
namespace {

constexpr char kCodeSeparator = '\x1f';

absl::Status TooMany(std::string_view limit, std::size_t most, std::string_view what) {
  return MakeError(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
                   absl::StrCat("the message attaches attributes to partial keys: more than ", most, " ",
                                ToAbsl(what), "; state them with the observations, or split it"),
                   {{"limit", std::string(limit)}});
}

}  // namespace

std::string SdmxGroups::KeyOf(const std::vector<std::size_t>& key,
                              const std::vector<std::string_view>& texts) {
  std::string joined;
  for (const std::size_t component : key) {
    joined.append(texts[component]);
    joined += kCodeSeparator;
  }
  return joined;
}

absl::Status SdmxGroups::Add(const std::vector<std::string_view>& texts) {
  std::vector<std::size_t> key;
  for (const std::size_t component : key_) {
    if (!texts[component].empty()) key.push_back(component);
  }
  auto level = std::find_if(levels_.begin(), levels_.end(), [&key](const Level& l) { return l.key == key; });
  if (level == levels_.end()) {
    level = std::find_if(levels_.begin(), levels_.end(),
                         [&key](const Level& l) { return l.key.size() < key.size(); });
    if (levels_.size() == kMaxSdmxGroupLevels) {
      return TooMany("kMaxSdmxGroupLevels", kMaxSdmxGroupLevels, "combinations of dimensions");
    }
    level = levels_.insert(level, Level{key, {}});
  }
  std::string joined = KeyOf(key, texts);
  bytes_ += joined.size();
  Texts& kept = level->groups[std::move(joined)];
  if (kept.empty() && ++size_ > kMaxSdmxGroups) return TooMany("kMaxSdmxGroups", kMaxSdmxGroups, "of them");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty() || std::find(key_.begin(), key_.end(), i) != key_.end()) continue;
    bytes_ += texts[i].size();
    const auto old =
        std::find_if(kept.begin(), kept.end(), [i](const auto& text) { return text.first == i; });
    if (old != kept.end()) {
      old->second = texts[i];
    } else {
      kept.emplace_back(i, texts[i]);
    }
  }
  if (bytes_ > kMaxSdmxGroupBytes) return TooMany("kMaxSdmxGroupBytes", kMaxSdmxGroupBytes, "bytes of text");
  return absl::OkStatus();
}

void SdmxGroups::Fill(std::vector<std::string_view>& texts) const {
  for (const Level& level : levels_) {
    const auto group = level.groups.find(KeyOf(level.key, texts));
    if (group == level.groups.end()) continue;
    for (const auto& [component, text] : group->second) {
      if (component >= texts.size()) texts.resize(component + 1);
      if (texts[component].empty()) texts[component] = text;
    }
  }
}

}  // namespace tidewaiter::feeders
