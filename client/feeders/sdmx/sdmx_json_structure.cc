#include "client/feeders/sdmx/sdmx_json_structure.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kAnnotation = "ANNOTATION";

bool Contains(const std::vector<std::string>& ids, std::string_view id) {
  return std::any_of(ids.begin(), ids.end(),
                     [id](const std::string& i) { return absl::EqualsIgnoreCase(i, ToAbsl(id)); });
}

}  // namespace

void SdmxJsonStructure::MakePlan(const std::vector<std::string>& measures_wished,
                                 std::string_view published) {
  SdmxPlan made;
  for (auto& level : dimensions) {
    for (SdmxJsonComponent& dimension : level) by_position.push_back(&dimension);
  }
  // Without positions the order is that of the levels.
  const bool placed = std::all_of(by_position.begin(), by_position.end(),
                                  [](const SdmxJsonComponent* d) { return d->key_position >= 0; });
  if (placed) {
    std::stable_sort(by_position.begin(), by_position.end(),
                     [](const auto* a, const auto* b) { return a->key_position < b->key_position; });
  }
  for (SdmxJsonComponent* dimension : by_position) {
    const std::size_t index = made.ids.size();
    dimension->component = index;
    made.ids.push_back(dimension->id);
    if (dimension->is_time) {
      made.time = index;
    } else {
      made.dimensions.push_back(index);
    }
  }
  if (!has_measures) measures.emplace_back().id = "OBS_VALUE";
  for (SdmxJsonComponent& measure : measures) {
    measure.component = made.ids.size();
    made.ids.push_back(measure.id);
    if (measures_wished.empty() || Contains(measures_wished, measure.id)) {
      made.measures.push_back(measure.component);
    } else {
      made.attributes.push_back(measure.component);
    }
  }
  std::map<std::string, std::size_t> known;  // an attribute may be given at several levels
  for (auto& level : attributes) {
    for (SdmxJsonComponent& attribute : level) {
      const auto [at, is_new] = known.try_emplace(attribute.id, made.ids.size());
      attribute.component = at->second;
      if (!is_new) continue;
      made.ids.push_back(attribute.id);
      const SdmxPart part = PartOfComponent(attribute.id);
      if (part == SdmxPart::kTime || part == SdmxPart::kMeasure) {
        made.attributes.push_back(attribute.component);
      } else {
        AddByPart(made, attribute.component);
      }
    }
  }
  if (!annotations.empty()) {
    annotation_component = made.ids.size();
    made.ids.emplace_back(kAnnotation);
    made.attributes.push_back(*annotation_component);
  }
  for (std::size_t i = 0; i < made.ids.size() && !published.empty(); ++i) {
    if (!absl::EqualsIgnoreCase(made.ids[i], ToAbsl(published))) continue;
    made.published = i;
    made.attributes.erase(std::remove(made.attributes.begin(), made.attributes.end(), i),
                          made.attributes.end());
  }
  plan = std::move(made);
}

}  // namespace tidewaiter::feeders
