#include "client/feeders/tidy_columns.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/observation.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::array<std::string_view, kTidyColumns> kNames = {
    "published_on", "published_at", "period_start", "period_months", "period", "value", "release",
    "step",         "status",       "conf",         "date_basis",    "source", "note"};

std::optional<TidyColumn> ColumnOf(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<TidyColumn>(found - kNames.begin());
}

std::string Where(std::string_view file, std::string_view name) {
  return absl::StrCat(ToAbsl(file), " line 1, column ",
                      IsCleanUtf8(name) && !name.empty() ? std::string(name) : Quoted(name));
}

std::string JoinedIds(const DatasetDefinition& definition) {
  return absl::StrJoin(definition.dimensions, ", ",
                       [](std::string* out, const Dimension& d) { out->append(d.id); });
}

// Exactly one way to say it, and the whole of it.
void CheckChoices(const TidyColumns& columns, std::string_view file, Violations& violations) {
  const std::string header = absl::StrCat(ToAbsl(file), " line 1");
  const auto has = [&columns](TidyColumn column) { return columns.Has(column); };
  if (has(TidyColumn::kPublishedOn) && has(TidyColumn::kPublishedAt)) {
    violations.Add(header, "the columns published_on and published_at exclude each other; keep one");
  }
  if (!has(TidyColumn::kPublishedOn) && !has(TidyColumn::kPublishedAt)) {
    violations.Add(header,
                   "the column published_on (a day, 2025-08-07) or published_at (an instant, "
                   "2025-08-07T11:00:00+08:00) is missing");
  }
  const bool start = has(TidyColumn::kPeriodStart);
  const bool months = has(TidyColumn::kPeriodMonths);
  if (has(TidyColumn::kPeriod) && (start || months)) {
    violations.Add(header, "the column period excludes period_start and period_months; keep one or the two");
  } else if (!has(TidyColumn::kPeriod) && !(start && months)) {
    violations.Add(header, start ? "the column period_months is missing beside period_start"
                           : months
                               ? "the column period_start is missing beside period_months"
                               : "the column period (2025-01/P7M), or the columns period_start (2025-01) "
                                 "and period_months (7), are missing");
  }
  if (!has(TidyColumn::kValue)) violations.Add(header, "the column value is missing");
}

}  // namespace

std::string_view TidyColumnName(TidyColumn column) { return kNames[static_cast<std::size_t>(column)]; }

absl::StatusOr<TidyColumns> TidyColumns::FromHeader(const std::vector<std::string_view>& header,
                                                    std::string_view file,
                                                    const DatasetDefinition* definition) {
  TidyColumns columns;
  columns.size_ = header.size();
  Violations violations;
  std::vector<std::pair<std::string, std::size_t>> dimensions;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string_view name = header[i];
    if (std::find(header.begin(), header.begin() + i, name) != header.begin() + i) {
      violations.Add(Where(file, name), "stands twice in the header");
    } else if (const auto column = ColumnOf(name)) {
      columns.at_[static_cast<std::size_t>(*column)] = static_cast<int>(i);
    } else if (const std::string lower(absl::AsciiStrToLower(absl::StripAsciiWhitespace(ToAbsl(name))));
               lower != name && ColumnOf(lower)) {
      violations.Add(Where(file, name), absl::StrCat("is not a column; did you mean \"", lower, "\"?"));
    } else if (absl::Status s = ValidateCode(name); !s.ok()) {
      violations.Add(Where(file, name), absl::StrCat("cannot name a dimension: ", s.message()));
    } else {
      dimensions.emplace_back(std::string(name), i);
    }
  }
  CheckChoices(columns, file, violations);

  if (definition != nullptr) {
    std::vector<std::pair<std::string, std::size_t>> in_order;
    for (const Dimension& wanted : definition->dimensions) {
      const auto found = std::find_if(dimensions.begin(), dimensions.end(),
                                      [&wanted](const auto& d) { return d.first == wanted.id; });
      if (found == dimensions.end()) {
        violations.Add(absl::StrCat(ToAbsl(file), " line 1"),
                       absl::StrCat("the column ", wanted.id, " is missing: the dataset ", definition->id,
                                    " has the dimensions ", JoinedIds(*definition)));
        continue;
      }
      in_order.push_back(*found);
      dimensions.erase(found);
    }
    for (const auto& [name, at] : dimensions) {
      violations.Add(Where(file, name),
                     absl::StrCat("is unknown: the dataset ", definition->id, " has the dimensions ",
                                  JoinedIds(*definition), "; other columns are ",
                                  absl::StrJoin(kNames, ", ", [](std::string* out, std::string_view n) {
                                    out->append(n);
                                  })));
    }
    dimensions = std::move(in_order);
  }
  if (dimensions.empty() && violations.empty()) {
    violations.Add(absl::StrCat(ToAbsl(file), " line 1"),
                   "no column is a dimension; a series needs at least one, such as partner");
  }
  if (dimensions.size() > limits::kMaxDimensions) {
    violations.Add(absl::StrCat(ToAbsl(file), " line 1"),
                   absl::StrCat(dimensions.size(), " columns are dimensions; a dataset has at most ",
                                limits::kMaxDimensions));
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  for (auto& [name, at] : dimensions) {
    columns.dimensions_.push_back(std::move(name));
    columns.dimension_at_.push_back(at);
  }
  return columns;
}

}  // namespace tidewaiter::feeders
