// plot: series, or vintages of one, as a chart.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/cell_text.h"
#include "client/cli/chart.h"
#include "client/cli/plot_figures.h"
#include "client/cli/reading.h"
#include "client/cli/session.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

constexpr absl::Duration kPlotTimeout = absl::Minutes(10);
constexpr std::size_t kDefaultHeight = 20;
// The months that some publishers give only together.
constexpr int kCombinedMonths = 2;

// The cells of one series at one vintage.
struct Source {
  std::string series;
  std::string vintage;  // " as of 2025-08-28", or nothing
  std::vector<client::Cell> cells;
};

bool Overlap(const Period& a, const Period& b) { return a.start() < b.end() && b.start() < a.end(); }

// The length that most cells have; of several the shortest.
int CommonestLength(const std::vector<client::Cell>& cells) {
  std::map<int, int> counts;
  for (const client::Cell& cell : cells) counts[cell.period.months()] += cell.datum.has_value() ? 1 : 0;
  int best = 0;
  for (const auto& [months, count] : counts) {
    if (best == 0 || count > counts[best]) best = months;
  }
  return best;
}

// What one line shows: lengths are not mixed, for a figure of seven months is no neighbour of one of a month.
// Months, and the first two months of a year where neither has a figure of its own; of a series without
// months the length that most figures have; with `months` that length.
std::vector<ChartPoint> PointsOf(const Source& source, int months, int year_start_month) {
  const bool monthly = std::any_of(source.cells.begin(), source.cells.end(), [](const client::Cell& cell) {
    return cell.period.months() == 1 && cell.datum.has_value();
  });
  const int length = months != 0 ? months : monthly ? 1 : CommonestLength(source.cells);
  std::vector<ChartPoint> points;
  const auto add_if = [&](auto wanted) {
    for (const client::Cell& cell : source.cells) {
      if (cell.datum.has_value() && wanted(cell.period)) points.push_back({cell.period, cell.datum.value()});
    }
  };
  add_if([&](const Period& period) { return period.months() == length; });
  if (months != 0 || length != 1) return points;
  const std::vector<ChartPoint> singles = points;
  add_if([&](const Period& period) {
    return period.months() == kCombinedMonths && period.start().month() == year_start_month &&
           std::none_of(singles.begin(), singles.end(),
                        [&](const ChartPoint& point) { return Overlap(point.period, period); });
  });
  return points;
}

absl::Status TooManyLines() {
  return InvalidField("DATASET/KEY", absl::StrCat("more than ", kMaxChartLines,
                                                  " lines cannot be told apart; select fewer "
                                                  "series, or name fewer vintages"));
}

std::string VintageText(const client::VintageQuery& vintage, const CellTexts& texts) {
  if (vintage.as_of_day) return absl::StrCat(" as of ", DayToString(*vintage.as_of_day));
  return vintage.as_of ? absl::StrCat(" as of ", texts.TimeText(*vintage.as_of)) : "";
}

// Adds every series as it was known at `vintage`; the sequence at which it was read.
absl::StatusOr<Sequence> ReadVintage(Session& session, const client::VintageQuery& vintage,
                                     const std::string& name, std::vector<Source>* sources) {
  const Options& options = session.options;
  client::ReadQuery query;
  query.dataset = options.target.dataset;
  query.keys = KeysOf(options.target);
  query.periods = options.periods;
  query.omit_texts = true;
  query.vintage = vintage;
  const std::size_t first = sources->size();
  const auto take = [&](client::SeriesCells& run) -> absl::Status {
    if (sources->size() == first || sources->back().series != run.series) {
      if (sources->size() == kMaxChartLines) return TooManyLines();
      sources->push_back({run.series, name, {}});
    }
    std::vector<client::Cell>& cells = sources->back().cells;
    cells.insert(cells.end(), run.cells.begin(), run.cells.end());
    return absl::OkStatus();
  };
  TW_ASSIGN_OR_RETURN(const Vintage read,
                      session.client.StreamRead(query, take, {options.timeout.value_or(kPlotTimeout)}));
  return read.sequence;
}

std::vector<client::VintageQuery> VintagesOf(const Options& options) {
  std::vector<client::VintageQuery> vintages = options.plot.vintages;
  if (vintages.empty()) vintages.emplace_back();
  return vintages;
}

// Every series at every vintage asked for, the vintages of a series together. All are read at one sequence,
// whatever is pushed meanwhile.
absl::StatusOr<Sequence> ReadAll(Session& session, const CellTexts& texts, std::vector<Source>* sources) {
  std::optional<Sequence> sequence = session.options.vintage.sequence;
  for (client::VintageQuery vintage : VintagesOf(session.options)) {
    vintage.sequence = sequence;
    TW_ASSIGN_OR_RETURN(sequence, ReadVintage(session, vintage, VintageText(vintage, texts), sources));
  }
  std::stable_sort(sources->begin(), sources->end(),
                   [](const Source& a, const Source& b) { return a.series < b.series; });
  return *sequence;
}

absl::Status OtherUnit(const std::string& unit, const std::string& other) {
  return InvalidField("DATASET/KEY", absl::StrCat("a chart has one unit; these series have ", unit, " and ",
                                                  other, ": select those of one"));
}

// One axis has one unit.
absl::StatusOr<std::string> CommonUnit(const std::vector<Source>& sources, CellTexts& texts) {
  const std::string unit = sources.empty() ? "" : texts.UnitOf(sources.front().series);
  for (const Source& source : sources) {
    if (const std::string& other = texts.UnitOf(source.series); other != unit) return OtherUnit(unit, other);
  }
  return unit;
}

std::string TitleOf(const std::vector<Source>& sources, const std::string& dataset, const std::string& unit) {
  const bool same = std::all_of(sources.begin(), sources.end(),
                                [&](const Source& s) { return s.series == sources.front().series; });
  std::string title = same ? sources.front().series : dataset;
  if (sources.size() == 1) title += sources.front().vintage;
  return unit.empty() ? title : absl::StrCat(title, ", ", unit);
}

// What a person might miss in the chart.
std::string Remarks(const std::vector<Source>& sources, const std::vector<ChartLine>& lines) {
  std::size_t absent = 0;
  std::size_t other_lengths = 0;
  bool bars = false;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (const client::Cell& cell : sources[i].cells) absent += cell.datum.has_value() ? 0 : 1;
    other_lengths += sources[i].cells.size() - lines[i].points.size();
    for (const ChartPoint& point : lines[i].points) bars |= point.period.months() > 1;
  }
  other_lengths -= absent;
  std::string remarks;
  if (bars) absl::StrAppend(&remarks, "A flat bar is one figure for a run of months.\n");
  if (absent > 0) {
    absl::StrAppend(&remarks, Counted(absent, "period"), " without a number ",
                    absent == 1 ? "is a gap" : "are gaps", ".\n");
  }
  if (other_lengths > 0) {
    absl::StrAppend(&remarks, Counted(other_lengths, "figure"),
                    " for runs of other lengths not drawn: --months N\n");
  }
  return remarks;
}

// A drawing, and what is said below it.
absl::Status Show(Session& session, std::string title, const std::vector<ChartLine>& lines,
                  const std::string& remarks, Sequence sequence) {
  const Options& options = session.options;
  ChartOptions chart;
  chart.title = std::move(title);
  chart.width = options.plot.width != 0 ? options.plot.width : session.out.columns();
  chart.height = options.plot.height != 0 ? options.plot.height : kDefaultHeight;
  chart.ascii = options.plot.ascii || !LocaleIsUtf8();
  chart.colour = session.out.wants_colour();
  const std::string drawn = DrawChart(lines, chart);
  session.out.Write(drawn);
  if (drawn.empty()) {
    TW_RETURN_IF_ERROR(CheckSomethingMatches(session, 0));
    session.Say(absl::StrCat("no number to draw; `tidewaiter ", options.plot.computed ? "aggregate" : "get",
                             "` shows what there is"));
    return absl::OkStatus();
  }
  const std::string read =
      absl::StrCat("Read at sequence ", sequence, ". The same again: --at-sequence ", sequence);
  session.out.Write(absl::StrCat(Coloured(remarks + read, Colour::kDim, chart.colour), "\n"));
  return absl::OkStatus();
}

// Computed figures: every output series at every vintage asked for, all at one sequence.
absl::Status RunComputed(Session& session, const CellTexts& texts) {
  struct Drawn {
    std::string series;
    ChartLine line;
  };
  std::vector<Drawn> drawn;
  std::string unit;
  std::string heading;
  std::size_t undefined = 0;
  std::optional<Sequence> sequence = session.options.vintage.sequence;
  for (client::VintageQuery vintage : VintagesOf(session.options)) {
    vintage.sequence = sequence;
    TW_ASSIGN_OR_RETURN(FigureLines figures, ReadFigures(session, vintage));
    sequence = figures.sequence;
    heading = std::move(figures.heading);
    for (FigureLine& line : figures.lines) {
      if (!drawn.empty() && line.unit != unit) return OtherUnit(unit, line.unit);
      if (drawn.size() == kMaxChartLines) return TooManyLines();
      unit = line.unit;
      undefined += line.undefined;
      drawn.push_back({line.series, {line.series + VintageText(vintage, texts), std::move(line.points)}});
    }
  }
  std::stable_sort(drawn.begin(), drawn.end(),
                   [](const Drawn& a, const Drawn& b) { return a.series < b.series; });
  const bool same = std::all_of(drawn.begin(), drawn.end(),
                                [&](const Drawn& one) { return one.series == drawn.front().series; });
  std::string title;
  if (!drawn.empty()) title = same ? drawn.front().series : session.options.target.dataset;
  if (drawn.size() == 1) title = drawn.front().line.label;
  absl::StrAppend(&title, " ", heading, unit.empty() ? "" : ", ", unit);
  std::vector<ChartLine> lines;
  for (Drawn& one : drawn) lines.push_back(std::move(one.line));
  const std::string remarks = undefined == 0 ? ""
                                             : absl::StrCat(Counted(undefined, "undefined figure"),
                                                            undefined == 1 ? " is a gap" : " are gaps",
                                                            ": `tidewaiter aggregate` says why.\n");
  return Show(session, std::move(title), lines, remarks, *sequence);
}

}  // namespace

absl::Status RunPlot(Session& session) {
  const Options& options = session.options;
  TW_ASSIGN_OR_RETURN(CellTexts texts, TextsOf(session));
  if (options.plot.computed) return RunComputed(session, texts);
  std::vector<Source> sources;
  TW_ASSIGN_OR_RETURN(const Sequence sequence, ReadAll(session, texts, &sources));
  TW_ASSIGN_OR_RETURN(const std::string unit, CommonUnit(sources, texts));
  std::vector<ChartLine> lines;
  for (const Source& source : sources) {
    lines.push_back({absl::StrCat(source.series, source.vintage),
                     PointsOf(source, options.period_months, texts.definition().year_start_month)});
  }
  return Show(session, sources.empty() ? "" : TitleOf(sources, options.target.dataset, unit), lines,
              Remarks(sources, lines), sequence);
}

}  // namespace tidewaiter::cli
