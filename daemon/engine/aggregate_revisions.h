// Revisions of aggregates: of a twelve-month sum, of a growth rate, as it was first known against later.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "daemon/engine/aggregates.h"
#include "daemon/engine/revisions.h"
#include "domain/aggregate_query.h"

namespace tidewaiter::engine {

// The statistics of one output series after the other, in key order, and all together if input.pooled. Each
// figure is computed with all operands as they were known at the print in question (RealTime without
// each_operand). `query` is complete (KeptConventions::Complete) and names no dataset or keys of its own:
// they are input.read's. Windows end between input.read.periods. Errors: as Aggregates::Open, fields under
// "aggregate"; as ReadRevisions; input.of other than kLevel, input.period_months.
absl::StatusOr<RevisionAnswer> ReadAggregateRevisions(const Aggregates& aggregates,
                                                      const AggregateQuery& query, const RevisionInput& input,
                                                      const std::function<absl::Status()>& check_alive);

}  // namespace tidewaiter::engine
