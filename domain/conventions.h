// How the figures of a dataset are to be read, beyond what its definition says: what a publisher does without
// saying so in each release, or what its users have agreed on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "domain/code_group.h"
#include "domain/dataset.h"
#include "domain/period.h"
#include "domain/print_rounding.h"

namespace tidewaiter {

// A sum that must hold on one dimension: the figures of `total` are the sum of those of its components, all
// other codes the same.
struct TotalRule {
  enum class Terms : std::uint8_t {
    kEvery =
        1,  // every other code of the dimension but `codes`; one that has no figure for a period adds nothing
    kCodes = 2,  // `codes`, each of which must have a figure
    kGroup = 3,  // the members of `group` in the period, each of which must have a figure
  };
  std::string dimension = {};  // id
  std::string total = {};      // code
  Terms terms = Terms::kEvery;
  std::vector<std::string> codes = {};
  std::string group = {};
  PeriodRange when = {};  // of the periods for which it must hold; open: all
  friend bool operator==(const TotalRule&, const TotalRule&) = default;
};

// A value; immutable in use.
struct Conventions {
  PrintRounding rounding = PrintRounding::kNearest;
  std::vector<CodeGroup> groups = {};  // names are unique
  std::vector<TotalRule> totals = {};
  friend bool operator==(const Conventions&, const Conventions&) = default;
};

// nullptr if there is none of that name.
const CodeGroup* FindGroup(const Conventions& conventions, std::string_view name);
// The codes that belong to the group throughout `period`; nullopt if any belongs to it in a part of the
// period only: then no sum of figures is the group's.
std::optional<std::vector<std::string>> MembersThroughout(const CodeGroup& group, Period period);

std::string_view PrintRoundingName(PrintRounding rounding);  // "nearest"

}  // namespace tidewaiter
