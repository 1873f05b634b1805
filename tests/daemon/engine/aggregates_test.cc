// Aggregates as stories: figures that a reader can check by hand.
#include "daemon/engine/aggregates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/daemon/engine/testing.h"

namespace tidewaiter::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class AggregatesTest : public ::testing::Test {
 protected:
  AggregatesTest() {
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("T", "partner flow measure unit")).ok());
    query_.dataset = std::string("T");
  }
  void Push(const std::string& day, const std::string& cells) {
    const auto pushed =
        support::Push(*store_, absl::StrCat("release A ", day, " ", day, "\nmerge T\n", cells));
    EXPECT_TRUE(pushed.ok()) << pushed.status();
  }
  // "KEY PERIOD VALUE UNIT" of every figure, or the reason, or the error.
  std::vector<std::string> Figures() {
    std::vector<std::string> lines;
    auto reader = aggregates_.Open(query_, {}, view_);
    if (!reader.ok()) return {std::string(reader.status().message())};
    for (;;) {
      const auto more = (*reader)->Next();
      if (!more.ok()) lines.emplace_back(more.status().message());
      if (!more.ok() || !*more) return lines;
      const AggregateFigure& f = (*reader)->figure();
      lines.push_back(absl::StrCat(f.series, " ", f.period.ToString(), " ",
                                   f.value.value ? absl::StrCat(f.value.value->ToString(), " ", f.unit)
                                                 : std::string(UndefinedName(f.value.reason))));
    }
  }
  void Select(const std::string& key) { query_.keys = std::vector<std::string>{key}; }

  std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore({1});
  Queries queries_{store_.get()};
  Aggregates aggregates_{store_.get(), &queries_};
  AggregateQuery query_;
  AggregateView view_;
};

TEST_F(AggregatesTest, UnitValuesTakeTheOneQuantityThatThereIs) {
  Push("2025-02-10",
       "RU.M.VALUE.USD 2025-01 90\nRU.M.WEIGHT.KG 2025-01 60\nRU.M.QUANTITY.PCS 2025-01 30\n"
       "BR.M.VALUE.USD 2025-01 90\nBR.M.WEIGHT.KG 2025-01 60\nIN.M.VALUE.USD 2025-01 90");
  Select("...");
  query_.transform = Transform::kUnitValue;
  query_.decimals = 2;
  EXPECT_THAT(Figures(),
              ElementsAre("BR.M.UNIT_VALUE.USD 2025-01 1.50 USD/KG", "IN.M.UNIT_VALUE.USD 2025-01 NO_MEMBERS",
                          "RU.M.UNIT_VALUE.USD 2025-01 3.00 USD/PCS"));
  query_.denominators = std::vector<std::string>{"WEIGHT"};
  Select("RU.M.VALUE.USD");
  EXPECT_THAT(Figures(), ElementsAre("RU.M.UNIT_VALUE.USD 2025-01 1.50 USD/KG"));
}

TEST_F(AggregatesTest, EachOperandAsItWasSoLongAfterItsFirstPrint) {
  Push("2024-02-10", "RU.X.VALUE.USD 2024-01 1.0");
  Push("2024-03-10", "RU.X.VALUE.USD 2024-01 2.0\nRU.X.VALUE.USD 2024-02 10.0");
  Push("2024-04-20", "RU.X.VALUE.USD 2024-01 3.0\nRU.X.VALUE.USD 2024-02 20.0");
  Select("RU.X.VALUE.USD");
  query_.window.months = 2;
  view_.real_time.maturity = Maturity::kAfter;
  view_.real_time.age_months = 1;
  // At one vintage, that of the end of April 10: January as revised in March. The day itself is included.
  EXPECT_THAT(Figures(), ElementsAre("RU.X.VALUE.USD 2023-12/P2M MISSING_MONTHS",
                                     "RU.X.VALUE.USD 2024-01/P2M 12.0 USD"));
  view_.real_time.age_months = 2;
  // January was two months old on April 10; February will be on May 10, of which nothing is known yet.
  view_.real_time.each_operand = true;
  query_.window.months = 1;
  EXPECT_THAT(Figures(), ElementsAre("RU.X.VALUE.USD 2024-01 2.0 USD"));
  view_.real_time.each_operand = false;
  EXPECT_THAT(Figures(),
              ElementsAre("RU.X.VALUE.USD 2024-01 2.0 USD", "RU.X.VALUE.USD 2024-02 NO_SUCH_PRINT"));
}

TEST_F(AggregatesTest, ABalanceNeedsBothOfAPairAndNeverPassesOneForIt) {
  Push("2025-02-10", "RU.X.VALUE.USD 2025-01 5\nRU.M.VALUE.USD 2025-01 3\nBR.X.VALUE.USD 2025-01 7");
  Select(".X.VALUE.USD");
  query_.combine = Combine::kBalance;
  EXPECT_THAT(Figures(),
              ElementsAre("BR.B.VALUE.USD 2025-01 MISSING_MONTHS", "RU.B.VALUE.USD 2025-01 2 USD"));
}

TEST_F(AggregatesTest, ALaterSeriesDoesNotChangeAnOldAnswer) {
  Push("2025-02-10", "RU.X.VALUE.USD 2025-01 5");
  query_.sum = true;
  Select(".X.VALUE.USD");
  Push("2025-03-10", "BR.X.VALUE.USD 2025-01 7");
  VintageInput old;
  old.sequence = 1;
  auto reader = aggregates_.Open(query_, old, view_).value();
  ASSERT_TRUE(reader->Next().value());
  EXPECT_EQ(reader->figure().value.members, 1u);
  EXPECT_EQ(reader->figure().value.left_out, 0u);
  EXPECT_THAT(Figures(), ElementsAre("_T._T._T._T 2025-01 12 USD"));
}

TEST_F(AggregatesTest, ALaterPairDoesNotChangeAnOldAnswer) {
  Push("2025-02-10", "RU.X.VALUE.USD 2025-01 5\nRU.M.VALUE.USD 2025-01 3");
  Push("2025-03-10", "BR.X.VALUE.USD 2025-01 7");
  query_.sum = true;
  query_.combine = Combine::kTurnover;
  Select("..VALUE.USD");
  VintageInput old;
  old.sequence = 1;
  auto reader = aggregates_.Open(query_, old, view_).value();
  ASSERT_TRUE(reader->Next().value());
  ASSERT_TRUE(reader->figure().value.value.has_value());
  EXPECT_EQ(reader->figure().value.value->ToString(), "8");
  EXPECT_EQ(reader->figure().value.members, 2u);
  // Half of a pair is known by now.
  EXPECT_THAT(Figures(), ElementsAre("_T.T._T._T 2025-01 MISSING_MONTHS"));
}

TEST_F(AggregatesTest, DatedMembersCountOnlyInTheirMonths) {
  Push("2025-03-10",
       "DE.X.VALUE.USD 2025-01 1\nDE.X.VALUE.USD 2025-02 1\nGB.X.VALUE.USD 2025-01 10\nGB.X.VALUE.USD "
       "2025-02 10");
  query_.groups.push_back(
      {"EU", "partner", {{"DE", {}}, {"GB", {std::nullopt, Month::Parse("2025-01").value()}}}});
  Select(".X.VALUE.USD");
  EXPECT_THAT(Figures(), ElementsAre("EU.X.VALUE.USD 2025-01 11 USD", "EU.X.VALUE.USD 2025-02 1 USD"));
  query_.groups[0].members.push_back({"ZZ", {}});
  EXPECT_THAT(Figures(), ElementsAre(HasSubstr("no series of T has the partner \"ZZ\"")));
}

TEST_F(AggregatesTest, TotalsThatDoNotFitAreRefused) {
  Push("2025-02-10", "RU.X.VALUE.USD 2025-01 5\nRU.X.VALUE.CNY 2025-01 35\nWLD.X.VALUE.CNY 2025-01 70");
  Select("RU.X.VALUE.");
  query_.transform = Transform::kShare;
  query_.total = std::string("WLD...");
  EXPECT_THAT(Figures(), ElementsAre("RU.X.VALUE.CNY 2025-01 50.0 PCT", "RU.X.VALUE.USD 2025-01 NO_TOTAL"));
  query_.total = std::string("WLD..VALUE.CNY");
  EXPECT_THAT(Figures(), SizeIs(2));
  EXPECT_THAT(Figures().back(), HasSubstr("the total of RU.X.VALUE.USD is in CNY"));
}

// A total that is nobody's default: the world may be selected beside its parts.
TEST_F(AggregatesTest, SharesAndContributionsNeedATotalThatThereIs) {
  Push("2025-02-10",
       "RU.X.VALUE.USD 2024-01 4\nRU.X.VALUE.USD 2025-01 5\nWLD.X.VALUE.USD 2024-01 10\n"
       "WLD.X.VALUE.USD 2025-01 20");
  Select(".X.VALUE.USD");
  view_.months = {Month::Parse("2025-01").value(), std::nullopt};
  for (const Transform transform : {Transform::kShare, Transform::kContribution}) {
    query_.transform = transform;
    query_.total.clear();
    EXPECT_THAT(Figures(), ElementsAre(HasSubstr("query.total: is needed by")));
    for (const char* nobody : {"ZZ...", "RU.M..", "WLD..VALUE.CNY", "ZZ.X.VALUE.USD"}) {
      query_.total = nobody;
      EXPECT_THAT(Figures(), ElementsAre(HasSubstr("query.total: \""))) << nobody;
    }
    query_.total = std::string("all");
    EXPECT_THAT(Figures(), ElementsAre(HasSubstr("query.total: must have a place for each dimension")));
  }
  query_.total = std::string("WLD...");
  EXPECT_THAT(Figures(), ElementsAre("RU.X.VALUE.USD 2025-01 10.00 PP", "WLD.X.VALUE.USD 2025-01 100.00 PP"));
  query_.transform = Transform::kShare;
  EXPECT_THAT(Figures(), ElementsAre("RU.X.VALUE.USD 2025-01 25.0 PCT", "WLD.X.VALUE.USD 2025-01 100.0 PCT"));
  query_.total = std::string("*");  // of what is selected, asked for in so many words
  EXPECT_THAT(Figures(), ElementsAre("RU.X.VALUE.USD 2025-01 20.0 PCT", "WLD.X.VALUE.USD 2025-01 80.0 PCT"));
}

TEST_F(AggregatesTest, BalancesHaveNoShares) {
  Push("2025-02-10",
       "RU.B.VALUE.USD 2025-01 5\nRU.X.VALUE.USD 2025-01 8\nWLD.B.VALUE.USD 2025-01 10\n"
       "WLD.X.VALUE.USD 2025-01 10\nBR.X.VALUE.USD 2025-01 -1");
  Select("RU+BR..VALUE.USD");
  query_.transform = Transform::kShare;
  query_.total = std::string("WLD...");
  EXPECT_THAT(Figures(),
              ElementsAre("BR.X.VALUE.USD 2025-01 MIXED_SIGNS", "RU.B.VALUE.USD 2025-01 MIXED_SIGNS",
                          "RU.X.VALUE.USD 2025-01 80.0 PCT"));
  query_.total = std::string("WLD.B..");
  EXPECT_THAT(Figures(), ElementsAre(HasSubstr("query.total: a balance has no shares")));
}

TEST_F(AggregatesTest, RanksAreOfTheLatestMonthThatIsKnown) {
  Push("2025-03-10", "RU.X.VALUE.USD 2025-01 5\nBR.X.VALUE.USD 2025-01 7\nIN.X.VALUE.USD 2025-02 -9");
  Select(".X.VALUE.USD");
  view_.ranking = Ranking{.top = 1, .by_magnitude = false, .month = {}};
  EXPECT_THAT(Figures(), ElementsAre("IN.X.VALUE.USD 2025-02 -9 USD"));
  view_.ranking->month = Month::Parse("2025-01").value();
  EXPECT_THAT(Figures(), ElementsAre("BR.X.VALUE.USD 2025-01 7 USD"));
  view_.ranking->top = 0;
  EXPECT_THAT(Figures(), SizeIs(3));
}

// The callers' patience is asked for while a long answer is made.
TEST_F(AggregatesTest, NobodyWaitsNobodyComputes) {
  Push("2025-03-10", "RU.X.VALUE.USD 2025-01 5");
  view_.months = {Month::Parse("1700-01").value(), std::nullopt};
  int asked = 0;
  auto reader = aggregates_.Open(query_, {}, view_, {}, [&asked]() -> absl::Status {
    return ++asked > 3 ? absl::CancelledError("gone") : absl::OkStatus();
  });
  ASSERT_TRUE(reader.ok()) << reader.status();
  absl::Status status;
  for (int i = 0; i < 4000 && status.ok(); ++i) status = (*reader)->Next().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace tidewaiter::engine
