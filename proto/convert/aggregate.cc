#include "proto/convert/aggregate.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "proto/convert/enum_table.h"
#include "proto/convert/enums.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::convert {
namespace {

constexpr Table<Window::Kind, v1::WindowKind, 4> kWindows = {{
    {Window::Kind::kMonths, v1::WINDOW_KIND_MONTHS},
    {Window::Kind::kQuarterToDate, v1::WINDOW_KIND_QUARTER_TO_DATE},
    {Window::Kind::kYearToDate, v1::WINDOW_KIND_YEAR_TO_DATE},
    {Window::Kind::kYear, v1::WINDOW_KIND_YEAR},
}};
constexpr Table<Transform, v1::Transform, 11> kTransforms = {{
    {Transform::kLevel, v1::TRANSFORM_LEVEL},
    {Transform::kChange, v1::TRANSFORM_CHANGE},
    {Transform::kGrowth, v1::TRANSFORM_GROWTH},
    {Transform::kAnnualisedGrowth, v1::TRANSFORM_ANNUALISED_GROWTH},
    {Transform::kMagnitudeGrowth, v1::TRANSFORM_MAGNITUDE_GROWTH},
    {Transform::kContribution, v1::TRANSFORM_CONTRIBUTION},
    {Transform::kShare, v1::TRANSFORM_SHARE},
    {Transform::kRatio, v1::TRANSFORM_RATIO},
    {Transform::kRunRate, v1::TRANSFORM_RUN_RATE},
    {Transform::kIndex, v1::TRANSFORM_INDEX},
    {Transform::kUnitValue, v1::TRANSFORM_UNIT_VALUE},
}};
constexpr Table<Derivation, v1::Derivation, 3> kDerivations = {{
    {Derivation::kPublished, v1::DERIVATION_PUBLISHED},
    {Derivation::kSummed, v1::DERIVATION_SUMMED},
    {Derivation::kDifferenced, v1::DERIVATION_DIFFERENCED},
}};
constexpr Table<Composition, v1::Composition, 3> kCompositions = {{
    {Composition::kAsPublished, v1::COMPOSITION_AS_PUBLISHED},
    {Composition::kConstant, v1::COMPOSITION_CONSTANT},
    {Composition::kComplete, v1::COMPOSITION_COMPLETE},
}};
constexpr Table<Combine, v1::Combine, 3> kCombines = {{
    {Combine::kNone, v1::COMBINE_UNSPECIFIED},
    {Combine::kBalance, v1::COMBINE_BALANCE},
    {Combine::kTurnover, v1::COMBINE_TURNOVER},
}};
constexpr Table<Undefined, v1::UndefinedReason, 13> kReasons = {{
    {Undefined::kMissingMonths, v1::UNDEFINED_REASON_MISSING_MONTHS},
    {Undefined::kCombinedMonths, v1::UNDEFINED_REASON_COMBINED_MONTHS},
    {Undefined::kAbsent, v1::UNDEFINED_REASON_ABSENT},
    {Undefined::kNotAdditive, v1::UNDEFINED_REASON_NOT_ADDITIVE},
    {Undefined::kBaseNotPositive, v1::UNDEFINED_REASON_BASE_NOT_POSITIVE},
    {Undefined::kSignChange, v1::UNDEFINED_REASON_SIGN_CHANGE},
    {Undefined::kNoMembers, v1::UNDEFINED_REASON_NO_MEMBERS},
    {Undefined::kNoTotal, v1::UNDEFINED_REASON_NO_TOTAL},
    {Undefined::kNoSuchPrint, v1::UNDEFINED_REASON_NO_SUCH_PRINT},
    {Undefined::kNoWindow, v1::UNDEFINED_REASON_NO_WINDOW},
    {Undefined::kMixedUnits, v1::UNDEFINED_REASON_MIXED_UNITS},
    {Undefined::kOverflow, v1::UNDEFINED_REASON_OVERFLOW},
    {Undefined::kMixedSigns, v1::UNDEFINED_REASON_MIXED_SIGNS},
}};
constexpr Table<AggregateStatus, v1::AggregateStatus, 4> kStatuses = {{
    {AggregateStatus::kOk, v1::AGGREGATE_STATUS_OK},
    {AggregateStatus::kPartial, v1::AGGREGATE_STATUS_PARTIAL},
    {AggregateStatus::kExtrapolated, v1::AGGREGATE_STATUS_EXTRAPOLATED},
    {AggregateStatus::kUndefined, v1::AGGREGATE_STATUS_UNDEFINED},
}};
constexpr Table<Maturity, v1::Maturity, 4> kMaturities = {{
    {Maturity::kLatest, v1::MATURITY_LATEST},
    {Maturity::kFirst, v1::MATURITY_FIRST},
    {Maturity::kNth, v1::MATURITY_NTH},
    {Maturity::kAfter, v1::MATURITY_AFTER},
}};

// The value of an enum, or a violation and the default. UNSPECIFIED is the default.
template <typename Domain, typename Wire, std::size_t n>
Domain Read(const Table<Domain, Wire, n>& table, Wire value, Domain unspecified, absl::string_view what,
            std::string_view field, Violations& violations) {
  if (value == Wire{}) return unspecified;
  const absl::StatusOr<Domain> read = DomainOf(table, value, what);
  violations.Add(field, read.status());
  return read.value_or(unspecified);
}

// What is out of range is left for the domain to refuse.
int IntOf(std::uint32_t number) {
  constexpr std::uint32_t kMax = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(number, kMax));
}

Window ReadWindow(const v1::Window& message, Violations& violations) {
  Window window;
  window.kind =
      Read(kWindows, message.kind(), Window::Kind::kMonths, "window kind", "window.kind", violations);
  if (window.kind == Window::Kind::kMonths) {
    window.months = message.months() == 0 ? 1 : IntOf(message.months());
  } else if (message.months() != 0) {
    violations.Add("window.months", "goes with MONTHS only; leave it unset");
  }
  window.year_start_month = IntOf(message.year_start_month());
  window.mean = message.mean();
  return window;
}

CodeGroup ReadGroup(const v1::CodeGroup& message, std::string_view field, Violations& violations) {
  CodeGroup group{.name = message.name(), .dimension = message.dimension(), .members = {}};
  violations.Add(absl::StrCat(ToAbsl(field), ".name"), ValidateCode(message.name()));
  // With a name only it is one that is kept with the dataset.
  if (group.names_kept()) return group;
  if (message.members().empty()) {
    violations.Add(absl::StrCat(ToAbsl(field), ".members"), "a group has one member at least");
  }
  for (int i = 0; i < message.members_size() && !violations.full(); ++i) {
    const v1::CodeGroup::Member& member = message.members(i);
    const std::string at = absl::StrCat(ToAbsl(field), ".members[", i, "]");
    violations.Add(absl::StrCat(at, ".code"), ValidateCode(member.code()));
    const absl::StatusOr<PeriodRange> when = FromWire(member.when());
    violations.Add(absl::StrCat(at, ".when"), when.status());
    group.members.push_back({member.code(), when.value_or(PeriodRange())});
  }
  return group;
}

void ReadGroups(const v1::AggregateQuery& message, AggregateQuery* query, Violations& violations) {
  int members = 0;
  for (const v1::CodeGroup& group : message.groups()) members += group.members_size();
  if (static_cast<std::size_t>(message.groups_size()) > limits::kMaxCodeGroups ||
      static_cast<std::size_t>(members) > limits::kMaxGroupMembers) {
    violations.Add("groups", absl::StrCat("at most ", limits::kMaxCodeGroups, " groups of ",
                                          limits::kMaxGroupMembers, " members together; ask in parts"));
    return;
  }
  for (int i = 0; i < message.groups_size(); ++i) {
    query->groups.push_back(ReadGroup(message.groups(i), absl::StrCat("groups[", i, "]"), violations));
  }
}

void ReadNumbers(const v1::AggregateQuery& message, AggregateQuery* query, Violations& violations) {
  if (message.has_lag_months()) query->lag_months = IntOf(message.lag_months());
  if (message.has_decimals()) query->decimals = IntOf(message.decimals());
  if (!message.base().empty()) {
    const absl::StatusOr<Period> base = Period::Parse(message.base());
    violations.Add("base", base.status());
    if (base.ok()) query->base = *base;
  }
}

// The day of a release, or what went wrong.
template <typename Message>
void SetOrigin(Sequence sequence, const PublishedAt& at, const Lookup& lookup, Message* message,
               absl::Status* status) {
  message->set_sequence(sequence);
  if (sequence == 0) return;
  *message->mutable_published_at() = ToWire(at.instant);
  const absl::StatusOr<std::optional<absl::CivilDay>> day = lookup.PublishedDay(sequence);
  if (!day.ok()) {
    *status = day.status();
  } else if (*day) {
    message->set_published_on(DayToString(**day));
  }
}

template <typename Message>
void SetDatum(const Datum& datum, Message* message) {
  message->set_value(datum.ToString());
  if (datum.has_value() && datum.step_exponent() != -datum.value().scale())
    message->set_step(datum.StepText());
}

void SetPath(const FigurePath& path, const Lookup& lookup, v1::AggregatePath* message, absl::Status* status) {
  message->set_across_releases(path.across_releases);
  if (!path.value) {
    message->set_reason(ToWire(path.reason));
    for (const Month month : path.months) message->add_months(month.ToString());
    return;
  }
  message->set_value(path.value->ToString());
  if (path.bound) message->set_bound(path.bound->ToString());
  message->set_derivation(ToWire(path.derivation));
  for (const FigureOperand& operand : path.operands) {
    v1::AggregateOperand* to = message->add_operands();
    to->set_period(operand.period.ToString());
    to->set_subtracted(operand.subtracted);
    SetDatum(operand.datum, to);
    SetOrigin(operand.sequence, operand.published_at, lookup, to, status);
  }
}

absl::Status SetTerms(const AggregateFigure& figure, const Lookup& lookup, v1::Aggregate* row) {
  absl::Status status;
  for (const FigureTerm& term : figure.terms) {
    v1::AggregateTerm* to = row->add_terms();
    to->set_below(term.below);
    to->set_period(term.run.ToString());
    for (const FigureTerm::Part& part : term.parts) {
      v1::AggregateTerm::Part* part_to = to->add_parts();
      part_to->set_series(part.series);
      part_to->set_subtracted(part.subtracted);
      SetPath(part.path, lookup, part_to->mutable_path(), &status);
      for (const FigurePath& other : part.others) SetPath(other, lookup, part_to->add_others(), &status);
    }
  }
  return status;
}

template <typename Message>
absl::StatusOr<PublishedAt> OriginFromWire(const Message& message) {
  PublishedAt at;
  TW_ASSIGN_OR_RETURN(at.instant, FromWire(message.published_at()));
  TW_ASSIGN_OR_RETURN(at.day, DayFromWire(message.published_on()));
  return at;
}

// A number as printed, or an absence by name, in parentheses.
absl::StatusOr<Datum> DatumFromWire(const std::string& value, const std::string& step) {
  if (!value.empty() && value.front() == '(') {
    TW_ASSIGN_OR_RETURN(const Absence absence,
                        ParseAbsence(std::string_view(value).substr(1, value.size() - 2)));
    return Datum::Absent(absence);
  }
  TW_ASSIGN_OR_RETURN(const Decimal number, Decimal::Parse(value));
  if (step.empty()) return Datum::Value(number);
  TW_ASSIGN_OR_RETURN(const int exponent, ParseStep(step));
  return Datum::ValueWithStep(number, exponent);
}

absl::StatusOr<std::optional<Decimal>> DecimalFromWire(const std::string& text) {
  if (text.empty()) return std::nullopt;
  TW_ASSIGN_OR_RETURN(const Decimal number, Decimal::Parse(text));
  return number;
}

template <typename Months>
absl::StatusOr<std::vector<Month>> MonthsFromWire(const Months& texts) {
  std::vector<Month> months;
  for (const std::string& text : texts) {
    TW_ASSIGN_OR_RETURN(const Month month, Month::Parse(text));
    months.push_back(month);
  }
  return months;
}

absl::StatusOr<FigurePath> PathFromWire(const v1::AggregatePath& message) {
  FigurePath path;
  path.across_releases = message.across_releases();
  TW_ASSIGN_OR_RETURN(path.value, DecimalFromWire(message.value()));
  if (!path.value) {
    TW_ASSIGN_OR_RETURN(path.reason, FromWire(message.reason()));
    TW_ASSIGN_OR_RETURN(path.months, MonthsFromWire(message.months()));
    return path;
  }
  TW_ASSIGN_OR_RETURN(path.bound, DecimalFromWire(message.bound()));
  TW_ASSIGN_OR_RETURN(path.derivation, FromWire(message.derivation()));
  for (const v1::AggregateOperand& from : message.operands()) {
    FigureOperand operand;
    TW_ASSIGN_OR_RETURN(operand.period, Period::Parse(from.period()));
    operand.subtracted = from.subtracted();
    TW_ASSIGN_OR_RETURN(operand.datum, DatumFromWire(from.value(), from.step()));
    TW_ASSIGN_OR_RETURN(operand.sequence, SequenceFromWire(from.sequence()));
    TW_ASSIGN_OR_RETURN(operand.published_at, OriginFromWire(from));
    path.operands.push_back(operand);
  }
  return path;
}

absl::StatusOr<FigureTerm> TermFromWire(const v1::AggregateTerm& message) {
  FigureTerm term;
  term.below = message.below();
  TW_ASSIGN_OR_RETURN(term.run, Period::Parse(message.period()));
  for (const v1::AggregateTerm::Part& from : message.parts()) {
    FigureTerm::Part part;
    part.series = from.series();
    part.subtracted = from.subtracted();
    TW_ASSIGN_OR_RETURN(part.path, PathFromWire(from.path()));
    for (const v1::AggregatePath& other : from.others()) {
      TW_ASSIGN_OR_RETURN(FigurePath path, PathFromWire(other));
      part.others.push_back(std::move(path));
    }
    term.parts.push_back(std::move(part));
  }
  return term;
}

absl::Status ValueFromWire(const v1::Aggregate& row, AggregateValue* value) {
  TW_ASSIGN_OR_RETURN(value->value, DecimalFromWire(row.value()));
  TW_ASSIGN_OR_RETURN(value->bound, DecimalFromWire(row.bound()));
  if (value->value) {
    TW_ASSIGN_OR_RETURN(value->derivation, FromWire(row.derivation()));
  } else {
    TW_ASSIGN_OR_RETURN(value->reason, FromWire(row.reason()));
  }
  TW_ASSIGN_OR_RETURN(value->months, MonthsFromWire(row.months()));
  value->members = row.members();
  value->left_out = row.left_out();
  value->across_releases = row.across_releases();
  value->extrapolated = row.status() == v1::AGGREGATE_STATUS_EXTRAPOLATED;
  TW_ASSIGN_OR_RETURN(value->sequence, SequenceFromWire(row.sequence()));
  return absl::OkStatus();
}

}  // namespace

v1::Transform ToWire(Transform transform) { return WireOf(kTransforms, transform); }
v1::Derivation ToWire(Derivation derivation) { return WireOf(kDerivations, derivation); }
v1::UndefinedReason ToWire(Undefined reason) { return WireOf(kReasons, reason); }
v1::AggregateStatus ToWire(AggregateStatus status) { return WireOf(kStatuses, status); }
absl::StatusOr<Derivation> FromWire(v1::Derivation derivation) {
  return DomainOf(kDerivations, derivation, "derivation");
}
absl::StatusOr<Undefined> FromWire(v1::UndefinedReason reason) {
  return DomainOf(kReasons, reason, "reason");
}

v1::CodeGroup ToWire(const CodeGroup& group) {
  v1::CodeGroup message;
  message.set_name(group.name);
  message.set_dimension(group.dimension);
  for (const CodeGroup::Member& member : group.members) {
    v1::CodeGroup::Member* to = message.add_members();
    to->set_code(member.code);
    if (member.when != PeriodRange()) *to->mutable_when() = ToWire(member.when);
  }
  return message;
}

absl::StatusOr<CodeGroup> FromWire(const v1::CodeGroup& message) {
  Violations violations;
  CodeGroup group = ReadGroup(message, "group", violations);
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return group;
}

v1::AggregateQuery ToWire(const AggregateQuery& query) {
  v1::AggregateQuery message;
  message.set_dataset(query.dataset);
  for (const std::string& key : query.keys) message.add_keys(key);
  v1::Window* window = message.mutable_window();
  window->set_kind(WireOf(kWindows, query.window.kind));
  if (query.window.kind == Window::Kind::kMonths) {
    window->set_months(static_cast<std::uint32_t>(query.window.months));
  }
  window->set_year_start_month(static_cast<std::uint32_t>(query.window.year_start_month));
  window->set_mean(query.window.mean);
  message.set_transform(ToWire(query.transform));
  if (query.lag_months) message.set_lag_months(static_cast<std::uint32_t>(*query.lag_months));
  if (query.decimals) message.set_decimals(static_cast<std::uint32_t>(*query.decimals));
  if (query.base) message.set_base(query.base->ToString());
  if (query.derivation) message.set_derivation(ToWire(*query.derivation));
  if (query.composition) message.set_composition(WireOf(kCompositions, *query.composition));
  message.set_combine(WireOf(kCombines, query.combine));
  message.set_sum(query.sum);
  for (const std::string& id : query.group_by) message.add_group_by(id);
  for (const CodeGroup& group : query.groups) *message.add_groups() = ToWire(group);
  message.set_total(query.total);
  message.set_numerator(query.numerator);
  for (const std::string& code : query.denominators) message.add_denominators(code);
  if (query.rounding) message.set_rounding(ToWire(*query.rounding));
  return message;
}

absl::StatusOr<AggregateQuery> FromWire(const v1::AggregateQuery& message) {
  AggregateQuery query;
  Violations violations;
  query.dataset = message.dataset();
  query.keys.assign(message.keys().begin(), message.keys().end());
  query.window = ReadWindow(message.window(), violations);
  query.transform =
      Read(kTransforms, message.transform(), Transform::kLevel, "transform", "transform", violations);
  ReadNumbers(message, &query, violations);
  if (message.derivation() != v1::DERIVATION_UNSPECIFIED) {
    query.derivation = Read(kDerivations, message.derivation(), Derivation::kPublished, "derivation",
                            "derivation", violations);
  }
  if (message.composition() != v1::COMPOSITION_UNSPECIFIED) {
    query.composition = Read(kCompositions, message.composition(), Composition::kAsPublished, "composition",
                             "composition", violations);
  }
  query.combine = Read(kCombines, message.combine(), Combine::kNone, "way to combine", "combine", violations);
  query.sum = message.sum();
  query.group_by.assign(message.group_by().begin(), message.group_by().end());
  ReadGroups(message, &query, violations);
  query.total = message.total();
  query.numerator = message.numerator();
  query.denominators.assign(message.denominators().begin(), message.denominators().end());
  const absl::StatusOr<std::optional<PrintRounding>> rounding = FromWire(message.rounding());
  violations.Add("rounding", rounding.status());
  query.rounding = rounding.value_or(std::nullopt);
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return query;
}

v1::RealTime ToWire(const RealTime& real_time) {
  v1::RealTime message;
  message.set_maturity(WireOf(kMaturities, real_time.maturity));
  if (real_time.maturity == Maturity::kNth) message.set_n(static_cast<std::uint32_t>(real_time.n));
  if (real_time.maturity == Maturity::kAfter) {
    message.set_age_months(static_cast<std::uint32_t>(real_time.age_months));
  }
  message.set_each_operand(real_time.each_operand);
  return message;
}

absl::StatusOr<RealTime> FromWire(const v1::RealTime& message) {
  RealTime real_time;
  Violations violations;
  real_time.maturity =
      Read(kMaturities, message.maturity(), Maturity::kLatest, "maturity", "maturity", violations);
  const bool nth = real_time.maturity == Maturity::kNth;
  const bool after = real_time.maturity == Maturity::kAfter;
  constexpr int kMaxNth = 1'000'000;
  if (!nth && message.n() != 0) violations.Add("n", "goes with NTH only");
  if (nth && (message.n() == 0 || IntOf(message.n()) > kMaxNth)) {
    violations.Add("n", absl::StrCat("which print: 1 to ", kMaxNth, ", not ", message.n()));
  }
  if (!after && message.age_months() != 0) violations.Add("age_months", "goes with AFTER only");
  if (after && (message.age_months() == 0 || IntOf(message.age_months()) > limits::kMaxAgeMonths)) {
    violations.Add("age_months", absl::StrCat("months after the first print: 1 to ", limits::kMaxAgeMonths,
                                              ", not ", message.age_months()));
  }
  if (real_time.maturity == Maturity::kLatest && message.each_operand()) {
    violations.Add("each_operand", "goes with FIRST, NTH and AFTER only");
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  if (nth) real_time.n = IntOf(message.n());
  if (after) real_time.age_months = IntOf(message.age_months());
  real_time.each_operand = message.each_operand();
  return real_time;
}

v1::Ranking ToWire(const Ranking& ranking) {
  v1::Ranking message;
  message.set_top(ranking.top);
  message.set_by(ranking.by_magnitude ? v1::RANK_BY_MAGNITUDE : v1::RANK_BY_VALUE);
  if (ranking.month) message.set_month(ranking.month->ToString());
  return message;
}

absl::StatusOr<Ranking> FromWire(const v1::Ranking& message) {
  Ranking ranking;
  Violations violations;
  if (message.top() > limits::kMaxPageSize) {
    violations.Add("top", absl::StrCat("0 for all, or 1 to ", limits::kMaxPageSize, ", not ", message.top()));
  }
  ranking.top = message.top();
  switch (message.by()) {
    case v1::RANK_BY_UNSPECIFIED:
    case v1::RANK_BY_VALUE:
      break;
    case v1::RANK_BY_MAGNITUDE:
      ranking.by_magnitude = true;
      break;
    default:
      violations.Add("by", absl::StrCat("there is no order number ", static_cast<int>(message.by())));
  }
  if (!message.month().empty()) {
    const absl::StatusOr<Month> month = Month::Parse(message.month());
    violations.Add("month", month.status());
    if (month.ok()) ranking.month = *month;
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return ranking;
}

absl::Status FillRow(const AggregateFigure& figure, const Lookup& lookup, v1::Aggregate* row) {
  const AggregateValue& value = figure.value;
  absl::Status status;
  row->set_series(figure.series);
  row->set_period(figure.period.ToString());
  row->set_unit(figure.unit);
  row->set_status(ToWire(StatusOf(value)));
  if (value.value) {
    row->set_value(value.value->ToString());
    row->set_derivation(ToWire(value.derivation));
  } else {
    row->set_reason(ToWire(value.reason));
    for (const Month month : value.months) row->add_months(month.ToString());
  }
  if (value.bound) row->set_bound(value.bound->ToString());
  row->set_across_releases(value.across_releases);
  row->set_members(value.members);
  row->set_left_out(value.left_out);
  SetOrigin(value.sequence, figure.published_at, lookup, row, &status);
  row->set_rank(figure.rank);
  if (figure.vintage) *row->mutable_vintage() = ToWire(*figure.vintage);
  if (figure.published_rate) {
    v1::PublishedRate* rate = row->mutable_published_rate();
    rate->set_series(figure.published_rate->series);
    SetDatum(figure.published_rate->datum, rate);
    SetOrigin(figure.published_rate->sequence, figure.published_rate->published_at, lookup, rate, &status);
  }
  TW_RETURN_IF_ERROR(status);
  return SetTerms(figure, lookup, row);
}

absl::StatusOr<AggregateFigure> FromWire(const v1::Aggregate& row) {
  AggregateFigure figure;
  figure.series = row.series();
  TW_ASSIGN_OR_RETURN(figure.period, Period::Parse(row.period()));
  figure.unit = row.unit();
  TW_RETURN_IF_ERROR(ValueFromWire(row, &figure.value));
  if (row.sequence() != 0) {
    TW_ASSIGN_OR_RETURN(figure.published_at, OriginFromWire(row));
    figure.value.published_at = figure.published_at.instant;
  }
  figure.rank = row.rank();
  if (row.has_vintage()) {
    TW_ASSIGN_OR_RETURN(const Vintage vintage, FromWire(row.vintage()));
    figure.vintage = vintage;
  }
  if (row.has_published_rate()) {
    const v1::PublishedRate& from = row.published_rate();
    PublishedRate rate{.series = from.series(), .datum = {}, .sequence = 0, .published_at = {}};
    TW_ASSIGN_OR_RETURN(rate.datum, DatumFromWire(from.value(), from.step()));
    TW_ASSIGN_OR_RETURN(rate.sequence, SequenceFromWire(from.sequence()));
    TW_ASSIGN_OR_RETURN(rate.published_at, OriginFromWire(from));
    figure.published_rate = std::move(rate);
  }
  for (const v1::AggregateTerm& term : row.terms()) {
    TW_ASSIGN_OR_RETURN(FigureTerm read, TermFromWire(term));
    figure.terms.push_back(std::move(read));
  }
  return figure;
}

}  // namespace tidewaiter::convert
