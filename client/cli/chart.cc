#include "client/cli/chart.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/chart_axis.h"
#include "client/cli/chart_canvas.h"
#include "client/cli/table.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

// Lines of text for each interval between two ticks, at least.
constexpr std::size_t kLinesPerTick = 3;
constexpr std::array<std::string_view, 6> kColours = {"\x1b[36m", "\x1b[33m", "\x1b[35m",
                                                      "\x1b[32m", "\x1b[34m", "\x1b[31m"};
constexpr std::string_view kReset = "\x1b[0m";

std::string Tinted(std::string_view text, std::size_t line, bool colour) {
  if (!colour) return std::string(text);
  return absl::StrCat(ToAbsl(kColours[line % kColours.size()]), ToAbsl(text), ToAbsl(kReset));
}

// A point, with the months over which it is drawn.
struct Placed {
  Month first;
  Month last;
  int months;  // of its period
  Decimal value;
};

// By last month. Runs that overlap are drawn at their last months.
std::vector<Placed> Place(const ChartLine& line) {
  std::vector<ChartPoint> points = line.points;
  std::sort(points.begin(), points.end(),
            [](const ChartPoint& a, const ChartPoint& b) { return a.period < b.period; });
  bool overlap = false;
  for (std::size_t i = 1; i < points.size(); ++i) {
    overlap |= points[i].period.start() < points[i - 1].period.end();
  }
  std::vector<Placed> placed;
  for (const ChartPoint& point : points) {
    const Period& period = point.period;
    placed.push_back({overlap ? period.last() : period.start(), period.last(), overlap ? 0 : period.months(),
                      point.value});
  }
  std::stable_sort(placed.begin(), placed.end(),
                   [](const Placed& a, const Placed& b) { return a.last < b.last; });
  return placed;
}

bool Joined(const Placed& a, const Placed& b) { return b.first == a.last + 1 && a.months == b.months; }

// Bresenham's line, without its ends.
template <typename Draw>
void DrawJoin(std::int64_t x0, std::int64_t y0, std::int64_t x1, std::int64_t y1, Draw draw) {
  const std::int64_t dx = std::abs(x1 - x0), dy = -std::abs(y1 - y0);
  const std::int64_t step_x = x0 < x1 ? 1 : -1, step_y = y0 < y1 ? 1 : -1;
  std::int64_t error = dx + dy;
  std::int64_t x = x0, y = y0;
  while (x != x1 || y != y1) {
    const std::int64_t twice = 2 * error;
    if (twice >= dy) {
      error += dy;
      x += step_x;
    }
    if (twice <= dx) {
      error += dx;
      y += step_y;
    }
    if (x != x1 || y != y1) draw(static_cast<std::size_t>(x), static_cast<std::size_t>(y));
  }
}

// A chart on its way to text.
class Chart {
 public:
  Chart(const std::vector<ChartLine>& lines, const ChartOptions& options)
      : lines_(lines), options_(options), several_(lines.size() > 1) {
    for (const ChartLine& line : lines) placed_.push_back(Place(line));
  }

  std::string Draw() {
    std::vector<Decimal> values;
    for (const auto& line : placed_) {
      for (const Placed& point : line) values.push_back(point.value);
    }
    if (values.empty() || lines_.size() > kMaxChartLines) return "";
    const std::size_t height = std::clamp(options_.height, kMinChartHeight, kMaxChartHeight);
    const ValueAxis axis(values, static_cast<int>(std::max<std::size_t>(1, height / kLinesPerTick)));
    label_width_ = WidestLabel(axis);
    const std::size_t frame = label_width_ + 2 + (several_ ? 1 + lines_.size() : 0);
    const std::size_t width = std::clamp(options_.width, kMinChartWidth, kMaxChartWidth);
    // Labels of thirty digits leave little; some of the chart is always there.
    const std::size_t columns = std::max(width, frame + kMinChartWidth / 2) - frame;
    canvas_ = options_.ascii ? NewAsciiCanvas(columns, height, several_) : NewBrailleCanvas(columns, height);
    const MonthAxis months = Months();
    for (std::size_t i = 0; i < placed_.size(); ++i) DrawLine(i, axis, months);
    return absl::StrCat(Head(), Body(axis), Foot(months), Legend());
  }

 private:
  static std::size_t WidestLabel(const ValueAxis& axis) {
    std::size_t widest = 0;
    for (const ValueAxis::Tick& tick : axis.Ticks(2)) widest = std::max(widest, tick.label.size());
    return widest;
  }

  MonthAxis Months() const {
    std::optional<Month> first, last;
    for (const auto& line : placed_) {
      for (const Placed& point : line) {
        first = first ? std::min(*first, point.first) : point.first;
        last = last ? std::max(*last, point.last) : point.last;
      }
    }
    return MonthAxis(*first, *last);
  }

  void DrawLine(std::size_t line, const ValueAxis& axis, const MonthAxis& months) {
    const std::size_t across = canvas_->dots_across();
    const auto join = [&](std::size_t x, std::size_t y) { canvas_->Join(x, y, line); };
    const Placed* before = nullptr;
    for (const Placed& point : placed_[line]) {
      const std::size_t x0 = months.DotOf(point.first, across);
      const std::size_t x1 = months.DotOf(point.last, across);
      const std::size_t y = axis.DotOf(point.value, canvas_->dots_down());
      if (before != nullptr && Joined(*before, point)) {
        DrawJoin(static_cast<std::int64_t>(months.DotOf(before->last, across)),
                 static_cast<std::int64_t>(axis.DotOf(before->value, canvas_->dots_down())),
                 static_cast<std::int64_t>(x0), static_cast<std::int64_t>(y), join);
      }
      for (std::size_t x = x0; x <= x1; ++x) canvas_->Mark(x, y, line);
      before = &point;
    }
  }

  std::string Head() const {
    if (options_.title.empty()) return "";
    return absl::StrCat(Coloured(options_.title, Colour::kBold, options_.colour), "\n");
  }

  std::string Body(const ValueAxis& axis) const {
    std::vector<std::string> labels(canvas_->rows());
    const std::size_t dots = canvas_->dots_down();
    for (const ValueAxis::Tick& tick : axis.Ticks(dots)) {
      labels[tick.dot / canvas_->dots_per_row()] = tick.label;
    }
    std::vector<std::string> ends(canvas_->rows());
    for (std::size_t i = 0; several_ && i < placed_.size(); ++i) {
      if (placed_[i].empty()) continue;
      const std::size_t row = axis.DotOf(placed_[i].back().value, dots) / canvas_->dots_per_row();
      ends[row] += Tinted(std::string(1, LetterOf(i)), i, options_.colour);
    }
    std::string out;
    for (std::size_t row = 0; row < canvas_->rows(); ++row) {
      std::string text = absl::StrCat(std::string(label_width_ - labels[row].size(), ' '), labels[row], " ",
                                      AxisAt(!labels[row].empty()), Drawn(row));
      if (!ends[row].empty()) absl::StrAppend(&text, " ", ends[row]);
      text.erase(text.find_last_not_of(' ') + 1);
      absl::StrAppend(&out, text, "\n");
    }
    return out;
  }

  std::string AxisAt(bool tick) const {
    if (options_.ascii) return tick ? "+" : "|";
    return tick ? "┤" : "│";
  }

  // One row of the canvas.
  std::string Drawn(std::size_t row) const {
    std::string text;
    std::string run;  // of one line
    std::optional<std::size_t> owner;
    for (std::size_t column = 0; column <= canvas_->columns(); ++column) {
      const bool end = column == canvas_->columns();
      const std::optional<std::size_t> next = end ? std::nullopt : canvas_->OwnerOf(column, row);
      if (end || next != owner) {
        text += owner ? Tinted(run, *owner, options_.colour) : run;
        run.clear();
        owner = next;
      }
      if (!end) run += canvas_->CharacterAt(column, row);
    }
    return text;
  }

  std::string Foot(const MonthAxis& months) const {
    const std::vector<MonthAxis::Tick> ticks = months.Ticks(canvas_->columns());
    const std::string margin(label_width_ + 1, ' ');
    std::string rule = options_.ascii ? "+" : "└";
    std::string labels = margin + " ";
    for (std::size_t column = 0, tick = 0; column < canvas_->columns(); ++column) {
      const bool is_tick = tick < ticks.size() && ticks[tick].column == column;
      rule += options_.ascii ? (is_tick ? "+" : "-") : (is_tick ? "┬" : "─");
      if (!is_tick) continue;
      labels.resize(margin.size() + 1 + column, ' ');
      labels += ticks[tick++].label;
    }
    return absl::StrCat(margin, rule, "\n", labels, "\n");
  }

  std::string Legend() const {
    std::string out;
    for (std::size_t i = 0; several_ && i < lines_.size(); ++i) {
      absl::StrAppend(&out, Tinted(std::string(1, LetterOf(i)), i, options_.colour), "  ", lines_[i].label,
                      placed_[i].empty() ? "  (no number)" : "", "\n");
    }
    return out;
  }

  const std::vector<ChartLine>& lines_;
  const ChartOptions& options_;
  const bool several_;
  std::vector<std::vector<Placed>> placed_;
  std::size_t label_width_ = 0;
  std::unique_ptr<Canvas> canvas_;
};

}  // namespace

std::string DrawChart(const std::vector<ChartLine>& lines, const ChartOptions& options) {
  return Chart(lines, options).Draw();
}

}  // namespace tidewaiter::cli
