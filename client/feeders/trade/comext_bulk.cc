#include "client/feeders/trade/comext_bulk.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/text/csv_reader.h"
#include "client/feeders/trade/comext_codes.h"
#include "client/feeders/trade_release.h"
#include "domain/errors.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kExample =
    R"(REPORTER,PARTNER,TRADE_TYPE,PRODUCT_NC,FLOW,STAT_PROCEDURE,SUPPL_UNIT,PERIOD,VALUE_EUR,VALUE_NAC,QUANTITY_KG,QUANTITY_SUPPL_UNIT
AT,US,E,72042110,1,1,NO_SU,202505,204548,204548,177290,0
PL,CN,E,85423111,1,1,NAR,202505,91500,388912,310,61000
DE,US,E,TOTAL,2,1,NO_SU,202552,120455000,120455000,7320500,0
)";
constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::size_t kMaxProductBytes = 32;

// What a column is. Of two for the same, the one that comes first in kColumns is read.
enum class Kind { kReporter, kPartner, kProduct, kFlow, kRegime, kUnit, kPeriod, kMeasure, kUnread };
struct Known {
  std::string_view name;
  Kind kind;
};
constexpr Known kColumns[] = {
    {"REPORTER", Kind::kReporter},
    {"DECLARANT_ISO", Kind::kReporter},
    {"DECLARANT", Kind::kReporter},
    {"PARTNER_ISO", Kind::kPartner},
    {"PARTNER", Kind::kPartner},
    {"PRODUCT_NC", Kind::kProduct},
    {"FLOW", Kind::kFlow},
    {"STAT_PROCEDURE", Kind::kRegime},
    {"STAT_REGIME", Kind::kRegime},
    {"SUPPL_UNIT", Kind::kUnit},
    {"SUPP_UNIT", Kind::kUnit},
    {"PERIOD", Kind::kPeriod},
    {"TRADE_TYPE", Kind::kUnread},
    {"PRODUCT_SITC", Kind::kUnread},
    {"PRODUCT_CPA2002", Kind::kUnread},
    {"PRODUCT_CPA2008", Kind::kUnread},
    {"PRODUCT_CPA2_1", Kind::kUnread},
    {"PRODUCT_CPA21", Kind::kUnread},
    {"PRODUCT_CPA22", Kind::kUnread},
    {"PRODUCT_BEC", Kind::kUnread},
    {"PRODUCT_BEC5", Kind::kUnread},
    {"PRODUCT_SECTION", Kind::kUnread},
};

std::size_t IndexOf(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kColumns); ++i) {
    if (absl::EqualsIgnoreCase(ToAbsl(kColumns[i].name), ToAbsl(name))) return i;
  }
  return std::size(kColumns);
}

// Where a file has what.
struct Header {
  std::array<std::size_t, 7> at;  // by Kind, up to kPeriod
  std::array<std::string_view, 7> name;
  struct Measure {
    std::size_t at;
    std::string name;
    ComextMeasure means;
  };
  std::vector<Measure> measures;
  std::size_t size = 0;

  static absl::StatusOr<Header> From(std::vector<std::string_view> names);
  std::size_t operator[](Kind kind) const { return at[static_cast<std::size_t>(kind)]; }
};

absl::StatusOr<Header> Header::From(std::vector<std::string_view> names) {
  Header header;
  header.at.fill(kNone);
  Violations violations;
  std::array<std::size_t, 7> rank;
  rank.fill(kNone);
  if (!names.empty() && names.back().empty()) names.pop_back();
  header.size = names.size();
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = absl::AsciiStrToUpper(ToAbsl(Trimmed(names[i])));
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      violations.Add("line 1", absl::StrCat("has the column ", Quoted(name), " twice"));
      continue;
    }
    seen.push_back(name);
    const std::size_t index = IndexOf(name);
    if (index == std::size(kColumns)) {
      if (const auto means = ComextMeasureOf(name)) {
        header.measures.push_back({i, name, *means});
      } else {
        violations.Add("line 1", absl::StrCat("has the column ", Quoted(names[i]),
                                              ", which Eurostat's bulk files do not have"));
      }
      continue;
    }
    if (kColumns[index].kind == Kind::kUnread) continue;
    const auto kind = static_cast<std::size_t>(kColumns[index].kind);
    if (index >= rank[kind]) continue;
    rank[kind] = index;
    header.at[kind] = i;
    header.name[kind] = kColumns[index].name;
  }
  for (const Kind kind : {Kind::kReporter, Kind::kPartner, Kind::kProduct, Kind::kFlow, Kind::kPeriod}) {
    if (header[kind] != kNone) continue;
    const auto* known = std::find_if(std::begin(kColumns), std::end(kColumns),
                                     [kind](const Known& k) { return k.kind == kind; });
    violations.Add("line 1", absl::StrCat("lacks the column ", ToAbsl(known->name)));
  }
  if (header.measures.empty())
    violations.Add("line 1", "has no column of values, as VALUE_EUR or VALUE_IN_EUROS");
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return header;
}

DatasetDefinition Profile() {
  DatasetDefinition profile;
  profile.id = "COMEXT";
  profile.dimensions = {{"reporter", Role::kReporter}, {"partner", Role::kPartner},
                        {"flow", Role::kFlow},         {"commodity", Role::kCommodity},
                        {"regime", Role::kOther},      {"measure", Role::kMeasure},
                        {"currency", Role::kCurrency}, {"unit", Role::kUnit}};
  profile.publisher = "ESTAT";
  profile.time_zone = "Europe/Luxembourg";
  profile.title = "Eurostat, trade in goods (Comext), bulk files";
  return profile;
}

std::optional<std::string_view> AreaOf(std::string_view text) {
  if (const auto number = ParseDigits(text)) return ComextAreaOfNumber(*number);
  return ComextArea(text);
}

// "202507" is July, "202552" the year.
std::optional<Period> PeriodOf(std::string_view text) {
  const auto number = ParseDigits(text);
  if (!number || text.size() != 6) return std::nullopt;
  const bool year = *number % 100 == 52;
  const auto start = Month::FromYearMonth(*number / 100, year ? 1 : *number % 100);
  if (!start.ok()) return std::nullopt;
  return Period::FromValid(*start, year ? 12 : 1);
}

class Parser {
 public:
  Parser(Input& input, const FeedOptions& options, FeedSink& sink)
      : reader_(&input), options_(options), sink_(sink) {}

  absl::Status Parse() {
    TW_ASSIGN_OR_RETURN(bool more, reader_.Next());
    if (!more) return InvalidField("line 1", "the file is empty; the first line must name the columns");
    TW_ASSIGN_OR_RETURN(header_, Header::From(reader_.fields()));
    TW_ASSIGN_OR_RETURN(const Publication published,
                        ResolvePublication(std::nullopt, "", options_.file, options_.published));
    TW_ASSIGN_OR_RETURN(section_, OpenSection(WithOptions(Profile(), options_), published, options_, sink_));
    codes_.assign(8, {});
    for (;;) {
      TW_ASSIGN_OR_RETURN(more, reader_.Next());
      if (!more) return absl::OkStatus();
      if (!reader_.blank()) TW_RETURN_IF_ERROR(Row());
    }
  }

 private:
  absl::Status Row();
  std::string_view Field(Kind kind) const {
    const std::size_t at = header_[kind];
    return at == kNone ? std::string_view() : Trimmed(reader_.fields()[at]);
  }
  void Wrong(Kind kind, std::string_view what) {
    problems_.Add(header_.name[static_cast<std::size_t>(kind)],
                  absl::StrCat(Quoted(Field(kind)), ToAbsl(what)));
  }
  std::string_view Area(Kind kind);
  std::string_view Commodity(const std::optional<Period>& period);
  std::string_view Regime();
  std::string_view Unit();
  void ReadMeasures();

  CsvReader reader_;
  const FeedOptions& options_;
  FeedSink& sink_;
  Header header_;
  std::size_t section_ = 0;
  RowProblems problems_;
  std::vector<std::string_view> codes_;
  std::string commodity_;
  std::vector<std::pair<const Header::Measure*, Datum>> data_;  // of the row at hand
};

absl::Status Parser::Row() {
  sink_.CountRows(1);
  if (reader_.fields().size() != header_.size) {
    sink_.Refuse(
        {{reader_.line(), "",
          absl::StrCat("the row has ", reader_.fields().size(), " fields, the header ", header_.size)}},
        reader_.row());
    return absl::OkStatus();
  }
  problems_.Start(reader_.line());
  const auto period = PeriodOf(Field(Kind::kPeriod));
  if (!period) Wrong(Kind::kPeriod, " is no period; expected a month, as 202507, or a year, as 202552");
  codes_[0] = Area(Kind::kReporter);
  codes_[1] = Area(Kind::kPartner);
  const auto flow = ComextFlow(Field(Kind::kFlow));
  if (!flow) Wrong(Kind::kFlow, " is no flow; expected 1, imports, or 2, exports");
  codes_[2] = flow.value_or("");
  codes_[3] = Commodity(period);
  codes_[4] = Regime();
  const std::string_view unit = Unit();
  ReadMeasures();
  if (!problems_.empty()) {
    problems_.Refuse(reader_.row(), sink_);
    return absl::OkStatus();
  }
  for (const auto& [measure, datum] : data_) {
    codes_[5] = measure->means.measure;
    codes_[6] = measure->means.currency;
    codes_[7] = measure->means.unit;
    if (codes_[7].empty()) {  // a supplementary quantity
      if (unit.empty() && (!datum.has_value() || datum.value().is_zero())) continue;  // there is none
      codes_[7] = unit.empty() ? std::string_view("_U") : unit;
    }
    SourceCell cell{codes_, {}, {}, reader_.line()};
    cell.stated.period = *period;
    cell.stated.datum = datum;
    if (!datum.has_value()) cell.stated.attributes.status = 'O';
    TW_RETURN_IF_ERROR(sink_.AddCell(section_, cell));
  }
  return absl::OkStatus();
}

std::string_view Parser::Area(Kind kind) {
  const auto area = AreaOf(Field(kind));
  if (!area)
    Wrong(kind,
          " is no country or zone that is known here; expected Eurostat's letters, as DE, or number, as 004");
  return area.value_or("");
}

std::string_view Parser::Commodity(const std::optional<Period>& period) {
  const std::string_view product = Field(Kind::kProduct);
  if (product == "TOTAL") return product;
  const bool code = !product.empty() && absl::ascii_isdigit(static_cast<unsigned char>(product[0])) &&
                    product.size() <= kMaxProductBytes && ValidateCode(product).ok();
  if (!code)
    Wrong(Kind::kProduct,
          " is no product; expected a code of the Combined Nomenclature, as 72042110, or TOTAL");
  if (!code || !period) return {};
  commodity_.assign(HsEditionAt(*period)).append(product);
  return commodity_;
}

// A file without the column gives totals over all regimes.
std::string_view Parser::Regime() {
  if (header_[Kind::kRegime] == kNone) return "_T";
  const std::string_view regime = Field(Kind::kRegime);
  if (!ParseDigits(regime)) Wrong(Kind::kRegime, " is no statistical procedure; expected a number, as 1");
  return regime;
}

std::string_view Parser::Unit() {
  if (header_[Kind::kUnit] == kNone) return "SU";
  const std::string_view unit = Field(Kind::kUnit);
  if (unit.empty() || unit == "NO_SU") return {};
  if (!ValidateCode(unit).ok())
    Wrong(Kind::kUnit, " is no code of a unit; expected one as NAR or LTR, or NO_SU");
  return unit;
}

void Parser::ReadMeasures() {
  data_.clear();
  for (const Header::Measure& measure : header_.measures) {
    const std::string_view text = Trimmed(reader_.fields()[measure.at]);
    if (text.empty()) {
      data_.emplace_back(&measure, Datum::Absent(Absence::kMissing));
    } else if (const auto value = Decimal::Parse(text); value.ok()) {
      data_.emplace_back(&measure, Datum::Value(*value));
    } else {
      problems_.Add(measure.name, text, value.status());
    }
  }
}

}  // namespace

FormatInfo ComextBulkFeeder::info() const {
  FormatInfo info;
  info.name = "comext-bulk";
  info.summary = "Eurostat Comext: the monthly and annual bulk files (full_v2_202507.dat), old and new";
  info.example = kExample;
  return info;
}

bool ComextBulkFeeder::Recognises(std::string_view head, std::string_view file) const {
  const std::string line = absl::AsciiStrToUpper(ToAbsl(head.substr(0, head.find('\n'))));
  const bool reporter = absl::StrContains(line, "REPORTER") || absl::StrContains(line, "DECLARANT");
  const bool measure = absl::StrContains(line, "VALUE_") || absl::StrContains(line, "QUANTITY_");
  return reporter && measure && absl::StrContains(line, "PRODUCT_NC") && absl::StrContains(line, "FLOW") &&
         absl::StrContains(line, "PERIOD");
}

absl::Status ComextBulkFeeder::Parse(Input& input, const FeedOptions& options, FeedSink& sink) const {
  return Parser(input, options, sink).Parse();
}

}  // namespace tidewaiter::feeders
