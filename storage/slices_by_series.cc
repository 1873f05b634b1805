#include "storage/slices_by_series.h"

#include <algorithm>
#include <map>
#include <utility>

#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::storage {
namespace {

absl::StatusOr<std::vector<SeriesId>> SeriesOf(const Catalogue& catalogue, std::string_view dataset) {
  std::vector<SeriesId> ids;
  std::string after;
  for (;;) {
    TW_ASSIGN_OR_RETURN(const std::vector<SeriesEntry> page,
                        catalogue.ListSeries(dataset, Selector(), after, limits::kMaxPageSize));
    for (const SeriesEntry& entry : page) ids.push_back(entry.id);
    if (page.size() < limits::kMaxPageSize) break;
    after = page.back().key;
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace

void AppendRow(SeriesId series, const Datum& datum, Attributes attributes, Sequence sequence,
               PeriodSlice* slice) {
  const CellForm form = CellForm::Of(datum, attributes);
  std::int64_t coefficient = 0;
  if (form.is_wide()) {
    coefficient = static_cast<std::int64_t>(slice->wide.size());
    slice->wide.push_back(datum.value().coefficient());
  } else if (datum.has_value()) {
    coefficient = static_cast<std::int64_t>(datum.value().coefficient());
  }
  if (slice->series.empty()) slice->form = form;
  if (slice->forms.empty() && form != slice->form) slice->forms.assign(slice->series.size(), slice->form);
  slice->series.push_back(series);
  slice->coefficients.push_back(coefficient);
  slice->sequences.push_back(sequence);
  const auto at = std::lower_bound(slice->releases.begin(), slice->releases.end(), sequence);
  if (at == slice->releases.end() || *at != sequence) slice->releases.insert(at, sequence);
  if (form != slice->form || !slice->forms.empty()) slice->forms.push_back(form);
}

absl::Status ReadSlicesBySeries(const Catalogue& catalogue, const VintageStore& vintages,
                                std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                                absl::FunctionRef<bool(const Period&)> wanted,
                                std::vector<PeriodSlice>* slices) {
  slices->clear();
  TW_ASSIGN_OR_RETURN(const std::vector<SeriesId> ids, SeriesOf(catalogue, dataset));
  std::map<Period, PeriodSlice> by_period;
  SeriesFold fold;
  for (const SeriesId series : ids) {
    TW_RETURN_IF_ERROR(vintages.ReadCells(series, vintage, range, &fold));
    for (const CellState& cell : fold.cells()) {
      if (!wanted(cell.period)) continue;
      PeriodSlice& slice = by_period[cell.period];
      slice.period = cell.period;
      AppendRow(series, cell.datum, cell.attributes, cell.sequence, &slice);
    }
  }
  for (auto& [period, slice] : by_period) slices->push_back(std::move(slice));
  return absl::OkStatus();
}

}  // namespace tidewaiter::storage
