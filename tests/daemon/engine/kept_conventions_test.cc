#include "daemon/engine/kept_conventions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/engine/aggregates.h"
#include "daemon/engine/findings.h"
#include "daemon/engine/implied_tally.h"
#include "domain/errors.h"
#include "storage/memory/memory_store.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kUnion[] =
    "group,EU,partner,DE+FR\n"
    "group,EU,partner,GB,..2020-01\n";

class KeptConventionsTest : public ::testing::Test {
 protected:
  KeptConventionsTest()
      : store_(storage::NewMemoryStore({})),
        queries_(store_.get()),
        aggregates_(store_.get(), &queries_),
        kept_(store_.get()) {
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("T", "partner flow")).ok());
    Push(
        "release X a 2020-03-01\nmerge T\nDE.X 2020-01 1\nFR.X 2020-01 2\nGB.X 2020-01 4\nUS.X 2020-01 8\n"
        "DE.X 2020-02 10\nFR.X 2020-02 20\nGB.X 2020-02 40\nUS.X 2020-02 80\nW00.X 2020-02 151\n");
  }
  void Push(std::string_view text) {
    const auto outcome = support::Push(*store_, text);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
  }
  // "EU.X 2020-01 7 +-1"
  std::vector<std::string> Figures(AggregateQuery query) {
    query.dataset = "T";
    const auto complete = kept_.Complete(query);
    EXPECT_TRUE(complete.ok()) << complete.status();
    const auto reader = aggregates_.Open(*complete, {}, {});
    EXPECT_TRUE(reader.ok()) << reader.status();
    std::vector<std::string> lines;
    while ((*reader)->Next().value_or(false)) {
      const AggregateFigure& figure = (*reader)->figure();
      lines.push_back(absl::StrCat(figure.series, " ", figure.period.ToString(), " ",
                                   figure.value.value ? figure.value.value->ToString() : "-", " +-",
                                   figure.value.bound ? figure.value.bound->ToString() : "-"));
    }
    return lines;
  }
  std::vector<std::string> FieldsOf(const absl::Status& status) {
    std::vector<std::string> fields;
    for (const FieldViolation& violation : DetailsOf(status).violations) {
      fields.push_back(absl::StrCat(violation.field, ": ", violation.description));
    }
    return fields;
  }

  std::unique_ptr<storage::Store> store_;
  Queries queries_;
  Aggregates aggregates_;
  KeptConventions kept_;
};

TEST_F(KeptConventionsTest, AreKeptWithTheDataset) {
  EXPECT_EQ(*kept_.Get("T").value(), Conventions());
  EXPECT_EQ(kept_.Set("T", absl::StrCat("# by hand\n", kUnion), false).value(), kUnion);
  EXPECT_EQ(kept_.Get("T").value()->groups.size(), 1u);
  KeptConventions reopened(store_.get());
  EXPECT_EQ(*reopened.Get("T").value(), *kept_.Get("T").value());
  EXPECT_EQ(kept_.Set("T", "", false).value(), "");
  EXPECT_EQ(*kept_.Get("T").value(), Conventions());
  EXPECT_EQ(DetailsOf(kept_.Get("NONE").status()).reason, Reason::kDatasetNotFound);
}

TEST_F(KeptConventionsTest, CodesThatNoSeriesHasAreNamed) {
  EXPECT_THAT(FieldsOf(kept_.Set("T", "group,EU,partner,DE+F\n", false).status()),
              ElementsAre(HasSubstr("line 1, column 21: no series of T has the partner \"F\"")));
  EXPECT_EQ(*kept_.Get("T").value(), Conventions()) << "nothing was changed";
  EXPECT_TRUE(kept_.Set("T", "group,EU,partner,DE+F\n", true).ok());
  EXPECT_THAT(Figures({.groups = {{.name = "EU"}}}),
              ElementsAre("EU.X 2020-01 1 +-0.5", "EU.X 2020-02 10 +-0.5"));
}

TEST_F(KeptConventionsTest, AGroupByItsName) {
  ASSERT_TRUE(kept_.Set("T", kUnion, false).ok());
  EXPECT_THAT(Figures({.groups = {{.name = "EU"}}}),
              ElementsAre("EU.X 2020-01 7 +-1.5", "EU.X 2020-02 30 +-1"));
  EXPECT_THAT(Figures({.group_by = {"flow", "EU"}}),
              ElementsAre("EU.X 2020-01 7 +-1.5", "EU.X 2020-02 30 +-1"));
  EXPECT_THAT(Figures({.group_by = {"EU"}}), ElementsAre("EU._T 2020-01 7 +-1.5", "EU._T 2020-02 30 +-1"));
  // As it is stated in the request.
  EXPECT_EQ(
      Figures({.groups = {{.name = "EU"}}}),
      Figures({.groups = {
                   {.name = "EU",
                    .dimension = "partner",
                    .members = {{"DE", {}}, {"FR", {}}, {"GB", {{}, Month::Parse("2020-01").value()}}}}}}));
}

TEST_F(KeptConventionsTest, UnknownNamesAreRefused) {
  ASSERT_TRUE(kept_.Set("T", kUnion, false).ok());
  EXPECT_THAT(
      FieldsOf(kept_.Complete({.dataset = "T", .groups = {{.name = "EU"}, {.name = "BRICS"}}}).status()),
      ElementsAre(HasSubstr("groups[1].name: with T no group \"BRICS\" is kept, but EU")));
  const auto complete = kept_.Complete({.dataset = "T", .group_by = {"BRICS"}});
  ASSERT_TRUE(complete.ok());
  EXPECT_THAT(FieldsOf(aggregates_.Open(*complete, {}, {}).status()),
              ElementsAre(HasSubstr("query.group_by[0]")));
}

TEST_F(KeptConventionsTest, TruncationWidensBounds) {
  const AggregateQuery levels = {.keys = {"DE.X"}};
  const AggregateQuery change = {.keys = {"DE.X"}, .transform = Transform::kChange, .lag_months = 1};
  const AggregateQuery growth = {.keys = {"US.X"}, .transform = Transform::kGrowth, .lag_months = 1};
  EXPECT_THAT(Figures(levels), ElementsAre("DE.X 2020-01 1 +-0.5", "DE.X 2020-02 10 +-0.5"));
  EXPECT_THAT(Figures(change), ElementsAre("DE.X 2020-01 - +--", "DE.X 2020-02 9 +-1"));
  const std::string before = Figures(growth).back();
  ASSERT_TRUE(kept_.Set("T", "rounding,truncated\n", false).ok());
  EXPECT_THAT(Figures(levels), ElementsAre("DE.X 2020-01 1 +-1", "DE.X 2020-02 10 +-1"));
  EXPECT_THAT(Figures(change), ElementsAre("DE.X 2020-01 - +--", "DE.X 2020-02 9 +-2"));
  // 81/7 - 1 and 79/9 - 1 around 900 %.
  EXPECT_EQ(Figures(growth).back(), "US.X 2020-02 900.0 +-157.143");
  EXPECT_NE(Figures(growth).back(), before);
  AggregateQuery nearest = levels;
  nearest.rounding = PrintRounding::kNearest;
  EXPECT_THAT(Figures(nearest), ElementsAre("DE.X 2020-01 1 +-0.5", "DE.X 2020-02 10 +-0.5"))
      << "who asks for one gets it";
}

// --- What the checks make of them

class CheckedConventionsTest : public ::testing::Test {
 protected:
  CheckedConventionsTest() : store_(storage::NewMemoryStore({})), feed_(store_.get()), kept_(store_.get()) {
    EXPECT_TRUE(
        store_->PutDataset(support::MakeDataset("P", "reporter partner flow measure currency unit")).ok());
    CheckingRules checking;
    checking.conventions = [this](std::string_view dataset) { return kept_.Get(dataset); };
    findings_ = std::make_unique<Findings>(store_.get(), &feed_, checking);
    findings_->Start();
  }
  void Set(std::string_view text) { EXPECT_TRUE(kept_.Set("P", text, true).ok()); }
  void Push(std::string_view day, const std::vector<std::string>& cells, std::string_view kind = "regular") {
    std::string text = absl::StrCat("release GACC r-", std::string(day), " ", std::string(day),
                                    " kind=", std::string(kind), "\nmerge P\n");
    for (const std::string& cell : cells) absl::StrAppend(&text, cell, "\n");
    const auto outcome = support::Push(*store_, text);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_TRUE(findings_->WaitFor(store_->head()));
  }
  static std::string X(std::string_view partner, std::string_view period, std::string_view value) {
    return absl::StrCat("CN.", std::string(partner), ".X.VALUE.USD.BN ", std::string(period), " ",
                        std::string(value));
  }
  // "COMPONENTS 2025-01 #2 by 3 -1"
  std::vector<std::string> All() {
    const auto listed = findings_->List({}, std::nullopt, 1000);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> lines;
    for (const PlacedFinding& placed : listed->findings) {
      const Finding& f = placed.finding;
      lines.push_back(
          absl::StrCat(std::string(f.identity ? IdentityName(*f.identity) : FindingKindName(f.kind)), " ",
                       f.period.ToString(), " #", f.sequence, " by ", placed.place.found_by, " ",
                       f.amount ? f.amount->ToString() : "-"));
    }
    return lines;
  }

  std::unique_ptr<storage::Store> store_;
  UpdateFeed feed_;
  KeptConventions kept_;
  std::unique_ptr<Findings> findings_;
};

TEST_F(CheckedConventionsTest, TotalsAreCheckedFromThenOn) {
  Push("2025-02-07", {X("W00", "2025-01", "10"), X("RU", "2025-01", "4"), X("US", "2025-01", "3")});
  EXPECT_THAT(All(), IsEmpty()) << "nobody has said that W00 is a total";
  Set("total,partner,W00,*\n");
  Push("2025-03-07", {X("W00", "2025-02", "10"), X("RU", "2025-02", "4"), X("US", "2025-02", "3")});
  EXPECT_THAT(All(), ElementsAre("COMPONENTS 2025-02 #2 by 2 -3"));
}

TEST_F(CheckedConventionsTest, ABackfilledComponentIsLookedAtInItsTotal) {
  Set("total,partner,W00,RU+US\n");
  Push("2025-03-07", {X("W00", "2025-02", "10"), X("RU", "2025-02", "4")});
  EXPECT_THAT(All(), IsEmpty()) << "US is not known";
  Push("2025-03-01", {X("US", "2025-02", "3")}, "backfill");
  EXPECT_THAT(All(), ElementsAre("COMPONENTS 2025-02 #1 by 2 -3"))
      << "about the release that now stands after it";
}

TEST_F(CheckedConventionsTest, TruncationMakesFewerFindings) {
  const std::vector<std::string> base = {"CN.RU.T.VALUE.USD.BN 2024-01/P7M 136.67"};
  const std::vector<std::string> now = {"CN.RU.T.VALUE.USD.BN 2025-01/P7M 125.6",
                                        "CN.RU.T.YOY.USD.PCT 2025-01/P7M -8.2"};
  // Half steps: 125.55 / 0.9185 = 136.690; whole steps: 125.5 / 0.919 = 136.562.
  Push("2024-08-07", base);
  Push("2025-08-07", now);
  EXPECT_THAT(All(), ElementsAre("IMPLIED_REVISION 2025-01/P7M #2 by 2 0.020"));
  const auto counts = [&](std::optional<PrintRounding> rounding) {
    const auto tally = TallyImpliedRevisions(
        *store_, kept_, {.dataset = "P", .keys = {}, .rounding = rounding}, [] { return absl::OkStatus(); });
    EXPECT_TRUE(tally.ok()) << tally.status();
    if (tally->series.size() != 1) return std::string("none");
    const auto& s = tally->series[0];
    return absl::StrCat(s.level, " fit ", s.fit, " up ", s.up, " down ", s.down, " of ", tally->periods, ", ",
                        tally->inconsistent_periods);
  };
  EXPECT_EQ(counts(std::nullopt), "CN.RU.T.VALUE.USD.BN fit 0 up 1 down 0 of 1, 1");
  EXPECT_EQ(counts(PrintRounding::kTruncated), "CN.RU.T.VALUE.USD.BN fit 1 up 0 down 0 of 1, 0");
  Set("rounding,truncated\n");
  EXPECT_EQ(counts(std::nullopt), "CN.RU.T.VALUE.USD.BN fit 1 up 0 down 0 of 1, 0");
  EXPECT_EQ(counts(PrintRounding::kNearest), "CN.RU.T.VALUE.USD.BN fit 0 up 1 down 0 of 1, 1");
  Push("2025-09-07", {"CN.RU.T.VALUE.USD.BN 2025-01/P7M 125.6", "CN.RU.T.YOY.USD.PCT 2025-01/P7M -8.2",
                      "CN.RU.T.VALUE.USD.BN 2024-01/P8M 156.0", "CN.RU.T.VALUE.USD.BN 2025-01/P8M 143.0"});
  EXPECT_EQ(All().size(), 1u) << "what was found before stays, and nothing is new";
  EXPECT_EQ(counts(PrintRounding::kNearest), "CN.RU.T.VALUE.USD.BN fit 0 up 1 down 0 of 1, 1")
      << "printed twice, and counted once";
}

TEST_F(CheckedConventionsTest, ATallyNamesWhatIsWrong) {
  Push("2024-08-07", {"CN.RU.T.VALUE.USD.BN 2024-01/P7M 136.67"});
  const auto alive = [] { return absl::OkStatus(); };
  EXPECT_EQ(
      DetailsOf(TallyImpliedRevisions(*store_, kept_, {.dataset = "P", .keys = {"CN"}, .rounding = {}}, alive)
                    .status())
          .violations.at(0)
          .field,
      "keys[0]");
  EXPECT_EQ(DetailsOf(TallyImpliedRevisions(*store_, kept_,
                                            {.dataset = "P", .keys = {"XX....."}, .rounding = {}}, alive)
                          .status())
                .reason,
            Reason::kSeriesNotFound);
  EXPECT_EQ(
      DetailsOf(TallyImpliedRevisions(*store_, kept_, {.dataset = "NO", .keys = {}, .rounding = {}}, alive)
                    .status())
          .reason,
      Reason::kDatasetNotFound);
}

}  // namespace
}  // namespace tidewaiter::engine
