#include "daemon/engine/measures.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/measure.h"
#include "domain/series_key.h"
#include "domain/strings.h"

namespace tidewaiter::engine {

std::optional<std::size_t> PlaceOf(const DatasetDefinition& dataset, Role role) {
  for (std::size_t i = 0; i < dataset.dimensions.size(); ++i) {
    if (dataset.dimensions[i].role == role) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> PlaceOf(const DatasetDefinition& dataset, std::string_view dimension_id) {
  for (std::size_t i = 0; i < dataset.dimensions.size(); ++i) {
    if (dataset.dimensions[i].id == dimension_id) return i;
  }
  return std::nullopt;
}

bool IsAdditive(const DatasetDefinition& dataset, const std::vector<std::string_view>& codes) {
  const std::size_t places = std::min(codes.size(), dataset.dimensions.size());
  for (std::size_t i = 0; i < places; ++i) {
    const Role role = dataset.dimensions[i].role;
    if ((role == Role::kMeasure || role == Role::kUnit) && !tidewaiter::IsAdditive(codes[i])) return false;
  }
  return true;
}

bool IsOfTotalClass(Role role) {
  switch (role) {
    case Role::kFlow:
    case Role::kMeasure:
    case Role::kCurrency:
    case Role::kUnit:
    case Role::kAdjustment:
      return true;
    default:
      return false;
  }
}

std::string TotalClass(const DatasetDefinition& dataset, const std::vector<std::string_view>& codes) {
  std::string text;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (IsOfTotalClass(dataset.dimensions[i].role)) absl::StrAppend(&text, ToAbsl(codes[i]), ".");
  }
  return text;
}

std::string FigureUnit(const AggregateSpec& spec, std::string_view above, std::string_view below) {
  switch (spec.transform) {
    case Transform::kLevel:
    case Transform::kChange:
    case Transform::kRunRate:
      return std::string(above);
    case Transform::kGrowth:
    case Transform::kAnnualisedGrowth:
    case Transform::kMagnitudeGrowth:
    case Transform::kShare:
      return "PCT";
    case Transform::kContribution:
      return "PP";
    case Transform::kIndex:
      return spec.base ? absl::StrCat(spec.base->ToString(), "=100") : "";
    case Transform::kUnitValue:
      return below.empty() ? std::string(above) : absl::StrCat(ToAbsl(above), "/", ToAbsl(below));
    case Transform::kRatio:
      break;
  }
  return "";
}

std::optional<std::string> RateKey(const DatasetDefinition& dataset, std::string_view series_key) {
  const std::optional<std::size_t> measure = PlaceOf(dataset, Role::kMeasure);
  const SeriesKey key = SeriesKey::FromValid(std::string(series_key));
  std::vector<std::string_view> codes = key.codes();
  if (!measure || codes.size() != dataset.dimensions.size()) return std::nullopt;
  codes[*measure] = "YOY";
  if (const std::optional<std::size_t> unit = PlaceOf(dataset, Role::kUnit)) codes[*unit] = "PCT";
  return absl::StrJoin(codes, ".", [](std::string* out, std::string_view code) { out->append(code); });
}

}  // namespace tidewaiter::engine
