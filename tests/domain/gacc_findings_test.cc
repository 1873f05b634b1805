// What the rules find in eight years of China's headlines on its trade with Russia, day by day. The data
// stand beside the project (../shared/data); without them these tests say so and are skipped.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "domain/finding.h"
#include "domain/identity.h"
#include "domain/release_check.h"
#include "tests/domain/figures_in_memory.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

constexpr char kPrints[] = "../shared/data/gacc-china-russia/prints.csv";

struct Print {
  std::string day;
  SeriesKey series;
  Period period;
  Datum datum;
};

// published_on,date_basis,period_start,period_months,reporter,partner,flow,measure,currency,unit,value,step,...
Print ParsePrint(const std::string& line) {
  std::istringstream fields(line);
  std::vector<std::string> places;
  for (std::string field; places.size() < 12 && std::getline(fields, field, ',');) places.push_back(field);
  std::vector<std::string> codes(places.begin() + 4, places.begin() + 10);
  return {places[0], Must(SeriesKey::FromCodes(codes)), P(absl::StrCat(places[2], "/P", places[3], "M")),
          Must(Datum::ValueWithStep(D(places[10]), Must(ParseStep(places[11]))))};
}

// By day of publication.
std::map<std::string, std::vector<Print>> ReadPrints() {
  std::ifstream file(kPrints);
  std::map<std::string, std::vector<Print>> days;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    Print print = ParsePrint(line);
    days[print.day].push_back(std::move(print));
  }
  return days;
}

DatasetDefinition GaccPress() {
  DatasetDefinition dataset;
  dataset.id = "GACC_PRESS";
  for (const char* id : {"reporter", "partner", "flow", "measure", "currency", "unit"}) {
    dataset.dimensions.push_back({id, RoleOfName(id)});
  }
  dataset.publisher = "GACC";
  return dataset;
}

// All that a replay finds.
struct Replayed {
  std::vector<ImpliedBaseCheck> checks;
  std::vector<Finding> findings;
};

Replayed Replay(PrintRounding rounding) {
  Replayed replayed;
  const DatasetDefinition dataset = GaccPress();
  FiguresInMemory figures;
  ReleaseUnderCheck release;
  release.conventions.rounding = rounding;
  for (const auto& [day, prints] : ReadPrints()) {
    ++release.sequence;
    release.published_at = PublishedAt::OnDay(Must(ParseDay(day)), absl::UTCTimeZone());
    for (const Print& print : prints) {
      figures.State(print.series, print.period, print.datum);
      release.reference_month = std::max(release.reference_month, print.period.last());
    }
    ReleaseChecker checker(release, dataset, figures,
                           [&](const ImpliedBaseCheck& check) { replayed.checks.push_back(check); });
    for (const auto& [series, period] : figures.stated_cells()) {
      const Datum datum = *Must(figures.Stated(series, period));
      EXPECT_TRUE(checker.Check(series, period, datum, Attributes()).ok());
    }
    for (Finding& finding : checker.TakeFindings()) replayed.findings.push_back(std::move(finding));
    figures.Accept(release.sequence, release.published_at.instant);
  }
  return replayed;
}

bool IsYearToDate(Period period) { return period.start().month() == 1 && period.months() > 1; }

// The implied bases of trade with Russia in dollars, year to date, in the words of the field. A period is one
// release, whenever its rates were stated: three are repeated months later with a level that was held.
struct Tally {
  std::size_t periods = 0;                   // with at least one flow that can be tested
  std::size_t inconsistent = 0;              // with at least one flow whose rate cannot follow
  std::map<std::string, std::string> flows;  // "34 up, 1 down, 2 fit"
};

Tally TallyOf(const Replayed& replayed) {
  std::set<Period> periods;
  std::set<Period> inconsistent;
  std::map<std::string, std::map<BaseVerdict, int>> counts;
  for (const ImpliedBaseCheck& check : replayed.checks) {
    if (!S("CN.RU..VALUE.USD.BN").Matches(check.level) || !IsYearToDate(check.period)) continue;
    if (check.result.verdict == BaseVerdict::kNotTestable) continue;
    periods.insert(check.period);
    if (check.result.verdict != BaseVerdict::kFits) inconsistent.insert(check.period);
    ++counts[std::string(check.level.code(2))][check.result.verdict];
  }
  Tally tally{periods.size(), inconsistent.size(), {}};
  for (auto& [flow, verdicts] : counts) {
    tally.flows[flow] =
        absl::StrCat(verdicts[BaseVerdict::kHeldBelow], " up, ", verdicts[BaseVerdict::kHeldAbove], " down, ",
                     verdicts[BaseVerdict::kFits], " fit");
  }
  return tally;
}

class GaccFindingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::ifstream(kPrints).good()) GTEST_SKIP() << kPrints << " is not here";
  }
};

TEST_F(GaccFindingsTest, ImpliedRevisionsOfTradeWithRussia) {
  const Tally tally = TallyOf(Replay(PrintRounding::kNearest));
  EXPECT_EQ(tally.periods, 49u);
  EXPECT_EQ(tally.inconsistent, 45u);
  EXPECT_EQ(tally.flows.at("M"), "34 up, 1 down, 2 fit");
  EXPECT_EQ(tally.flows.at("X"), "0 up, 24 down, 15 fit");
  EXPECT_EQ(tally.flows.at("T"), "28 up, 5 down, 11 fit");
}

TEST_F(GaccFindingsTest, ImpliedRevisionsIfThePressTruncates) {
  const Tally tally = TallyOf(Replay(PrintRounding::kTruncated));
  EXPECT_EQ(tally.periods, 49u);
  EXPECT_EQ(tally.inconsistent, 42u);
  EXPECT_EQ(tally.flows.at("M"), "33 up, 0 down, 4 fit");
  EXPECT_EQ(tally.flows.at("X"), "0 up, 19 down, 20 fit");
  EXPECT_EQ(tally.flows.at("T"), "22 up, 2 down, 20 fit");
}

TEST_F(GaccFindingsTest, JanuaryToJuly2025) {
  std::map<std::string, std::string> flows;
  for (const Finding& finding : Replay(PrintRounding::kNearest).findings) {
    if (finding.kind != FindingKind::kImpliedRevision || finding.period != P("2025-01/P7M")) continue;
    if (!S("CN.RU..VALUE.USD.BN").Matches(finding.series[0])) continue;
    flows[std::string(finding.series[0].code(2))] =
        absl::StrCat(finding.held.ToString(), ": ", finding.implied_low->ToString(), " to ",
                     finding.implied_high->ToString(), ", ", finding.amount->ToString());
  }
  EXPECT_EQ(flows["T"], "136.67: 136.759 to 137.017, 0.089");
  EXPECT_EQ(flows["X"], "61.64: 61.414 to 61.493, -0.147");
  EXPECT_EQ(flows["M"], "75.03: 75.327 to 75.421, 0.297");
}

std::vector<std::string> Broken(const Replayed& replayed, Identity identity) {
  std::vector<std::string> lines;
  for (const Finding& finding : replayed.findings) {
    if (finding.identity != identity) continue;
    lines.push_back(absl::StrCat(finding.published_at.ToString(), " ", finding.series[0].text(), " ",
                                 finding.period.ToString(), " ", finding.amount->ToString()));
  }
  return lines;
}

TEST_F(GaccFindingsTest, TheReplayFindsTheBrokenSums) {
  const Replayed replayed = Replay(PrintRounding::kNearest);
  EXPECT_THAT(Broken(replayed, Identity::kTurnover),
              ::testing::ElementsAre("2022-10-24 CN.RU.T.VALUE.USD.BN 2022-09 -0.010",
                                     "2023-06-07 CN.W00.T.VALUE.USD.BN 2023-01/P5M 40"));
  // March 2023: the revised exports against the balance that was held.
  EXPECT_THAT(Broken(replayed, Identity::kBalance),
              ::testing::ElementsAre("2023-08-11 CN.W00.B.VALUE.USD.BN 2023-03 -10.548611",
                                     "2025-10-13 CN.RU.B.VALUE.USD.BN 2025-01/P9M -0.008"));
}

TEST_F(GaccFindingsTest, TheReplayFindsTheCutOfMarch2023) {
  int found = 0;
  for (const Finding& finding : Replay(PrintRounding::kNearest).findings) {
    if (finding.kind != FindingKind::kUnannouncedRevision) continue;
    if (finding.series[0] != K("CN.W00.X.VALUE.USD.BN") || finding.period != P("2023-03")) continue;
    ++found;
    EXPECT_EQ(finding.published_at.ToString(), "2023-08-11");
    EXPECT_EQ(finding.held.ToString(), "315.589337");
    EXPECT_EQ(finding.amount, D("-10.549337"));
  }
  EXPECT_EQ(found, 1);
}

// X + M = T where all three are printed, each as it was printed first.
struct FirstPrints {
  int cells = 0;
  int months = 0;
  std::vector<std::string> broken;
};

FirstPrints CheckFirstPrints(const Selector& selector) {
  std::map<std::pair<std::string, Period>, Datum> first;
  for (const auto& [day, prints] : ReadPrints()) {
    for (const Print& print : prints) first.try_emplace({print.series.text(), print.period}, print.datum);
  }
  FirstPrints result;
  for (const auto& [cell, total] : first) {
    const SeriesKey series = K(cell.first);
    if (!selector.Matches(series)) continue;
    const auto flow = [&](std::string_view code) {
      std::vector<std::string> codes;
      for (const std::string_view place : series.codes()) codes.emplace_back(place);
      codes[2] = code;
      return first.find({Must(SeriesKey::FromCodes(codes)).text(), cell.second});
    };
    if (flow("X") == first.end() || flow("M") == first.end()) continue;
    ++result.cells;
    result.months += cell.second.months() == 1 ? 1 : 0;
    const IdentityResult sum = CheckIdentity({{flow("X")->second}, {flow("M")->second}}, total);
    if (sum.verdict == IdentityVerdict::kHolds) continue;
    result.broken.push_back(
        absl::StrCat(series.text(), " ", cell.second.ToString(), " ", sum.residual.ToString()));
  }
  return result;
}

TEST_F(GaccFindingsTest, TurnoverOfFirstPrints) {
  const FirstPrints russia = CheckFirstPrints(S("CN.RU.T.VALUE.USD.BN"));
  EXPECT_EQ(russia.cells, 83);
  EXPECT_EQ(russia.months, 28);
  EXPECT_THAT(russia.broken, ::testing::ElementsAre("CN.RU.T.VALUE.USD.BN 2022-09 -0.010"));
  const FirstPrints all = CheckFirstPrints(S("CN..T.VALUE.USD.BN"));
  EXPECT_EQ(all.cells, 99);
  EXPECT_THAT(all.broken, ::testing::ElementsAre("CN.RU.T.VALUE.USD.BN 2022-09 -0.010",
                                                 "CN.W00.T.VALUE.USD.BN 2023-01/P5M 40"));
}

TEST_F(GaccFindingsTest, EveryFindingIsKeptAsItIs) {
  const Replayed replayed = Replay(PrintRounding::kNearest);
  EXPECT_GT(replayed.findings.size(), 100u);
  for (std::size_t i = 0; i < replayed.findings.size(); ++i) {
    EXPECT_FALSE(Explain(replayed.findings[i]).empty());
    if (i > 0) {
      EXPECT_TRUE(CompareFindings(replayed.findings[i - 1], replayed.findings[i]) < 0);
    }
  }
}

}  // namespace
}  // namespace tidewaiter
