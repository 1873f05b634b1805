// One publisher's family of tables, and the dimensions its series are keyed by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tidewaiter {

// What a dimension is about. Stored as numbers: never renumber.
enum class Role : std::uint8_t {
  kOther = 0, kReporter = 1, kPartner = 2, kFlow = 3, kCommodity = 4, kMeasure = 5, kCurrency = 6,
  kUnit = 7, kAdjustment = 8,
};
std::string_view RoleName(Role role);  // "REPORTER"
absl::StatusOr<Role> ParseRole(std::string_view name);
// The role that a column or dimension of this name has by custom: "partner" is PARTNER; OTHER if none.
Role RoleOfName(std::string_view dimension_id);

struct Dimension {
  std::string id;  // SDMX identifier, lower case by custom: "partner"
  Role role = Role::kOther;
  friend bool operator==(const Dimension&, const Dimension&) = default;
};

struct DatasetDefinition {
  std::string id;                     // SDMX identifier: "GACC_PRESS"
  std::vector<Dimension> dimensions;  // in key order
  std::string publisher;              // agency, SDMX identifier: "GACC"
  std::string time_zone = "UTC";      // IANA name: "Asia/Shanghai"
  int year_start_month = 1;           // 1..12: 4 for a fiscal year that starts in April
  std::string title;                  // free text
  std::string description;            // free text
  std::string predecessor;            // id of the dataset that this one continues, or empty
  friend bool operator==(const DatasetDefinition&, const DatasetDefinition&) = default;
};

// Every violation at once, fields named as in the struct ("dimensions[2].id"). Whether the time zone exists
// is checked by the daemon, which has the zone tables.
absl::Status Validate(const DatasetDefinition& definition);

// What may change from one version of a definition to the next: title, description. OK, or an error that
// names each field that differs and says to create a new dataset that names this one as its predecessor.
absl::Status CheckEvolution(const DatasetDefinition& held, const DatasetDefinition& proposed);

// The unit of a series for people: the codes at the CURRENCY and UNIT places joined by a space ("USD BN").
std::string UnitOf(const DatasetDefinition& definition, std::string_view series_key);

}  // namespace tidewaiter
