// A figure of one series in few bytes, for answers of many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/instant.h"
#include "domain/interval.h"
#include "domain/period.h"
#include "domain/vintage.h"

namespace tidewaiter {

// What an AggregateFigure says of one series, where there is a value of 64 bits. Refers to its texts.
struct QuickFigure {
  std::string_view series;
  std::string_view unit;
  Period period;
  std::int64_t coefficient = 0;
  int scale = 0;
  bool bounded = false;    // there is a bound
  std::int64_t bound = 0;  // value +- bound
  int bound_scale = 0;
  Derivation derivation = Derivation::kPublished;
  bool across_releases = false;
  Instant published_at;
  Sequence sequence = 0;
};

// Several of them, a series each, which have bounds and all but these columns in common. The columns are
// equally long.
struct QuickColumns {
  std::string keys;  // of the series, each with a line feed after it
  std::string_view unit;
  Period period;
  int scale = 0;
  int bound_scale = 0;
  Derivation derivation = Derivation::kPublished;
  std::vector<std::int64_t> coefficients;
  std::vector<std::int64_t> bounds;
  std::vector<std::uint8_t> across_releases;  // 0 or 1
  std::vector<Instant> published_at;
  std::vector<Sequence> sequences;

  std::size_t size() const { return coefficients.size(); }
  // Whether the figure has the same in common. REQUIRES: size() > 0.
  bool Fits(const QuickFigure& figure) const {
    return figure.bounded && figure.scale == scale && figure.bound_scale == bound_scale &&
           figure.derivation == derivation && figure.period == period && figure.unit == unit;
  }
  // Begins anew with a figure that has a bound, keeping the memory.
  void Begin(const QuickFigure& figure) {
    keys.clear();
    for (auto* column : {&coefficients, &bounds}) column->clear();
    across_releases.clear();
    published_at.clear();
    sequences.clear();
    unit = figure.unit;
    period = figure.period;
    scale = figure.scale;
    bound_scale = figure.bound_scale;
    derivation = figure.derivation;
    Add(figure);
  }
  // REQUIRES: Fits(figure).
  void Add(const QuickFigure& figure) {
    keys.append(figure.series);
    keys.push_back('\n');
    coefficients.push_back(figure.coefficient);
    bounds.push_back(figure.bound);
    across_releases.push_back(figure.across_releases ? 1 : 0);
    published_at.push_back(figure.published_at);
    sequences.push_back(figure.sequence);
  }
};

}  // namespace tidewaiter
