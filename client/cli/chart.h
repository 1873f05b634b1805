// A chart of runs of months in text: points in, lines of a terminal out. Knows nothing of commands or
// daemons.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "domain/decimal.h"
#include "domain/period.h"

namespace tidewaiter::cli {

struct ChartPoint {
  Period period;
  Decimal value;
};

// One line of a chart: a series, at a vintage, as published or computed.
struct ChartLine {
  std::string label;  // in the legend
  std::vector<ChartPoint> points;
};

struct ChartOptions {
  std::string title;        // above the chart; empty: none
  std::size_t width = 100;  // of everything, in columns; at least kMinChartWidth
  std::size_t height = 20;  // of the plot, in lines; at least kMinChartHeight
  bool ascii = false;       // no braille, no box drawing
  bool colour = false;
};

inline constexpr std::size_t kMinChartWidth = 30;
inline constexpr std::size_t kMaxChartWidth = 1000;
inline constexpr std::size_t kMinChartHeight = 4;
inline constexpr std::size_t kMaxChartHeight = 200;
// More cannot be told apart.
inline constexpr std::size_t kMaxChartLines = 12;

// Draws the lines over a common axis of months and one of values, both labelled with round numbers that are
// exact. Nothing is interpolated: points are joined where one run of months follows the other and both have
// the same length; what is missing between them is a gap.
//
//   a run of one month     a point in the middle of the month
//   a longer run           a flat bar from its first month to its last (January-February combined, a year)
//   runs that overlap      points at their last months (twelve months to July, then to August; year to date)
//
// Several lines are told apart by letters at their ends, and by colour if that is wanted. Without a point, or
// with a line more than kMaxChartLines: empty.
std::string DrawChart(const std::vector<ChartLine>& lines, const ChartOptions& options);

}  // namespace tidewaiter::cli
