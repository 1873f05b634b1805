#include "domain/month_sums.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Month M(int month) { return Month::FromYearMonth(2024, month).value(); }

// A cell of so many tenths, printed to the tenth, in sums of hundredths.
MonthSums::Share Tenths(int tenths, std::uint32_t release) {
  return {.value = 10 * tenths, .step = 10, .scale = 1, .step_scale = 1, .release = release};
}

class MonthSumsTest : public ::testing::Test {
 protected:
  // Two series of four months, one of the last two: the picture in month_sums.h.
  MonthSumsTest() {
    for (int series = 0; series < 2; ++series) {
      sums_.AddSeries();
      const std::uint32_t stretch = sums_.AddStretch(M(1), M(5));
      for (const auto& [month, tenths] : {std::pair(1, 71), {2, 80}, {3, 65}, {4, 77}}) {
        sums_.Add(stretch, M(month), Tenths(series == 0 ? tenths : 0, series == 0 ? 0 : 1));
      }
    }
    sums_.AddSeries();
    const std::uint32_t late = sums_.AddStretch(M(3), M(5));
    sums_.Add(late, M(3), Tenths(10, 2));
    sums_.Add(late, M(4), {.value = 111, .step = 1, .scale = 2, .step_scale = 2, .release = 2});
  }

  const std::vector<MonthSums::Release> releases_ = {
      {Instant::FromMicros(1), 7}, {Instant::FromMicros(2), 5}, {Instant::FromMicros(3), 6}};
  MonthSums sums_{&releases_, 2};
};

TEST_F(MonthSumsTest, ARunTakesTheStretchesInWhichItLies) {
  const MonthSums::Total total = sums_.Of(Period::FromValid(M(2), 2));
  EXPECT_EQ(total.value, 145);
  EXPECT_EQ(total.scale, 1) << "the late series has two decimals, and is left out";
  EXPECT_EQ(total.steps, 4);
  EXPECT_EQ(total.step_scale, 1);
  EXPECT_EQ(total.members, 2u);
  EXPECT_EQ(total.left_out, 1u);
  EXPECT_THAT(total.missing, ElementsAre(M(2)));
  EXPECT_EQ(total.derivation, Derivation::kSummed);
  EXPECT_TRUE(total.across_releases);
  EXPECT_EQ(total.newest.sequence, 5u) << "published later than the seventh";
}

TEST_F(MonthSumsTest, TheScaleIsThatOfTheOperands) {
  const MonthSums::Total total = sums_.Of(Period::FromValid(M(4), 1));
  EXPECT_EQ(total.value, 770 + 111);
  EXPECT_EQ(total.scale, 2);
  EXPECT_EQ(total.steps, 10 + 10 + 1);
  EXPECT_EQ(total.members, 3u);
  EXPECT_THAT(total.missing, IsEmpty());
  EXPECT_EQ(total.derivation, Derivation::kPublished);
  EXPECT_EQ(total.newest.sequence, 6u);
}

TEST_F(MonthSumsTest, BeyondAllStretchesThereIsNoMember) {
  const MonthSums::Total total = sums_.Of(Period::FromValid(M(4), 3));
  EXPECT_EQ(total.members, 0u);
  EXPECT_EQ(total.left_out, 3u);
  EXPECT_THAT(total.missing, ElementsAre(M(5), M(6)));
}

TEST_F(MonthSumsTest, MergedIsAsIfAddedTogether) {
  MonthSums other(&releases_, 2);
  other.AddSeries();
  other.Add(other.AddStretch(M(3), M(5)), M(3), Tenths(5, 0));
  other.Add(other.AddStretch(M(7), M(8)), M(7), Tenths(9, 0));
  sums_.Merge(other);
  EXPECT_EQ(sums_.series(), 4u);
  EXPECT_EQ(sums_.last(), M(7));
  EXPECT_EQ(sums_.Of(Period::FromValid(M(3), 1)).value, 65 + 10 + 5);
  EXPECT_EQ(sums_.Of(Period::FromValid(M(3), 1)).members, 4u);
  EXPECT_EQ(sums_.Of(Period::FromValid(M(7), 1)).members, 1u);
}

}  // namespace
}  // namespace tidewaiter
