// Why no path leads from the start of a run of months to its end.
#pragma once

#include <span>
#include <vector>

#include "domain/change.h"
#include "domain/interval.h"
#include "domain/month.h"
#include "domain/period.h"

namespace tidewaiter {

// The reason and the months at fault, in order, at most limits::kMaxMonthsAtFault.
struct PathGap {
  Undefined reason = Undefined::kMissingMonths;
  std::vector<Month> months;
};

// Explains why the cells give no value for `run`, of which no path of any kind exists. In this order:
//
//   kAbsent          the run itself is stated as an absence, or the path would exist if the absences had
//   values kMissingMonths   a month of the run lies in no published run at all kCombinedMonths  the run
//   starts or ends inside a published run that nothing cuts; its months are named kMissingMonths   the months
//   lie in published runs, but some cut is missing (a YTD between two others)
//
// Cost: O(cells + months between the first and the last).
PathGap ExplainGap(std::span<const CellState> cells, Period run);

// The months of a run, at most limits::kMaxMonthsAtFault.
std::vector<Month> MonthsOf(Period run);

}  // namespace tidewaiter
