#include "domain/series_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "domain/limits.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::ElementsAre;

TEST(SeriesKeyTest, HoldsOneCodePerPlace) {
  const SeriesKey key = K("CN.RU.X.VALUE.USD.BN");
  EXPECT_EQ(key.dimensions(), 6u);
  EXPECT_THAT(key.codes(), ElementsAre("CN", "RU", "X", "VALUE", "USD", "BN"));
  EXPECT_EQ(key.code(0), "CN");
  EXPECT_EQ(key.code(3), "VALUE");
  EXPECT_EQ(key.code(5), "BN");
  EXPECT_EQ(key, Must(SeriesKey::FromCodes({"CN", "RU", "X", "VALUE", "USD", "BN"})));
  EXPECT_EQ(K("W00").dimensions(), 1u);
  EXPECT_EQ(K("W00").code(0), "W00");
  EXPECT_EQ(SeriesKey().dimensions(), 0u);
  EXPECT_TRUE(SeriesKey().codes().empty());
}

TEST(SeriesKeyTest, RefusalNamesThePlaceAndTheCharacter) {
  ExpectRefused(SeriesKey::Parse(""), "place 1 of the series key: the code is empty");
  ExpectRefused(SeriesKey::Parse("CN..X"), "place 2 of the series key: the code is empty");
  ExpectRefused(SeriesKey::Parse("CN."), "place 2");
  ExpectRefused(SeriesKey::Parse(".CN"), "place 1");
  ExpectRefused(SeriesKey::Parse("CN.RU+BY"), "\"+\" at byte 3; codes are SDMX identifiers");
  ExpectRefused(SeriesKey::Parse("CN.R U"), "\" \" at byte 2");
  ExpectRefused(SeriesKey::Parse("CN.中国"), "\"中\" at byte 1");
  ExpectRefused(SeriesKey::Parse(std::string_view("A\0B", 3)), "at byte 2");
  ExpectRefused(SeriesKey::FromCodes({"CN", "A.B"}), "place 2 of the series key: the code \"A.B\" has \".\"");
  ExpectRefused(SeriesKey::FromCodes({}), "at least one code");
}

TEST(SeriesKeyTest, HoldsItsLimits) {
  const std::string longest(limits::kMaxCodeBytes, 'A');
  EXPECT_TRUE(ValidateCode(longest).ok());
  ExpectRefused(ValidateCode(longest + "A"), "65 bytes; at most 64");
  std::vector<std::string> codes(limits::kMaxDimensions, "A");
  EXPECT_TRUE(SeriesKey::FromCodes(codes).ok());
  codes.push_back("A");
  ExpectRefused(SeriesKey::FromCodes(codes), "at most 16 codes, not 17");
  ExpectRefused(SeriesKey::Parse("A.A.A.A.A.A.A.A.A.A.A.A.A.A.A.A.A"), "at most 16 codes");
}

TEST(SeriesKeyTest, CodesAreSdmxIdentifiers) {
  for (int c = 0; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    const bool allowed = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                         c == '_' || c == '-' || c == '@' || c == '$';
    EXPECT_EQ(ValidateCode(std::string(1, byte)).ok(), allowed) << c;
  }
}

TEST(SeriesKeyTest, OrderIsCodeByCodeAndNotThatOfTheText) {
  EXPECT_LT(K("A.Z"), K("A-B.A"));
  EXPECT_GT(std::string("A.Z"), std::string("A-B.A")) << "or the text's order would do";
  EXPECT_LT(K("A.Z"), K("A$.A"));
  EXPECT_LT(K("A"), K("A.A"));
  EXPECT_LT(K("A.B"), K("AB"));
  EXPECT_LT(K("B"), K("a"));
  EXPECT_EQ(K("A.B") <=> K("A.B"), std::strong_ordering::equal);
}

TEST(SeriesKeyTest, OrderAgreesWithComparingTheLists) {
  Randomness random;
  const auto any = [&random] {
    std::vector<std::string> codes;
    for (int n = random.Int(1, 4); n > 0; --n) {
      std::string code;
      // Few letters and long runs of one, so that many keys share a front of more than eight bytes.
      for (int size = random.Pick<int>({1, 1, 2, 3, 9}); size > 0; --size)
        code += random.Pick<char>({'A', 'A', '-', '$', 'z'});
      codes.push_back(code);
    }
    return codes;
  };
  for (int i = 0; i < 20'000; ++i) {
    const auto a = any();
    const auto b = random.OneIn(4) ? a : any();
    ASSERT_EQ(Must(SeriesKey::FromCodes(a)) <=> Must(SeriesKey::FromCodes(b)), a <=> b)
        << Must(SeriesKey::FromCodes(a)).text() << " and " << Must(SeriesKey::FromCodes(b)).text();
  }
}

}  // namespace
}  // namespace tidewaiter
