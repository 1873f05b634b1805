// Computed figures as lines of a chart.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/chart.h"
#include "client/cli/session.h"
#include "client/types.h"
#include "domain/vintage.h"

namespace tidewaiter::cli {

// The figures of one output series at one vintage.
struct FigureLine {
  std::string series;
  std::string unit;
  std::vector<ChartPoint> points;
  std::size_t undefined = 0;
};

struct FigureLines {
  std::vector<FigureLine> lines;  // in key order
  std::string heading;            // "t12m growth lag 12"
  Sequence sequence = 0;          // at which they were read
};

// What the options ask for, at `vintage`. Errors: as Client::Aggregate; more than kMaxChartLines series.
absl::StatusOr<FigureLines> ReadFigures(Session& session, const client::VintageQuery& vintage);

}  // namespace tidewaiter::cli
