#include "client/feeders/gacc/gacc_bycountry_sheet.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/gacc/gacc_bycountry.h"
#include "client/feeders/limits.h"
#include "client/feeders/tables/workbook.h"
#include "client/feeders/text/csv_reader.h"
#include "client/feeders/text/decoded_input.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kExample =
    "(4) China's Total Export & Import Values by Country/Region, January-February 2021 (in CNY)\n"
    "\t\t\t\t\t\tUnit: CNY 100 Million\n"
    "Import Source\tExport & Import\tExport\tImport\t1-to-2 Total Year-on-Year (%)\t\t\n"
    "Export Destination\t1-to-2\t1-to-2\t1-to-2\tExport & Import\tExport\tImport\n"
    "Total\t\"5,100.0\"\t\"3,000.2\"\t\"2,099.8\"\t31.0\t40.2\t19.9\n"
    "of which: Germany\t212.3\t117.1\t95.2\t25.1\t-\t8.0\n"
    "Note: invented figures\n";

bool LooksLikePage(std::string_view head) {
  const std::string lower = absl::AsciiStrToLower(ToAbsl(head.substr(0, kRecogniseBytes)));
  return absl::StrContains(lower, "<html") || absl::StrContains(lower, "<table");
}

// A table that was copied out of a workbook, or saved as text: columns parted by tabs.
absl::StatusOr<std::vector<Sheet>> ParseTabs(std::string_view bytes) {
  TextInput text(bytes);
  DecodedInput decoded(&text);
  CsvReader csv(&decoded, '\t');
  Sheet sheet;
  sheet.name = "text";
  for (;;) {
    TW_ASSIGN_OR_RETURN(const bool more, csv.Next());
    if (!more) break;
    for (std::size_t i = 0; i < csv.fields().size(); ++i) {
      TextGrid::Cell cell;
      cell.text = OneLineOf(csv.fields()[i]);
      cell.row = static_cast<std::size_t>(csv.line()) - 1;
      cell.column = i;
      TW_RETURN_IF_ERROR(sheet.grid.Add(std::move(cell)));
    }
  }
  std::vector<Sheet> sheets;
  sheets.push_back(std::move(sheet));
  return sheets;
}

absl::StatusOr<std::vector<Sheet>> ParseWorkbook(std::string_view bytes) {
  if (LooksLikeXls(bytes)) return ParseXls(bytes);
  if (LooksLikeXlsx(bytes)) return ParseXlsx(bytes);
  if (LooksLikePage(bytes)) {
    return InvalidField("", "the file is HTML, whatever its name says; it is read as gacc-bycountry");
  }
  if (bytes.find('\t') != std::string_view::npos) return ParseTabs(bytes);
  return InvalidField("", "the file is neither .xls nor .xlsx by its first bytes, nor a text with tabs");
}

// "by Country" in the two ways in which .xls writes texts.
bool HoldsByCountry(std::string_view bytes) {
  std::string narrow = "by Country", wide;
  for (const char c : narrow) wide += c, wide += '\0';
  return absl::StrContains(ToAbsl(bytes), narrow) || absl::StrContains(ToAbsl(bytes), wide);
}

bool HasTable(const Sheet& sheet) {
  const auto header = ParseByCountryHeader(sheet.grid);
  if (!header.ok() || !*header) return false;
  for (std::size_t row = 0; row < (*header)->first_row; ++row) {
    for (std::size_t column = 0; column < sheet.grid.columns(); ++column) {
      if (SpeaksOfByCountry(sheet.grid.Text(row, column))) return true;
    }
  }
  return false;
}

class GaccByCountrySheetFeeder : public Feeder {
 public:
  FormatInfo info() const override {
    FormatInfo info;
    info.name = "gacc-bycountry-xls";
    info.summary = "China's customs (GACC), the table of trade by country and region: .xls or .xlsx";
    info.example = kExample;
    return info;
  }

  bool Recognises(std::string_view head, std::string_view) const override {
    if (LooksLikeXls(head)) return HoldsByCountry(head);
    if (!LooksLikeXlsx(head) && (LooksLikePage(head) || !HoldsByCountry(head))) return false;
    const auto sheets = ParseWorkbook(head);  // only a short workbook is there whole
    return sheets.ok() && std::any_of(sheets->begin(), sheets->end(), HasTable);
  }

  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override {
    TW_ASSIGN_OR_RETURN(const std::string bytes, ReadAll(input, kMaxWorkbookBytes));
    TW_ASSIGN_OR_RETURN(const std::vector<Sheet> sheets, ParseWorkbook(bytes));
    bool any = false;
    for (const Sheet& sheet : sheets) {
      TW_ASSIGN_OR_RETURN(const auto header, ParseByCountryHeader(sheet.grid));
      if (!header) continue;
      any = true;
      const std::string place = absl::StrCat("sheet ", Quoted(sheet.name));
      ByCountrySource source;
      source.place = place;
      TW_RETURN_IF_ERROR(ReadByCountryTable(sheet.grid, *header, source, options, sink));
    }
    if (any) return absl::OkStatus();
    return InvalidField("", absl::StrCat("the workbook has ", sheets.size(),
                                         " sheets, none with a table by country: none has a row that names "
                                         "exports and imports"));
  }
};

}  // namespace

const Feeder& GaccByCountrySheet() {
  static const auto* const feeder = new GaccByCountrySheetFeeder();
  return *feeder;
}

}  // namespace tidewaiter::feeders
