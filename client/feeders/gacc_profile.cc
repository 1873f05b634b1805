#include "client/feeders/gacc_profile.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "domain/limits.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {

DatasetDefinition GaccProfile(std::string_view id, std::string_view dimensions, std::string_view title,
                              std::string_view description, const FeedOptions& options) {
  DatasetDefinition dataset;
  dataset.id = options.dataset.empty() ? std::string(id) : options.dataset;
  for (const absl::string_view dimension : absl::StrSplit(ToAbsl(dimensions), ' ')) {
    dataset.dimensions.push_back({std::string(dimension), RoleOfName(ToStd(dimension))});
  }
  dataset.publisher = options.publisher.empty() ? "GACC" : options.publisher;
  dataset.time_zone = options.time_zone.empty() ? "Asia/Shanghai" : options.time_zone;
  dataset.title = title;
  dataset.description = description;
  return dataset;
}

std::string GaccReleaseId(const DatasetDefinition& dataset, std::string_view part,
                          const Publication& published) {
  const std::string when = published.ToString();
  std::string name = absl::StrCat(dataset.id, ":", ToAbsl(part));
  const std::size_t room = limits::kMaxReleaseIdBytes - when.size() - 1;
  if (name.size() > room) {
    std::size_t end = room;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;  // whole characters
    name.resize(end);
  }
  return absl::StrCat(name, ":", when);
}

}  // namespace tidewaiter::feeders
