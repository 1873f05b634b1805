#include "client/feeders/gacc/gacc_profile.h"

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

std::string GaccReleaseId(const DatasetDefinition& dataset, const Publication& published,
                          std::string_view part) {
  std::string id = absl::StrCat(dataset.id, ":", published.ToString(), ":", ToAbsl(part));
  if (id.size() <= limits::kMaxReleaseIdBytes) return id;
  std::size_t end = limits::kMaxReleaseIdBytes;
  while ((static_cast<unsigned char>(id[end]) & 0xC0) == 0x80) --end;  // whole characters
  id.resize(end);
  return id;
}

}  // namespace tidewaiter::feeders
