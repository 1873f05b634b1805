#include "client/feeders/trade/comtrade_csv.h"

#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/limits.h"
#include "client/feeders/text/csv_reader.h"
#include "client/feeders/trade/comtrade_rows.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kExample =
    R"(typeCode,freqCode,refPeriodId,refYear,refMonth,period,reporterCode,flowCode,partnerCode,partner2Code,classificationCode,cmdCode,customsCode,motCode,qtyUnitCode,qty,isQtyEstimated,netWgt,isNetWgtEstimated,cifvalue,fobvalue,primaryValue
"C","A","20230101","2023","52","2023","764","M","0","0","H6","8542","C00","0","5","91500","true","7320.5","false","1204500",,"1204500"
"C","A","20230101","2023","52","2023","764","M","156","0","H6","8542","C00","0","5","61000","false",,"false","803000",,"803000"
)";

struct Header {
  std::size_t size = 0;                                      // fields of a row
  std::vector<std::pair<std::size_t, ComtradeColumn>> read;  // which of them are what
};

absl::StatusOr<Header> HeaderOf(const CsvReader& reader) {
  Header header;
  Violations violations;
  std::vector<std::string_view> names = reader.fields();
  if (!names.empty() && names.back().empty()) names.pop_back();
  header.size = names.size();
  std::vector<bool> there(kComtradeColumns);
  const std::string place = absl::StrCat("line ", reader.line());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto column = ComtradeColumnOfName(Trimmed(names[i]));
    if (!column.ok()) {
      violations.Add(place, ToStd(column.status().message()));
    } else if (*column) {
      if (there[static_cast<std::size_t>(**column)]) {
        violations.Add(place, absl::StrCat("has the column ", Quoted(names[i]), " twice"));
      }
      there[static_cast<std::size_t>(**column)] = true;
      header.read.emplace_back(i, **column);
    }
  }
  for (const ComtradeColumn column : RequiredComtradeColumns()) {
    if (there[static_cast<std::size_t>(column)]) continue;
    violations.Add(place, absl::StrCat("lacks the column ", ToAbsl(ComtradeColumnName(column)),
                                       "; download the file with all columns"));
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return header;
}

}  // namespace

FormatInfo ComtradeCsvFeeder::info() const {
  FormatInfo info;
  info.name = "comtrade-v1-csv";
  info.summary = "UN Comtrade: trade by reporter, partner and commodity, annual or monthly, as CSV";
  info.example = kExample;
  return info;
}

bool ComtradeCsvFeeder::Recognises(std::string_view head, std::string_view file) const {
  const std::string_view line = head.substr(0, head.find('\n'));
  for (const std::string_view name : {"freqCode", "reporterCode", "partnerCode", "cmdCode", "primaryValue"}) {
    if (!absl::StrContains(ToAbsl(line), ToAbsl(name))) return false;
  }
  return line.find_first_of("{[") == std::string_view::npos;
}

absl::Status ComtradeCsvFeeder::Parse(Input& input, const FeedOptions& options, FeedSink& sink) const {
  CsvReader reader(&input);
  TW_ASSIGN_OR_RETURN(bool more, reader.Next());
  if (!more) return InvalidField("line 1", "the file is empty; the first line must name the columns");
  TW_ASSIGN_OR_RETURN(const Header header, HeaderOf(reader));
  ComtradeRows rows(options, &sink);
  TW_RETURN_IF_ERROR(rows.Begin());
  ComtradeRow row;
  for (;;) {
    TW_ASSIGN_OR_RETURN(more, reader.Next());
    if (!more) return absl::OkStatus();
    if (reader.blank()) continue;
    const auto& fields = reader.fields();
    // Every row of Comtrade's own files ends in a comma that the header does not have.
    const bool fits =
        fields.size() == header.size || (fields.size() == header.size + 1 && fields.back().empty());
    if (!fits) {
      sink.CountRows(1);
      sink.Refuse({{reader.line(), "",
                    absl::StrCat("the row has ", fields.size(), " fields, the header ", header.size)}},
                  reader.row());
      continue;
    }
    for (const auto& [at, column] : header.read) row[column] = fields[at];
    TW_RETURN_IF_ERROR(rows.Add(row, reader.line(), "", reader.row()));
  }
}

}  // namespace tidewaiter::feeders
