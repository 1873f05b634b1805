#include "client/feeders/gacc/gacc_bycountry_html.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/gacc/gacc_bycountry.h"
#include "client/feeders/gacc/gacc_caption.h"
#include "client/feeders/limits.h"
#include "client/feeders/tables/html_page.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kExample = R"(<html><head>
<title>(4) China's Total Export &amp; Import Values by Country/Region, Mar 2019 (in USD)</title></head><body>
<div class="atcl-date">2019/04/23</div><table>
<tr><td colspan="10">(4) China's Total Export &amp; Import Values by Country/Region, Mar 2019 (in USD)</td></tr>
<tr><td colspan="10">Unit: USD1 Million</td></tr>
<tr><td>Import Source</td><td>Export &amp; Import</td><td>Export &amp; Import</td><td>Export</td><td>Export</td>
<td>Import</td><td>Import</td><td colspan="3">1-to-3 Total Year-on-Year (%)</td></tr>
<tr><td>Export Destination</td><td>3</td><td>1-to-3</td><td>3</td><td>1-to-3</td><td>3</td><td>1-to-3</td>
<td>Export &amp; Import</td><td>Export</td><td>Import</td></tr>
<tr><td>Total</td><td>1,000.0</td><td>2,900.5</td><td>600.0</td><td>1,700.5</td><td>400.0</td><td>1,200.0</td>
<td>-1.5</td><td>1.4</td><td>-4.8</td></tr>
<tr><td>of which: Germany</td><td>50.2</td><td>150.0</td><td>20.2</td><td>60.0</td><td>30.0</td><td>90.0</td>
<td>2.0</td><td>-</td><td>0.0</td></tr>
</table></body></html>
)";

// Classes of GACC's pages: the title above an article, its day, its content.
constexpr std::string_view kTitleClass = "atcl-ttl", kDateClass = "atcl-date", kContentClass = "atcl-cnt";

const HtmlPage::Block* BlockOf(const HtmlPage& page, std::string_view name) {
  const auto found = std::find_if(page.blocks.begin(), page.blocks.end(), [name](const HtmlPage::Block& b) {
    return absl::StrContains(b.classes, ToAbsl(name));
  });
  return found == page.blocks.end() ? nullptr : &*found;
}

// The day that the page states; with two ways of reading it, the one that the user said.
absl::StatusOr<std::optional<Publication>> PublishedBy(const HtmlPage& page, const FeedOptions& options) {
  const HtmlPage::Block* const block = BlockOf(page, kDateClass);
  if (block == nullptr || block->text.empty()) return std::nullopt;
  const std::vector<absl::CivilDay> days = ParseGaccDate(block->text);
  Publication publication;
  for (const absl::CivilDay day : days) {
    publication.on = day;
    const auto named = PublicationInName(options.file);
    if (days.size() == 1 || (options.published && *options.published == publication) ||
        (named && *named == publication)) {
      return publication;
    }
  }
  if (days.empty()) {
    return InvalidField("", absl::StrCat("line ", block->line, ": the page's day of publication ",
                                         Quoted(block->text), " is no day; expected one such as 2026/04/08"));
  }
  return InvalidField("--published-at",
                      absl::StrCat("is needed: the page's day of publication ", Quoted(block->text),
                                   " can be read as ", DayToString(days[0]), " and as ", DayToString(days[1]),
                                   "; say which, as in --published-at ", DayToString(days[0])));
}

// Why there is no table to read.
absl::Status NoTable(const HtmlPage& page, std::string_view title) {
  if (!page.images.empty()) {
    return InvalidField("", absl::StrCat("the page ", Quoted(title), " has no table: it shows a picture, ",
                                         Quoted(page.images.front()), ", whose figures cannot be read"));
  }
  const bool index = std::any_of(page.tables.begin(), page.tables.end(), [](const TextGrid& grid) {
    for (std::size_t row = 0; row < grid.rows(); ++row) {
      if (SpeaksOfByCountry(grid.Text(row, 0)) || SpeaksOfByCountry(grid.Text(row, 1))) return true;
    }
    return false;
  });
  if (index) {
    return InvalidField("", absl::StrCat("the page ", Quoted(title),
                                         " only lists tables; save the page of the month it links to"));
  }
  return InvalidField("",
                      absl::StrCat("the page ", Quoted(title), " has ", page.tables.size(),
                                   " tables, none of them by country: none has a row that names exports and "
                                   "imports"));
}

class GaccByCountryHtmlFeeder : public Feeder {
 public:
  FormatInfo info() const override {
    FormatInfo info;
    info.name = "gacc-bycountry";
    info.summary = "China's customs (GACC), English page of trade by country and region: HTML";
    info.example = kExample;
    return info;
  }

  bool Recognises(std::string_view head, std::string_view) const override {
    const std::string lower = absl::AsciiStrToLower(ToAbsl(head));
    const std::size_t first = lower.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    const bool html = first != std::string::npos && lower[first] == '<' &&
                      (absl::StrContains(lower, "<html") || absl::StrContains(lower, "<table"));
    return html && SpeaksOfByCountry(lower);
  }

  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override {
    TW_ASSIGN_OR_RETURN(const std::string text, ReadAll(input, kMaxPageBytes));
    TW_ASSIGN_OR_RETURN(const HtmlPage page, ParseHtmlPage(text, {kTitleClass, kDateClass, kContentClass}));
    const HtmlPage::Block* const block = BlockOf(page, kTitleClass);
    const std::string title = block == nullptr || block->text.empty() ? page.title : block->text;
    bool any = false;
    for (const TextGrid& grid : page.tables) {
      TW_ASSIGN_OR_RETURN(const auto header, ParseByCountryHeader(grid));
      if (!header) continue;
      any = true;
      ByCountrySource source;
      source.place = "the page";
      source.title = title;
      TW_ASSIGN_OR_RETURN(source.published, PublishedBy(page, options));
      source.published_place = "the line under the page's title";
      source.has_lines = true;
      TW_RETURN_IF_ERROR(ReadByCountryTable(grid, *header, source, options, sink));
    }
    return any ? absl::OkStatus() : NoTable(page, title);
  }
};

}  // namespace

const Feeder& GaccByCountryHtml() {
  static const auto* const feeder = new GaccByCountryHtmlFeeder();
  return *feeder;
}

}  // namespace tidewaiter::feeders
