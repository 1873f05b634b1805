#include "client/feeders/text/decoded_input.h"

#include "absl/strings/str_cat.h"
#include "domain/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/gb18030.h"
#include "tests/client/feeders/in_pieces.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::HasSubstr;

// Everything decoded; or the error.
std::string Decode(std::string_view bytes, std::size_t piece = 1u << 20, std::size_t read = 1u << 16) {
  InPieces pieces(bytes, piece);
  DecodedInput input(&pieces);
  std::string text, buffer(read, '\0');
  for (;;) {
    const auto count = input.Read(buffer.data(), read);
    if (!count.ok()) return absl::StrCat("error: ", count.status().message());
    if (*count == 0) return text;
    text.append(buffer, 0, *count);
  }
}

constexpr std::string_view kText = "数据年月,商品 \"x\"\n共建“一带一路”,é ü €,𠮷 €\n";

TEST(DecodedInput, Gb18030IsDecodedWhateverThePieces) {
  const std::string bytes = ToGb18030(kText);
  ASSERT_NE(bytes, kText);
  for (const std::size_t piece : {1, 2, 3, 5, 64, 1 << 20}) {
    EXPECT_EQ(Decode(bytes, piece), kText) << piece;
    EXPECT_EQ(Decode(bytes, piece, 1), kText) << piece;
  }
}

TEST(DecodedInput, Utf8StaysAsItIs) {
  EXPECT_EQ(Decode(kText), kText);
  EXPECT_EQ(Decode(kText, 1), kText);
  EXPECT_EQ(Decode(absl::StrCat("\xEF\xBB\xBF", ToAbsl(kText)), 1), kText);
  EXPECT_EQ(Decode("plain\n"), "plain\n");
  EXPECT_EQ(Decode(""), "");
}

TEST(DecodedInput, TheEncodingIsToldByTheFirstTextBeyondAscii) {
  const std::string plain(300'000, 'a');
  EXPECT_EQ(Decode(absl::StrCat(plain, ToGb18030("伏\n"), plain)), absl::StrCat(plain, "伏\n", plain));
  EXPECT_EQ(Decode(absl::StrCat(plain, "伏\n", plain), 1000), absl::StrCat(plain, "伏\n", plain));
}

TEST(DecodedInput, LongTextsAreDecodedWhole) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) absl::StrAppend(&text, i, "俄罗斯\n");
  EXPECT_EQ(Decode(ToGb18030(text), 777), text);
  EXPECT_EQ(Decode(text, 777), text);
}

TEST(DecodedInput, EveryCharacterOfTwoBytesIsWhatTheLibrarySays) {
  std::string text;
  for (const char* c : {"啊", "齄", "丂", "龥", "×", "・", "、", "　", "℃", "Ω"}) text += c;
  EXPECT_EQ(Decode(ToGb18030(text)), text);
}

TEST(DecodedInput, WrongBytesAreRefusedWithTheirLine) {
  const std::string good = ToGb18030("年,月\n");
  EXPECT_THAT(Decode(absl::StrCat(good, good, "a\xFFz\n")),
              HasSubstr("line 3: the bytes FF 7A 0A are not GB18030"));
  EXPECT_THAT(Decode(absl::StrCat(good, "\xC4")), HasSubstr("line 2: the bytes C4 are not GB18030"));  // cut
  EXPECT_THAT(Decode(absl::StrCat("\xEF\xBB\xBF", "年\n\xC4\xEA\n")),
              HasSubstr("line 2: the bytes C4 EA 0A are not UTF-8"));
  EXPECT_THAT(Decode(absl::StrCat("\xEF\xBB\xBF", "\xE5\xB9")), HasSubstr("are not UTF-8"));
  EXPECT_THAT(Decode(std::string_view("\xFF\xFE"
                                      "a\0,\0",
                                      6)),
              HasSubstr("UTF-16"));
  // A wrong byte after 64 KiB of good UTF-8 is wrong UTF-8, not GB18030.
  std::string long_text;
  for (int i = 0; i < 40'000; ++i) long_text += "年\n";
  EXPECT_THAT(Decode(absl::StrCat(long_text, "\xC4\xEA")),
              HasSubstr("line 40001: the bytes C4 EA are not UTF-8"));
}

TEST(DecodedInput, OverlongAndSurrogateUtf8IsRefused) {
  const std::string_view mark = "\xEF\xBB\xBF";
  for (const std::string_view bytes :
       {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"}) {
    EXPECT_THAT(Decode(absl::StrCat(ToAbsl(mark), ToAbsl(bytes))), HasSubstr("are not UTF-8"));
  }
}

}  // namespace
}  // namespace tidewaiter::feeders
