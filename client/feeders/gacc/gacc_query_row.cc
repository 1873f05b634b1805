#include "client/feeders/gacc/gacc_query_row.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/gacc/gacc_areas.h"
#include "client/feeders/gacc/gacc_profile.h"
#include "client/feeders/gacc/gacc_units.h"
#include "client/feeders/gacc/hs_edition.h"
#include "client/feeders/gacc/printed_number.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

using Column = GaccQueryColumn;

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
constexpr std::string_view kNoUnit = "?", kNoUnitWide = "？";

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

}  // namespace

GaccQueryRow::GaccQueryRow(const GaccQueryColumns* columns, const GaccQueryFacts* facts)
    : columns_(columns), facts_(facts), codes_(kPlaces) {}

bool GaccQueryRow::Read(const std::vector<std::string_view>& fields, std::uint64_t line) {
  fields_ = &fields;
  line_ = line;
  cells_.clear();
  problems_.clear();
  const bool trailing = fields.size() == columns_->size() + 1 && TrimBlanks(fields.back()).empty();
  if (fields.size() != columns_->size() && !trailing) {
    problems_.push_back({line_, "",
                         absl::StrCat("the row has ", fields.size(), " fields, and line 1 names ",
                                      columns_->size(), " columns")});
    return false;
  }
  const auto period = ReadPeriod();
  if (period) period_ = *period;
  codes_[kReporter] = kChina;
  codes_[kPartner] = ReadPartner();
  codes_[kFlow] = facts_->flow;
  codes_[kCommodity] = period ? ReadCommodity(*period) : "";
  codes_[kRegime] = ReadCode(Column::kRegime, facts_->regime);
  codes_[kLocation] = ReadCode(Column::kLocation, facts_->location);
  ReadQuantity(Column::kQuantity, Column::kUnit, "QTY");
  ReadQuantity(Column::kSecondQuantity, Column::kSecondUnit, "QTY2");
  ReadValue(Column::kYuan, "CNY");
  ReadValue(Column::kDollar, "USD");
  if (!problems_.empty()) cells_.clear();
  return problems_.empty();
}

StatedCell GaccQueryRow::Cell(std::size_t i) {
  const Figure& figure = cells_[i];
  codes_[kMeasure] = figure.measure;
  codes_[kCurrency] = figure.currency;
  codes_[kUnit] = figure.unit;
  return {period_, Datum::Value(figure.value), Attributes{}, "", ""};
}

void GaccQueryRow::Fail(Column column, std::string_view description) {
  problems_.push_back({line_, std::string(columns_->Name(column)), std::string(description)});
}

std::optional<Period> GaccQueryRow::ReadPeriod() {
  if (facts_->period) return facts_->period;
  const auto month = ParseQueryMonth(In(Column::kPeriod));
  if (!month.ok()) return Fail(Column::kPeriod, ToStd(month.status().message())), std::nullopt;
  return Period::FromValid(*month, 1);
}

std::string_view GaccQueryRow::ReadPartner() {
  const std::string_view name = In(Column::kPartnerName);
  if (columns_->Has(Column::kPartner)) {
    const std::string_view digits = TrimBlanks(In(Column::kPartner));
    if (const auto code = AreaOfGaccCode(digits)) return *code;
    Fail(Column::kPartner,
         absl::StrCat(
             Quoted(digits), name.empty() ? "" : " ", name.empty() ? "" : Quoted(name),
             " is not in GACC's list of countries and areas; numbers have three digits, 344 is Russia"));
    return "";
  }
  if (!columns_->Has(Column::kPartnerName)) return facts_->partner;
  if (const auto code = AreaOfGaccName(name)) return *code;
  Fail(Column::kPartnerName,
       absl::StrCat(Quoted(name), " is the name of no country, area or group that is known"));
  return "";
}

// "HS2022-12019019", of the edition that was in force in the period.
std::string_view GaccQueryRow::ReadCommodity(const Period& period) {
  if (!columns_->Has(Column::kCommodity)) return facts_->commodity;
  const std::string_view digits = TrimBlanks(In(Column::kCommodity));
  if (!AllDigits(digits) || digits.size() > 10 || digits.size() % 2 != 0) {
    Fail(Column::kCommodity,
         absl::StrCat(
             Quoted(digits),
             " is no code of goods, which has 2, 4, 6, 8 or 10 digits; a spreadsheet may have dropped "
             "a zero at its front"));
    return "";
  }
  const auto edition = HsEditionOf(period);
  if (!edition) {
    Fail(Column::kCommodity,
         absl::StrCat("codes of ", period.ToString(), " are of no one edition of the Harmonized System"));
    return "";
  }
  commodity_.assign(*edition);
  commodity_ += '-';
  commodity_.append(digits);
  return commodity_;
}

std::string_view GaccQueryRow::ReadCode(Column column, std::string_view otherwise) {
  if (!columns_->Has(column)) return otherwise;
  const std::string_view code = TrimBlanks(In(column));
  if (!AllDigits(code) || code.size() > 5) {
    Fail(column, absl::StrCat(Quoted(code), " is no code, which has up to five digits"));
  }
  return code;
}

std::optional<Decimal> GaccQueryRow::ReadNumber(Column column) {
  const std::string_view text = In(column);
  const auto number = ParsePrintedNumber(text);
  if (number.ok()) return *number;
  Fail(column,
       TrimBlanks(text).empty() ? "is empty, and a number was expected" : ToStd(number.status().message()));
  return std::nullopt;
}

// A quantity of 0 with the unit "?" is how the query says that the goods have no such quantity: no cell.
void GaccQueryRow::ReadQuantity(Column quantity, Column unit, std::string_view measure) {
  if (!columns_->Has(quantity)) return;
  const auto number = ReadNumber(quantity);
  const std::string_view name = TrimBlanks(In(unit));
  if (name == kNoUnit || name == kNoUnitWide) {
    if (number && !number->is_zero()) {
      Fail(unit, absl::StrCat("is \"?\", no unit, beside the quantity ", number->ToString(),
                              "; only 0 stands without a unit"));
    }
    return;
  }
  const auto code = UnitOfGaccName(name);
  if (!code) {
    Fail(unit, absl::StrCat(Quoted(name), " is no unit of quantity that is known"));
  } else if (number) {
    cells_.push_back({measure, kNotApplicable, *code, *number});
  }
}

void GaccQueryRow::ReadValue(Column value, std::string_view currency) {
  if (!columns_->Has(value)) return;
  if (const auto number = ReadNumber(value)) cells_.push_back({"VALUE", currency, "1", *number});
}

}  // namespace tidewaiter::feeders
