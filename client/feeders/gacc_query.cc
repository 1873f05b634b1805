#include "client/feeders/gacc_query.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/csv_reader.h"
#include "client/feeders/decoded_input.h"
#include "client/feeders/gacc_areas.h"
#include "client/feeders/gacc_profile.h"
#include "client/feeders/gacc_query_columns.h"
#include "client/feeders/gacc_query_facts.h"
#include "client/feeders/gacc_units.h"
#include "client/feeders/hs_edition.h"
#include "client/feeders/limits.h"
#include "client/feeders/printed_number.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

using Column = GaccQueryColumn;

constexpr std::string_view kExample =
    "\"Date of data\",\"Trading partner code\",\"Trading partner\",\"Commodity code\",\"Commodity\","
    "\"Quantity\",\"Unit\",\"Supplementary Quantity\",\"Supplementary Unit\",\"US dollar\",\n"
    "\"202507\",\"344\",\"Russia\",\"44071120\",\"Sawn wood\",\"61,204\",\"Cubic "
    "metre\",\"30602000\",\"Kilogram\",\"12,345,678\",\n"
    "\"202507\",\"401\",\"Antigua & "
    "Barbuda\",\"95030010\",\"Toys\",\"118\",\"Kilogram\",\"0\",\"?\",\"904\",\n";

constexpr std::string_view kDimensions =
    "reporter partner flow commodity regime location measure currency unit";
// Places in the key.
enum Place : std::size_t {
  kReporter,
  kPartner,
  kFlow,
  kCommodity,
  kRegime,
  kLocation,
  kMeasure,
  kCurrency,
  kUnit
};
constexpr std::size_t kPlaces = 9;

constexpr std::string_view kNotApplicable = "_Z";  // SDMX: a weight has no currency
constexpr std::string_view kNoUnit = "?";

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

// "202407", also "2024-07".
absl::StatusOr<Month> ParseQueryMonth(std::string_view text) {
  const std::string_view trimmed = TrimBlanks(text);
  if (trimmed.size() == 6 && AllDigits(trimmed)) {
    return Month::FromYearMonth(*ParseDigits(trimmed.substr(0, 4)), *ParseDigits(trimmed.substr(4)));
  }
  const auto month = Month::Parse(trimmed);
  if (month.ok()) return month;
  return InvalidField("", absl::StrCat(Quoted(text), " is no month; it is written as 202407"));
}

// The name without its ending, as a release id may have it.
std::string Stem(std::string_view file) {
  const std::string_view stem = file.substr(0, file.rfind('.'));
  return IsCleanUtf8(stem) ? std::string(stem) : "file";
}

// Reads the rows of one file.
class Reader {
 public:
  Reader(CsvReader* csv, const FeedOptions* options, FeedSink* sink)
      : csv_(csv), options_(options), sink_(sink) {}

  absl::Status Run();

 private:
  struct Cell {
    std::string_view measure, currency, unit;
    Decimal value;
  };

  absl::Status Begin(const GaccQueryColumns& columns);
  absl::Status Row(const GaccQueryColumns& columns);
  std::optional<Period> PeriodOf(const GaccQueryColumns& columns);
  std::string_view PartnerOf(const GaccQueryColumns& columns);
  std::string_view CommodityOf(const GaccQueryColumns& columns, const Period& period);
  std::string_view CodeOf(const GaccQueryColumns& columns, Column column, std::string_view otherwise);
  void AddQuantity(const GaccQueryColumns& columns, Column quantity, Column unit, std::string_view measure);
  void AddValue(const GaccQueryColumns& columns, Column value, std::string_view currency);
  std::optional<Decimal> NumberOf(const GaccQueryColumns& columns, Column column);
  void Fail(std::string_view column, std::string_view description) {
    problems_.push_back({csv_->line(), std::string(column), std::string(description)});
  }
  void CheckComplete();

  CsvReader* csv_;
  const FeedOptions* options_;
  FeedSink* sink_;
  GaccQueryFacts facts_;
  std::size_t section_ = 0;
  std::uint64_t rows_ = 0;

  std::vector<std::string_view> codes_;  // of the key at hand
  std::vector<Cell> cells_;              // of the row at hand
  std::vector<Problem> problems_;        // likewise
  std::string commodity_;
};

absl::Status Reader::Run() {
  TW_ASSIGN_OR_RETURN(const bool any, csv_->Next());
  if (!any) return InvalidField("", "line 1: the file is empty; the first line names the columns");
  TW_ASSIGN_OR_RETURN(const GaccQueryColumns columns, GaccQueryColumns::FromHeader(csv_->fields()));
  TW_RETURN_IF_ERROR(Begin(columns));
  for (;;) {
    TW_ASSIGN_OR_RETURN(const bool more, csv_->Next());
    if (!more) break;
    if (csv_->blank()) continue;
    TW_RETURN_IF_ERROR(Row(columns));
  }
  CheckComplete();
  return absl::OkStatus();
}

absl::Status Reader::Begin(const GaccQueryColumns& columns) {
  TW_ASSIGN_OR_RETURN(facts_, ResolveGaccQueryFacts(columns, *options_));
  for (const auto& [code, name] : {std::pair(Column::kCommodity, Column::kCommodityName),
                                   std::pair(Column::kRegime, Column::kRegimeName),
                                   std::pair(Column::kLocation, Column::kLocationName)}) {
    if (columns.Has(code) || !columns.Has(name)) continue;
    return InvalidField("line 1", absl::StrCat(Quoted(columns.Name(name)),
                                               " stands without its column of codes, which the online query "
                                               "writes beside it; give the file as it was downloaded"));
  }
  SourceRelease release;
  TW_ASSIGN_OR_RETURN(release.published,
                      ResolvePublication(std::nullopt, "", options_->file, options_->published));
  const DatasetDefinition profile = GaccProfile(
      "GACC_QUERY", kDimensions, "China's trade by partner and commodity: GACC's online query",
      "Monthly, unit of one; HS edition by the month; regime and location TOTAL where the query did "
      "not show them.",
      *options_);
  TW_ASSIGN_OR_RETURN(const std::size_t dataset, sink_->AddDataset(profile));
  release.release_id = GaccReleaseId(profile, release.published, Stem(options_->file));
  release.stage = "query";
  TW_ASSIGN_OR_RETURN(const std::size_t index, sink_->AddRelease(release));
  TW_ASSIGN_OR_RETURN(section_, sink_->AddSection(index, dataset, Action::kMerge, std::nullopt));
  codes_.assign(kPlaces, "");
  return absl::OkStatus();
}

absl::Status Reader::Row(const GaccQueryColumns& columns) {
  sink_->CountRows(1);
  ++rows_;
  cells_.clear();
  problems_.clear();
  const auto& fields = csv_->fields();
  const bool trailing = fields.size() == columns.size() + 1 && TrimBlanks(fields.back()).empty();
  if (fields.size() != columns.size() && !trailing) {
    Fail("", absl::StrCat("the row has ", fields.size(), " fields, and line 1 names ", columns.size(),
                          " columns"));
    sink_->Refuse(std::move(problems_), csv_->row());
    return absl::OkStatus();
  }
  const auto period = PeriodOf(columns);
  codes_[kReporter] = kChina;
  codes_[kPartner] = PartnerOf(columns);
  codes_[kFlow] = facts_.flow;
  codes_[kCommodity] = period ? CommodityOf(columns, *period) : "";
  codes_[kRegime] = CodeOf(columns, Column::kRegime, facts_.regime);
  codes_[kLocation] = CodeOf(columns, Column::kLocation, facts_.location);
  AddQuantity(columns, Column::kQuantity, Column::kUnit, "QTY");
  AddQuantity(columns, Column::kSecondQuantity, Column::kSecondUnit, "QTY2");
  AddValue(columns, Column::kYuan, "CNY");
  AddValue(columns, Column::kDollar, "USD");
  if (!problems_.empty()) {
    sink_->Refuse(std::move(problems_), csv_->row());
    return absl::OkStatus();
  }
  for (const Cell& cell : cells_) {
    codes_[kMeasure] = cell.measure;
    codes_[kCurrency] = cell.currency;
    codes_[kUnit] = cell.unit;
    TW_RETURN_IF_ERROR(sink_->AddCell(
        section_, {codes_, {*period, Datum::Value(cell.value), Attributes{}, "", ""}, "", csv_->line()}));
  }
  return absl::OkStatus();
}

std::optional<Period> Reader::PeriodOf(const GaccQueryColumns& columns) {
  if (facts_.period) return facts_.period;
  const auto month = ParseQueryMonth(columns.In(csv_->fields(), Column::kPeriod));
  if (!month.ok()) return Fail(columns.Name(Column::kPeriod), ToStd(month.status().message())), std::nullopt;
  return Period::FromValid(*month, 1);
}

std::string_view Reader::PartnerOf(const GaccQueryColumns& columns) {
  const std::string_view name = columns.In(csv_->fields(), Column::kPartnerName);
  if (columns.Has(Column::kPartner)) {
    const std::string_view digits = TrimBlanks(columns.In(csv_->fields(), Column::kPartner));
    if (const auto code = AreaOfGaccCode(digits)) return *code;
    Fail(columns.Name(Column::kPartner),
         absl::StrCat(
             Quoted(digits), name.empty() ? "" : " ", name.empty() ? "" : Quoted(name),
             " is not in GACC's list of countries and areas; numbers have three digits, 344 is Russia"));
    return "";
  }
  if (!columns.Has(Column::kPartnerName)) return facts_.partner;
  if (const auto code = AreaOfGaccName(name)) return *code;
  Fail(columns.Name(Column::kPartnerName),
       absl::StrCat(Quoted(name), " is the name of no country, area or group that is known"));
  return "";
}

// "HS2022-12019019", of the edition that was in force in the period.
std::string_view Reader::CommodityOf(const GaccQueryColumns& columns, const Period& period) {
  if (!columns.Has(Column::kCommodity)) return facts_.commodity;
  const std::string_view digits = TrimBlanks(columns.In(csv_->fields(), Column::kCommodity));
  if (!AllDigits(digits) || digits.size() > 10 || digits.size() % 2 != 0) {
    Fail(columns.Name(Column::kCommodity),
         absl::StrCat(
             Quoted(digits),
             " is no code of goods, which has 2, 4, 6, 8 or 10 digits; a spreadsheet may have dropped "
             "a zero at its front"));
    return "";
  }
  const auto edition = HsEditionOf(period);
  if (!edition) {
    Fail(columns.Name(Column::kCommodity),
         absl::StrCat("codes of ", period.ToString(), " are of no one edition of the Harmonized System"));
    return "";
  }
  commodity_.assign(*edition);
  commodity_ += '-';
  commodity_.append(digits);
  return commodity_;
}

std::string_view Reader::CodeOf(const GaccQueryColumns& columns, Column column, std::string_view otherwise) {
  if (!columns.Has(column)) return otherwise;
  const std::string_view code = TrimBlanks(columns.In(csv_->fields(), column));
  if (!AllDigits(code) || code.size() > 5) {
    Fail(columns.Name(column), absl::StrCat(Quoted(code), " is no code, which has up to five digits"));
  }
  return code;
}

std::optional<Decimal> Reader::NumberOf(const GaccQueryColumns& columns, Column column) {
  const auto number = ParsePrintedNumber(columns.In(csv_->fields(), column));
  if (number.ok()) return *number;
  const std::string_view text = columns.In(csv_->fields(), column);
  Fail(columns.Name(column),
       TrimBlanks(text).empty() ? "is empty, and a number was expected" : ToStd(number.status().message()));
  return std::nullopt;
}

// A quantity of 0 with the unit "?" is how the query says that the goods have no such quantity: no cell.
void Reader::AddQuantity(const GaccQueryColumns& columns, Column quantity, Column unit,
                         std::string_view measure) {
  if (!columns.Has(quantity)) return;
  const auto number = NumberOf(columns, quantity);
  const std::string_view name = TrimBlanks(columns.In(csv_->fields(), unit));
  if (name == kNoUnit || name == "？") {
    if (number && !number->is_zero()) {
      Fail(columns.Name(unit), absl::StrCat("is \"?\", no unit, beside the quantity ", number->ToString(),
                                            "; only 0 stands without a unit"));
    }
    return;
  }
  const auto code = UnitOfGaccName(name);
  if (!code) {
    Fail(columns.Name(unit), absl::StrCat(Quoted(name), " is no unit of quantity that is known"));
  } else if (number) {
    cells_.push_back({measure, kNotApplicable, *code, *number});
  }
}

void Reader::AddValue(const GaccQueryColumns& columns, Column value, std::string_view currency) {
  if (!columns.Has(value)) return;
  if (const auto number = NumberOf(columns, value)) cells_.push_back({"VALUE", currency, "1", *number});
}

// The site cuts a download at so many rows, and does not say so.
void Reader::CheckComplete() {
  if (rows_ != kGaccQueryRows || facts_.complete) return;
  sink_->Refuse({{csv_->line(), "",
                  absl::StrCat("the file has exactly ", kGaccQueryRows,
                               " rows, at which the online query cuts its downloads without a word; ask for "
                               "less at once, or say --set complete=yes if these are all")}},
                "");
}

class GaccQueryFeeder : public Feeder {
 public:
  FormatInfo info() const override {
    FormatInfo info;
    info.name = "gacc-query";
    info.summary = "China's customs (GACC), online query: CSV by month, partner, HS code; GB18030 or UTF-8";
    info.example = kExample;
    info.takes_constants = true;
    return info;
  }

  bool Recognises(std::string_view head, std::string_view) const override {
    TextInput input(head);
    DecodedInput decoded(&input);
    CsvReader csv(&decoded);
    const auto any = csv.Next();
    return any.ok() && *any && csv.fields().size() > 1 && GaccQueryColumns::FromHeader(csv.fields()).ok();
  }

  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override {
    DecodedInput decoded(&input);
    CsvReader csv(&decoded);
    return Reader(&csv, &options, &sink).Run();
  }
};

}  // namespace

const Feeder& GaccQuery() {
  static const auto* const feeder = new GaccQueryFeeder();
  return *feeder;
}

}  // namespace tidewaiter::feeders
