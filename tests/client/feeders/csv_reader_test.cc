#include "client/feeders/text/csv_reader.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "domain/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/in_pieces.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Rows = std::vector<std::vector<std::string>>;

absl::StatusOr<Rows> ReadAll(std::string_view text, char separator = ',', std::size_t piece = 1u << 20) {
  InPieces input(text, piece);
  CsvReader reader(&input, separator);
  Rows rows;
  for (;;) {
    const absl::StatusOr<bool> more = reader.Next();
    if (!more.ok()) return more.status();
    if (!*more) return rows;
    rows.emplace_back(reader.fields().begin(), reader.fields().end());
  }
}

std::string ErrorOf(std::string_view text) {
  const auto rows = ReadAll(text);
  return rows.ok() ? "none" : std::string(rows.status().message());
}

TEST(CsvReader, ReadsPlainAndQuotedFields) {
  EXPECT_THAT(*ReadAll("a,b\n1,2\n"), ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
  EXPECT_THAT(*ReadAll("a,\"b \"\"c\"\", d\",\n"), ElementsAre(ElementsAre("a", "b \"c\", d", "")));
  EXPECT_THAT(*ReadAll("\"\",\"\"\"\"\n"), ElementsAre(ElementsAre("", "\"")));
}

TEST(CsvReader, TakesMarksAndLineEndsOfSpreadsheets) {
  EXPECT_THAT(*ReadAll("\xEF\xBB\xBF"
                       "a,b\r\n1,2"),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
  EXPECT_THAT(*ReadAll("a\n\"one\r\ntwo\"\r\n"), ElementsAre(ElementsAre("a"), ElementsAre("one\r\ntwo")));
  EXPECT_THAT(*ReadAll("a;b\n", ';'), ElementsAre(ElementsAre("a", "b")));
  EXPECT_THAT(*ReadAll(""), ElementsAre());
}

TEST(CsvReader, KnowsTheLineOnWhichARecordStarts) {
  TextInput input("a,b\n\"one\ntwo\",2\n\n3,4");
  CsvReader reader(&input, ',');
  std::vector<std::size_t> lines;
  std::vector<bool> blank;
  while (*reader.Next()) {
    lines.push_back(reader.line());
    blank.push_back(reader.blank());
  }
  EXPECT_THAT(lines, ElementsAre(1, 2, 4, 5));
  EXPECT_THAT(blank, ElementsAre(false, false, true, false));
}

// Plain records of all lengths, in pieces of all sizes, some beyond what is read at a time, cut at commas and
// line ends by hand.
TEST(CsvReader, PlainRecordsAreWhatStandsBetweenTheMarks) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 300; ++round) {
    Rows expected;
    std::string text;
    for (std::size_t rows = 1 + below(round % 100 == 0 ? 20'000 : 40); rows > 0; --rows) {
      std::vector<std::string>& row = expected.emplace_back();
      for (std::size_t fields = 1 + below(12); fields > 0; --fields) {
        row.emplace_back(below(4) == 0 ? below(200) : below(9), static_cast<char>('a' + below(26)));
      }
      for (std::size_t i = 0; i < row.size(); ++i) absl::StrAppend(&text, i == 0 ? "" : ",", row[i]);
      text += below(5) == 0 ? "\r\n" : "\n";
    }
    if (below(2) == 0) {  // the last line needs no end, but then it must not be empty
      expected.back() = {"x", ""};
      text.resize(text.find_last_of('\n', text.size() - 2) + 1);
      absl::StrAppend(&text, "x,");
    }
    const auto rows = ReadAll(text, ',', 1 + below(300));
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(*rows, expected);
  }
}

TEST(CsvReader, ErrorsSayLineAndColumn) {
  EXPECT_THAT(ErrorOf("a,b\n1,x\"y\n"), HasSubstr("line 2, column 4: a quote inside a field"));
  EXPECT_THAT(ErrorOf("a,b\n1,\"x\ny"),
              HasSubstr("line 2, column 3: a quote is opened here and never closed"));
  EXPECT_THAT(ErrorOf("a,b\n\"x\"y,2\n"), HasSubstr("line 2, column 4: \"y\" after a closing quote"));
  EXPECT_THAT(ErrorOf("a,b\r1,2\n"), HasSubstr("line 1, column 4: a carriage return without a line feed"));
  // Columns count characters: the three of 俄罗斯 are nine bytes.
  EXPECT_THAT(ErrorOf("俄罗斯,x\"\n"), HasSubstr("line 1, column 6"));
}

TEST(CsvReader, GuessesTheSeparatorOutsideQuotes) {
  EXPECT_EQ(GuessSeparator("a,b;c,d\n;;;;;"), ',');
  EXPECT_EQ(GuessSeparator("\"a,b,c\";d;e"), ';');
  EXPECT_EQ(GuessSeparator("a\tb\tc"), '\t');
  EXPECT_EQ(GuessSeparator("a"), ',');
}

TEST(CsvReader, ReadsBackWhatWasWritten) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto up_to = [&random](int n) { return std::uniform_int_distribution<int>(0, n)(random); };
  const std::vector<std::string> pieces = {"a",  "1.5",  ",", ";",  "\"", "\"\"",
                                           "\n", "\r\n", " ", "俄", "é",  "\t"};
  for (int round = 0; round < 500; ++round) {
    const char separator = ",;\t"[up_to(2)];
    const std::size_t columns = 1 + static_cast<std::size_t>(up_to(5));
    Rows rows(1 + static_cast<std::size_t>(up_to(8)));
    std::string text;
    for (auto& row : rows) {
      for (std::size_t c = 0; c < columns; ++c) {
        std::string field;
        for (int n = up_to(6); n > 0; --n) field += pieces[static_cast<std::size_t>(up_to(11))];
        row.push_back(field);
        // A record of one empty field needs its quotes: it would be a blank line.
        const bool quotes = field.empty() && columns == 1;
        if (c > 0) text += separator;
        text += quotes ? "\"\"" : CsvField(field, separator);
      }
      text += up_to(1) == 0 ? "\n" : "\r\n";
    }
    const auto read = ReadAll(text, separator, 1 + static_cast<std::size_t>(up_to(40)));
    ASSERT_TRUE(read.ok()) << read.status() << "\n" << text;
    ASSERT_EQ(*read, rows) << text;
  }
}

TEST(CsvReader, GivesTheRowAsItStands) {
  TextInput input("a,b\r\n\"x\ny\",  2\r\nlast");
  CsvReader reader(&input);
  std::vector<std::string> rows;
  while (*reader.Next()) rows.emplace_back(reader.row());
  EXPECT_THAT(rows, ElementsAre("a,b", "\"x\ny\",  2", "last"));
}

// Records that are longer than a piece of the input, and many of them.
TEST(CsvReader, ReadsFilesLargerThanItsMemory) {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    absl::StrAppend(&text, i, ",\"", std::string(static_cast<std::size_t>(i % 977), 'x'), "\"\n");
  const auto rows = ReadAll(text, ',', 100'000);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 20'000u);
  for (std::size_t i = 0; i < rows->size(); ++i) {
    ASSERT_EQ((*rows)[i][0], absl::StrCat(i));
    ASSERT_EQ((*rows)[i][1].size(), i % 977);
  }
}

TEST(CsvReader, RefusesWhatIsNoTableOfLines) {
  EXPECT_THAT(ErrorOf(std::string(3u << 20, 'x')),
              HasSubstr("line 1, column 1: a record of more than 1048576 bytes"));
  EXPECT_THAT(ErrorOf("a\n\"" + std::string(3u << 20, 'x')),
              HasSubstr("line 2, column 1: a quote is opened"));
  EXPECT_THAT(ErrorOf(std::string(5000, ',')), HasSubstr("5001 fields; at most 4096"));
}

TEST(CsvReader, EndsOnAnyBytes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::string_view bytes("a,\"\r\n;\0\xff\xef\xbb", 10);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t n = random() % 40; n > 0; --n) text += bytes[random() % bytes.size()];
    (void)ReadAll(text, ',', 1 + random() % 40);
  }
}

TEST(CsvReader, TellsFilesOfAnotherKind) {
  const auto error = [](std::string_view text) {
    TextInput input(text);
    CsvReader reader(&input);
    return std::string(reader.Next().status().message());
  };
  EXPECT_THAT(error("\x1F\x8B\x08"),
              HasSubstr("line 1: the file is compressed by gzip; unpack it first: gunzip"));
  EXPECT_THAT(error("PK\x03\x04"), HasSubstr("a zip archive or a workbook"));
  EXPECT_THAT(error("\xEF\xBB\xBF<?xml version=\"1.0\"?>"), HasSubstr("the file is XML"));
  EXPECT_THAT(error("\n <HTML>"), HasSubstr("a page of HTML"));
  EXPECT_EQ(error("PK,<html>\n"), "");
}

}  // namespace
}  // namespace tidewaiter::feeders
