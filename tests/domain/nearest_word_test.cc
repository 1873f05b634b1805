#include "domain/nearest_word.h"

#include "gtest/gtest.h"

namespace tidewaiter {
namespace {

TEST(NearestWordTest, FindsWhatWasMeant) {
  const std::vector<std::string> words = {"get", "feed", "series", "aggregate", "releases", "revisions"};
  EXPECT_EQ(NearestWord("gett", words), "get");
  EXPECT_EQ(NearestWord("egt", words), "get");
  EXPECT_EQ(NearestWord("agregat", words), "aggregate");
  EXPECT_EQ(NearestWord("sereis", words), "series");
  EXPECT_EQ(NearestWord("release", words), "releases");
  EXPECT_EQ(NearestWord("get", words), "get");
}

TEST(NearestWordTest, IsSilentWhereNothingIsNear) {
  const std::vector<std::string> words = {"get", "feed", "series"};
  EXPECT_EQ(NearestWord("", words), "");
  EXPECT_EQ(NearestWord("x", words), "");
  EXPECT_EQ(NearestWord("prices.csv", words), "");
  EXPECT_EQ(NearestWord(std::string(100000, 's'), words), "");
  EXPECT_EQ(NearestWord("get", {}), "");
}

}  // namespace
}  // namespace tidewaiter
