// What a figure was computed from, for those who ask.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/member_cells.h"
#include "domain/aggregate.h"
#include "domain/aggregate_query.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// The series of one side of a figure.
struct TermSide {
  const std::vector<Member>* members = nullptr;
  const std::vector<storage::SeriesId>* ids = nullptr;  // nullptr: a sum that was kept, whose name is:
  std::string name;
};

// The terms with keys and operands, and the other paths to each run. At most limits::kMaxExplainedOperands
// operands. `rounding`: how they were printed.
absl::StatusOr<std::vector<FigureTerm>> ExplainTerms(const storage::Catalogue& catalogue,
                                                     const std::vector<AggregateTerm>& terms,
                                                     const TermSide& above, const TermSide& below,
                                                     PrintRounding rounding);

}  // namespace tidewaiter::engine
