// A release is one act: what it withdraws by a scope and states itself has not been away.
#include <gtest/gtest.h>

#include <string>

#include "domain/decimal.h"
#include "domain/series_fold.h"

namespace tidewaiter {
namespace {

Instant Day(int day) { return Instant::FromMicros(day * 86'400'000'000); }
Period Month2025(int month) { return Period::FromValid(Month::FromYearMonth(2025, month).value(), 1); }
Datum Value(const std::string& text) { return Datum::Value(Decimal::Parse(text).value()); }
Datum Withdrawn() { return Datum::Absent(Absence::kWithdrawn); }

class Replacing : public testing::Test {
 protected:
  void State(int month, const Datum& datum) { fold_.State(Month2025(month), datum, {}, 0, 0); }
  const CellState& Cell(int month) const { return fold_.cells().at(static_cast<std::size_t>(month - 1)); }
  SeriesFold fold_;
};

TEST_F(Replacing, TheSameValueStandsSinceItWasFirstStated) {
  fold_.Begin(Day(1), 1);
  for (int month = 1; month <= 3; ++month) State(month, Value("6.0"));
  fold_.Begin(Day(2), 2);
  fold_.Withdraw({});
  State(1, Value("6.00"));
  State(2, Value("7"));
  EXPECT_EQ(Cell(1).value_since, Day(1));
  EXPECT_EQ(Cell(1).published_at, Day(2));
  EXPECT_EQ(Cell(2).value_since, Day(2));
  EXPECT_EQ(Cell(3).datum, Withdrawn());
  EXPECT_EQ(Cell(3).value_since, Day(2));
}

TEST_F(Replacing, OverlappingScopesOfOneReleaseAreOneWithdrawal) {
  fold_.Begin(Day(1), 1);
  State(1, Value("6"));
  fold_.Begin(Day(2), 2);
  fold_.Withdraw({});
  fold_.Withdraw({});
  State(1, Value("6"));
  EXPECT_EQ(Cell(1).value_since, Day(1));
}

TEST_F(Replacing, ALaterScopeOfTheSameReleaseTakesBackItsStatement) {
  fold_.Begin(Day(1), 1);
  State(1, Withdrawn());
  State(2, Value("6"));
  fold_.Begin(Day(2), 2);
  State(1, Value("7"));
  State(2, Value("7"));
  fold_.Withdraw({});
  EXPECT_EQ(Cell(1).value_since, Day(1));  // withdrawn all the time
  EXPECT_EQ(Cell(2).value_since, Day(2));
}

TEST_F(Replacing, TheNextReleaseSeesTheWithdrawal) {
  fold_.Begin(Day(1), 1);
  State(1, Value("6"));
  fold_.Begin(Day(2), 2);
  fold_.Withdraw({});
  fold_.Begin(Day(3), 3);
  State(1, Value("6"));
  EXPECT_EQ(Cell(1).value_since, Day(3));
}

TEST_F(Replacing, ClearForgets) {
  fold_.Begin(Day(1), 1);
  State(1, Value("6"));
  fold_.Begin(Day(2), 2);
  fold_.Withdraw({});
  fold_.Clear();
  fold_.Begin(Day(3), 2);
  State(1, Withdrawn());
  fold_.Withdraw({});
  EXPECT_EQ(Cell(1).value_since, Day(3));
}

}  // namespace
}  // namespace tidewaiter
