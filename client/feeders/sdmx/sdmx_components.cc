#include "client/feeders/sdmx/sdmx_components.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "domain/dataset.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {
namespace {

// In the order in which they stand in a key.
constexpr std::array<std::string_view, 4> kUnits = {"CURRENCY", "UNIT", "UNIT_MEASURE", "UNIT_MULT"};

// Of the cross-domain concepts, and of what central banks and statistical offices have in common beside them.
constexpr std::array<std::string_view, 50> kAttributes = {
    "AVAILABILITY",    "BASE_PER",       "BASE_PERIOD",
    "BREAKS",          "COLLECTION",     "COLL_METHOD",
    "COMMENT",         "COMMENT_DSET",   "COMMENT_OBS",
    "COMMENT_TS",      "COMPILATION",    "CONTACT",
    "COVERAGE",        "DATA_COMP",      "DATA_PROVIDER",
    "DATA_SOURCE",     "DECIMALS",       "DISS_ORG",
    "DOM_SER_IDS",     "EMBARGO",        "EMBARGO_TIME",
    "FREQ_COLL",       "FREQ_DISS",      "LAST_UPDATE",
    "METHODOLOGY",     "NAT_TITLE",      "NOTE",
    "NOTES",           "OBS_COM",        "OBS_COMMENT",
    "OBS_FLAG",        "OBS_PRE_BREAK",  "PREPARED",
    "PRE_BREAK_VALUE", "PUBL_ECB",       "PUBL_MU",
    "PUBL_PUBLIC",     "REF_PERIOD",     "REF_PERIOD_DETAIL",
    "SOURCE",          "SOURCE_AGENCY",  "SOURCE_PUB",
    "TIME_FORMAT",     "TITLE",          "TITLE_COMPL",
    "UNIT_INDEX_BASE", "UPDATED",        "VALID_FROM",
    "VALID_TO",        "VALUATION_NOTE",
};

std::size_t RankOfUnit(std::string_view id) {
  return static_cast<std::size_t>(std::find(kUnits.begin(), kUnits.end(), id) - kUnits.begin());
}

}  // namespace

SdmxPart PartOfComponent(std::string_view id) {
  const std::string upper = absl::AsciiStrToUpper(ToAbsl(id));
  if (upper == "TIME_PERIOD") return SdmxPart::kTime;
  if (upper == "OBS_VALUE") return SdmxPart::kMeasure;
  if (upper == "OBS_STATUS") return SdmxPart::kStatus;
  if (upper == "OBS_CONF" || upper == "CONF_STATUS") return SdmxPart::kConf;
  if (upper == "REPORTING_YEAR_START_DAY") return SdmxPart::kYearStart;
  if (RankOfUnit(upper) < kUnits.size()) return SdmxPart::kUnit;
  if (std::find(kAttributes.begin(), kAttributes.end(), upper) != kAttributes.end())
    return SdmxPart::kAttribute;
  // Ids of metadata attributes are paths.
  if (upper.find('.') != std::string::npos) return SdmxPart::kAttribute;
  if (upper == "FREQ" || RoleOfName(upper) != Role::kOther) return SdmxPart::kDimension;
  return SdmxPart::kUnknown;
}

void AddByPart(SdmxPlan& plan, std::size_t index) {
  const auto rank = [&plan](std::size_t i) { return RankOfUnit(absl::AsciiStrToUpper(plan.ids[i])); };
  switch (PartOfComponent(plan.ids[index])) {
    case SdmxPart::kTime:
      plan.time = index;
      return;
    case SdmxPart::kMeasure:
      plan.measures.push_back(index);
      return;
    case SdmxPart::kStatus:
      plan.status = index;
      return;
    case SdmxPart::kConf:
      plan.conf.push_back(index);
      return;
    case SdmxPart::kYearStart:
      plan.year_start = index;
      return;
    case SdmxPart::kUnit: {
      const auto at = std::find_if(plan.units.begin(), plan.units.end(),
                                   [&](std::size_t other) { return rank(other) > rank(index); });
      plan.units.insert(at, index);
      return;
    }
    case SdmxPart::kDimension:
    case SdmxPart::kAttribute:
    case SdmxPart::kUnknown:
      plan.attributes.push_back(index);
      return;
  }
}

std::vector<std::string> SplitIds(std::string_view text) {
  return absl::StrSplit(ToAbsl(text), '+', absl::SkipEmpty());
}

}  // namespace tidewaiter::feeders
