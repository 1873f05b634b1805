#include "client/cli/plot_figures.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/aggregate_text.h"
#include "client/cli/reading.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

constexpr absl::Duration kPlotTimeout = absl::Minutes(10);

absl::Status TooManyLines() {
  return InvalidField("DATASET/KEY",
                      absl::StrCat("more than ", kMaxChartLines,
                                   " lines cannot be told apart; select fewer series, or sum them"));
}

}  // namespace

absl::StatusOr<FigureLines> ReadFigures(Session& session, const client::VintageQuery& vintage) {
  const Options& options = session.options;
  client::AggregateRequest request;
  request.query = options.aggregate.query;
  request.query.dataset = options.target.dataset;
  request.query.keys = KeysOf(options.target);
  request.vintage = vintage;
  request.view.months = options.periods;
  FigureLines result;
  const auto take = [&](AggregateFigure& figure) -> absl::Status {
    if (result.lines.empty() || result.lines.back().series != figure.series) {
      if (result.lines.size() == kMaxChartLines) return TooManyLines();
      result.lines.push_back({.series = figure.series, .unit = figure.unit, .points = {}});
    }
    FigureLine& line = result.lines.back();
    if (figure.value.value) {
      line.points.push_back({figure.period, *figure.value.value});
    } else {
      ++line.undefined;
    }
    return absl::OkStatus();
  };
  absl::StatusOr<client::AggregateHeading> heading =
      session.client.StreamAggregates(request, take, {options.timeout.value_or(kPlotTimeout)});
  if (!heading.ok()) return heading.status();
  result.heading = absl::StrCat(heading->query.window.ToString(), " ", TransformText(heading->query));
  result.sequence = heading->vintage.sequence;
  return result;
}

}  // namespace tidewaiter::cli
