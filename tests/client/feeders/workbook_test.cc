#include "client/feeders/tables/workbook.h"

#include <freexl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/feeders/tables/cell_number.h"
#include "client/feeders/tables/compound_file.h"
#include "client/feeders/tables/text_grid.h"
#include "client/feeders/tables/xls_records.h"
#include "domain/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/workbooks.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// A grid as text: "a|b" a line, '^' and '<' where a cell of above or left reaches.
std::string TextOf(const TextGrid& grid) {
  std::string out;
  for (std::size_t row = 0; row < grid.rows(); ++row) {
    for (std::size_t column = 0; column < grid.columns(); ++column) {
      const TextGrid::Cell* const cell = grid.At(row, column);
      const bool own = cell != nullptr && cell->row == row && cell->column == column;
      absl::StrAppend(&out, column == 0 ? "" : "|",
                      cell == nullptr         ? ""
                      : own                   ? cell->text
                      : cell->column < column ? "<"
                                              : "^");
    }
    out += "\n";
  }
  return out;
}

std::string TextOf(const absl::StatusOr<std::vector<Sheet>>& sheets) {
  if (!sheets.ok()) return absl::StrCat("error: ", sheets.status().message());
  return absl::StrJoin(*sheets, "", [](std::string* out, const Sheet& sheet) {
    absl::StrAppend(out, "[", sheet.name, "]\n", TextOf(sheet.grid));
  });
}

TestBook Book() {
  using Number = TestSheet::Number;
  TestBook book;
  book.formats = {"#,##0.0_ ", "0.00%", "General"};
  TestSheet& sheet = book.sheets.emplace_back();
  sheet.name = "Table 4";
  sheet.rows = {{std::string("by Country/Region <&>"), {}, {}},
                {std::string("俄罗斯 é"), Number{41046.4, 1}, Number{804, 1}},
                {std::string(" two  words\n"), Number{-0.069, 2}, Number{1234.5678, 1}},
                {{}, Number{0.1 + 0.2, 0}, Number{1e9, 3}}};
  sheet.merges = {{0, 0, 1, 3}};
  book.sheets.emplace_back().name = "empty";
  return book;
}

constexpr std::string_view kBook =
    "[Table 4]\n"
    "by Country/Region <&>|<|<\n"
    "俄罗斯 é|41046.4|804.0\n"
    "two words|-6.90|1234.5678\n"
    "|0.3|1000000000\n"
    "[empty]\n";

TEST(Workbook, XlsxIsRead) { EXPECT_EQ(TextOf(ParseXlsx(WriteXlsx(Book()))), kBook); }

TEST(Workbook, XlsIsRead) {
  EXPECT_EQ(TextOf(ParseXls(WriteXls(Book()))), kBook);
  // Texts that go on in another record, wherever they are cut.
  for (std::size_t part = 8; part < 60; ++part)
    EXPECT_EQ(TextOf(ParseXls(WriteXls(Book(), part))), kBook) << part;
}

// That the test's writer and our reader do not agree on a mistake: a third party reads the same.
TEST(Workbook, XlsIsReadBySomeoneElseToo) {
  const std::string path = absl::StrCat(testing::TempDir(), "/tidewaiter_", getpid(), ".xls");
  std::ofstream(path, std::ios::binary) << WriteXls(Book(), 21);
  const void* handle = nullptr;
  ASSERT_EQ(freexl_open(path.c_str(), &handle), FREEXL_OK);
  ASSERT_EQ(freexl_select_active_worksheet(handle, 0), FREEXL_OK);
  const auto cell = [handle](unsigned row, unsigned short column) -> std::string {
    FreeXL_CellValue value;
    if (freexl_get_cell_value(handle, row, column, &value) != FREEXL_OK) return "error";
    if (value.type == FREEXL_CELL_DOUBLE) return NumberText(value.value.double_value, {});
    if (value.type == FREEXL_CELL_SST_TEXT) return value.value.text_value;
    return value.type == FREEXL_CELL_NULL ? "" : "other";
  };
  EXPECT_EQ(cell(0, 0), "by Country/Region <&>");
  EXPECT_EQ(cell(1, 0), "俄罗斯 é");
  EXPECT_EQ(cell(1, 1), "41046.4");
  EXPECT_EQ(cell(1, 2), "804");
  EXPECT_EQ(cell(3, 0), "");
  freexl_close(handle);
  std::remove(path.c_str());
}

TEST(Workbook, BrokenWorkbooksAreRefused) {
  const std::string xls = WriteXls(Book());
  EXPECT_THAT(TextOf(ParseXls(xls.substr(0, 400))), HasSubstr("shorter than its header"));
  EXPECT_THAT(TextOf(ParseXls(xls.substr(0, 2000))), HasSubstr("error: "));
  std::string circle = xls;  // the FAT lies at the end: its first entry, of sector 0, names sector 0
  const std::size_t fat = xls.size() - 1024;
  circle.replace(fat, 4, std::string(4, '\0'));
  EXPECT_THAT(TextOf(ParseXls(circle)), HasSubstr("runs in a circle"));
  std::string far = xls;
  far.replace(fat, 4, "\x00\x00\x10\x00", 4);
  EXPECT_THAT(TextOf(ParseXls(far)), HasSubstr("leaves the file"));
  std::string old = xls;  // BIFF5
  old[512 + 4] = 0, old[512 + 5] = 5;
  EXPECT_THAT(TextOf(ParseXls(old)), HasSubstr("saved by Excel 95 or before"));
  std::string secret = xls;  // the record behind the first is FILEPASS
  secret[512 + 20] = 0x2F, secret[512 + 21] = 0;
  EXPECT_THAT(TextOf(ParseXls(secret)), HasSubstr("is encrypted"));
  std::string other = xls;
  const std::size_t name = other.find(std::string("W\0o\0r\0k", 7));
  other[name] = 'X';
  EXPECT_THAT(TextOf(ParseXls(other)), HasSubstr("it is no workbook"));

  const std::string xlsx = WriteXlsx(Book());
  EXPECT_THAT(TextOf(ParseXlsx(xlsx.substr(0, xlsx.size() / 2))), HasSubstr("no whole zip file"));
  EXPECT_THAT(TextOf(ParseXlsx(WriteZip({{"a", "b"}}))), HasSubstr("has no part xl/workbook.xml"));
  EXPECT_THAT(TextOf(ParseXlsx(WriteZip({{"xl/workbook.xml", "<a"}}))), HasSubstr("is no XML at byte"));
}

std::string Sheet1(const std::string& cells, const std::string& strings = "") {
  return WriteZip(
      {{"xl/workbook.xml", "<w><sheets><sheet name='a' r:id='1'/></sheets></w>"},
       {"xl/_rels/workbook.xml.rels",
        "<r><Relationship Id='1' Type='x/worksheet' Target='s.xml'/>"
        "<Relationship Id='2' Type='x/sharedStrings' Target='t.xml'/></r>"},
       {"xl/t.xml", strings.empty() ? "<sst/>" : strings},
       {"xl/s.xml", absl::StrCat("<s:ws xmlns:s='x'><s:sheetData>", cells, "</s:sheetData></s:ws>")}});
}

TEST(Workbook, CellsOfEveryKind) {
  EXPECT_EQ(
      TextOf(ParseXlsx(Sheet1(
          "<s:row><s:c t='inlineStr'><s:is><s:t>in </s:t><s:r><s:t>line</s:t></s:r></s:is></s:c>"
          "<s:c t='str'><s:v>formula</s:v></s:c><s:c t='e'><s:v>#REF!</s:v></s:c><s:c><s:v>1.5</s:v></s:c>"
          "<s:c t='s'><s:v>0</s:v></s:c></s:row><s:row r='3'><s:c r='B3'><s:v>7</s:v></s:c></s:row>",
          "<sst><si><r><t>rich</t></r><rPh><t>aloud</t></rPh><r><t>er</t></r></si></sst>"))),
      "[a]\nin line|formula|#REF!|1.5|richer\n||||\n|7|||\n");
  EXPECT_THAT(TextOf(ParseXlsx(Sheet1("<s:row><s:c t='s'><s:v>3</s:v></s:c></s:row>"))),
              HasSubstr("shows text \"3\" of 0"));
}

TEST(Workbook, BombsAreRefused) {
  EXPECT_THAT(TextOf(ParseXlsx(Sheet1("<s:row r='999999'><s:c r='A999999'><s:v>1</s:v></s:c></s:row>"))),
              HasSubstr("a table of more than 65536 rows"));
  EXPECT_THAT(TextOf(ParseXlsx(Sheet1("<s:row><s:c r='XFD1'><s:v>1</s:v></s:c></s:row>"))),
              HasSubstr("a table of more than 256 columns"));
  // 20 MB of blanks pack into 20 KB.
  const std::string bomb = Sheet1(std::string(20 << 20, ' '));
  EXPECT_LT(bomb.size(), 100'000u);
  EXPECT_THAT(TextOf(ParseXlsx(bomb)), HasSubstr("unpacks to more than 16777216 bytes"));
  // Many cells that show one long text.
  std::string cells;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&cells, "<s:row><s:c t='s'><s:v>0</s:v></s:c></s:row>");
  EXPECT_THAT(TextOf(ParseXlsx(
                  Sheet1(cells, absl::StrCat("<sst><si><t>", std::string(1 << 20, 'x'), "</t></si></sst>")))),
              HasSubstr("bytes of text in its cells"));
  std::string deep;
  for (int i = 0; i < 300'000; ++i) deep += "<a>";
  EXPECT_THAT(TextOf(ParseXlsx(Sheet1(deep))), HasSubstr("is no XML"));
  // Entities are not expanded.
  EXPECT_THAT(
      TextOf(ParseXlsx(Sheet1("<s:row><s:c t='inlineStr'><s:is><s:t>&lol9;</s:t></s:is></s:c></s:row>"))),
      HasSubstr("&lol9;"));
}

TEST(NumberText, ShortestDecimalWithTheFormatsDecimals) {
  EXPECT_EQ(NumberText(41046.4, {1, false}), "41046.4");
  EXPECT_EQ(NumberText(804, {1, false}), "804.0");
  EXPECT_EQ(NumberText(0, {2, false}), "0.00");
  EXPECT_EQ(NumberText(-0.0, {}), "0");
  EXPECT_EQ(NumberText(-12.5, {}), "-12.5");
  EXPECT_EQ(NumberText(0.000012, {}), "0.000012");
  EXPECT_EQ(NumberText(19871761143, {}), "19871761143");
  EXPECT_EQ(NumberText(123456789012345678, {}), "123456789012346000");  // 15 digits are what Excel has
  EXPECT_EQ(NumberText(0.1 + 0.2, {}), "0.3");
  EXPECT_EQ(NumberText(1.005, {1, false}), "1.005");  // nothing is rounded away
  EXPECT_EQ(NumberText(0.034, {1, true}), "3.4");
  EXPECT_EQ(NumberText(1, {0, true}), "100");
  EXPECT_EQ(NumberText(1e300, {}), "1e300");
  EXPECT_EQ(NumberText(1.0 / 0.0, {}), "inf");
}

TEST(NumberText, Formats) {
  EXPECT_EQ(ParseNumberFormat("#,##0.0_ ;[Red]\\-#,##0.00\\ ").decimals, 1);
  EXPECT_EQ(ParseNumberFormat("0.00\"0.0\"").decimals, 2);
  EXPECT_EQ(ParseNumberFormat("[$-409]0.0").decimals, 1);
  EXPECT_EQ(ParseNumberFormat("General").decimals, 0);
  EXPECT_EQ(ParseNumberFormat("#.##").decimals, 0);
  EXPECT_TRUE(ParseNumberFormat("0.0%").percent);
  EXPECT_FALSE(ParseNumberFormat("0.0\"%\"").percent);
  EXPECT_EQ(ParseNumberFormat("\"open").decimals, 0);
  EXPECT_EQ(BuiltinNumberFormat(4)->decimals, 2);
  EXPECT_TRUE(BuiltinNumberFormat(10)->percent);
  EXPECT_FALSE(BuiltinNumberFormat(164));
}

TEST(TextGrid, CellsCoverWhatTheyCover) {
  TextGrid grid;
  const auto add = [&grid](std::string text, std::size_t row, std::size_t column, std::size_t rows,
                           std::size_t columns) {
    TextGrid::Cell cell;
    cell.text = std::move(text);
    cell.row = row, cell.column = column, cell.rows = rows, cell.columns = columns;
    return grid.Add(cell);
  };
  ASSERT_TRUE(add("a", 0, 0, 2, 1).ok());
  ASSERT_TRUE(add("b", 0, 1, 1, 2).ok());
  EXPECT_EQ(grid.FreeColumn(1, 0), 1u);
  ASSERT_TRUE(add("c", 1, 0, 1, 2).ok());  // what a covers stays a's
  EXPECT_EQ(TextOf(grid), "a|b|<\n^|<|\n");
  EXPECT_EQ(grid.At(1, 1)->text, "c");
  EXPECT_EQ(grid.At(7, 7), nullptr);
  EXPECT_EQ(grid.Text(7, 7), "");
  EXPECT_EQ(CellName(6, 2), "C7");
  EXPECT_EQ(CellName(0, 26), "AA1");
  EXPECT_EQ(CellName(0, 701), "ZZ1");
  EXPECT_EQ(OneLineOf(" a\xC2\xA0 \n b\xE3\x80\x80"), "a b");
  EXPECT_EQ(OneLineOf("\xC2"), "\xC2");
}

}  // namespace
}  // namespace tidewaiter::feeders
