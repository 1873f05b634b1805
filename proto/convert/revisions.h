// Revision statistics between wire and domain.
#pragma once

#include "absl/status/statusor.h"
#include "domain/regression.h"
#include "domain/revision_statistics.h"
#include "tidewaiter/v1/analysis_service.pb.h"

namespace tidewaiter::convert {

v1::Statistic ToWire(const Statistic& statistic);
v1::TTest ToWire(const TTest& test);
v1::FTest ToWire(const FTest& test);
v1::RevisionRegression ToWire(const Regression& regression);
// A reason that this version does not know reads as TOO_FEW_PAIRS.
Statistic FromWire(const v1::Statistic& message);
// Error: `minimum` or `maximum` is no number.
absl::StatusOr<RevisionStatistics> FromWire(const v1::SeriesRevisions& message);
// All but what the caller knows: series, unit, periods.
void FillStatistics(const RevisionStatistics& statistics, v1::SeriesRevisions* message);

}  // namespace tidewaiter::convert
