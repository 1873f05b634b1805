// A group of codes of one dimension, dated: a union that grew, a region redrawn.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/period.h"

namespace tidewaiter {

struct CodeGroup {
  struct Member {
    std::string code;
    PeriodRange when = {};  // open on both sides: always
    friend bool operator==(const Member&, const Member&) = default;
  };
  std::string name = {};       // stands in the dimension's place of the output key
  std::string dimension = {};  // id
  std::vector<Member> members = {};
  // It came from what is kept with the dataset (domain/conventions.h), where its codes were looked at.
  bool kept = false;

  // In a request a group that has a name only stands for the one that is kept under it.
  bool names_kept() const { return dimension.empty() && members.empty(); }
  friend bool operator==(const CodeGroup&, const CodeGroup&) = default;
};

// Whether any month lies in both.
bool Overlap(const PeriodRange& a, const PeriodRange& b);
// "1973-01..2020-01", "1995-01..", "..2020-01"; empty: always.
std::string RangeText(const PeriodRange& range);

}  // namespace tidewaiter
