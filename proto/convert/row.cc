#include "proto/convert/row.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/text.h"
#include "proto/convert/enums.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::convert {
namespace {

void SetDatum(const Datum& datum, v1::Observation* row) {
  if (!datum.has_value()) {
    row->set_absence(ToWire(datum.absence()));
    return;
  }
  row->set_value(datum.value().ToString());
  if (datum.step_exponent() != -datum.value().scale()) row->set_step(datum.StepText());
}

void SetAttributes(Attributes attributes, v1::Observation* row) {
  row->mutable_status()->assign(1, attributes.status);
  row->mutable_conf()->assign(1, attributes.conf);
}

// The letter in `text`, or the default if there is none.
char LetterOf(const std::string& text, char default_letter, absl::Status (*validate)(char),
              std::string_view field, Violations& violations) {
  if (text.empty()) return default_letter;
  if (text.size() > 1) {
    violations.Add(field, absl::StrCat("is one letter, not ", Quoted(text)));
    return default_letter;
  }
  violations.Add(field, validate(text[0]));
  return text[0];
}

Datum NumberOf(const v1::Observation& row, Violations& violations) {
  const absl::StatusOr<Decimal> value = Decimal::Parse(row.value());
  violations.Add("value", value.status());
  if (row.step().empty()) return value.ok() ? Datum::Value(*value) : Datum();
  const absl::StatusOr<int> exponent = ParseStep(row.step());
  violations.Add("step", exponent.status());
  if (!value.ok() || !exponent.ok()) return Datum();
  const absl::StatusOr<Datum> datum = Datum::ValueWithStep(*value, *exponent);
  violations.Add("step", datum.status());
  return datum.value_or(Datum());
}

Datum DatumOf(const v1::Observation& row, bool data_optional, Violations& violations) {
  const bool absent = row.absence() != v1::ABSENCE_UNSPECIFIED;
  if (row.value().empty() && !absent) {
    if (data_optional) return Datum::Absent(Absence::kWithdrawn);
    violations.Add("value", "is empty; give the number as printed, or say in `absence` why there is none");
    return Datum();
  }
  if (!absent) return NumberOf(row, violations);
  const absl::StatusOr<Absence> absence = FromWire(row.absence());
  violations.Add("absence", absence.status());
  if (!row.value().empty()) violations.Add("value", "must be empty: `absence` says that there is no number");
  if (!row.step().empty()) violations.Add("step", "must be empty: `absence` says that there is no number");
  return Datum::Absent(absence.value_or(Absence::kMissing));
}

std::string TextOf(const std::string& text, std::size_t max_bytes, std::string_view field,
                   Violations& violations) {
  if (text.size() > max_bytes) {
    violations.Add(field, absl::StrCat("has ", text.size(), " bytes; at most ", max_bytes, " are allowed"));
  } else if (!IsCleanUtf8(text)) {
    violations.Add(field, "the text must be UTF-8 without control characters");
  }
  return text;
}

absl::Status SetTexts(TextId source, TextId note, const Lookup& lookup, v1::Observation* row) {
  if (source != 0) {
    TW_ASSIGN_OR_RETURN(*row->mutable_source(), lookup.Text(source));
  }
  if (note != 0) {
    TW_ASSIGN_OR_RETURN(*row->mutable_note(), lookup.Text(note));
  }
  return absl::OkStatus();
}

absl::Status SetOrigin(Sequence sequence, Instant published_at, Instant value_since, const Lookup& lookup,
                       v1::Observation* row) {
  row->set_sequence(sequence);
  *row->mutable_published_at() = ToWire(published_at);
  TW_ASSIGN_OR_RETURN(const std::optional<absl::CivilDay> day, lookup.PublishedDay(sequence));
  if (day) row->set_published_on(DayToString(*day));
  *row->mutable_value_since() = ToWire(value_since);
  return absl::OkStatus();
}

}  // namespace

v1::Observation ToWire(const Observation& observation) {
  v1::Observation row;
  row.set_series(observation.series.text());
  row.set_period(observation.period.ToString());
  SetDatum(observation.datum, &row);
  SetAttributes(observation.attributes, &row);
  row.set_source(observation.source);
  row.set_note(observation.note);
  return row;
}

absl::StatusOr<Observation> FromWire(const v1::Observation& row, bool data_optional) {
  Observation observation;
  Violations violations;
  absl::StatusOr<SeriesKey> series = SeriesKey::Parse(row.series());
  violations.Add("series", series.status());
  if (series.ok()) observation.series = *std::move(series);
  const absl::StatusOr<Period> period = Period::Parse(row.period());
  violations.Add("period", period.status());
  if (period.ok()) observation.period = *period;
  observation.datum = DatumOf(row, data_optional, violations);
  const Attributes defaults;
  observation.attributes.status =
      LetterOf(row.status(), defaults.status, ValidateStatus, "status", violations);
  observation.attributes.conf = LetterOf(row.conf(), defaults.conf, ValidateConf, "conf", violations);
  observation.source = TextOf(row.source(), limits::kMaxSourceBytes, "source", violations);
  observation.note = TextOf(row.note(), limits::kMaxNoteBytes, "note", violations);
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return observation;
}

absl::Status FillRow(std::string_view series, const CellState& cell, const Lookup& lookup, bool omit_texts,
                     v1::Observation* row) {
  row->set_series(series.data(), series.size());
  row->set_period(cell.period.ToString());
  SetDatum(cell.datum, row);
  SetAttributes(cell.attributes, row);
  if (!omit_texts) TW_RETURN_IF_ERROR(SetTexts(cell.source, cell.note, lookup, row));
  return SetOrigin(cell.sequence, cell.published_at, cell.value_since, lookup, row);
}

absl::Status FillHistoryRow(std::string_view series, const HistoryEntry& entry, const Lookup& lookup,
                            v1::HistoryEntry* row) {
  v1::Observation* observation = row->mutable_observation();
  observation->set_series(series.data(), series.size());
  observation->set_period(entry.period.ToString());
  SetDatum(entry.datum, observation);
  SetAttributes(entry.attributes, observation);
  TW_RETURN_IF_ERROR(SetTexts(entry.source, entry.note, lookup, observation));
  TW_RETURN_IF_ERROR(SetOrigin(entry.sequence, entry.published_at, entry.value_since, lookup, observation));
  if (entry.published_to) {
    *row->mutable_published_to() = ToWire(*entry.published_to);
    TW_ASSIGN_OR_RETURN(const std::optional<absl::CivilDay> day, lookup.PublishedDay(entry.superseded_by));
    if (day) row->set_published_to_on(DayToString(*day));
  }
  *row->mutable_vintage_change() = ToWire(entry.vintage_change);
  *row->mutable_event_change() = ToWire(entry.event_change);
  return absl::OkStatus();
}

absl::StatusOr<AnswerRow> AnswerFromWire(const v1::Observation& row) {
  AnswerRow answer;
  TW_ASSIGN_OR_RETURN(answer.observation, FromWire(row));
  TW_ASSIGN_OR_RETURN(answer.sequence, SequenceFromWire(row.sequence()));
  TW_ASSIGN_OR_RETURN(answer.published_at.instant, FromWire(row.published_at()));
  TW_ASSIGN_OR_RETURN(answer.published_at.day, DayFromWire(row.published_on()));
  TW_ASSIGN_OR_RETURN(answer.value_since, FromWire(row.value_since()));
  return answer;
}

absl::StatusOr<HistoryRow> FromWire(const v1::HistoryEntry& entry) {
  HistoryRow history;
  TW_ASSIGN_OR_RETURN(history.row, AnswerFromWire(entry.observation()));
  if (entry.has_published_to()) {
    PublishedAt to;
    TW_ASSIGN_OR_RETURN(to.instant, FromWire(entry.published_to()));
    TW_ASSIGN_OR_RETURN(to.day, DayFromWire(entry.published_to_on()));
    history.published_to = to;
  }
  TW_ASSIGN_OR_RETURN(history.vintage_change, FromWire(entry.vintage_change()));
  TW_ASSIGN_OR_RETURN(history.event_change, FromWire(entry.event_change()));
  return history;
}

}  // namespace tidewaiter::convert
