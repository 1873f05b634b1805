// Charts as people see them. Every picture here was looked at.
#include "client/cli/chart.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/chart_axis.h"
#include "client/cli/table.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidewaiter::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Decimal D(std::string_view text) { return *Decimal::Parse(text); }
Month M(std::string_view text) { return *Month::Parse(text); }

ChartLine Line(std::string label, const std::vector<std::pair<const char*, const char*>>& points) {
  ChartLine line{std::move(label), {}};
  for (const auto& [period, value] : points) line.points.push_back({*Period::Parse(period), D(value)});
  return line;
}

ChartOptions Small(bool ascii) {
  ChartOptions options;
  options.width = 34;
  options.height = 6;
  options.ascii = ascii;
  return options;
}

std::vector<std::string> Labels(const std::vector<std::string>& values, int intervals) {
  std::vector<Decimal> decimals;
  for (const std::string& value : values) decimals.push_back(D(value));
  std::vector<std::string> labels;
  for (const ValueAxis::Tick& tick : ValueAxis(decimals, intervals).Ticks(100)) labels.push_back(tick.label);
  return labels;
}

TEST(ValueAxis, LabelsAreRoundAndExact) {
  EXPECT_THAT(Labels({"182796", "179069"}, 4), ElementsAre("179000", "180000", "181000", "182000", "183000"));
  EXPECT_THAT(Labels({"0.1", "0.3"}, 2), ElementsAre("0.1", "0.2", "0.3"));
  EXPECT_THAT(Labels({"-9.014", "13.39"}, 5), ElementsAre("-10", "-5", "0", "5", "10", "15"));
  EXPECT_THAT(Labels({"244.81", "244.819"}, 5),
              ElementsAre("244.810", "244.812", "244.814", "244.816", "244.818", "244.820"));
  EXPECT_THAT(Labels({"7"}, 3), ElementsAre("7", "8"));
  EXPECT_THAT(Labels({"0"}, 1), ElementsAre("0", "1"));
  EXPECT_THAT(Labels({"-3"}, 1), ElementsAre("-3", "-2"));
  EXPECT_THAT(Labels({"-6.8", "31.4"}, 1), ElementsAre("-50", "0", "50"));
  EXPECT_THAT(Labels({"-0.4", "0.3"}, 1), ElementsAre("-0.5", "0.0", "0.5"));
  EXPECT_THAT(Labels({"-999999999999999999999999999", "999999999999999999999999999"}, 2),
              ElementsAre("-1000000000000000000000000000", "0", "1000000000000000000000000000"));
  EXPECT_THAT(Labels({"999999999999999999999999999", "0.000000000000000001"}, 1),
              ElementsAre("0", "1000000000000000000000000000"));
}

TEST(ValueAxis, EveryValueLiesBetweenTheEnds) {
  const ValueAxis axis({D("12.3"), D("17.9")}, 3);
  EXPECT_EQ(axis.DotOf(D("18"), 11), 0u);
  EXPECT_EQ(axis.DotOf(D("15"), 11), 5u);
  EXPECT_EQ(axis.DotOf(D("12"), 11), 10u);
}

std::vector<std::string> Labels(const MonthAxis& axis, std::size_t columns) {
  std::vector<std::string> labels;
  for (const MonthAxis::Tick& tick : axis.Ticks(columns))
    labels.push_back(absl::StrCat(tick.column, " ", tick.label));
  return labels;
}

TEST(MonthAxis, LabelsAreYearsOrMonthsWithinThem) {
  EXPECT_THAT(Labels(MonthAxis(M("2015-01"), M("2018-12")), 48),
              ElementsAre("0 2015", "12 2016", "24 2017", "36 2018"));
  EXPECT_THAT(Labels(MonthAxis(M("2024-11"), M("2025-10")), 48),
              ElementsAre("10 2025-01", "22 2025-04", "34 2025-07"));
  EXPECT_THAT(Labels(MonthAxis(M("1950-01"), M("2025-12")), 40),
              ElementsAre("5 1960", "15 1980", "26 2000", "36 2020"));
  EXPECT_THAT(Labels(MonthAxis(M("2025-03"), M("2025-03")), 20), ElementsAre("10 2025-03"));
  EXPECT_THAT(Labels(MonthAxis(M("2025-02"), M("2025-09")), 8), ElementsAre("0 2025-02"));
}

// January and February came together; nothing is known of June.
const ChartLine kYear = Line("CN.RU.T", {{"2025-01/P2M", "34.8"},
                                         {"2025-03", "18.4"},
                                         {"2025-04", "17.9"},
                                         {"2025-05", "17.7"},
                                         {"2025-07", "19.14"},
                                         {"2025-08", "17.9"},
                                         {"2025-09", "19.825"}});

TEST(Chart, GapsAreGapsAndRunsAreBars) {
  EXPECT_EQ(DrawChart({kYear}, Small(true)),
            "40 +\n"
            "   | *****\n"
            "   |\n"
            "20 +        *..*...*     *...*..*\n"
            "   |\n"
            " 0 +\n"
            "   +-+---------+---------+--------\n"
            "     2025-01   2025-04   2025-07\n");
}

TEST(Chart, InBraille) {
  EXPECT_EQ(DrawChart({kYear}, Small(false)),
            "40 ┤ ⢀⣀⣀⣀⡀\n"
            "   │\n"
            "   │\n"
            "20 ┤        ⠉⠉⠒⠒⠒⠒⠒⠂     ⠈⠉⠑⠒⠒⠊⠉⠁\n"
            "   │\n"
            " 0 ┤\n"
            "   └─┬─────────┬─────────┬────────\n"
            "     2025-01   2025-04   2025-07\n");
}

TEST(Chart, LinesAreToldApartByLetters) {
  const ChartLine first = Line("as of 2023-08-10", {{"2023-03", "315.589337"}, {"2023-04", "295.417981"}});
  const ChartLine second = Line("as of 2023-08-11", {{"2023-03", "305.04"}, {"2023-04", "295.417981"}});
  EXPECT_EQ(DrawChart({first, second}, Small(true)),
            "320 +\n"
            "    |      a...\n"
            "    |      b.........\n"
            "300 +             ......b       ab\n"
            "    |\n"
            "280 +\n"
            "    +------+------------+------\n"
            "           2023-03      2023-04\n"
            "a  as of 2023-08-10\n"
            "b  as of 2023-08-11\n");
}

TEST(Chart, RunsThatOverlapAreDrawnAtTheirLastMonths) {
  EXPECT_EQ(DrawChart({Line("t12m", {{"2024-01/P12M", "244.8"},
                                     {"2024-02/P12M", "243.1"},
                                     {"2024-03/P12M", "242.6"},
                                     {"2024-05/P12M", "240"}})},
                      Small(true)),
            "245 +  *.\n"
            "    |    ...\n"
            "    |       .*.....*\n"
            "    |\n"
            "    |\n"
            "240 +                          *\n"
            "    +--------+-----------+--------\n"
            "             2025-01     2025-03\n");
}

TEST(Chart, ColourIsOnlyThereIfWanted) {
  ChartOptions options = Small(false);
  options.title = "CN.RU.T, USD BN";
  EXPECT_THAT(DrawChart({kYear}, options), Not(HasSubstr("\x1b")));
  options.colour = true;
  EXPECT_THAT(DrawChart({kYear}, options), HasSubstr("\x1b[1mCN.RU.T, USD BN\x1b[0m\n"));
}

TEST(Chart, NothingToDraw) {
  EXPECT_EQ(DrawChart({}, Small(true)), "");
  EXPECT_EQ(DrawChart({Line("empty", {})}, Small(true)), "");
  EXPECT_EQ(DrawChart(std::vector<ChartLine>(kMaxChartLines + 1, kYear), Small(true)), "");
}

// Sizes and figures of every kind: every line of text fits, and nothing is drawn outside.
TEST(Chart, FitsItsWidth) {
  const ChartLine wild = Line("wild", {{"1950-01", "-999999999999999999999999999"},
                                       {"1950-01/P1200M", "0.000000000000000001"},
                                       {"2025-12", "5"}});
  for (const bool ascii : {true, false}) {
    for (std::size_t width = kMinChartWidth; width < 130; width += 7) {
      for (const auto& lines : {std::vector<ChartLine>{kYear}, {kYear, kYear}, {wild}}) {
        ChartOptions options = Small(ascii);
        options.width = width;
        const std::string chart = DrawChart(lines, options);
        EXPECT_FALSE(chart.empty());
        // Figures of 28 digits need more than the narrowest chart.
        if (lines.front().label == "wild" && width < 50) continue;
        for (const absl::string_view text : absl::StrSplit(chart, '\n')) {
          EXPECT_LE(DisplayWidth(std::string_view(text.data(), text.size())), width) << chart;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tidewaiter::cli
