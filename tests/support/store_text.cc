#include "tests/support/store_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::support {
namespace {

std::string OrError(const absl::StatusOr<std::string>& text) {
  return text.ok() ? *text : absl::StrCat("<", ToAbsl(text.status().ToString()), ">");
}

std::string ErrorLine(const absl::Status& status) {
  return absl::StrCat("error ", ToAbsl(ReasonName(DetailsOf(status).reason)), ": ",
                      ToAbsl(status.ToString()));
}

std::string DatumText(const storage::Catalogue& catalogue, const Datum& datum, Attributes attributes,
                      TextId source, TextId note) {
  std::string text = datum.ToString();
  if (datum.has_value()) absl::StrAppend(&text, " step ", datum.StepText());
  absl::StrAppend(&text, " ", std::string(1, attributes.status), "/", std::string(1, attributes.conf));
  if (source != 0 || note != 0) {
    absl::StrAppend(&text, " [", OrError(catalogue.Text(source)), "|", OrError(catalogue.Text(note)), "]");
  }
  return text;
}

std::string ChangeText(const Change& change) {
  return absl::StrCat(ToAbsl(ChangeClassName(change.change)), change.within_rounding ? "~" : "",
                      change.status_only ? "*" : "");
}

std::string RangeText(const PeriodRange& range) {
  return absl::StrCat(range.from ? range.from->ToString() : "", "..", range.to ? range.to->ToString() : "");
}

// Whether any month lies in both.
bool Touches(const PeriodRange& a, const PeriodRange& b) {
  return (!a.to || !b.from || *a.to >= *b.from) && (!b.to || !a.from || *b.to >= *a.from);
}

std::string SliceLine(const storage::Store& store, const storage::PeriodSlice& slice, std::size_t row) {
  return absl::StrCat(slice.period.ToString(), " ", OrError(store.KeyOf(slice.series[row])), " ",
                      DatumText(store, slice.DatumOf(row), slice.FormOf(row).attributes(), 0, 0), " seq ",
                      slice.sequences[row]);
}

// The id of a series, 0 if the store knows none, or an error.
absl::StatusOr<storage::SeriesId> IdOf(const storage::Store& store, std::string_view dataset,
                                       std::string_view key) {
  absl::StatusOr<storage::SeriesEntry> series = store.FindSeries(dataset, key);
  if (series.ok()) return series->id;
  if (DetailsOf(series.status()).reason == Reason::kSeriesNotFound) return storage::SeriesId{};
  return series.status();
}

}  // namespace

std::string ToText(const storage::Catalogue& catalogue, const CellState& cell) {
  return absl::StrCat(
      cell.period.ToString(), " ", DatumText(catalogue, cell.datum, cell.attributes, cell.source, cell.note),
      " seq ", cell.sequence, " at ", cell.published_at.ToString(), " since ", cell.value_since.ToString());
}

std::string ToText(const storage::Catalogue& catalogue, const HistoryEntry& e) {
  return absl::StrCat(e.period.ToString(), " ", DatumText(catalogue, e.datum, e.attributes, e.source, e.note),
                      " seq ", e.sequence, " from ", e.published_at.ToString(), " to ",
                      e.published_to ? e.published_to->ToString() : "now", " since ",
                      e.value_since.ToString(), " ", ChangeText(e.vintage_change), "/",
                      ChangeText(e.event_change));
}

std::string ToText(const storage::Catalogue& catalogue, const SeriesStatement& s) {
  const std::string where =
      absl::StrCat(s.published_at.ToString(), " seq ", s.sequence, " section ", s.section,
                   s.retracted_by == 0 ? "" : absl::StrCat(" retracted by ", s.retracted_by), ": ");
  if (s.is_scope) return absl::StrCat(where, "scope ", RangeText(s.scope));
  return absl::StrCat(where, s.period.ToString(), " ",
                      DatumText(catalogue, s.datum, s.attributes, s.source, s.note));
}

std::string ToText(const storage::LogEntry& e) {
  std::string text =
      absl::StrCat(e.sequence, " ", e.header.agency, "/", e.header.release_id, " ",
                   e.header.published_at.ToString(), " (", e.header.published_at.instant.ToString(), ") ",
                   e.header.stage, " ", ToAbsl(ReleaseKindName(e.header.kind)), " '", e.header.title, "'",
                   e.retracts == 0 ? "" : absl::StrCat(" retracts ", e.retracts),
                   e.retracted_by == 0 ? "" : absl::StrCat(" retracted by ", e.retracted_by));
  for (const storage::SectionInfo& section : e.sections) {
    const SectionHeader& header = section.header;
    absl::StrAppend(&text, " {", ToAbsl(ActionName(header.action)), " ", header.dataset, " v",
                    section.dataset_version, " ", section.observations);
    if (header.scope) {
      absl::StrAppend(&text, " scope '", header.scope->selector.ToString(), "' ",
                      RangeText(header.scope->periods));
    }
    absl::StrAppend(&text, "}");
  }
  return absl::StrCat(text, " digest ", storage::ToHex(e.digest), " chain ", storage::ToHex(e.chain));
}

Lines Cells(const storage::Store& store, std::string_view dataset, std::string_view key,
            const Vintage& vintage, const PeriodRange& range) {
  const absl::StatusOr<storage::SeriesId> id = IdOf(store, dataset, key);
  if (!id.ok()) return {ErrorLine(id.status())};
  if (*id == storage::SeriesId{}) return {};
  SeriesFold fold;
  if (absl::Status s = store.ReadAskedCells(*id, vintage, range, &fold); !s.ok()) return {ErrorLine(s)};
  Lines lines;
  for (const CellState& cell : fold.cells()) lines.push_back(ToText(store, cell));
  std::vector<CellState> again;
  PlainCells columns;
  SeriesFold other_fold;
  const absl::StatusOr<bool> plain = store.ReadAskedColumns(*id, vintage, range, &columns, &other_fold);
  if (!plain.ok()) return {ErrorLine(plain.status())};
  if (*plain) columns.CopyTo(&again);
  if ((*plain ? again : other_fold.cells()) != fold.cells()) return {"as columns the cells are others"};
  return lines;
}

Lines Cells(const storage::Store& store, std::string_view dataset, std::string_view key) {
  return Cells(store, dataset, key, {Instant::Max(), store.head()});
}

Lines Slices(const storage::Store& store, std::string_view dataset, const Vintage& vintage,
             const PeriodRange& range) {
  std::vector<storage::PeriodSlice> slices;
  if (absl::Status s = store.ReadSlices(dataset, range, vintage, &slices); !s.ok()) return {ErrorLine(s)};
  Lines lines;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const storage::PeriodSlice& slice = slices[i];
    if (i > 0 && !(slices[i - 1].period < slice.period)) return {"periods do not ascend"};
    if (slice.size() == 0) return {"a slice without rows"};
    const auto first = static_cast<std::ptrdiff_t>(lines.size());
    for (std::size_t row = 0; row < slice.size(); ++row) {
      if (row > 0 && !(slice.series[row - 1] < slice.series[row])) return {"series do not ascend"};
      lines.push_back(SliceLine(store, slice, row));
    }
    std::sort(lines.begin() + first, lines.end());  // ids differ between stores
  }
  return lines;
}

Lines Statements(const storage::Store& store, std::string_view dataset, std::string_view key,
                 Sequence sequence, const PeriodRange& range) {
  const absl::StatusOr<storage::SeriesId> id = IdOf(store, dataset, key);
  if (!id.ok()) return {ErrorLine(id.status())};
  if (*id == storage::SeriesId{}) return {};
  const absl::StatusOr<std::vector<SeriesStatement>> all = store.ReadStatements(*id, sequence, range);
  if (!all.ok()) return {ErrorLine(all.status())};
  Lines lines;
  for (const SeriesStatement& s : *all) {
    if (!s.is_scope || Touches(s.scope, range)) lines.push_back(ToText(store, s));
  }
  return lines;
}

Lines History(const storage::Store& store, std::string_view dataset, std::string_view key,
              const Vintage& vintage, HistoryType type, int n, const PeriodRange& range) {
  const absl::StatusOr<storage::SeriesId> id = IdOf(store, dataset, key);
  if (!id.ok()) return {ErrorLine(id.status())};
  if (*id == storage::SeriesId{}) return {};
  const absl::StatusOr<std::vector<SeriesStatement>> all = store.ReadStatements(*id, vintage.sequence, range);
  if (!all.ok()) return {ErrorLine(all.status())};
  Lines lines;
  for (const HistoryEntry& e : BuildHistory(*all, vintage, type, n)) lines.push_back(ToText(store, e));
  return lines;
}

Lines Entries(const storage::Store& store, std::string_view dataset, Sequence after, std::size_t limit) {
  const absl::StatusOr<std::vector<storage::LogEntry>> entries = store.ListEntries(dataset, after, limit);
  if (!entries.ok()) return {ErrorLine(entries.status())};
  Lines lines;
  for (const storage::LogEntry& e : *entries) lines.push_back(ToText(e));
  return lines;
}

Lines SeriesKeys(const storage::Store& store, std::string_view dataset, std::string_view selector,
                 std::string_view after, std::size_t limit) {
  const absl::StatusOr<Selector> parsed = Selector::Parse(selector);
  if (!parsed.ok()) return {ErrorLine(parsed.status())};
  const absl::StatusOr<std::vector<storage::SeriesEntry>> series =
      store.ListSeries(dataset, *parsed, after, limit);
  if (!series.ok()) return {ErrorLine(series.status())};
  Lines lines;
  for (const storage::SeriesEntry& s : *series) lines.push_back(s.key);
  return lines;
}

Lines Observations(const storage::Store& store, Sequence sequence) {
  const absl::StatusOr<storage::LogEntry> entry = store.GetEntry(sequence);
  if (!entry.ok()) return {ErrorLine(entry.status())};
  Lines lines;
  for (std::uint32_t part = 0; part < entry->parts; ++part) {
    const absl::StatusOr<storage::ReleasePart> read = store.ReadPart(sequence, part);
    if (!read.ok()) return {ErrorLine(read.status())};
    for (const storage::SeriesStatements& series : *read) {
      const std::string key = OrError(store.KeyOf(series.series));
      for (const storage::SeriesStatements::Cell& cell : series.cells) {
        lines.push_back(absl::StrCat(series.section, " ", key, " ", cell.period.ToString(), " ",
                                     DatumText(store, cell.datum, cell.attributes, cell.source, cell.note)));
      }
    }
  }
  return lines;
}

}  // namespace tidewaiter::support
