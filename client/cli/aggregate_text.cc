#include "client/cli/aggregate_text.h"

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

constexpr unsigned kData = kInCsv | kInJson;
constexpr std::array<const char*, 12> kMonthNames = {"January",   "February", "March",    "April",
                                                     "May",       "June",     "July",     "August",
                                                     "September", "October",  "November", "December"};

std::string NameOf(Month month) { return kMonthNames[static_cast<std::size_t>(month.month()) - 1]; }

// "January-February 2025", "December 2024-January 2025", "March 2025", "March 2025, May 2025".
std::string MonthsText(const std::vector<Month>& months) {
  std::vector<std::string> runs;
  for (std::size_t i = 0; i < months.size();) {
    std::size_t end = i + 1;
    while (end < months.size() && months[end] - months[end - 1] == 1) ++end;
    const Month first = months[i];
    const Month last = months[end - 1];
    std::string run = NameOf(first);
    if (first != last) {
      absl::StrAppend(&run, first.year() == last.year() ? "" : absl::StrCat(" ", first.year()), "-",
                      NameOf(last));
    }
    runs.push_back(absl::StrCat(run, " ", last.year()));
    i = end;
  }
  return absl::StrJoin(runs, ", ");
}

std::string TextOf(const std::optional<Decimal>& number) { return number ? number->ToString() : ""; }
std::string Flag(bool value) { return value ? "true" : "false"; }

// The finest digit that says something is enough for people.
std::string PlusMinus(const std::optional<Decimal>& bound) {
  if (!bound || bound->is_zero()) return "";
  std::string text = bound->ToString();
  if (bound->scale() > 0) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return absl::StrCat("±", text);
}

std::string MonthsJson(const std::vector<Month>& months) {
  return absl::StrCat("[",
                      absl::StrJoin(months, ",",
                                    [](std::string* out, Month month) {
                                      absl::StrAppend(out, JsonString(month.ToString()));
                                    }),
                      "]");
}

std::string Nullable(const std::string& text) { return text.empty() ? "null" : JsonString(text); }

std::string PathJson(const FigurePath& path) {
  std::string operands;
  for (const FigureOperand& operand : path.operands) {
    absl::StrAppend(
        &operands, operands.empty() ? "" : ",", "{\"period\":", JsonString(operand.period.ToString()),
        ",\"subtracted\":", Flag(operand.subtracted), ",\"value\":", JsonString(operand.datum.ToString()),
        ",\"step\":", Nullable(operand.datum.StepText()), ",\"sequence\":", operand.sequence,
        ",\"published_at\":", JsonString(operand.published_at.ToString()), "}");
  }
  return absl::StrCat(
      "{\"value\":", Nullable(TextOf(path.value)), ",\"bound\":", Nullable(TextOf(path.bound)),
      ",\"derivation\":", path.value ? JsonString(DerivationName(path.derivation)) : std::string("null"),
      ",\"reason\":", path.value ? std::string("null") : JsonString(UndefinedName(path.reason)),
      ",\"months\":", MonthsJson(path.months), ",\"across_releases\":", Flag(path.across_releases),
      ",\"operands\":[", operands, "]}");
}

std::string TermsJson(const AggregateFigure& figure) {
  std::string terms;
  for (const FigureTerm& term : figure.terms) {
    std::string parts;
    for (const FigureTerm::Part& part : term.parts) {
      const std::string others = absl::StrJoin(
          part.others, ",",
          [](std::string* out, const FigurePath& path) { absl::StrAppend(out, PathJson(path)); });
      absl::StrAppend(&parts, parts.empty() ? "" : ",", "{\"series\":", JsonString(part.series),
                      ",\"subtracted\":", Flag(part.subtracted), ",\"path\":", PathJson(part.path),
                      ",\"others\":[", others, "]}");
    }
    absl::StrAppend(&terms, terms.empty() ? "" : ",", "{\"below\":", Flag(term.below),
                    ",\"period\":", JsonString(term.run.ToString()), ",\"parts\":[", parts, "]}");
  }
  return terms.empty() ? "" : absl::StrCat("[", terms, "]");
}

std::string RateJson(const std::optional<PublishedRate>& rate) {
  if (!rate) return "";
  return absl::StrCat("{\"series\":", JsonString(rate->series),
                      ",\"value\":", JsonString(rate->datum.ToString()),
                      ",\"step\":", JsonString(rate->datum.StepText()), ",\"sequence\":", rate->sequence,
                      ",\"published_at\":", JsonString(rate->published_at.ToString()), "}");
}

std::string VintageJson(const AggregateFigure& figure) {
  if (!figure.vintage) return "";
  return absl::StrCat("{\"as_of\":", JsonString(figure.vintage->as_of.ToString()),
                      ",\"sequence\":", figure.vintage->sequence, "}");
}

// What a person should know of a figure beside its value.
std::string NoteText(const CellTexts& texts, const AggregateQuery& query, const AggregateFigure& figure) {
  const AggregateValue& value = figure.value;
  if (!value.value) return absl::StrCat("undefined: ", ReasonText(value, query.derivation));
  std::vector<std::string> notes;
  if (value.extrapolated) notes.emplace_back("an extrapolation");
  if (value.left_out > 0) {
    notes.push_back(absl::StrCat(value.members, " of ", value.members + value.left_out, " members"));
  }
  if (value.derivation != Derivation::kPublished) {
    notes.push_back(absl::AsciiStrToLower(ToAbsl(DerivationName(value.derivation))));
  }
  if (value.across_releases) notes.emplace_back("of several releases");
  if (figure.vintage) notes.push_back(absl::StrCat("as of ", texts.TimeText(figure.vintage->as_of)));
  return absl::StrJoin(notes, ", ");
}

Record EmptyRecord() { return Record(FigureSchema(false).size()); }

// Where a field of a record stands.
std::size_t IndexOf(std::string_view name) {
  const Schema schema = FigureSchema(false);
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name == name) return i;
  }
  return 0;
}

Record PathHead(std::string series, const FigureTerm& term, const FigurePath& path, std::string note) {
  Record record = EmptyRecord();
  record[IndexOf("series")] = std::move(series);
  record[IndexOf("period")] = term.run.ToString();
  record[IndexOf("value")] = TextOf(path.value);
  record[IndexOf("plus_minus")] = PlusMinus(path.bound);
  if (!path.value) {
    AggregateValue value;
    value.reason = path.reason;
    value.months = path.months;
    note = absl::StrCat("undefined: ", ReasonText(value));
  }
  record[IndexOf("note")] = std::move(note);
  return record;
}

void AddOperands(const CellTexts& texts, const FigurePath& path, std::string_view indent,
                 std::vector<Record>* records) {
  for (const FigureOperand& operand : path.operands) {
    Record record = EmptyRecord();
    record[IndexOf("series")] = absl::StrCat(ToAbsl(indent), operand.subtracted ? "- " : "+ ");
    record[IndexOf("period")] = operand.period.ToString();
    record[IndexOf("value")] = operand.datum.ToString();
    record[IndexOf("published_at")] = operand.published_at.day ? operand.published_at.ToString()
                                                               : texts.TimeText(operand.published_at.instant);
    record[IndexOf("sequence")] = absl::StrCat(operand.sequence);
    records->push_back(std::move(record));
  }
}

}  // namespace

namespace {

const Schema& FullSchema() {
  static const Schema* const schema = new Schema{
      {.name = "rank", .kind = FieldKind::kInteger, .shown = kInTable},
      {.name = "series"},
      {.name = "period"},
      {.name = "window", .shown = kData},
      {.name = "transform", .shown = kData},
      {.name = "value", .kind = FieldKind::kDatum},
      {.name = "plus_minus", .kind = FieldKind::kDatum, .shown = kInTable, .header = "±"},
      {.name = "unit"},
      {.name = "printed", .kind = FieldKind::kDatum, .shown = kInTable},
      {.name = "status", .shown = kData},
      {.name = "reason", .shown = kData},
      {.name = "derivation", .shown = kData},
      {.name = "published_at", .header = "published"},
      {.name = "sequence", .kind = FieldKind::kInteger},
      {.name = "bound", .kind = FieldKind::kDatum, .shown = kInJson},
      {.name = "months", .kind = FieldKind::kList, .shown = kInJson},
      {.name = "members", .kind = FieldKind::kInteger, .shown = kInJson},
      {.name = "left_out", .kind = FieldKind::kInteger, .shown = kInJson},
      {.name = "across_releases", .kind = FieldKind::kFlag, .shown = kInJson},
      {.name = "rank_as_data", .kind = FieldKind::kInteger, .shown = kInJson, .json_name = "rank"},
      {.name = "vintage", .kind = FieldKind::kJson, .shown = kInJson},
      {.name = "published_rate", .kind = FieldKind::kJson, .shown = kInJson},
      {.name = "terms", .kind = FieldKind::kJson, .shown = kInJson},
      {.name = "note", .kind = FieldKind::kProse, .shown = kInTable},
      {.name = "printed_as_data", .kind = FieldKind::kDatum, .shown = 0},
  };
  return *schema;
}

}  // namespace

Schema FigureSchema(bool with_published) {
  Schema schema = FullSchema();
  if (with_published) schema.back() = {.name = "printed", .kind = FieldKind::kDatum, .shown = kInCsv};
  return schema;
}

Record FigureRecord(CellTexts& texts, const AggregateQuery& query, const AggregateFigure& figure) {
  const AggregateValue& value = figure.value;
  const std::string rank = figure.rank == 0 ? "" : absl::StrCat(figure.rank);
  const bool has_origin = value.value.has_value() && value.sequence != 0;
  std::string window = query.window.ToString();
  if (query.window.mean) absl::StrAppend(&window, " mean");
  std::string published;
  if (has_origin) {
    published = figure.published_at.day ? figure.published_at.ToString()
                                        : texts.TimeText(figure.published_at.instant);
  }
  const std::string months =
      absl::StrJoin(value.months, ",", [](std::string* out, Month month) { out->append(month.ToString()); });
  return {
      rank,
      figure.series,
      figure.period.ToString(),
      window,
      TransformText(query),
      TextOf(value.value),
      PlusMinus(value.bound),
      value.value ? figure.unit : "",
      figure.published_rate ? figure.published_rate->datum.ToString() : "",
      std::string(AggregateStatusName(StatusOf(value))),
      value.value ? "" : std::string(UndefinedName(value.reason)),
      value.value ? std::string(DerivationName(value.derivation)) : "",
      published,
      has_origin ? absl::StrCat(value.sequence) : "",
      TextOf(value.bound),
      months,
      absl::StrCat(value.members),
      absl::StrCat(value.left_out),
      Flag(value.across_releases),
      rank,
      VintageJson(figure),
      RateJson(figure.published_rate),
      TermsJson(figure),
      NoteText(texts, query, figure),
      figure.published_rate ? figure.published_rate->datum.ToString() : "",
  };
}

std::vector<Record> ExplanationRecords(CellTexts& texts, const AggregateFigure& figure) {
  std::vector<Record> records;
  for (const FigureTerm& term : figure.terms) {
    for (const FigureTerm::Part& part : term.parts) {
      const std::string_view how = !part.path.value ? "" : DerivationName(part.path.derivation);
      const std::string role = absl::StrCat(term.below ? "below, " : "", absl::AsciiStrToLower(ToAbsl(how)));
      records.push_back(
          PathHead(absl::StrCat("  ", part.subtracted ? "less " : "", part.series), term, part.path, role));
      AddOperands(texts, part.path, "    ", &records);
      for (const FigurePath& other : part.others) {
        records.push_back(
            PathHead("    or", term, other, absl::AsciiStrToLower(ToAbsl(DerivationName(other.derivation)))));
        AddOperands(texts, other, "      ", &records);
      }
    }
  }
  return records;
}

const Schema& MoveSchema() {
  static const Schema* const schema = new Schema{
      {.name = "sequence", .kind = FieldKind::kInteger, .shown = kInJson},
      {.name = "dataset", .shown = kInJson},
      {.name = "figure", .shown = kInTable},
      {.name = "window", .shown = kInJson},
      {.name = "transform", .shown = kInJson},
      {.name = "series"},
      {.name = "period"},
      {.name = "before", .kind = FieldKind::kDatum},
      {.name = "value", .kind = FieldKind::kDatum, .hide_if_empty = false},
      {.name = "bound", .kind = FieldKind::kDatum, .shown = kInJson},
      {.name = "unit"},
      {.name = "status", .shown = kInJson},
      {.name = "reason", .shown = kInJson},
      {.name = "before_reason", .shown = kInJson},
      {.name = "note", .kind = FieldKind::kProse, .shown = kInTable},
  };
  return *schema;
}

Record MoveRecord(Sequence sequence, const AggregateQuery& query, const client::AggregateMove& move) {
  const std::string window = query.window.ToString();
  const auto reason = [](const AggregateValue& value) {
    return value.value ? std::string() : std::string(UndefinedName(value.reason));
  };
  return {
      absl::StrCat(sequence),
      query.dataset,
      absl::StrCat(window, " ", TransformText(query)),
      window,
      TransformText(query),
      move.series,
      move.period.ToString(),
      TextOf(move.before.value),
      TextOf(move.after.value),
      TextOf(move.after.bound),
      move.unit,
      std::string(AggregateStatusName(StatusOf(move.after))),
      reason(move.after),
      reason(move.before),
      move.after.value ? "" : absl::StrCat("undefined now: ", ReasonText(move.after, query.derivation)),
  };
}

std::string TransformText(const AggregateQuery& query) {
  std::string text;
  if (query.combine != Combine::kNone) text = query.combine == Combine::kBalance ? "balance" : "turnover";
  if (query.combine == Combine::kNone || query.transform != Transform::kLevel) {
    absl::StrAppend(&text, text.empty() ? "" : " ",
                    absl::AsciiStrToLower(ToAbsl(TransformName(query.transform))));
  }
  switch (query.transform) {
    case Transform::kChange:
    case Transform::kGrowth:
    case Transform::kAnnualisedGrowth:
    case Transform::kMagnitudeGrowth:
    case Transform::kContribution:
      return absl::StrCat(text, " lag ", query.lag_months.value_or(12));
    default:
      return text;
  }
}

std::string ReasonText(const AggregateValue& value, std::optional<Derivation> wished) {
  const std::string months = MonthsText(value.months);
  const auto of = [&](absl::string_view before, absl::string_view after, absl::string_view without) {
    return value.months.empty() ? std::string(without) : absl::StrCat(before, months, after);
  };
  switch (value.reason) {
    case Undefined::kMissingMonths:
      // They may well be stated, but not as it was wished.
      switch (wished.value_or(Derivation{})) {
        case Derivation::kPublished:
          return of("no release states ", " as such", "months are missing");
        case Derivation::kSummed:
          return of("no stated runs add up to ", "", "months are missing");
        case Derivation::kDifferenced:
          return of("no difference of stated runs is ", "", "months are missing");
      }
      return of("no release states ", "", "months are missing");
    case Undefined::kCombinedMonths:
      return of("", " is published as one", "a boundary lies inside a run that is published as one");
    case Undefined::kAbsent:
      return of("", " is stated, as an absence", "stated, as an absence");
    case Undefined::kNotAdditive:
      return "rates, prices and indices are neither summed nor differenced";
    case Undefined::kBaseNotPositive:
      return of("the base, ", ", is not above zero", "the base is not above zero");
    case Undefined::kSignChange:
      return "the sign changed";
    case Undefined::kNoMembers:
      return "no member has a value";
    case Undefined::kNoTotal:
      return of("no total for ", "", "there is no total");
    case Undefined::kNoSuchPrint:
      return "there is no such print, or it is not so old yet";
    case Undefined::kNoWindow:
      return "no window of the kind ends with this month";
    case Undefined::kMixedUnits:
      return "members have different units";
    case Undefined::kOverflow:
      return "the exact result has too many digits";
    case Undefined::kMixedSigns:
      return "a balance, or a part below zero, has no share";
  }
  return "";
}

}  // namespace tidewaiter::cli
