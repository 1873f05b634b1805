#include "domain/selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/limits.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SelectorTest, AnEmptyPlaceMeansEveryCodeAndPlusMeansOr) {
  const Selector selector = S("CN.RU+BY.X..");
  EXPECT_TRUE(selector.Matches(K("CN.RU.X.VALUE.USD")));
  EXPECT_TRUE(selector.Matches(K("CN.BY.X.QUANTITY.T")));
  EXPECT_FALSE(selector.Matches(K("CN.KZ.X.VALUE.USD")));
  EXPECT_FALSE(selector.Matches(K("JP.RU.X.VALUE.USD")));
  EXPECT_FALSE(selector.Matches(K("CN.RUS.X.VALUE.USD"))) << "a code is whole";
  EXPECT_FALSE(selector.Matches(K("CN.R.X.VALUE.USD")));
}

TEST(SelectorTest, TheNumberOfPlacesMustAgree) {
  EXPECT_FALSE(S("CN.").Matches(K("CN")));
  EXPECT_FALSE(S("CN.").Matches(K("CN.RU.X")));
  EXPECT_FALSE(S("CN").Matches(K("CN.RU")));
  EXPECT_FALSE(S(".").Matches(K("CN")));
  EXPECT_FALSE(S("CN").MatchesText(""));
  EXPECT_TRUE(S(".").Matches(K("CN.RU")));
}

TEST(SelectorTest, EverythingHasThreeNames) {
  for (const char* text : {"", "*", "all"}) {
    EXPECT_TRUE(S(text).selects_all());
    EXPECT_EQ(S(text).places(), 0u);
    EXPECT_EQ(S(text), Selector());
    EXPECT_TRUE(S(text).Matches(K("CN.RU.X")));
    EXPECT_TRUE(S(text).Matches(K("CN")));
    EXPECT_EQ(S(text).ToString(), "");
    EXPECT_TRUE(S(text).Validate(7).ok());
  }
}

TEST(SelectorTest, CodesAreSortedWithoutRepeats) {
  const Selector selector = S("CN.RU+BY+RU.*.");
  EXPECT_THAT(selector.codes(1), ElementsAre("BY", "RU"));
  EXPECT_THAT(selector.codes(2), IsEmpty());
  EXPECT_EQ(selector.ToString(), "CN.BY+RU..");
  EXPECT_EQ(S(selector.ToString()), selector);
  EXPECT_EQ(S("..").ToString(), "") << "every code everywhere is everything";
}

TEST(SelectorTest, ACodeNamedAllReadsBackAsACode) {
  const Selector selector = S("all+all");
  EXPECT_FALSE(selector.selects_all());
  EXPECT_EQ(S(selector.ToString()), selector);
  EXPECT_EQ(S("all.CN").ToString(), "all.CN");
}

TEST(SelectorTest, KnowsWhenItNamesOneSeries) {
  EXPECT_TRUE(S("CN.RU.X").is_single_series());
  EXPECT_FALSE(S("CN.RU.").is_single_series());
  EXPECT_FALSE(S("CN.RU+BY.X").is_single_series());
  EXPECT_FALSE(S("").is_single_series());
  EXPECT_FALSE(S("CN..").selects_all());
  EXPECT_TRUE(S("..").selects_all());
}

TEST(SelectorTest, ValidateNamesBothNumbers) {
  EXPECT_TRUE(S("CN..").Validate(3).ok());
  ExpectRefused(S("CN..").Validate(4), "has 3 places, but the dataset has 4 dimensions");
  ExpectRefused(S("..").Validate(4), "the selector \"..\" has 3 places");  // not "", which has none
}

TEST(SelectorTest, RefusalNamesThePlace) {
  ExpectRefused(Selector::Parse("CN.RU+"), "place 2 of the selector (\"RU+\"): a code is missing");
  ExpectRefused(Selector::Parse("+RU"), "place 1");
  ExpectRefused(Selector::Parse("RU++BY"), "a code is missing beside \"+\"");
  ExpectRefused(Selector::Parse("CN.*+RU"), "place 2 of the selector (\"*+RU\"): \"*\" means every code");
  ExpectRefused(Selector::Parse("CN. RU"), "codes are SDMX identifiers");
  ExpectRefused(Selector::Parse("CN.R*"), "\"*\" at byte 2");
  ExpectRefused(Selector::Parse("中"), "place 1");
}

TEST(SelectorTest, HoldsItsLimits) {
  EXPECT_TRUE(Selector::Parse("...............").ok());
  ExpectRefused(Selector::Parse("................"), "17 places; a series key has at most 16");
  std::vector<std::string> codes;
  for (std::size_t i = 0; i < limits::kMaxSelectorCodes; ++i) codes.push_back(absl::StrCat("C", i));
  EXPECT_TRUE(Selector::Parse(absl::StrJoin(codes, "+")).ok());
  ExpectRefused(Selector::Parse(absl::StrJoin(codes, "+") + ".X"), "at most 4096 codes");
  ExpectRefused(Selector::Parse(std::string(1 << 20, '.')), "places");
}

TEST(SelectorTest, AgreesWithLookingAtEveryPlace) {
  Randomness random;
  std::vector<std::string> alphabet;
  for (int i = 0; i < 14; ++i) alphabet.push_back(absl::StrCat(i < 7 ? "A" : "AB-", i));
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::set<std::string>> places(static_cast<std::size_t>(random.Int(1, 3)));
    std::vector<std::string> texts;
    for (auto& place : places) {
      std::vector<std::string> listed;
      for (int n = random.Pick<int>({0, 1, 2, 8, 9, 12}); n > 0; --n) listed.push_back(random.Pick(alphabet));
      place = {listed.begin(), listed.end()};
      texts.push_back(absl::StrJoin(listed, "+"));
    }
    const Selector selector = S(absl::StrJoin(texts, "."));
    std::vector<std::string> codes(places.size());
    if (random.OneIn(5)) codes.resize(static_cast<std::size_t>(random.Int(1, 4)));
    for (auto& code : codes) code = random.Pick(alphabet);
    // A lone empty place is the empty text, which selects keys of any size.
    bool expected = selector.places() == 0 || codes.size() == places.size();
    for (std::size_t i = 0; expected && i < std::min(codes.size(), places.size()); ++i) {
      expected = places[i].empty() || places[i].count(codes[i]) > 0;
    }
    ASSERT_EQ(selector.MatchesText(absl::StrJoin(codes, ".")), expected)
        << absl::StrJoin(texts, ".") << " on " << absl::StrJoin(codes, ".");
    if (!selector.selects_all()) {
      ASSERT_EQ(S(selector.ToString()), selector);
    }
  }
}

}  // namespace
}  // namespace tidewaiter
