#include "domain/code_group.h"

#include "absl/strings/str_cat.h"

namespace tidewaiter {

bool Overlap(const PeriodRange& a, const PeriodRange& b) {
  return !(a.to && b.from && *a.to < *b.from) && !(b.to && a.from && *b.to < *a.from);
}

std::string RangeText(const PeriodRange& range) {
  if (range == PeriodRange()) return "";
  return absl::StrCat(range.from ? range.from->ToString() : "", "..", range.to ? range.to->ToString() : "");
}

}  // namespace tidewaiter
