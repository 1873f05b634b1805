#include "client/feeders/gacc/gacc_bycountry.h"

#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/feeders/formats.h"
#include "client/feeders/gacc/gacc_bycountry_html.h"
#include "client/feeders/gacc/gacc_caption.h"
#include "client/feeders/tables/html_depth.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"

namespace tidewaiter::feeders {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

FeedOptions Options(std::string file = "page.html") {
  FeedOptions options;
  options.file = std::move(file);
  return options;
}

std::string Row(const std::vector<std::string>& cells) {
  std::string row = "<tr>";
  for (const std::string& cell : cells) absl::StrAppend(&row, "<td>", cell, "</td>");
  return absl::StrCat(row, "</tr>\n");
}

struct Page {
  std::string title = "(4) China's Total Export &amp; Import Values by Country/Region, March 2019 (in USD)";
  std::string caption = title;
  std::string date = "2019/04/23";
  std::string unit = "Unit: USD1 Million";
  std::string header =
      "<tr><td>Import Source</td><td colspan=\"2\">Export &amp; Import</td><td colspan=2>Export</td><td "
      "colspan=2>Import</td><td colspan=\"3\"><b>1-to-3 Total Year-on-Year (<i>±</i>%)</b></td></tr>\n" +
      Row({"Export Destination", "3", "1- to-3", "3", "1-to-3", "3", "1-to-3", "Export &amp; Import",
           "Export", "Import"});
  std::string rows =
      Row({"Total", "3,646.5&nbsp;", "10,278.1", "1,986.7", "5,517.6", "1,659.8", "4,760.5", "-1.5", "1.4",
           "-4.8"}) +
      Row({"&nbsp;&nbsp;European Union", "53.2", "160.0", "31.2", "90.0", "22.0", "70.0", "8.5", "8.8",
           "8.0"}) +
      Row({"&nbsp;of which: Germany", "15.6", "43.0", "6.5", "18.4", "9.1", "24.6", "0.1", "-", "0.0"}) +
      Row({"R. O. Korea", "23.7", "66.0", "9.9", "27.0", "13.8", "39.0", "-11.0", "1.2", "-17.8"}) +
      "<tr><td colspan=\"10\">Note:<br>1. The EU includes 28 countries.</td></tr>\n";

  std::string Text() const {
    return absl::StrCat("<!DOCTYPE html><html><head><title>", title, "</title></head><body>\n",
                        "<div class=\"atcl-ttl\">", title, "</div><div class=\"atcl-date\">", date,
                        "</div>\n<div class=\"atcl-cnt\"><table>\n<tr><td colspan=10>", caption,
                        "</td></tr>\n<tr><td colspan=10>", unit, "</td></tr>\n", header, rows,
                        "</table></div></body></html>\n");
  }
};

// What is wrong with a page as a whole.
std::string PageError(const std::string& text, const FeedOptions& options = Options()) {
  Collected sink;
  const absl::Status status = ParseText(GaccByCountryHtml(), text, options, sink);
  return status.ok() ? "none" : std::string(status.message());
}

// What is wrong with the rows of a page.
std::string RowErrors(const std::string& rows) {
  Page page;
  page.rows = rows;
  Collected sink;
  const absl::Status status = ParseText(GaccByCountryHtml(), page.Text(), Options(), sink);
  EXPECT_TRUE(status.ok()) << status;
  return absl::StrJoin(sink.Problems(), "\n");
}

TEST(GaccByCountry, MonthAndYearToDate) {
  Collected sink;
  ASSERT_TRUE(ParseText(GaccByCountryHtml(), Page().Text(), Options(), sink, 100).ok());
  ExpectGolden("gacc_bycountry_month.txt", sink.ToText(true));
}

TEST(GaccByCountry, JanuaryAndFebruaryTogether) {
  Page page;
  page.title =
      "(4) China's Total Export &amp; Import Values by Country/Region, January-February 2025 (in CNY)";
  page.caption = page.title;
  page.unit = "Unit: CNY 100 Million";
  page.header =
      "<tr><td>Import Source</td><td>Export &amp; Import</td><td>Export</td><td>Import</td>"
      "<td colspan=3>1-to-2 Total Year-on-Year (±%)</td></tr>" +
      Row({"Export Destination", "1- to-2", "1-to-2", "1-to-2", "Export &amp; Import", "Export", "Import"});
  page.rows = Row({"Russian Federation", "2,492.5", "1,074.5", "1,417.9", "-5.9", "-9.8", "-2.7"});
  Collected sink;
  ASSERT_TRUE(ParseText(GaccByCountryHtml(), page.Text(), Options(), sink).ok());
  ExpectGolden("gacc_bycountry_janfeb.txt", sink.ToText(true));
}

TEST(GaccByCountry, ColumnsAreFoundByTheirTexts) {
  Page page;
  page.title = page.caption = "Imports and Exports by Country (Region) of Origin/Destination, Mar 2019";
  page.unit = "Unit: US$1,000";
  page.header =
      "<tr><td rowspan=2>Country (Region)</td><td colspan=2>Imports</td><td colspan=2>Exports</td></tr>" +
      Row({"1-to-3", "3", "Mar.", "Jan.-Mar."});
  page.rows = Row({"Antigua &amp; Barbuda", "9,000", "3,000", "-", "12.50"});
  Collected sink;
  ASSERT_TRUE(ParseText(GaccByCountryHtml(), page.Text(), Options(), sink).ok());
  EXPECT_THAT(sink.Cells(), ElementsAre("CN.AG.M.VALUE.USD.TH 2019-01/P3M 9000 date_basis official",
                                        "CN.AG.M.VALUE.USD.TH 2019-03 3000 date_basis official",
                                        "CN.AG.X.VALUE.USD.TH 2019-03 (NIL) date_basis official",
                                        "CN.AG.X.VALUE.USD.TH 2019-01/P3M 12.50 date_basis official"));
  EXPECT_EQ(sink.releases[0].stage, "bulletin");
}

TEST(GaccByCountry, JanuaryAloneStandsTwiceAndIsOneCell) {
  Page page;
  page.title = page.caption = "by Country/Region, Jan 2019 (in USD)";
  page.header = Row({"Export Import", "Export", "Export", "Import"}) + Row({"", "1", "1-to-1", "1"});
  page.rows = Row({"Japan", "5.0", "5.0", "7"}) + Row({"India", "5.0", "5.1", "7"});
  Collected sink;
  ASSERT_TRUE(ParseText(GaccByCountryHtml(), page.Text(), Options(), sink).ok());
  EXPECT_THAT(sink.Cells(), ElementsAre("CN.JP.X.VALUE.USD.MN 2019-01 5.0 date_basis official",
                                        "CN.JP.M.VALUE.USD.MN 2019-01 7 date_basis official"));
  EXPECT_THAT(sink.Problems(),
              ElementsAre(HasSubstr("column C6: 5.1 stands here for 2019-01, and 5.0 in B6")));
}

TEST(GaccByCountry, ThePageKnowsItsDay) {
  Page page;
  page.date = "18/07/2019";
  Collected sink;
  ASSERT_TRUE(ParseText(GaccByCountryHtml(), page.Text(), Options(), sink).ok());
  EXPECT_EQ(sink.releases[0].published.ToString(), "2019-07-18");
  EXPECT_EQ(sink.releases[0].release_id, "GACC_BYCOUNTRY:2019-07-18:2019-03:USD");

  page.date = "03/08/2019";
  EXPECT_THAT(PageError(page.Text()),
              HasSubstr("\"03/08/2019\" can be read as 2019-03-08 and as 2019-08-03"));
  FeedOptions options = Options();
  options.published = ParsePublication("2019-08-03").value();
  EXPECT_EQ(PageError(page.Text(), options), "none");
  EXPECT_EQ(PageError(page.Text(), Options("2019-03-08.html")), "none");
  page.date = "2019/04/23";
  EXPECT_THAT(PageError(page.Text(), options),
              HasSubstr("says 2019-08-03, and the line under the page's title"));
  page.date = "soon";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("\"soon\" is no day"));
  page.date = "";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("--published-at: is needed"));
  EXPECT_EQ(PageError(page.Text(), options), "none");
}

TEST(GaccByCountry, ARevisedPageIsACorrection) {
  Page page;
  page.title = page.caption = "by Country/Region, Mar 2019 (in USD) (Revised)";
  Collected sink;
  ASSERT_TRUE(ParseText(GaccByCountryHtml(), page.Text(), Options(), sink).ok());
  EXPECT_EQ(sink.releases[0].kind, ReleaseKind::kCorrection);
}

TEST(GaccByCountry, TitleUnitAndHeaderMustAgree) {
  Page page;
  page.unit = "Unit: CNY 100 Million";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("says USD, and \"Unit: CNY 100 Million\" says CNY"));
  page = Page();
  page.caption = "by Country/Region, April 2019 (in USD)";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("do not agree; one of them is another table's"));
  page = Page();
  page.title = page.caption = "by Country/Region, April 2019 (in USD)";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("B3: the column \"Export & Import, 3\" speaks of month 3"));
  page = Page();
  page.title = page.caption = "Exports and imports by Country/Region";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("does not say of which month it is"));
  page.title = page.caption = "by Country/Region, Mar-Apr 2019";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("names several months or years"));
  page = Page();
  page.unit = "";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("does not say its unit"));
  page.unit = "Unit: USD 12 dozen";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("\"Unit: USD 12 dozen\" is no unit that is known"));
  page.unit = "Unit: USD or CNY";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("names two currencies"));
}

TEST(GaccByCountry, HeadersThatAreNotUnderstoodAreRefused) {
  Page page;
  page.header = Row({"", "Export", "Import", "Weather"}) + Row({"", "3", "3", "3"});
  EXPECT_THAT(PageError(page.Text()), HasSubstr("D3: \"Weather\" heads a column"));
  page.header = Row({"", "Export", "Import"});
  EXPECT_THAT(PageError(page.Text()), HasSubstr("B3: the column \"Export\" does not say of which months"));
  page.header = Row({"", "Export", "Import", "3"}) + Row({"", "3", "3", ""});
  EXPECT_THAT(PageError(page.Text()), HasSubstr("D3: the column \"3\" does not say which flow"));
  page.header = Row({"", "Export", "Import"}) + Row({"", "Import", "3"});
  EXPECT_THAT(PageError(page.Text()), HasSubstr("says two things"));
  page.header = Row({"", "Export", "Export", "Import"}) + Row({"", "3", "3", "3"});
  EXPECT_THAT(PageError(page.Text()), HasSubstr("the columns B3 and C3 both hold \"Export, 3\""));
  page.header = Row({"Export", "Import"}) + Row({"3", "3"});
  EXPECT_THAT(PageError(page.Text()), HasSubstr("no column of countries"));
}

TEST(GaccByCountry, RowsAreRefusedWithAllThatIsWrong) {
  const std::string errors = RowErrors(Row({"Freedonia", "x", "10,27.1", "1", "1", "1", "1", "1", "", "1%"}));
  EXPECT_THAT(errors, HasSubstr("column A5: \"Freedonia\" is the name of no country"));
  EXPECT_THAT(errors, HasSubstr("column B5: "));
  EXPECT_THAT(errors, HasSubstr("column C5: \"10,27.1\" is not a number: commas"));
  EXPECT_THAT(errors, HasSubstr("column I5: is empty in the column"));
  EXPECT_THAT(errors, HasSubstr("column J5: "));
  EXPECT_THAT(errors, HasSubstr("line 8, "));
  EXPECT_THAT(RowErrors(Row({"Japan", "", "", "", "", "", "", "", "", ""})),
              HasSubstr("column A5: \"Japan\" stands without figures"));
  EXPECT_THAT(RowErrors(Row({"", "1", "1", "1", "1", "1", "1", "1", "1", "1"})),
              HasSubstr("column A5: figures stand here without a country"));
  EXPECT_THAT(RowErrors(Row({"Japan", "1", "1", "1", "1", "1", "1", "1", "1", "1", "9"})),
              HasSubstr("column K5: \"9\" stands in a column without a head"));
}

TEST(GaccByCountry, PagesWithoutTheTableSayWhy) {
  Page page;
  std::string text = page.Text();
  const std::size_t begin = text.find("<table>"), end = text.find("</table>");
  text.replace(begin, end - begin, "<img src ='\\Excel\\4-RMB.png'/>");
  EXPECT_THAT(PageError(text), HasSubstr("has no table: it shows a picture, \"\\Excel"));
  EXPECT_THAT(PageError("<html><table>" + Row({"Title", "Month"}) +
                        Row({"China's Exports and Imports by Country/Region", "Jan."}) + "</table></html>"),
              HasSubstr("only lists tables"));
  EXPECT_THAT(PageError("<html><table>" + Row({"a", "b"}) + "</table></html>"),
              HasSubstr("has 1 tables, none of them by country"));
  EXPECT_THAT(PageError(""), HasSubstr("has 0 tables"));
}

TEST(GaccByCountry, PagesOfMischiefAreRefused) {
  Page page;
  page.rows = "<tr><td rowspan=99999999>Japan</td></tr>";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("a table of more than 65536 rows"));
  page.rows = "<tr><td colspan=4000>Japan</td></tr>";
  EXPECT_THAT(PageError(page.Text()), HasSubstr("a table of more than 256 columns"));
  page.rows.clear();
  for (int i = 0; i < 100; ++i)
    absl::StrAppend(&page.rows, "<tr><td rowspan=60000 colspan=2>Japan</td></tr>");
  EXPECT_THAT(PageError(page.Text()), HasSubstr("cells"));
  std::string deep = "<html>";
  for (int i = 0; i < 100'000; ++i) deep += "<div>";
  EXPECT_THAT(PageError(deep), HasSubstr("nests elements deeper than 512"));
  std::string wide = "<html><a";
  for (int i = 0; i < 2000; ++i) absl::StrAppend(&wide, " a", i);
  EXPECT_THAT(PageError(wide + ">"), HasSubstr("a tag with more than 1024 attributes"));
  EXPECT_THAT(PageError(std::string(5 << 20, ' ')), HasSubstr("more than 4194304 bytes"));
}

TEST(HtmlDepth, CountsWhatNests) {
  EXPECT_EQ(HtmlDepth("<div><b></b><b></b></div>", 100), 2u);
  EXPECT_EQ(HtmlDepth("<p><p><p><br><td><li>", 100), 0u);
  EXPECT_EQ(HtmlDepth("<div></b><div></b><div>", 100), 3u);           // an end tag of nothing closes nothing
  EXPECT_EQ(HtmlDepth("<svg><td><td><td>", 100), 4u);                 // nothing is flat in SVG
  EXPECT_EQ(HtmlDepth("<script>if (a<b) <i></script><i>", 100), 1u);  // text
  EXPECT_EQ(HtmlDepth("<!-- <div><div> --><div>", 100), 1u);
  EXPECT_EQ(HtmlDepth("<script><div>", 100), 0u);
  EXPECT_GT(HtmlDepth("<a><a><a><a><a>", 2), 2u);
  EXPECT_EQ(HtmlDepth("<", 2), 0u);
}

TEST(HtmlTags, MonstersAreFoundWhereverTheyHide) {
  std::string many, quoted;
  for (int i = 0; i < 1100; ++i) {
    absl::StrAppend(&many, " a", i);
    absl::StrAppend(&quoted, "a", i, "='>'");
  }
  EXPECT_TRUE(HasMonstrousTag(absl::StrCat("<a", many, ">")));
  EXPECT_TRUE(HasMonstrousTag(absl::StrCat("<a x=\">\"", many)));
  EXPECT_TRUE(HasMonstrousTag(absl::StrCat("<a ", quoted)));
  EXPECT_TRUE(HasMonstrousTag(absl::StrCat("<script>\"<a", many)));
  EXPECT_TRUE(HasMonstrousTag(absl::StrCat("</a", many)));
  EXPECT_TRUE(HasMonstrousTag(absl::StrCat("<", std::string(2000, 'a'), ">")));
  EXPECT_FALSE(HasMonstrousTag(absl::StrCat("<a>", many)));
  EXPECT_FALSE(HasMonstrousTag(absl::StrCat("<a x='", many, "'>")));
  EXPECT_FALSE(HasMonstrousTag(absl::StrCat("< a", many)));
  EXPECT_FALSE(HasMonstrousTag("<a b=c d = \"e\"f/g=>"));
  EXPECT_FALSE(HasMonstrousTag("<a b=\"<a b='<"));
  std::string starts;
  for (int i = 0; i < 1'000'000; ++i) starts += "<a";
  EXPECT_TRUE(HasMonstrousTag(starts));
}

TEST(GaccCaption, Titles) {
  const auto text = [](std::string_view title) -> std::string {
    const auto found = ParseGaccTitle(title);
    if (!found.ok()) return "error";
    return absl::StrCat(found->month ? found->month->ToString() : "none", found->combined ? "*" : "", " ",
                        found->currency);
  };
  EXPECT_EQ(text("(4) China's Total Export & Import Values by Country/Region, Mar 2026 (in CNY)"),
            "2026-03 CNY");
  EXPECT_EQ(text("… by Country/Region, January-February 2025 (in CNY)"), "2025-02* CNY");
  EXPECT_EQ(text("… by Major Country (Region), Jan. 2018"), "2018-01 ");
  EXPECT_EQ(text("Jan.-Dec. 2020 (in RMB)"), "2020-12* CNY");
  EXPECT_EQ(text("Values by Country/Region (in USD)"), "none USD");
  EXPECT_EQ(text("May 2018 and May 2019"), "error");
  EXPECT_EQ(text("Apr 2019 to May 2019"), "error");
  EXPECT_EQ(text("(in USD or CNY)"), "error");
  EXPECT_EQ(text(""), "none ");
}

TEST(GaccCaption, Units) {
  const auto text = [](std::string_view line) -> std::string {
    const auto unit = ParseGaccUnit(line);
    if (!unit.ok()) return "error";
    return *unit ? absl::StrCat((*unit)->currency, " ", (*unit)->multiplier) : "none";
  };
  EXPECT_EQ(text("Unit: CNY 100 Million"), "CNY 100MN");
  EXPECT_EQ(text("Unit:USD1 Million"), "USD MN");
  EXPECT_EQ(text("Unit: US$1,000"), "USD TH");
  EXPECT_EQ(text("Unit: 10,000 RMB Yuan"), "CNY 10TH");
  EXPECT_EQ(text("Unit: 100 million"), " 100MN");
  EXPECT_EQ(text("Unit: US Dollar Billion"), "USD BN");
  EXPECT_EQ(text("单位：亿元人民币"), "CNY 100MN");
  EXPECT_EQ(text("Unit: CNY 3 Million"), "error");
  EXPECT_EQ(text("United States"), "none");
  EXPECT_EQ(text(""), "none");
}

TEST(GaccByCountry, ItsExampleIsItsOwn) {
  const std::string example(GaccByCountryHtml().info().example);
  const auto format = FormatOfContent(example, "a.html");
  ASSERT_TRUE(format.ok()) << format.status();
  EXPECT_EQ((*format)->info().name, "gacc-bycountry");
  Collected sink;
  ASSERT_TRUE(ParseText(GaccByCountryHtml(), example, Options(), sink).ok());
  EXPECT_THAT(sink.Problems(), IsEmpty());
  EXPECT_THAT(sink.Cells(), SizeIs(18));
  for (const std::string_view other : {"", "<html>", "by country export import", "<html>by country",
                                       "{\"by country\": \"export import\"}"}) {
    EXPECT_FALSE(GaccByCountryHtml().Recognises(other, "x.html")) << other;
  }
}

TEST(GaccByCountry, SurvivesTorment) {
  Page plain;
  plain.date = "2019/04/23";
  Torment(GaccByCountryHtml(), {Page().Text(), std::string(GaccByCountryHtml().info().example)}, Options(),
          1500);
}

// Half the last printed digit, times three, for X + M = T of figures with one decimal.
TEST(GaccByCountry, RealPages) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not there";
  const auto folder = *data / "gacc-bycountry-html";
  Collected sink;
  const absl::Status status = ParseFile(
      GaccByCountryHtml(), folder / "release_section4_by_country_janfeb2025_cny.html", FeedOptions(), sink);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(sink.Problems(), IsEmpty());
  EXPECT_EQ(sink.passed_over.size(), 1u);
  ASSERT_THAT(sink.releases, SizeIs(1));
  EXPECT_EQ(sink.releases[0].release_id, "GACC_BYCOUNTRY:2025-03-11:2025-02:CNY");
  const auto cells = sink.Cells();
  EXPECT_THAT(cells, SizeIs(30 * 6));
  EXPECT_THAT(cells, Contains("CN.RU.M.VALUE.CNY.100MN 2025-01/P2M 1417.9 date_basis official"));
  EXPECT_THAT(cells, Contains("CN.FR.X.YOY.CNY.PCT 2025-01/P2M 0.0 date_basis official"));
  EXPECT_THAT(cells, Contains("CN.BRI.T.VALUE.CNY.100MN 2025-01/P2M 33261.5 date_basis official"));

  std::map<std::string, std::map<char, std::int64_t>> tenths;  // partner -> flow -> value
  for (const auto& cell : sink.sections[0].cells) {
    if (cell.key.find(".VALUE.") == std::string::npos) continue;
    const std::size_t dot = cell.key.find('.', 3);
    EXPECT_EQ(cell.observation.datum.value().scale(), 1);
    tenths[cell.key.substr(3, dot - 3)][cell.key[dot + 1]] =
        static_cast<std::int64_t>(cell.observation.datum.value().coefficient());
  }
  EXPECT_THAT(tenths, SizeIs(30));
  for (const auto& [partner, flows] : tenths) {
    EXPECT_LE(std::abs(flows.at('X') + flows.at('M') - flows.at('T')), 1) << partner;
  }
  // ASEAN, Japan, South Korea, Australia and New Zealand are RCEP.
  std::int64_t rcep = 0;
  for (const char* member : {"ASEAN", "JP", "KR", "AU", "NZ"}) rcep += tenths[member]['T'];
  EXPECT_LE(std::abs(rcep - tenths["RCEP"]['T']), 3);

  Collected none;
  EXPECT_THAT(ParseFile(GaccByCountryHtml(), folder / "release_section4_by_country_jan2018_cny.html",
                        FeedOptions(), none)
                  .message(),
              HasSubstr("has no table: it shows a picture"));
  EXPECT_THAT(ParseFile(GaccByCountryHtml(), folder / "seed_2026.html", FeedOptions(), none).message(),
              HasSubstr("only lists tables"));
  for (const char* name : {"release_section4_by_country_janfeb2025_cny.html",
                           "release_section4_by_country_jan2018_cny.html", "seed_2026.html"}) {
    std::ifstream file(folder / name);
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_TRUE(GaccByCountryHtml().Recognises(text.str().substr(0, 65'536), name)) << name;
  }
}

}  // namespace
}  // namespace tidewaiter::feeders
