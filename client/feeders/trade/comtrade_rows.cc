#include "client/feeders/trade/comtrade_rows.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/trade/comtrade_codes.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kNames[kComtradeColumns] = {
    "typeCode",
    "freqCode",
    "refYear",
    "refMonth",
    "period",
    "reporterCode",
    "reporterDesc",
    "flowCode",
    "partnerCode",
    "partnerDesc",
    "partner2Code",
    "classificationCode",
    "isOriginalClassification",
    "cmdCode",
    "customsCode",
    "mosCode",
    "motCode",
    "qtyUnitCode",
    "qty",
    "isQtyEstimated",
    "altQtyUnitCode",
    "altQty",
    "isAltQtyEstimated",
    "netWgt",
    "isNetWgtEstimated",
    "grossWgt",
    "isGrossWgtEstimated",
    "cifvalue",
    "fobvalue",
    "primaryValue",
    "legacyEstimationFlag",
};

// Columns that Comtrade has and that say nothing which those above do not.
constexpr std::string_view kUnread[] = {
    "datasetCode",  "refPeriodId",    "reporterISO",
    "flowCategory", "flowDesc",       "partnerISO",
    "partner2ISO",  "partner2Desc",   "classificationSearchCode",
    "cmdDesc",      "aggrLevel",      "isLeaf",
    "customsDesc",  "mosDesc",        "motDesc",
    "qtyUnitAbbr",  "altQtyUnitAbbr", "isReported",
    "isAggregate",
};

constexpr std::string_view kDollars = "USD";
constexpr std::string_view kNoCurrency = "_Z";
constexpr std::string_view kOnes = "1";
constexpr std::string_view kKilograms = "KG";
constexpr int kMaxUnitNumber = 999;

enum Place : std::size_t {
  kReporter,
  kPartner,
  kFlow,
  kCommodity,
  kPartner2,
  kCustoms,
  kTransport,
  kSupply,
  kMeasure,
  kCurrency,
  kUnit,
  kPlaces
};

}  // namespace

std::string_view ComtradeColumnName(ComtradeColumn column) {
  return kNames[static_cast<std::size_t>(column)];
}

absl::StatusOr<std::optional<ComtradeColumn>> ComtradeColumnOfName(std::string_view name) {
  for (std::size_t i = 0; i < kComtradeColumns; ++i) {
    if (absl::EqualsIgnoreCase(ToAbsl(kNames[i]), ToAbsl(name))) return static_cast<ComtradeColumn>(i);
  }
  for (const std::string_view unread : kUnread) {
    if (absl::EqualsIgnoreCase(ToAbsl(unread), ToAbsl(name))) return std::nullopt;
  }
  return InvalidField("", absl::StrCat(Quoted(name),
                                       " is no column of UN Comtrade's; remove it, or use the format of "
                                       "tidy CSV if the file was made from Comtrade's"));
}

const std::vector<ComtradeColumn>& RequiredComtradeColumns() {
  static const auto* const columns = new std::vector<ComtradeColumn>{
      ComtradeColumn::kFreqCode, ComtradeColumn::kPeriod,      ComtradeColumn::kReporterCode,
      ComtradeColumn::kFlowCode, ComtradeColumn::kPartnerCode, ComtradeColumn::kClassificationCode,
      ComtradeColumn::kCmdCode,  ComtradeColumn::kPrimaryValue};
  return *columns;
}

DatasetDefinition ComtradeProfile() {
  DatasetDefinition profile;
  profile.id = "COMTRADE";
  profile.dimensions = {
      {"reporter", Role::kReporter},   {"partner", Role::kPartner}, {"flow", Role::kFlow},
      {"commodity", Role::kCommodity}, {"partner2", Role::kOther},  {"customs", Role::kOther},
      {"transport", Role::kOther},     {"supply", Role::kOther},    {"measure", Role::kMeasure},
      {"currency", Role::kCurrency},   {"unit", Role::kUnit}};
  profile.publisher = "UNSD";
  profile.time_zone = "America/New_York";
  profile.title = "UN Comtrade";
  return profile;
}

absl::Status ComtradeRows::Begin() {
  TW_ASSIGN_OR_RETURN(const Publication published,
                      ResolvePublication(std::nullopt, "", options_.file, options_.published));
  TW_ASSIGN_OR_RETURN(section_,
                      OpenSection(WithOptions(ComtradeProfile(), options_), published, options_, *sink_));
  codes_.assign(kPlaces, {});
  return absl::OkStatus();
}

absl::Status ComtradeRows::Add(const ComtradeRow& row, std::uint64_t line, std::string_view prefix,
                               std::string_view text, std::uint64_t record) {
  sink_->CountRows(1);
  problems_.Start(line, prefix);
  const auto period = PeriodOf(row);
  codes_[kReporter] = AreaOf(row, ComtradeColumn::kReporterCode, ComtradeColumn::kReporterDesc);
  codes_[kPartner] = AreaOf(row, ComtradeColumn::kPartnerCode, ComtradeColumn::kPartnerDesc);
  codes_[kFlow] = CodeOf(row, ComtradeColumn::kFlowCode, "");
  codes_[kCommodity] = CommodityOf(row);
  codes_[kPartner2] = Trimmed(row[ComtradeColumn::kPartner2Code]).empty()
                          ? std::string_view("W00")
                          : AreaOf(row, ComtradeColumn::kPartner2Code, ComtradeColumn::kPartner2Code);
  codes_[kCustoms] = CodeOf(row, ComtradeColumn::kCustomsCode, "C00");
  codes_[kTransport] = CodeOf(row, ComtradeColumn::kMotCode, "0");
  codes_[kSupply] = CodeOf(row, ComtradeColumn::kMosCode, "0");
  const bool original =
      Trimmed(row[ComtradeColumn::kIsOriginal]).empty() || Flag(row, ComtradeColumn::kIsOriginal);
  ReadMeasures(row);
  if (!problems_.empty()) {
    problems_.Refuse(text, *sink_);
    return absl::OkStatus();
  }
  for (const Cell& cell : cells_) {
    codes_[kMeasure] = cell.measure;
    codes_[kCurrency] = cell.currency;
    codes_[kUnit] = cell.unit;
    SourceCell out{codes_, {}, {}, line, record};
    out.stated.period = *period;
    out.stated.datum = cell.datum;
    out.stated.attributes.status = cell.status;
    if (!original) out.stated.note = "converted by UN Comtrade from another classification";
    TW_RETURN_IF_ERROR(sink_->AddCell(section_, out));
  }
  return absl::OkStatus();
}

std::optional<Period> ComtradeRows::PeriodOf(const ComtradeRow& row) {
  const std::string_view frequency = Trimmed(row[ComtradeColumn::kFreqCode]);
  const std::string_view text = Trimmed(row[ComtradeColumn::kPeriod]);
  const std::string_view name = ComtradeColumnName(ComtradeColumn::kPeriod);
  const bool yearly = frequency == "A";
  if (!yearly && frequency != "M") {
    problems_.Add("freqCode", absl::StrCat(Quoted(frequency), " is neither A, of years, nor M, of months"));
    return std::nullopt;
  }
  const auto number = ParseDigits(text);
  if (!number || text.size() != (yearly ? 4 : 6)) {
    problems_.Add(name,
                  absl::StrCat(Quoted(text), yearly ? " is no year, as 2014" : " is no month, as 201407"));
    return std::nullopt;
  }
  const auto start =
      yearly ? Month::FromYearMonth(*number, 1) : Month::FromYearMonth(*number / 100, *number % 100);
  if (!start.ok()) {
    problems_.Add(name, text, start.status());
    return std::nullopt;
  }
  const Period period = Period::FromValid(*start, yearly ? 12 : 1);
  CheckYearAndMonth(row, period);
  return period;
}

// What refYear and refMonth say must be what the period says: a file that was put together by hand may
// differ.
void ComtradeRows::CheckYearAndMonth(const ComtradeRow& row, const Period& period) {
  const std::string_view year = Trimmed(row[ComtradeColumn::kRefYear]);
  const std::string_view month = Trimmed(row[ComtradeColumn::kRefMonth]);
  const std::string_view whole = Trimmed(row[ComtradeColumn::kPeriod]);
  if (!year.empty() && ParseDigits(year) != period.start().year()) {
    problems_.Add("refYear", absl::StrCat(Quoted(year), " is not the year of the period ", Quoted(whole)));
  }
  const int expected = period.months() == 12 ? 52 : period.start().month();
  if (!month.empty() && ParseDigits(month) != expected) {
    problems_.Add("refMonth", absl::StrCat(Quoted(month), " does not fit the period ", Quoted(whole),
                                           "; expected ", expected));
  }
}

std::string_view ComtradeRows::AreaOf(const ComtradeRow& row, ComtradeColumn code, ComtradeColumn name) {
  const std::string_view text = Trimmed(row[code]);
  const auto number = ParseDigits(text);
  const auto area = number ? ComtradeArea(*number) : std::nullopt;
  if (area) return *area;
  const std::string_view called = name == code ? std::string_view() : Trimmed(row[name]);
  problems_.Add(
      ComtradeColumnName(code),
      absl::StrCat(Quoted(text), called.empty() ? "" : " (", called.empty() ? "" : Quoted(called),
                   called.empty() ? "" : ")",
                   " is no code of an area that is known here; expected one of UN Comtrade's numbers, "
                   "as 156 for China"));
  return {};
}

std::string_view ComtradeRows::CommodityOf(const ComtradeRow& row) {
  const std::string_view classification = Trimmed(row[ComtradeColumn::kClassificationCode]);
  const std::string_view code = CodeOf(row, ComtradeColumn::kCmdCode, "");
  const auto edition = ComtradeClassification(classification);
  if (!edition) {
    problems_.Add(
        "classificationCode",
        absl::StrCat(Quoted(classification),
                     " is no classification that is known here; expected H0 to H7, S1 to S4, B4, B5 "
                     "or one of EBOPS"));
    return {};
  }
  if (code == "TOTAL") return code;
  commodity_.assign(*edition).append(1, '-').append(code);
  return commodity_;
}

std::string_view ComtradeRows::CodeOf(const ComtradeRow& row, ComtradeColumn column,
                                      std::string_view by_default) {
  std::string_view text = Trimmed(row[column]);
  if (text.empty()) text = by_default;
  // Leaves room for the edition before it.
  if (absl::Status s = ValidateCode(text); !s.ok()) {
    problems_.Add(ComtradeColumnName(column), text, s);
  } else if (text.size() > 32) {
    problems_.Add(ComtradeColumnName(column), absl::StrCat(Quoted(text), " is longer than any of its codes"));
  }
  return text;
}

std::string_view ComtradeRows::UnitOf(const ComtradeRow& row, ComtradeColumn column) {
  const std::string_view text = Trimmed(row[column]);
  if (text.empty() || text == "-1") return {};
  const auto number = ParseDigits(text);
  if (!number || *number > kMaxUnitNumber) {
    problems_.Add(ComtradeColumnName(column),
                  absl::StrCat(Quoted(text), " is no number of a unit, as 8 for kg"));
    return {};
  }
  if (const auto unit = ComtradeUnit(*number)) return *unit;
  std::string& unit = numbered_units_[*number];
  if (unit.empty()) unit = absl::StrCat("UNIT_", *number);
  return unit;
}

bool ComtradeRows::Flag(const ComtradeRow& row, ComtradeColumn column) {
  const std::string_view text = Trimmed(row[column]);
  if (absl::EqualsIgnoreCase(ToAbsl(text), "true") || text == "1") return true;
  if (!text.empty() && !absl::EqualsIgnoreCase(ToAbsl(text), "false") && text != "0") {
    problems_.Add(ComtradeColumnName(column), absl::StrCat(Quoted(text), " is neither true nor false"));
  }
  return false;
}

void ComtradeRows::ReadMeasures(const ComtradeRow& row) {
  using C = ComtradeColumn;
  cells_.clear();
  // 0 none, 2 the quantity, 4 the net weight, 6 both: the flag of the years before the four columns.
  const std::string_view legacy = Trimmed(row[C::kLegacyEstimationFlag]);
  const auto flags = legacy.empty() ? std::optional<int>(0) : ParseDigits(legacy);
  if (!flags || *flags > 7) {
    problems_.Add("legacyEstimationFlag", absl::StrCat(Quoted(legacy), " is none of 0, 2, 4 and 6"));
  }
  const bool old_quantity = flags && (*flags & 2) != 0;
  const bool old_weight = flags && (*flags & 4) != 0;
  const std::string_view unit = UnitOf(row, C::kQtyUnitCode);
  const std::string_view other_unit = UnitOf(row, C::kAltQtyUnitCode);
  const auto estimated = [&](C column, bool old) { return Flag(row, column) | old; };

  const bool goods = Trimmed(row[C::kTypeCode]) != "S";
  Read(row, C::kPrimaryValue, "VALUE", kDollars, kOnes, false, true);
  Read(row, C::kCifValue, "CIF", kDollars, kOnes, false, false);
  Read(row, C::kFobValue, "FOB", kDollars, kOnes, false, false);
  Read(row, C::kNetWgt, "NETWGT", kNoCurrency, kKilograms, estimated(C::kIsNetWgtEstimated, old_weight),
       goods);
  Read(row, C::kGrossWgt, "GROSSWGT", kNoCurrency, kKilograms, Flag(row, C::kIsGrossWgtEstimated), false);
  Read(row, C::kQty, "QTY", kNoCurrency, unit, estimated(C::kIsQtyEstimated, old_quantity), true);
  Read(row, C::kAltQty, "ALTQTY", kNoCurrency, other_unit, Flag(row, C::kIsAltQtyEstimated), true);
}

// `owed`: an empty text is a figure that is missing; else it was never to be expected.
void ComtradeRows::Read(const ComtradeRow& row, ComtradeColumn column, std::string_view measure,
                        std::string_view currency, std::string_view unit, bool estimated, bool owed) {
  const std::string_view text = Trimmed(row[column]);
  if (text.empty()) {
    if (owed && !unit.empty()) {
      cells_.push_back({measure, currency, unit, Datum::Absent(Absence::kMissing), 'O'});
    }
    return;
  }
  const auto value = Decimal::Parse(text);
  if (!value.ok()) {
    problems_.Add(ComtradeColumnName(column), text, value.status());
    return;
  }
  if (unit.empty()) {  // Comtrade writes 0 where it has no quantity; anything else would be a lost figure
    if (value->is_zero()) return;
    unit = "_U";
  }
  cells_.push_back({measure, currency, unit, Datum::Value(*value), estimated ? 'E' : 'A'});
}

}  // namespace tidewaiter::feeders
