#include "client/feeders/gacc/gacc_bycountry_sheet.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/feeders/formats.h"
#include "client/feeders/gacc/gacc_bycountry_html.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"
#include "tests/client/feeders/workbooks.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Number = TestSheet::Number;

FeedOptions Options() {
  FeedOptions options;
  options.file = "7-en-2026-03.xls";
  options.published = ParsePublication("2026-04-08").value();
  return options;
}

// The month layout as GACC's workbooks have it; figures invented.
TestBook Book() {
  TestBook book;
  book.formats = {"#,##0.0_ ", "0.0_ "};
  TestSheet& sheet = book.sheets.emplace_back();
  sheet.name = "4";
  const std::string both = "Export & Import", out = "Export", in = "Import", run = "1- to-3";
  sheet.rows = {
      {std::string("(4) China's Total Export & Import Values by Country/Region, Mar 2026 (in CNY)")},
      {std::string("Unit: CNY 100 Million")},
      {std::string("Import Source"),
       both,
       both,
       out,
       out,
       in,
       in,
       std::string("1-to-3 Total Year-on-Year (±%)"),
       {},
       {}},
      {std::string("Export Destination"), Number{3, 0}, run, Number{3, 0}, run, Number{3, 0}, run, both, out,
       in},
      {std::string("Total"), Number{410.4, 1}, Number{1180, 1}, Number{222.9, 1}, Number{680.6, 1},
       Number{187.5, 1}, Number{499.4, 1}, Number{15, 2}, Number{11.9, 2}, Number{19.6, 2}},
      {std::string("  of which: Germany"), Number{12.4, 1}, Number{37.5, 1}, Number{7.1, 1}, Number{22.4, 1},
       Number{5.3, 1}, Number{15.1, 1}, std::string("-"), Number{0, 2}, Number{-2.1, 2}},
      {},
      {std::string("Note: 1. The EU includes 27 countries.")}};
  sheet.merges = {{0, 0, 1, 10}, {1, 0, 1, 10}, {2, 7, 1, 3}, {7, 0, 1, 10}};
  TestSheet& other = book.sheets.emplace_back();
  other.name = "notes";
  other.rows = {{std::string("Explanations")}};
  return book;
}

std::string FileError(const std::string& bytes, const FeedOptions& options = Options()) {
  Collected sink;
  const absl::Status status = ParseText(GaccByCountrySheet(), bytes, options, sink);
  return status.ok() ? "none" : std::string(status.message());
}

TEST(GaccByCountrySheet, BothFormatsSayTheSame) {
  Collected xls;
  ASSERT_TRUE(ParseText(GaccByCountrySheet(), WriteXls(Book()), Options(), xls, 999).ok());
  ExpectGolden("gacc_bycountry_sheet.txt", xls.ToText(true));
  Collected xlsx;
  ASSERT_TRUE(ParseText(GaccByCountrySheet(), WriteXlsx(Book()), Options(), xlsx).ok());
  EXPECT_EQ(xlsx.ToText(true), xls.ToText(true));
}

TEST(GaccByCountrySheet, HeadersNeedNotBeMerged) {
  TestBook book = Book();
  book.sheets[0].merges.clear();  // centred across instead
  Collected sink, merged;
  ASSERT_TRUE(ParseText(GaccByCountrySheet(), WriteXls(book), Options(), sink).ok());
  ASSERT_TRUE(ParseText(GaccByCountrySheet(), WriteXls(Book()), Options(), merged).ok());
  EXPECT_EQ(sink.ToText(), merged.ToText());
}

TEST(GaccByCountrySheet, ProblemsNameTheCell) {
  TestBook book = Book();
  book.sheets[0].rows[5][0] = std::string("Freedonia");
  book.sheets[0].rows[5][2] = std::string("n.a.");
  book.sheets[0].rows[5][3] = std::monostate();
  Collected sink;
  ASSERT_TRUE(ParseText(GaccByCountrySheet(), WriteXls(book), Options(), sink).ok());
  EXPECT_THAT(
      sink.Problems(),
      ElementsAre(HasSubstr("line 6, column A6: \"Freedonia\" is the name of no country"),
                  HasSubstr("line 6, column C6: \"n.a.\""), HasSubstr("line 6, column D6: is empty")));
}

TEST(GaccByCountrySheet, WhatIsNotThereIsSaid) {
  FeedOptions options = Options();
  options.published.reset();
  EXPECT_THAT(FileError(WriteXls(Book()), options), HasSubstr("--published-at: is needed"));
  TestBook book = Book();
  book.sheets[0].rows[1].clear();
  EXPECT_THAT(FileError(WriteXlsx(book)), HasSubstr("sheet \"4\" does not say its unit"));
  book.sheets.erase(book.sheets.begin());
  EXPECT_THAT(FileError(WriteXlsx(book)), HasSubstr("has 1 sheets, none with a table by country"));
  EXPECT_THAT(FileError("<html><table>"), HasSubstr("is HTML, whatever its name says"));
  EXPECT_THAT(FileError("hello"), HasSubstr("neither .xls nor .xlsx"));
}

TEST(GaccByCountrySheet, SeveralTablesAreSeveralReleases) {
  TestBook book = Book();
  book.sheets[1] = book.sheets[0];
  book.sheets[1].name = "USD";
  book.sheets[1].rows[0][0] = std::string("by Country/Region, Mar 2026 (in USD)");
  book.sheets[1].rows[1][0] = std::string("Unit: USD1 Million");
  Collected sink;
  ASSERT_TRUE(ParseText(GaccByCountrySheet(), WriteXls(book), Options(), sink).ok());
  ASSERT_THAT(sink.releases, SizeIs(2));
  EXPECT_EQ(sink.releases[0].release_id, "GACC_BYCOUNTRY:2026-04-08:2026-03:CNY");
  EXPECT_EQ(sink.releases[1].release_id, "GACC_BYCOUNTRY:2026-04-08:2026-03:USD");
}

TEST(GaccByCountrySheet, ItsExampleIsItsOwn) {
  const std::string example(GaccByCountrySheet().info().example);
  const auto format = FormatOfContent(example, "a.txt");
  ASSERT_TRUE(format.ok()) << format.status();
  EXPECT_EQ((*format)->info().name, "gacc-bycountry-xls");
  Collected sink;
  ASSERT_TRUE(ParseText(GaccByCountrySheet(), example, Options(), sink).ok());
  EXPECT_THAT(sink.Problems(), IsEmpty());
  EXPECT_THAT(sink.Cells(), SizeIs(12));
  EXPECT_TRUE(GaccByCountrySheet().Recognises(WriteXls(Book()), "x"));
  EXPECT_TRUE(GaccByCountrySheet().Recognises(WriteXlsx(Book()), "x"));
  TestBook other;
  other.sheets.emplace_back().rows = {{std::string("some other table")}};
  EXPECT_FALSE(GaccByCountrySheet().Recognises(WriteXls(other), "x.xls"));
  EXPECT_FALSE(GaccByCountrySheet().Recognises(WriteXlsx(other), "x.xlsx"));
  EXPECT_FALSE(GaccByCountrySheet().Recognises(GaccByCountryHtml().info().example, "x.xls"));
  EXPECT_FALSE(GaccByCountryHtml().Recognises(example, "x.xls"));
}

TEST(GaccByCountrySheet, SurvivesTorment) {
  Torment(GaccByCountrySheet(),
          {WriteXls(Book()), WriteXlsx(Book()), WriteXls(Book(), 30),
           std::string(GaccByCountrySheet().info().example)},
          Options(), 3000);
}

}  // namespace
}  // namespace tidewaiter::feeders
