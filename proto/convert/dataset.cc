#include "proto/convert/dataset.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "proto/convert/enums.h"

namespace tidewaiter::convert {

v1::Dataset ToWire(const DatasetDefinition& definition, std::uint32_t version) {
  v1::Dataset message;
  message.set_id(definition.id);
  for (const Dimension& dimension : definition.dimensions) {
    v1::Dimension* d = message.add_dimensions();
    d->set_id(dimension.id);
    d->set_role(ToWire(dimension.role));
  }
  message.set_publisher(definition.publisher);
  message.set_time_zone(definition.time_zone);
  message.set_year_start_month(static_cast<std::uint32_t>(definition.year_start_month));
  message.set_title(definition.title);
  message.set_description(definition.description);
  message.set_predecessor(definition.predecessor);
  message.set_version(version);
  return message;
}

absl::StatusOr<DatasetDefinition> FromWire(const v1::Dataset& dataset) {
  DatasetDefinition definition;
  Violations violations;
  definition.id = dataset.id();
  for (int i = 0; i < dataset.dimensions_size(); ++i) {
    const v1::Dimension& d = dataset.dimensions(i);
    const absl::StatusOr<Role> role = FromWire(d.role(), d.id());
    violations.Add(absl::StrCat("dimensions[", i, "].role"), role.status());
    definition.dimensions.push_back({d.id(), role.value_or(Role::kOther)});
  }
  definition.publisher = dataset.publisher();
  if (!dataset.time_zone().empty()) definition.time_zone = dataset.time_zone();
  if (dataset.year_start_month() > 12) {
    violations.Add("year_start_month", absl::StrCat("a month is 1 to 12, not ", dataset.year_start_month()));
  } else if (dataset.year_start_month() != 0) {
    definition.year_start_month = static_cast<int>(dataset.year_start_month());
  }
  definition.title = dataset.title();
  definition.description = dataset.description();
  definition.predecessor = dataset.predecessor();
  violations.Add("", Validate(definition));
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return definition;
}

}  // namespace tidewaiter::convert
