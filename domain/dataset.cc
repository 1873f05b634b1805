#include "domain/dataset.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/observation.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 9> kRoleNames = {{
    {Role::kOther, "OTHER"},
    {Role::kReporter, "REPORTER"},
    {Role::kPartner, "PARTNER"},
    {Role::kFlow, "FLOW"},
    {Role::kCommodity, "COMMODITY"},
    {Role::kMeasure, "MEASURE"},
    {Role::kCurrency, "CURRENCY"},
    {Role::kUnit, "UNIT"},
    {Role::kAdjustment, "ADJUSTMENT"},
}};

// Customary names beside the roles' own: those of SDMX's trade structures and of customs tables.
constexpr std::array<std::pair<std::string_view, Role>, 11> kCustomaryNames = {{
    {"ref_area", Role::kReporter},
    {"counterpart_area", Role::kPartner},
    {"trade_flow", Role::kFlow},
    {"hs", Role::kCommodity},
    {"product", Role::kCommodity},
    {"goods", Role::kCommodity},
    {"indicator", Role::kMeasure},
    {"unit_measure", Role::kUnit},
    {"unit_mult", Role::kUnit},
    {"seasonal_adjust", Role::kAdjustment},
    {"seasonal_adjustment", Role::kAdjustment},
}};

constexpr std::size_t kMaxTimeZoneBytes = 64;  // the longest IANA name has 32
constexpr std::string_view kMakeNewDataset =
    "cannot change once the dataset exists; create a new dataset that names this one as its predecessor";

void CheckCode(std::string_view field, std::string_view code, Violations& violations) {
  if (absl::Status s = ValidateCode(code); !s.ok()) violations.Add(field, s);
}

void CheckText(std::string_view field, std::string_view text, std::size_t max_bytes, Violations& violations) {
  if (text.size() > max_bytes) {
    violations.Add(field,
                   absl::StrCat("the text has ", text.size(), " bytes; at most ", max_bytes, " are allowed"));
  } else if (!IsCleanUtf8(text)) {
    violations.Add(field, "the text must be UTF-8 without control characters");
  }
}

bool IsZoneByte(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
         c == '-' || c == '+';
}

void CheckTimeZone(std::string_view zone, Violations& violations) {
  // A name looks like one here; a leading slash or a dot could lead a zone loader out of its folder.
  if (!zone.empty() && zone.size() <= kMaxTimeZoneBytes && zone.front() != '/' &&
      std::all_of(zone.begin(), zone.end(), IsZoneByte)) {
    return;
  }
  violations.Add("time_zone", absl::StrCat(Quoted(zone),
                                           " is not an IANA time zone name; write one such as Asia/Shanghai "
                                           "or UTC"));
}

std::string DimensionField(std::size_t i, std::string_view member) {
  return absl::StrCat("dimensions[", i, "].", ToAbsl(member));
}

void CheckDimensions(const std::vector<Dimension>& dimensions, Violations& violations) {
  if (dimensions.empty()) violations.Add("dimensions", "a dataset has at least one dimension");
  if (dimensions.size() > limits::kMaxDimensions) {
    violations.Add("dimensions", absl::StrCat("a dataset has at most ", limits::kMaxDimensions,
                                              " dimensions, not ", dimensions.size()));
  }
  absl::flat_hash_set<std::string> seen;
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    const Dimension& dimension = dimensions[i];
    CheckCode(DimensionField(i, "id"), dimension.id, violations);
    if (!seen.insert(dimension.id).second) {
      violations.Add(DimensionField(i, "id"),
                     absl::StrCat(Quoted(dimension.id),
                                  " is the id of an earlier dimension; give each its "
                                  "own"));
    }
    if (RoleName(dimension.role) == "UNKNOWN") {
      violations.Add(DimensionField(i, "role"),
                     absl::StrCat("there is no role number ", static_cast<int>(dimension.role)));
    }
  }
}

// What a field was and what it would become.
void CheckSame(std::string_view field, std::string_view held, std::string_view proposed,
               Violations& violations) {
  if (held == proposed) return;
  violations.Add(field, absl::StrCat("held ", Quoted(held), ", proposed ", Quoted(proposed), ": it ",
                                     ToAbsl(kMakeNewDataset)));
}

void CheckSameDimensions(const std::vector<Dimension>& held, const std::vector<Dimension>& proposed,
                         Violations& violations) {
  if (held.size() != proposed.size()) {
    violations.Add("dimensions", absl::StrCat("held ", held.size(), " dimensions, proposed ", proposed.size(),
                                              ": they ", ToAbsl(kMakeNewDataset)));
  }
  for (std::size_t i = 0; i < std::min(held.size(), proposed.size()); ++i) {
    CheckSame(DimensionField(i, "id"), held[i].id, proposed[i].id, violations);
    CheckSame(DimensionField(i, "role"), RoleName(held[i].role), RoleName(proposed[i].role), violations);
  }
}

}  // namespace

std::string_view RoleName(Role role) {
  for (const auto& [value, name] : kRoleNames) {
    if (value == role) return name;
  }
  return "UNKNOWN";
}

absl::StatusOr<Role> ParseRole(std::string_view name) {
  for (const auto& [value, text] : kRoleNames) {
    if (absl::EqualsIgnoreCase(ToAbsl(text), ToAbsl(name))) return value;
  }
  return InvalidField("",
                      absl::StrCat(Quoted(name),
                                   " is not a role; use one of OTHER, REPORTER, PARTNER, FLOW, COMMODITY, "
                                   "MEASURE, CURRENCY, UNIT, ADJUSTMENT"));
}

Role RoleOfName(std::string_view dimension_id) {
  if (const auto role = ParseRole(dimension_id); role.ok()) return *role;
  for (const auto& [name, role] : kCustomaryNames) {
    if (absl::EqualsIgnoreCase(ToAbsl(name), ToAbsl(dimension_id))) return role;
  }
  return Role::kOther;
}

absl::Status Validate(const DatasetDefinition& definition) {
  Violations violations;
  CheckCode("id", definition.id, violations);
  CheckDimensions(definition.dimensions, violations);
  CheckCode("publisher", definition.publisher, violations);
  CheckTimeZone(definition.time_zone, violations);
  if (definition.year_start_month < 1 || definition.year_start_month > 12) {
    violations.Add("year_start_month", absl::StrCat("the statistical year starts in month 1 to 12, not ",
                                                    definition.year_start_month));
  }
  CheckText("title", definition.title, limits::kMaxTitleBytes, violations);
  CheckText("description", definition.description, limits::kMaxDescriptionBytes, violations);
  if (!definition.predecessor.empty()) {
    CheckCode("predecessor", definition.predecessor, violations);
    if (definition.predecessor == definition.id) {
      violations.Add("predecessor", "a dataset cannot continue itself; name another, or leave it empty");
    }
  }
  return violations.ToStatus();
}

absl::Status CheckEvolution(const DatasetDefinition& held, const DatasetDefinition& proposed) {
  Violations violations;
  CheckSame("id", held.id, proposed.id, violations);
  CheckSameDimensions(held.dimensions, proposed.dimensions, violations);
  CheckSame("publisher", held.publisher, proposed.publisher, violations);
  CheckSame("time_zone", held.time_zone, proposed.time_zone, violations);
  CheckSame("year_start_month", absl::StrCat(held.year_start_month), absl::StrCat(proposed.year_start_month),
            violations);
  CheckSame("predecessor", held.predecessor, proposed.predecessor, violations);
  if (violations.empty()) return absl::OkStatus();
  const absl::Status status = violations.ToStatus(Reason::kDatasetConflict);
  return MakeError(
      absl::StatusCode::kAlreadyExists, Reason::kDatasetConflict,
      absl::StrCat("dataset ", Quoted(held.id), " exists with another definition: ", status.message()),
      {{"dataset", held.id}}, DetailsOf(status).violations);
}

std::string UnitOf(const DatasetDefinition& definition, std::string_view series_key) {
  const SeriesKey key = SeriesKey::FromValid(std::string(series_key));
  const std::vector<std::string_view> codes = key.codes();
  std::string unit;
  for (const Role role : {Role::kCurrency, Role::kUnit}) {
    for (std::size_t i = 0; i < std::min(codes.size(), definition.dimensions.size()); ++i) {
      if (definition.dimensions[i].role != role) continue;
      absl::StrAppend(&unit, unit.empty() ? "" : " ", ToAbsl(codes[i]));
    }
  }
  return unit;
}

}  // namespace tidewaiter
