#include "daemon/engine/mirror.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "storage/memory/memory_store.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {
namespace {

using ::testing::ElementsAre;

class MirrorTest : public ::testing::Test {
 protected:
  MirrorTest() : store_(storage::NewMemoryStore({})), queries_(store_.get()) {
    for (const char* dataset : {"CN", "RU"}) {
      EXPECT_TRUE(
          store_->PutDataset(support::MakeDataset(dataset, "reporter partner flow currency unit")).ok());
    }
    Push("release CN a 2025-03-07 \nmerge CN\nCN.RU.X.USD.BN 2025-01/P2M 15.5\nCN.RU.X.USD.BN 2025-03 8.0\n");
    Push(
        "release RU a 2025-03-20 \nmerge RU\nRU.CN.M.USD.MN 2025-01 7000\nRU.CN.M.USD.MN 2025-02 "
        "(SUPPRESSED)\n"
        "RU.CN.M.USD.MN 2025-03 7600\nRU.CN.M.USD.MN 2025-01/P2M 15000\nRU.CN.M.CNY.MN 2025-03 50000\n");
    Push("release CN b 2025-04-07 \nmerge CN\nCN.RU.X.USD.BN 2025-03 8.2\n");
  }
  void Push(std::string_view text) {
    const auto outcome = support::Push(*store_, text);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
  }
  MirrorInput Input() const {
    MirrorInput input;
    input.a = {"CN", "CN.RU.X.USD.BN", {}};
    input.b = {"RU", "RU.CN.M.USD.MN", {}};
    return input;
  }
  std::vector<std::string> Rows(const MirrorInput& input) {
    const auto mirror = ReadMirror(queries_, input);
    EXPECT_TRUE(mirror.ok()) << mirror.status();
    std::vector<std::string> lines;
    if (!mirror.ok()) return lines;
    for (const MirrorPeriod& row : mirror->periods) {
      lines.push_back(absl::StrCat(row.period.ToString(), " ", row.gap.gap ? row.gap.gap->ToString() : "-",
                                   " ", row.gap.ratio ? row.gap.ratio->ToString() : "-", " ",
                                   ToAbsl(MirrorUndefinedName(row.gap.why)), row.how_a, " ", row.how_b));
    }
    return lines;
  }

  std::unique_ptr<storage::Store> store_;
  Queries queries_;
};

TEST_F(MirrorTest, PublishedPeriods) {
  EXPECT_THAT(Rows(Input()), ElementsAre("2025-01 - - NO_A ", "2025-01/P2M 0.500 1.033  ",
                                         "2025-02 - - NO_A ", "2025-03 0.600 1.079  "));
}

TEST_F(MirrorTest, EachSideAtItsVintage) {
  MirrorInput input = Input();
  input.a.vintage.as_of_date = absl::CivilDay(2025, 3, 31);
  input.periods.from = Month::Parse("2025-03").value();
  EXPECT_THAT(Rows(input), ElementsAre("2025-03 0.400 1.053  "));
}

TEST_F(MirrorTest, RunsThatAreNotPublishedAreComputed) {
  MirrorInput input = Input();
  input.window_months = 3;
  EXPECT_THAT(Rows(input), ElementsAre("2025-01/P3M 1.100 1.049 SUMMED SUMMED"));
  input.window_months = 1;
  EXPECT_THAT(Rows(input), ElementsAre("2025-01 - - NO_ACOMBINED_MONTHS PUBLISHED",
                                       "2025-02 - - NO_ACOMBINED_MONTHS DIFFERENCED",
                                       "2025-03 0.600 1.079 PUBLISHED PUBLISHED"));
}

TEST_F(MirrorTest, WhatCannotBeCompared) {
  MirrorInput input = Input();
  input.b.key = "RU.CN.M.CNY.MN";
  auto mirror = ReadMirror(queries_, input);
  EXPECT_EQ(DetailsOf(mirror.status()).violations.at(0).field, "b.key");
  input.b.key = "RU.CN..USD.MN";
  EXPECT_EQ(DetailsOf(ReadMirror(queries_, input).status()).violations.at(0).field, "b.key");
  input.b.key = "RU.US.M.USD.MN";
  EXPECT_EQ(DetailsOf(ReadMirror(queries_, input).status()).reason, Reason::kSeriesNotFound);
  input = Input();
  input.decimals = 99;
  input.window_months = -1;
  EXPECT_EQ(DetailsOf(ReadMirror(queries_, input).status()).violations.size(), 2u);
}

}  // namespace
}  // namespace tidewaiter::engine
