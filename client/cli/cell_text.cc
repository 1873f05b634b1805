#include "client/cli/cell_text.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/dataset.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

constexpr unsigned kData = kInCsv | kInJson;

std::string Flag(bool value) { return value ? "true" : "false"; }

std::string AbsenceText(const Datum& datum) {
  return datum.has_value() ? std::string() : std::string(AbsenceName(datum.absence()));
}

// Only where it says something that published_at does not.
std::string SinceText(const CellTexts& texts, const client::Cell& cell) {
  return cell.value_since == cell.published_at.instant ? std::string() : texts.TimeText(cell.value_since);
}

// The daemon need not say whether only the day is known.
std::string UntilText(const CellTexts& texts, const PublishedAt& until) {
  return until.day ? until.ToString() : texts.TimeText(until.instant);
}

Field NoteField() { return {.name = "note", .kind = FieldKind::kProse, .shown = kInJson | kInTable}; }

// `more` goes before the last of a cell, which is its note: the longest text stands last in a table.
template <typename List>
List BeforeLast(List list, const List& more) {
  list.insert(list.end() - 1, more.begin(), more.end());
  return list;
}

}  // namespace

CellTexts::CellTexts(DatasetDefinition definition) : definition_(std::move(definition)) {
  if (!absl::LoadTimeZone(definition_.time_zone, &zone_)) zone_ = absl::UTCTimeZone();
}

const std::string& CellTexts::UnitOf(const std::string& series) {
  const auto [at, is_new] = units_.try_emplace(series);
  if (is_new) at->second = tidewaiter::UnitOf(definition_, series);
  return at->second;
}

std::string CellTexts::TimeText(Instant instant) const {
  const absl::CivilDay day = absl::ToCivilDay(absl::FromUnixMicros(instant.micros()), zone_);
  if (PublishedAt::OnDay(day, zone_).instant == instant) return DayToString(day);
  return instant.ToString();
}

std::string CellTexts::DayText(Instant instant) const {
  return DayToString(absl::ToCivilDay(absl::FromUnixMicros(instant.micros()), zone_));
}

const Schema& CellSchema() {
  static const Schema* const schema = new Schema{
      {.name = "series"},
      {.name = "period"},
      {.name = "value", .kind = FieldKind::kDatum},
      {.name = "step", .shown = kData},
      {.name = "unit"},
      {.name = "status", .plain_text = "A"},
      {.name = "published_at", .header = "published"},
      {.name = "sequence", .kind = FieldKind::kInteger},
      {.name = "value_since", .shown = kData},
      {.name = "source", .shown = kData},
      {.name = "absence", .shown = kInJson},
      {.name = "conf", .shown = kInJson | kInTable, .plain_text = "F"},
      {.name = "value_since", .shown = kInTable, .header = "value since"},
      NoteField(),
  };
  return *schema;
}

Record CellRecord(CellTexts& texts, const std::string& series, const client::Cell& cell) {
  return {
      series,
      cell.period.ToString(),
      cell.datum.ToString(),
      cell.datum.StepText(),
      texts.UnitOf(series),
      std::string(1, cell.attributes.status),
      cell.published_at.ToString(),
      absl::StrCat(cell.sequence),
      texts.TimeText(cell.value_since),
      cell.source,
      AbsenceText(cell.datum),
      std::string(1, cell.attributes.conf),
      SinceText(texts, cell),
      cell.note,
  };
}

const Schema& HistorySchema() {
  static const Schema* const schema = new Schema(BeforeLast(
      CellSchema(),
      Schema{
          {.name = "vintage_change", .shown = kData},
          {.name = "event_change", .shown = kData},
          {.name = "published_to", .header = "until"},
          {.name = "vintage_within_rounding", .kind = FieldKind::kFlag, .shown = kInJson},
          {.name = "vintage_status_only", .kind = FieldKind::kFlag, .shown = kInJson},
          {.name = "event_within_rounding", .kind = FieldKind::kFlag, .shown = kInJson},
          {.name = "event_status_only", .kind = FieldKind::kFlag, .shown = kInJson},
          {.name = "change", .kind = FieldKind::kChange, .shown = kInTable},
          {.name = "on_arrival", .kind = FieldKind::kChange, .shown = kInTable, .header = "on arrival"},
      }));
  return *schema;
}

Record HistoryRecord(CellTexts& texts, const client::HistoryLine& line) {
  const Change& vintage = line.vintage_change;
  const Change& event = line.event_change;
  return BeforeLast(CellRecord(texts, line.series, line.cell),
                    Record{
                        std::string(ChangeClassName(vintage.change)),
                        std::string(ChangeClassName(event.change)),
                        line.published_to ? UntilText(texts, *line.published_to) : "",
                        Flag(vintage.within_rounding),
                        Flag(vintage.status_only),
                        Flag(event.within_rounding),
                        Flag(event.status_only),
                        ChangeText(vintage),
                        event == vintage ? "" : ChangeText(event),
                    });
}

const Schema& ChangeSchema() {
  static const Schema* const schema = new Schema{
      {.name = "sequence", .kind = FieldKind::kInteger, .shown = kData},
      {.name = "dataset", .shown = kData},
      {.name = "series"},
      {.name = "period"},
      {.name = "before", .kind = FieldKind::kDatum},
      {.name = "value", .kind = FieldKind::kDatum, .hide_if_empty = false},
      {.name = "step", .shown = kData},
      {.name = "unit"},
      {.name = "change", .shown = kData},
      {.name = "within_rounding", .kind = FieldKind::kFlag, .shown = kData},
      {.name = "status_only", .kind = FieldKind::kFlag, .shown = kData},
      {.name = "status", .plain_text = "A"},
      {.name = "published_at", .shown = kData},
      {.name = "source", .shown = kData},
      {.name = "change_text", .kind = FieldKind::kChange, .shown = kInTable, .header = "change"},
      {.name = "absence", .shown = kInJson},
      {.name = "before_absence", .shown = kInJson},
      {.name = "conf", .shown = kInJson},
      {.name = "note", .kind = FieldKind::kProse, .shown = kInJson | kInTable},
  };
  return *schema;
}

Record ChangeRecord(CellTexts& texts, const client::ReleaseInfo& release, const std::string& dataset,
                    const client::ChangedCell& changed) {
  const client::Cell& cell = changed.cell;
  return {
      absl::StrCat(release.sequence),
      dataset,
      changed.series,
      cell.period.ToString(),
      changed.before ? changed.before->ToString() : "",
      cell.datum.ToString(),
      cell.datum.StepText(),
      texts.UnitOf(changed.series),
      std::string(ChangeClassName(changed.change.change)),
      Flag(changed.change.within_rounding),
      Flag(changed.change.status_only),
      std::string(1, cell.attributes.status),
      cell.published_at.ToString(),
      cell.source,
      ChangeText(changed.change),
      AbsenceText(cell.datum),
      changed.before ? AbsenceText(*changed.before) : "",
      std::string(1, cell.attributes.conf),
      cell.note,
  };
}

const Schema& ReleaseSchema() {
  static const Schema* const schema = new Schema{
      {.name = "sequence", .kind = FieldKind::kInteger},
      {.name = "published_at", .header = "published"},
      {.name = "agency"},
      {.name = "release_id", .header = "release"},
      {.name = "kind", .plain_text = "REGULAR"},
      {.name = "stage"},
      {.name = "observations", .kind = FieldKind::kInteger},
      {.name = "retracts", .kind = FieldKind::kInteger},
      {.name = "retracted_by", .kind = FieldKind::kInteger, .header = "retracted by"},
      {.name = "title", .kind = FieldKind::kProse},
      {.name = "datasets", .kind = FieldKind::kList, .shown = kData},
      {.name = "accepted_at", .shown = kData},
      {.name = "digest", .shown = kData},
      {.name = "chain", .shown = kData},
  };
  return *schema;
}

Record ReleaseRecord(const client::ReleaseInfo& release) {
  std::string datasets;
  for (const auto& section : release.sections) {
    if (absl::StrCat(",", datasets, ",").find(absl::StrCat(",", section.header.dataset, ",")) !=
        std::string::npos) {
      continue;
    }
    absl::StrAppend(&datasets, datasets.empty() ? "" : ",", section.header.dataset);
  }
  const auto unless_zero = [](Sequence sequence) {
    return sequence == 0 ? std::string() : absl::StrCat(sequence);
  };
  return {
      absl::StrCat(release.sequence),
      release.header.published_at.ToString(),
      release.header.agency,
      release.header.release_id,
      std::string(ReleaseKindName(release.header.kind)),
      release.header.stage,
      absl::StrCat(release.observations),
      unless_zero(release.retracts),
      unless_zero(release.retracted_by),
      release.header.title,
      datasets,
      release.accepted_at.ToString(),
      release.digest,
      release.chain,
  };
}

std::string ChangeText(const Change& change) {
  return absl::StrCat(ToAbsl(ChangeClassName(change.change)),
                      change.within_rounding ? " within rounding" : "",
                      change.status_only ? " status only" : "");
}

std::string Counted(std::uint64_t count, std::string_view noun) {
  const std::string digits = absl::StrCat(count);
  std::string grouped;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return absl::StrCat(grouped, " ", ToAbsl(noun), count == 1 ? "" : "s");
}

}  // namespace tidewaiter::cli
